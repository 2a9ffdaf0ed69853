//! The durable outbox: what the user does is applied locally and queued in one transaction, sent later in order,
//! and taken back or shown as failed when the server refuses. Killing the process loses and repeats nothing.

mod queue;
mod send;

use thiserror::Error;

pub use queue::{Outgoing, Queue, Ticket, cancel, retry};
pub use send::{Pass, Sender};

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
    /// The action is on its way to the server and cannot be taken back.
    #[error("it is being sent just now")]
    UnderWay,
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
            Self::NotAMember | Self::NotYours => ErrorKind::Forbidden,
            Self::NotEncrypted => ErrorKind::Policy,
            Self::NoSuchEvent | Self::NotQueued => ErrorKind::NotFound,
            Self::TooLarge { .. } | Self::UnderWay => ErrorKind::BadInput,
            Self::Malformed => ErrorKind::Internal,
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
