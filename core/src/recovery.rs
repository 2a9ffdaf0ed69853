//! The key backup and the recovery key: made, given to the account's other devices, restored. What is begun goes on
//! after a crash; where nothing is to be done, nothing is asked and nothing written.

mod history;
mod make;
mod restore;
mod state;
mod tend;

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub use state::{Overview, State, overview};
pub use tend::Rule;

use crate::crypto::{Crypto, CryptoError, NewKey};
use crate::kind::ErrorKind;
use crate::net::{Http, NetError};
use crate::store::{Durability, Store, StoreError};

/// Says why the keys cannot be secured or brought back.
#[derive(Debug, Error)]
pub enum RecoveryError {
    /// The keys or the network.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is a recovery key already.
    #[error("the account has a recovery key; replacing it makes the one that was written down worthless")]
    Exists,
    /// This device has no say yet.
    #[error(
        "this device is not verified: verify it with another device of the account, or restore with the recovery key"
    )]
    NotVerified,
    /// The account has no recovery key.
    #[error("the account has no recovery key")]
    NoRecovery,
    /// The key opens nothing.
    #[error("the server holds nothing that this recovery key opens")]
    Empty,
}

impl RecoveryError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Crypto(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Exists => ErrorKind::BadInput,
            Self::NotVerified => ErrorKind::Forbidden,
            Self::NoRecovery | Self::Empty => ErrorKind::NotFound,
        }
    }

    /// Returns the network's part, by which the sign-in is judged.
    pub fn net(&self) -> Option<&NetError> {
        match self {
            Self::Crypto(CryptoError::Net(error)) => Some(error),
            Self::Crypto(_)
            | Self::Store(_)
            | Self::Exists
            | Self::NotVerified
            | Self::NoRecovery
            | Self::Empty => None,
        }
    }
}

/// What is to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing, before there is news.
    Idle,
    /// More of the same, now.
    More,
    /// Another try, after so long.
    Later(Duration),
}

/// What restoring came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// This device is verified now.
    pub verified: bool,
    /// The keys of the history are being fetched.
    pub history: bool,
}

/// Looks after backup and secrets of one account.
#[derive(Debug)]
pub struct Recovery {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    http: Http,
    one_at_a_time: Mutex<()>,
    asking: std::sync::Mutex<Asking>,
    looked_at: restore::LookedAt,
}

/// How often the other devices were asked for secrets, and when they are asked again.
#[derive(Debug, Default)]
struct Asking {
    times: u32,
    not_before: Option<Instant>,
}

impl Recovery {
    /// Stands on the account's parts.
    pub fn new(store: Arc<Store>, crypto: Arc<Crypto>, http: Http) -> Self {
        Self {
            store,
            crypto,
            http,
            one_at_a_time: Mutex::default(),
            asking: std::sync::Mutex::default(),
            looked_at: restore::LookedAt::default(),
        }
    }

    fn state(&self) -> Result<State, StoreError> {
        self.store.read(state::load)
    }

    async fn save(&self, state: &State) -> Result<(), StoreError> {
        if self.state()? == *state {
            return Ok(());
        }
        let state = state.clone();
        self.store.write(Durability::Full, move |tx, changes| state::save(tx, changes, &state)).await
    }
}

/// Takes keys as they come from the backup.
pub type Sink<'a> = &'a (dyn Fn(Vec<NewKey>) + Send + Sync);
