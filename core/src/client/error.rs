//! The one error that leaves the core: every layer's, sorted by what can be done.

use thiserror::Error as ThisError;

use crate::attachments::AttachmentError;
use crate::crypto::CryptoError;
use crate::ingest::IngestError;
use crate::kind::ErrorKind;
use crate::location::LocationError;
use crate::map::MapError;
use crate::mdm::MdmError;
use crate::net::NetError;
use crate::outbox::OutboxError;
use crate::policy::{BundleError, Denied};
use crate::ports::key_vault::VaultError;
use crate::recovery::RecoveryError;
use crate::roster::RosterError;
use crate::store::StoreError;
use crate::store::key_file::KeyFileError;
use crate::sync::SyncError;
use crate::verify::VerifyError;

/// Says what went wrong, in words for a person; `kind` says what can be done.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The sync.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// Sending.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// Backup and recovery key.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// A verification.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Positions.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The map of this device.
    #[error(transparent)]
    Map(#[from] MapError),
    /// Files.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Box<Denied>),
    /// The account has as many devices as policy allows.
    #[error("{denied}")]
    TooManyDevices {
        /// `account.max_devices`, and who set it.
        denied: Box<Denied>,
        /// The others, of which one may be signed out for this one: id, name, last seen in milliseconds since 1970.
        devices: Vec<(String, Option<String>, Option<i64>)>,
    },
    /// A signed bundle that is not put in place.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The last wrong PIN was one too many.
    #[error("that was the last attempt: the keys and all data here are destroyed{}", if *.wipes { "" } else { ", and this device is signed out" })]
    DestroyedByAttempts {
        /// Whether policy says wipe, not sign out.
        wipes: bool,
    },
    /// The server was out of reach for longer than policy allows.
    #[error(
        "the server was out of reach for longer than data.offline_wipe_h allows: the keys and all data here are destroyed"
    )]
    DestroyedOffline,
    /// Nobody has used the screen for a while: contents are hidden until the PIN is given.
    #[error("the screen is locked: give the PIN or password")]
    ScreenLocked,
    /// Nobody is signed in here.
    #[error("nobody is signed in to this profile; sign in with `login`")]
    NotSignedIn,
    /// The process that alone had the keys has ended, and policy keeps nothing.
    #[error(
        "this sign-in has ended, and policy keeps nothing of it on this device (data.persistence); sign in again"
    )]
    Ended,
    /// The server that holds half of the key has destroyed it.
    #[error(
        "the organisation has destroyed its half of this device's key: what is here cannot be opened any more"
    )]
    ShareRevoked,
    /// The server that holds half of the key cannot be reached, and the time without it is over.
    #[error("half of the key is held by the organisation's server, which cannot be reached: {0}")]
    ShareOutOfReach(#[source] NetError),
    /// Somebody is.
    #[error("this profile has an account already; use another profile, or `logout` first")]
    AlreadySignedIn,
    /// The server refuses the sign-in, or the account is locked: contents stay hidden.
    #[error("{0}")]
    Held(&'static str),
    /// The sign-in is gone; keys and data were destroyed.
    #[error("the server ended this sign-in; keys and data of this profile were destroyed")]
    SignedOutForGood,
    /// No room bears this name.
    #[error("there is no room called {0:?}")]
    NoSuchRoom(String),
    /// Several rooms bear it.
    #[error("several rooms are called {name:?}: {}", ids.join(", "))]
    AmbiguousRoom {
        /// The name.
        name: String,
        /// The rooms' Matrix ids.
        ids: Vec<String>,
    },
    /// There is no such event.
    #[error("there is no message {0:?} in this room")]
    NoSuchEvent(String),
    /// A room was made, but not everybody could be invited to it.
    #[error("the room is made, but not everybody is invited: {}", people(refused))]
    NotInvited {
        /// The room's Matrix id.
        room_id: String,
        /// Who is not invited, and why.
        refused: Vec<(String, String)>,
    },
    /// What was queued was refused.
    #[error("{0}")]
    NotSent(String),
    /// A word of the call is wrong.
    #[error("{0}")]
    BadInput(String),
    /// What another process that owns the profile answered.
    #[error("{message}")]
    Owner {
        /// Its kind.
        kind: ErrorKind,
        /// Its words.
        message: String,
    },
    /// The client was closed.
    #[error("this client was closed; open the profile again")]
    Closed,
    /// The connection between two processes of this profile broke.
    #[error("the process that owns this profile does not answer: {0}")]
    Handover(String),
}

impl Error {
    /// Returns what policy forbids, where it is policy.
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::Denied(denied)
            | Self::TooManyDevices { denied, .. }
            | Self::Attachment(AttachmentError::Denied(denied)) => Some(denied),
            _ => None,
        }
    }

    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) | Self::ShareOutOfReach(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::KeyFile(error) => key_file(error),
            Self::Crypto(error) => error.kind(),
            Self::Sync(error) => error.kind(),
            Self::Outbox(error) => error.kind(),
            Self::Recovery(error) => error.kind(),
            Self::Verify(error) => error.kind(),
            Self::Location(error) => error.kind(),
            Self::Map(error) => error.kind(),
            Self::Attachment(error) => error.kind(),
            Self::DestroyedByAttempts { .. } | Self::DestroyedOffline => ErrorKind::SignedOut,
            Self::NotSignedIn
            | Self::Ended
            | Self::ShareRevoked
            | Self::Held(_)
            | Self::ScreenLocked
            | Self::SignedOutForGood
            | Self::Closed => ErrorKind::SignedOut,
            Self::NotInvited { .. } | Self::NotSent(_) => ErrorKind::Forbidden,
            Self::NoSuchRoom(_) | Self::NoSuchEvent(_) => ErrorKind::NotFound,
            Self::AlreadySignedIn | Self::AmbiguousRoom { .. } | Self::BadInput(_) => ErrorKind::BadInput,
            Self::Denied(_) | Self::TooManyDevices { .. } => ErrorKind::Policy,
            Self::Bundle(_) => ErrorKind::BadFile,
            Self::Owner { kind, .. } => *kind,
            Self::Handover(_) => ErrorKind::InUse,
        }
    }
}

