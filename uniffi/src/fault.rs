//! Faults on demand, for the tests of Kotlin and Swift, which cannot reach into the library. Only in debug builds.

/// Panics where the folder that `QROC_FAULTS` names has a file of this name, and takes the file away: once.
#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "that is what it is for")]
pub(crate) fn point(name: &str) {
    let Some(folder) = std::env::var_os("QROC_FAULTS") else { return };
    if std::fs::remove_file(std::path::Path::new(&folder).join(name)).is_ok() {
        panic!("asked for");
    }
}

/// Does nothing in what is shipped.
#[cfg(not(debug_assertions))]
pub(crate) fn point(_: &str) {}
