//! What the project's own commands do; tests call some of it too.

#[cfg(feature = "bindings")]
pub mod api;
pub mod architecture;
#[cfg(feature = "bindings")]
pub mod bindgen;
pub mod demo;
#[cfg(feature = "bindings")]
pub mod kotlin;
pub mod phones;
pub mod setup;
pub mod size;
#[cfg(feature = "bindings")]
pub mod swift;
#[cfg(feature = "bindings")]
pub mod window;

use std::path::PathBuf;
use std::process::Command;

/// Returns the top folder of the checkout.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Returns Cargo, at the top folder.
///
/// What a running Cargo says of the program that it started is taken out: packages whose build scripts look at it
/// (ring does) would be built anew, and the programs that are running now replaced.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(told) {
            command.env_remove(name);
        }
    }
    command.current_dir(root());
    command
}
