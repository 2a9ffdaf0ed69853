//! The one way by which a server's event becomes rows: read, decrypted, related, redacted, counted. Idempotent.

mod apply;
mod aside;
mod attention;
mod classify;
mod location;
pub(crate) mod mark;
mod names;
mod prefs;
mod prepare;
mod read;
pub(crate) mod relate;
mod waiting;
mod wire;

use thiserror::Error;

pub use apply::{Applied, Context, apply, apply_handed, apply_older, refresh};
pub use aside::apply_aside;
pub use attention::Attention;
pub use classify::{Class, classify};
pub use prepare::{Prepared, prepare, prepare_older};
pub use read::advance_read;
pub use waiting::{ask_for_waiting, prepare_waiting};

use crate::crypto::CryptoError;
use crate::kind::ErrorKind;
use crate::store::StoreError;

/// Says why events could not be taken in. What an event says is never the reason.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The account's user id is none.
    #[error("the account's user id is malformed")]
    Account,
}

impl IngestError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Crypto(error) => error.kind(),
            Self::Account => ErrorKind::Internal,
        }
    }
}
