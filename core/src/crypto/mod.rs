//! End-to-end encryption: matrix-sdk-crypto on our database, and the requests that it wants sent.

mod engine;
mod sharing;
pub mod store;

use thiserror::Error;

pub use engine::{Crypto, Decrypted, NewKey};
pub use sharing::{Encrypted, RoomRules};

use crate::kind::ErrorKind;
use crate::net::NetError;

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
}

impl CryptoError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Store(_) => ErrorKind::Storage,
            Self::Olm(_) | Self::Megolm(_) | Self::Json(_) | Self::Account => ErrorKind::Internal,
        }
    }
}
