//! What can go wrong with the key file, each with its own words. No case deletes or replaces the file.

use std::io;

use thiserror::Error;

use crate::ports::key_vault::VaultError;
use crate::secret::NoRandomness;

/// Says why the key file could not be made, read, opened or replaced.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The profile has no key file: nobody signed in here, or it was wiped.
    #[error("there is no key file: nobody is signed in here")]
    Missing,
    /// A new key file was asked for where one is.
    #[error("a key file is already there: the profile is in use, sign out or wipe it first")]
    Exists,
    /// A wipe was begun and not finished; the keys are gone already.
    #[error("the profile is being wiped; finish the wipe")]
    WipePending,
    /// A wipe was asked to go on that nobody began.
    #[error("no wipe was begun here")]
    WipeNotBegun,
    /// The file is something else.
    #[error("device.key is not a key file")]
    NotAKeyFile,
    /// The file was written by a newer version of this program.
    #[error("the key file has version {found}, this program knows {known}: update the program")]
    NewerVersion {
        /// Version of the file.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
    },
    /// The end of the file is missing.
    #[error("the key file is cut off; restore it from a copy, or wipe the profile and sign in again")]
    Truncated,
    /// The file does not match its own checksum, or holds what this program does not write.
    #[error("the key file is damaged ({0}); restore it from a copy, or wipe the profile and sign in again")]
    Damaged(&'static str),
    /// The file matches its checksum, but not what was sealed with the key: somebody edited it.
    #[error("the key file was changed by somebody else than this program")]
    Tampered,
    /// The slot is of a kind that this version cannot open.
    #[error("the profile is locked with {0}, which this version cannot open: update the program")]
    UnsupportedSlot(String),
    /// No slot is opened by the vault at hand.
    #[error("the profile's key is kept in another vault: {}", .0.join(", "))]
    OtherVault(Vec<String>),
    /// A PIN or password protects the file, and nobody gave it since it was sealed.
    #[error("the profile is sealed: `qroc unlock` opens it with its PIN or password")]
    Sealed,
    /// No PIN or password protects the file.
    #[error("no PIN or password is set: `qroc lock set` sets one")]
    NoPin,
    /// The PIN or password is wrong.
    #[error("wrong PIN or password{}", .left.map_or_else(String::new, |left| format!("; {left} attempts left")))]
    WrongPin {
        /// Attempts that are left; nothing: no limit.
        left: Option<u32>,
    },
    /// The PIN opens it only together with the half of the key that a server holds.
    #[error("half of the key is held by the organisation's server, and was not fetched")]
    ShareNeeded,
    /// After wrong ones some time has to pass.
    #[error("too many wrong attempts: the next is possible in {} s", .wait_ms.div_ceil(1000))]
    TooEarly {
        /// How long, in milliseconds.
        wait_ms: u64,
    },
    /// There is no attempt left.
    #[error("there is no attempt left")]
    Exhausted,
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Another process replaced the file since it was read.
    #[error("another process changed the key file; read it again")]
    Changed,
    /// Another process holds the file for longer than any replacement takes.
    #[error("another process holds the key file")]
    InUse,
    /// The account is not in the key file.
    #[error("no such account in this profile")]
    NoSuchAccount,
    /// The same user is signed in here already.
    #[error("this account is already signed in here")]
    AccountExists,
    /// What is to be stored does not fit into a key file.
    #[error("too large for the key file")]
    TooLarge,
    /// There is no room left on the disk; nothing was changed.
    #[error("the disk is full; the key file was not changed")]
    DiskFull,
    /// The directory or file cannot be written.
    #[error("the profile cannot be written (read-only file system or missing permission)")]
    ReadOnly,
    /// The system gives no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Any other fault of the file system.
    #[error("the file system said: {0}")]
    Io(io::Error),
}

impl From<io::Error> for KeyFileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Io(error),
        }
    }
}

impl From<rustix::io::Errno> for KeyFileError {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}
