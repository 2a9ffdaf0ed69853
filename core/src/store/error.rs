//! What can go wrong with the database, each with its own words. No case deletes or replaces a file.

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::kind::ErrorKind;

/// Says why the database could not be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file is not there although the key file knows the account.
    #[error("the database file is missing")]
    Missing,
    /// A new database was asked for where a file already is.
    #[error("a database file is already there")]
    Exists,
    /// The key belongs to another database.
    #[error("the key does not fit this database")]
    WrongKey,
    /// The key fits, the contents do not check.
    #[error("the database file is damaged; restore it from a copy, or wipe the profile and sign in again")]
    Damaged,
    /// The file was written by a newer version of this program.
    #[error("the database has schema version {found}, this program knows {known}: update the program")]
    NewerSchema {
        /// Version of the file.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
    },
    /// There is no room left on the disk; nothing was changed.
    #[error("the disk is full; nothing was changed")]
    DiskFull,
    /// The disk refused to read or write; nothing was changed.
    #[error("the disk has a fault (code {0}); nothing was changed")]
    DiskFault(i32),
    /// The directory or file cannot be written.
    #[error("the profile cannot be written (read-only file system or missing permission)")]
    ReadOnly,
    /// Another process writes to this account.
    #[error("another process owns this profile")]
    InUse,
    /// SQLite was started by another part of this program before, so what it frees would not be zeroed.
    #[error(
        "the database is not opened: another part of this program uses SQLite, whose memory would keep what was read"
    )]
    MemoryNotZeroed,
    /// The database was closed: sealed, wiped, or at the end of the program.
    #[error("the database is closed")]
    Closed,
    /// What was asked for is not in the database.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A value in the database is not what this program writes.
    #[error("unexpected value in {0}")]
    Malformed(&'static str),
    /// The program has a fault; nothing was changed.
    #[error("this program has a fault; nothing was changed")]
    Fault,
    /// A fault of the file system.
    #[error("the file system said: {0}")]
    Io(#[from] std::io::Error),
    /// Any other fault of SQLite.
    #[error("database fault {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InUse => ErrorKind::InUse,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Closed => ErrorKind::SignedOut,
            Self::Sql(_) | Self::Malformed(_) | Self::Fault | Self::MemoryNotZeroed => ErrorKind::Internal,
            Self::Missing
            | Self::Exists
            | Self::WrongKey
            | Self::Damaged
            | Self::NewerSchema { .. }
            | Self::DiskFull
            | Self::DiskFault(_)
            | Self::ReadOnly
            | Self::Io(_) => ErrorKind::Storage,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        // The log's index in shared memory is only ever made larger: what fails there is room.
        if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            Some(ErrorCode::SystemIoFailure) => Self::DiskFault(extended.unwrap_or_default()),
            _ => match error {
                rusqlite::Error::QueryReturnedNoRows => Self::NotFound("row"),
                other => Self::Sql(other),
            },
        }
    }
}