fn people(refused: &[(String, String)]) -> String {
    refused.iter().map(|(user, why)| format!("{user} ({why})")).collect::<Vec<_>>().join(", ")
}

fn key_file(error: &KeyFileError) -> ErrorKind {
    match error {
        KeyFileError::Missing | KeyFileError::WipePending | KeyFileError::WipeNotBegun => {
            ErrorKind::SignedOut
        }
        KeyFileError::Vault(VaultError::Exposed { .. } | VaultError::Malformed(_)) => ErrorKind::BadFile,
        KeyFileError::Vault(_)
        | KeyFileError::OtherVault(_)
        | KeyFileError::Sealed
        | KeyFileError::ShareNeeded
        | KeyFileError::WrongPin { .. }
        | KeyFileError::TooEarly { .. }
        | KeyFileError::Exhausted => ErrorKind::SignedOut,
        KeyFileError::NoPin => ErrorKind::BadInput,
        KeyFileError::Exists | KeyFileError::AccountExists => ErrorKind::BadInput,
        KeyFileError::InUse => ErrorKind::InUse,
        KeyFileError::NoSuchAccount => ErrorKind::NotFound,
        KeyFileError::NotAKeyFile
        | KeyFileError::NewerVersion { .. }
        | KeyFileError::Truncated
        | KeyFileError::Damaged(_)
        | KeyFileError::Tampered
        | KeyFileError::UnsupportedSlot(_)
        | KeyFileError::Changed
        | KeyFileError::DiskFull
        | KeyFileError::ReadOnly
        | KeyFileError::Io(_) => ErrorKind::Storage,
        KeyFileError::TooLarge | KeyFileError::NoRandomness(_) => ErrorKind::Internal,
    }
}

impl From<RosterError> for Error {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Net(error) => Self::Net(error),
            RosterError::Store(error) => Self::Store(error),
        }
    }
}

impl From<IngestError> for Error {
    fn from(error: IngestError) -> Self {
        Self::Sync(error.into())
    }
}

impl From<MdmError> for Error {
    fn from(error: MdmError) -> Self {
        match error {
            MdmError::KeyFile(error) => Self::KeyFile(error),
            MdmError::Bundle(error) => Self::Bundle(error),
        }
    }
}
