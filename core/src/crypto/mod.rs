//! End-to-end encryption: matrix-sdk-crypto on our database, and the requests that it wants sent.

mod backup;
mod confirming;
mod engine;
mod history;
mod news;
mod outgoing;
mod secrets;
mod sharing;
pub mod store;
mod trust;
mod verification;

use thiserror::Error;

pub use backup::{BackupKey, SealedKey, ServerBackup, Uploaded};
pub use engine::{Crypto, Decrypted, NewKey};
pub use history::SentHistory;
pub use outgoing::RoomMessage;
pub use secrets::{Lock, Opened, RecoveryKey, WrongKey};
pub use sharing::{Encrypted, RoomRules};
pub use trust::{Standing, Trust};
pub use verification::{APART, Code, Emoji, Flow, Held, Reason, Stage, Step, Want, WrongCode};

use crate::kind::ErrorKind;
use crate::net::NetError;
use crate::store::StoreError;

/// Says why keys or encrypted events could not be handled.
#[derive(Debug, Error)]
pub enum CryptoError {
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The stored keys cannot be read or written.
    #[error("the stored keys cannot be used: {0}")]
    Store(#[from] matrix_sdk_crypto::CryptoStoreError),
    /// A key could not be shared.
    #[error("a key could not be shared: {0}")]
    Olm(#[from] matrix_sdk_crypto::OlmError),
    /// An event could not be encrypted.
    #[error("the message could not be encrypted: {0}")]
    Megolm(#[from] matrix_sdk_crypto::MegolmError),
    /// A value could not be written as JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The account's user id is none.
    #[error("the account's user id is malformed")]
    Account,
    /// The database.
    #[error(transparent)]
    Database(StoreError),
    /// Something could not be signed.
    #[error("it could not be signed: {0}")]
    Signature(String),
    /// The device is not known.
    #[error("there is no such device, or it has no keys")]
    NoSuchDevice,
    /// There is no identity to work with.
    #[error("there is no cross-signing identity, or its private keys are not on this device")]
    NoIdentity,
    /// The stored private keys are those of another identity.
    #[error("the stored secrets belong to an identity that the account no longer has")]
    OtherIdentity,
    /// A recovery key that opens nothing.
    #[error(transparent)]
    Wrong(#[from] WrongKey),
    /// A scanned code that verifies nobody.
    #[error(transparent)]
    Code(#[from] WrongCode),
    /// People whose verified identity changed: nothing is sent to them.
    #[error("nothing is sent while a verified identity has changed and nobody confirmed that: {}", .0.join(", "))]
    Changed(Vec<String>),
}

impl CryptoError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Store(_) => ErrorKind::Storage,
            Self::Database(error) => error.kind(),
            Self::NoSuchDevice | Self::NoIdentity => ErrorKind::NotFound,
            Self::Code(WrongCode::Keys) => ErrorKind::Forbidden,
            Self::OtherIdentity | Self::Wrong(_) | Self::Code(_) => ErrorKind::BadInput,
            Self::Changed(_) => ErrorKind::Forbidden,
            Self::Olm(_) | Self::Megolm(_) | Self::Json(_) | Self::Account | Self::Signature(_) => {
                ErrorKind::Internal
            }
        }
    }
}
