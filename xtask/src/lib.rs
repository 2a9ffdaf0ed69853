//! What the project's own commands do; tests call some of it too.

#[cfg(feature = "bindings")]
pub mod api;
pub mod architecture;
#[cfg(feature = "bindings")]
pub mod bindgen;
pub mod demo;
#[cfg(feature = "bindings")]
pub mod kotlin;
pub mod setup;

use std::path::PathBuf;

/// Returns the top folder of the checkout.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
