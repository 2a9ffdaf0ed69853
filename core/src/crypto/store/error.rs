//! What can go wrong with stored keys. No case carries contents: what does not decode may be a secret.

use matrix_sdk_crypto::CryptoStoreError;
use thiserror::Error as ThisError;

use crate::kind::ErrorKind;
use crate::store::StoreError;

/// Says why keys could not be saved or loaded.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The database said so; `Malformed` names what does not decode.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value could not be turned into bytes.
    #[error("a value of {0} cannot be encoded")]
    Encode(&'static str),
    /// There is no account in the database yet.
    #[error("there is no account yet")]
    AccountUnset,
}

impl Error {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Encode(_) | Self::AccountUnset => ErrorKind::Internal,
        }
    }
}

impl From<Error> for CryptoStoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::AccountUnset => Self::AccountUnset,
            Error::Store(_) | Error::Encode(_) => Self::backend(error),
        }
    }
}
