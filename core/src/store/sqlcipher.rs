//! The doors to SQLCipher that need `unsafe`: the key function, memory that is zeroed when it is freed, and what is
//! encrypted of a page.
//!
//! The key never becomes part of a statement, so no log, trace or error can hold it. SQLCipher's own
//! `cipher_memory_security` also locks pages and costs 2 to 9 times the time; zeroing alone does not.
#![allow(unsafe_code, reason = "sqlite3_key, the allocator's hook and the cipher's have no safe binding")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use rusqlite::{Connection, ffi};

use super::gaps;
use crate::secret::DbKey;

/// Hands the raw key and its salt to SQLCipher. Must be the first call on a connection.
pub(super) fn set_key(connection: &Connection, key: &DbKey) -> rusqlite::Result<()> {
    let mut spec = zeroize::Zeroizing::new(String::with_capacity(99));
    spec.push_str("x'");
    spec.push_str(&key.to_raw_hex());
    spec.push('\'');
    let length = c_int::try_from(spec.len()).unwrap_or(0);
    // SAFETY: the handle is open for as long as `connection` is borrowed; SQLCipher copies the bytes.
    let code = unsafe { ffi::sqlite3_key(connection.handle(), spec.as_ptr().cast::<c_void>(), length) };
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }
}

/// What is used of SQLite's default allocator.
struct Allocator {
    malloc: unsafe extern "C" fn(c_int) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    size: unsafe extern "C" fn(*mut c_void) -> c_int,
}

static DEFAULT: OnceLock<Allocator> = OnceLock::new();

/// Makes SQLite zero all memory that it frees, once per process and before the first connection.
///
/// Returns whether the hook is in place: another user of SQLite in this process may have started it before.
pub(super) fn zero_freed_memory() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    *DONE.get_or_init(|| {
        let mut methods = ffi::sqlite3_mem_methods {
            xMalloc: None,
            xFree: None,
            xRealloc: None,
            xSize: None,
            xRoundup: None,
            xInit: None,
            xShutdown: None,
            pAppData: std::ptr::null_mut(),
        };
        // SAFETY: SQLite is not initialised yet (else it answers SQLITE_MISUSE and nothing changes); the struct
        // outlives the call, which copies it.
        unsafe {
            if ffi::sqlite3_config(ffi::SQLITE_CONFIG_GETMALLOC, &raw mut methods) != ffi::SQLITE_OK {
                return false;
            }
            let (Some(malloc), Some(free), Some(size)) = (methods.xMalloc, methods.xFree, methods.xSize)
            else {
                return false;
            };
            if DEFAULT.set(Allocator { malloc, free, size }).is_err() {
                return false;
            }
            methods.xFree = Some(zero_and_free);
            methods.xRealloc = Some(copy_and_zero);
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw mut methods) == ffi::SQLITE_OK
        }
    })
}

/// Zeroes a live block of SQLite's default allocator.
unsafe fn zero(allocator: &Allocator, block: *mut c_void) {
    // SAFETY: the allocator says how long its own live block is.
    unsafe {
        let length = usize::try_from((allocator.size)(block)).unwrap_or(0);
        // All at once: byte by byte, as `zeroize` does it, was a twelfth of what taking messages in costs.
        std::ptr::write_bytes(block.cast::<u8>(), 0, length);
        std::hint::black_box(block);
    }
}

unsafe extern "C" fn zero_and_free(block: *mut c_void) {
    let Some(allocator) = DEFAULT.get() else { return };
    if block.is_null() {
        return;
    }
    // SAFETY: SQLite frees only what the default allocator gave it.
    unsafe {
        zero(allocator, block);
        (allocator.free)(block);
    }
}

/// Copies and zeroes instead of moving: the C library's realloc would leave the old bytes behind.
unsafe extern "C" fn copy_and_zero(block: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(allocator) = DEFAULT.get() else { return std::ptr::null_mut() };
    // SAFETY: `block` is a live block of the default allocator, `fresh` holds at least `bytes`.
    unsafe {
        let size = (allocator.size)(block);
        if bytes <= size && bytes >= size / 2 {
            return block;
        }
        let fresh = (allocator.malloc)(bytes);
        if fresh.is_null() {
            return fresh;
        }
        let keep = usize::try_from(size.min(bytes)).unwrap_or(0);
        std::ptr::copy_nonoverlapping(block.cast::<u8>(), fresh.cast::<u8>(), keep);
        zero_and_free(block);
        fresh
    }
}

/// Encrypts or decrypts one page: its context, whether it encrypts, key, initialisation vector, input, output.
type Cipher =
    unsafe extern "C" fn(*mut c_void, c_int, *const u8, c_int, *const u8, *const u8, c_int, *mut u8) -> c_int;
type Unused = Option<unsafe extern "C" fn()>;

/// What SQLCipher asks for its cryptography, down to what is used here, as its header has it.
#[repr(C)]
struct Provider {
    init: Unused,
    shutdown: Unused,
    get_provider_name: Unused,
    add_random: Unused,
    random: Unused,
    hmac: Unused,
    kdf: Unused,
    cipher: Option<Cipher>,
    get_cipher: Option<unsafe extern "C" fn(*mut c_void) -> *const c_char>,
}

unsafe extern "C" {
    /// Meant for programs that make small changes to the provider.
    fn sqlcipher_get_provider() -> *mut Provider;
}

const ENCRYPT: c_int = 1;

static CIPHER: OnceLock<Cipher> = OnceLock::new();

/// Has no page written with what SQLite left in its gap, from the first connection on. Call it after
/// `zero_freed_memory`. Returns whether it is so.
pub(super) fn blank_gaps() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    *DONE.get_or_init(|| {
        // SAFETY: once it is initialised SQLCipher has a provider, which stays until the process ends; `Provider` is
        // laid out as the pinned version's, whose cipher says its name when it is the one that is expected.
        unsafe {
            if ffi::sqlite3_initialize() != ffi::SQLITE_OK {
                return false;
            }
            let provider = sqlcipher_get_provider();
            let Some((cipher, name)) = provider.as_ref().and_then(|found| found.cipher.zip(found.get_cipher))
            else {
                return false;
            };
            let name = name(std::ptr::null_mut());
            if name.is_null() || !CStr::from_ptr(name).to_bytes().eq_ignore_ascii_case(b"aes-256-cbc") {
                return false;
            }
            if CIPHER.set(cipher).is_err() {
                return false;
            }
            (*provider).cipher = Some(blank_and_encrypt);
            true
        }
    })
}

unsafe extern "C" fn blank_and_encrypt(
    context: *mut c_void,
    mode: c_int,
    key: *const u8,
    key_bytes: c_int,
    vector: *const u8,
    input: *const u8,
    input_bytes: c_int,
    output: *mut u8,
) -> c_int {
    let (Some(cipher), Ok(length)) = (CIPHER.get(), usize::try_from(input_bytes)) else {
        return ffi::SQLITE_ERROR;
    };
    // SAFETY: SQLCipher's arguments go through as they are, but for an input of the same length.
    unsafe {
        let clean = if mode == ENCRYPT && !input.is_null() {
            gaps::blanked(std::slice::from_raw_parts(input, length))
        } else {
            None
        };
        let input = clean.as_ref().map_or(input, |page| page.as_ptr());
        cipher(context, mode, key, key_bytes, vector, input, input_bytes, output)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn freed_memory_is_zeroed_and_gaps_are_blanked() {
        assert!(super::zero_freed_memory() && super::blank_gaps());
    }
}
