//! The version of the library, also for a loader that does not know yet whether its bindings fit.

use std::ffi::{CStr, c_char};

/// Version and fingerprint, behind a mark by which `bindgen` finds them in the file.
const MARKED: &str = concat!("qroc-library:", env!("CARGO_PKG_VERSION"), "+", env!("QROC_FINGERPRINT"), "\0");
const MARK: usize = "qroc-library:".len();

const MARKED_C: &CStr = match CStr::from_bytes_with_nul(MARKED.as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// Returns version and fingerprint of the library, such as `0.1.0+0123456789abcdef`. From memory.
#[uniffi::export]
pub fn library_version() -> String {
    MARKED.get(MARK..).unwrap_or_default().trim_end_matches('\0').to_owned()
}

/// Returns `qroc-library:` with version and fingerprint, ended by a zero byte; it lives as long as the library.
///
/// By this name whatever the bindings are: a loader that finds bindings and library to differ names both.
#[unsafe(no_mangle)]
pub extern "C" fn qroc_library_version() -> *const c_char {
    MARKED_C.as_ptr()
}
