//! The durable outbox: what the user does is applied locally and queued in one transaction, sent later in order,
//! and taken back or shown as failed when the server refuses. Killing the process loses and repeats nothing.

mod history;
mod keys;
mod membership;
#[cfg(test)]
mod pages;
mod queue;
mod reason;
mod send;
mod setting;
mod transmit;
mod tries;
mod undo;
mod uploading;

use thiserror::Error;

pub use membership::Verb;
pub use queue::{Outgoing, Queue, Ticket};
pub use reason::Reason;
pub use send::{Pass, Sender};
pub use setting::{Setting, pinned};
pub use undo::{Cancelled, retry};
pub use uploading::Uploads;

use crate::crypto::CryptoError;
use crate::kind::ErrorKind;
use crate::net::NetError;
use crate::roster::RosterError;
use crate::store::StoreError;

/// Says why something could not be queued or sent.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// This account is not a member of the room.
    #[error("you are not a member of this room")]
    NotAMember,
    /// The room is not encrypted.
    #[error("this room is not encrypted, so nothing is sent there (e2ee.require, built in)")]
    NotEncrypted,
    /// There is no such event in the room.
    #[error("there is no such message in this room")]
    NoSuchEvent,
    /// Only the sender may change a message.
    #[error("this message is not yours")]
    NotYours,
    /// There is no such queued action.
    #[error("there is nothing queued under this number")]
    NotQueued,
    /// It failed, so nothing can be said about it.
    #[error("that message was not sent; retry or cancel number {0} in the queue first")]
    NotSent(i64),
    /// What it belongs to failed or was taken back.
    #[error("what it belongs to was not sent")]
    Needs,
    /// The user took it back while it was prepared.
    #[error("it was taken back")]
    Stopped,
    /// This account is not a member of the room any more.
    #[error("you are not in this room any more")]
    Removed,
    /// This account may not come back to the room.
    #[error("you are banned from this room")]
    Banned,
    /// The room was removed from the server.
    #[error("this room does not exist any more")]
    RoomGone,
    /// The server takes no file this large.
    #[error("the file is too large for the server ({bytes} bytes sealed; at most {most})")]
    UploadTooLarge {
        /// Its sealed size.
        bytes: i64,
        /// The server's limit.
        most: i64,
    },
    /// What is to be sent is not what the protocol can carry.
    #[error("the message is too large ({bytes} bytes; at most {most})")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// What waits in the queue makes no sense.
    #[error("a queued action is damaged")]
    Malformed,
}

impl OutboxError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Net(error) => error.kind(),
            Self::Crypto(error) => error.kind(),
            Self::NotAMember | Self::NotYours | Self::Removed | Self::Banned => ErrorKind::Forbidden,
            Self::NotEncrypted => ErrorKind::Policy,
            Self::NoSuchEvent | Self::NotQueued | Self::RoomGone => ErrorKind::NotFound,
            Self::TooLarge { .. } | Self::NotSent(_) | Self::Needs => ErrorKind::BadInput,
            Self::UploadTooLarge { .. } => ErrorKind::BadFile,
            Self::Stopped => ErrorKind::Cancelled,
            Self::Malformed => ErrorKind::Internal,
        }
    }

    /// Says whether the same action may succeed later without anybody doing anything.
    fn is_transient(&self) -> bool {
        match self {
            Self::Net(error) | Self::Crypto(CryptoError::Net(error)) => error.is_transient(),
            Self::Store(_) | Self::Crypto(_) | Self::Stopped => true,
            Self::NotAMember
            | Self::NotEncrypted
            | Self::NoSuchEvent
            | Self::NotYours
            | Self::NotQueued
            | Self::NotSent(_)
            | Self::Needs
            | Self::Removed
            | Self::Banned
            | Self::RoomGone
            | Self::UploadTooLarge { .. }
            | Self::TooLarge { .. }
            | Self::Malformed => false,
        }
    }

    /// Returns the network's part, by which the try is judged.
    pub fn net(&self) -> Option<&NetError> {
        match self {
            Self::Net(error) | Self::Crypto(CryptoError::Net(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<RosterError> for OutboxError {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Net(error) => Self::Net(error),
            RosterError::Store(error) => Self::Store(error),
        }
    }
}
