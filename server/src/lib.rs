//! The in-house homeserver kit: the real Synapse on SQLite, on loopback, for tests, the demo and development.
//!
//! ```no_run
//! use qroc_server::{Embedded, Options};
//!
//! # fn main() -> qroc_server::Result<()> {
//! let server = Embedded::start(Options::default())?;
//! server.register("lisbon", "secret", false)?;
//! let lisbon = server.login("lisbon", "secret")?;
//! assert_eq!(lisbon.user_id, "@lisbon:qroc.test");
//! # Ok(())
//! # }
//! ```

mod api;
mod config;
mod embedded;
mod folder;
mod share;

pub use api::SignedIn;
pub use config::{Limits, Options};
pub use embedded::{Embedded, make_template};
pub use share::ShareService;

/// The result of everything here; the error says what to do.
pub type Result<T> = anyhow::Result<T>;
