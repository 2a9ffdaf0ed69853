//! What the project's own commands do; tests call some of it too.

pub mod architecture;
pub mod demo;
pub mod setup;

use std::path::PathBuf;

/// Returns the top folder of the checkout.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
