//! Opens database files: key, pragmas, and which of the errors it is when one cannot be opened.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::{migrate, sqlcipher};
use crate::secret::DbKey;

/// SQLCipher cannot map the file into memory, so the page cache is what makes reads fast.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
const READER_CACHE_KIB: i64 = 4 * 1024;
const STATEMENTS: usize = 256;
/// A commit writes whole pages, and most of them hold little that is new: docs/performance.md has the figures.
const PAGE_BYTES: u32 = 2048;
/// Of files made by earlier versions.
const FORMER_PAGE_BYTES: u32 = 4096;
/// How long another process that writes is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Makes a new database; refuses a path that exists.
pub(super) fn create(path: &Path, key: &DbKey) -> Result<Connection, StoreError> {
    create_with(path, key, PAGE_BYTES)
}

pub(super) fn create_with(path: &Path, key: &DbKey, page_bytes: u32) -> Result<Connection, StoreError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(StoreError::Exists),
        Err(error) => return Err(io(error)),
    }
    let mut connection = keyed(path, key, page_bytes)?;
    // Before the first table, else it needs a VACUUM.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    writer_pragmas(&connection)?;
    migrate::create(&mut connection)?;
    Ok(connection)
}

/// Opens the writer's connection and brings the schema up to date.
pub(super) fn writer(path: &Path, key: &DbKey) -> Result<Connection, StoreError> {
    check_file(path, key)?;
    let mut connection = existing(path, key)?;
    writer_pragmas(&connection)?;
    migrate::upgrade(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(super) fn reader(path: &Path, key: &DbKey) -> Result<Connection, StoreError> {
    check_file(path, key)?;
    let connection = existing(path, key)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    migrate::check(&connection)?;
    Ok(connection)
}

/// Opens a file that has a size of pages already: ciphertext does not say which, and it never changes.
fn existing(path: &Path, key: &DbKey) -> Result<Connection, StoreError> {
    let try_with = |bytes| {
        let connection = keyed(path, key, bytes)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    match try_with(PAGE_BYTES) {
        Err(StoreError::Damaged) => try_with(FORMER_PAGE_BYTES),
        opened => opened,
    }
}

fn keyed(path: &Path, key: &DbKey, page_bytes: u32) -> Result<Connection, StoreError> {
    if !sqlcipher::zero_freed_memory() {
        return Err(StoreError::MemoryNotZeroed);
    }
    if !sqlcipher::blank_gaps() {
        return Err(StoreError::Fault);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Its log goes to standard error, around ours; what went wrong is in the answer code.
    connection.query_row("PRAGMA cipher_log_level = NONE", [], |_| Ok(())).or_else(no_row)?;
    sqlcipher::set_key(&connection, key)?;
    connection.pragma_update(None, "cipher_page_size", page_bytes)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn no_row(error: rusqlite::Error) -> rusqlite::Result<()> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
}

fn writer_pragmas(connection: &Connection) -> Result<(), StoreError> {
    // Answers with the mode, so it is a query.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    connection.query_row("PRAGMA journal_size_limit = 4194304", [], |_| Ok(()))?;
    Ok(())
}

/// The salt is the file's first 16 bytes: a wrong key and a damaged page are told apart before SQLCipher sees either.
fn check_file(path: &Path, key: &DbKey) -> Result<(), StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Missing),
        Err(error) => return Err(io(error)),
    };
    let mut salt = [0_u8; 16];
    match file.read_exact(&mut salt) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(StoreError::Damaged),
        Err(error) => return Err(io(error)),
    }
    if salt == *key.salt() { Ok(()) } else { Err(StoreError::WrongKey) }
}

pub(super) fn io(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::Io(error),
    }
}
