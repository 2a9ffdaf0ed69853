//! Keys, sessions, devices and identities in our database, for matrix-sdk-crypto. A set of changes is one durable
//! transaction, encoded before the writer is asked: nothing leaves the device under keys that a power cut could take
//! back. Olm sessions are not kept in memory here, since the crate keeps them live itself. Hashes of Olm messages are
//! never pruned, as upstream: an old one could be replayed.

mod cache;
mod codec;
mod error;
mod keys;
mod lru;
mod people;
mod port;
mod rows;
mod value;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use matrix_sdk_crypto::olm::{InboundGroupSession, StaticAccountData};
use rusqlite::{Connection, Transaction};

use crate::clock::Clock;
use crate::store::{Durability, Store, StoreError};
use cache::{Caches, Forget, Touched};
pub use error::Error;
use rows::Rows;
pub(crate) use value::{BACKUP_KEY, BACKUP_VERSION};

/// The crypto crate's storage, on one account's database.
pub struct SqlCryptoStore {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    caches: Arc<Caches>,
    reads: AtomicU64,
    closed: AtomicBool,
    /// What is to be saved is forgotten instead: found out again by whoever owns the database.
    forgetful: bool,
}

impl SqlCryptoStore {
    /// Stands on an open database. Without its writer, saving answers `Closed`.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            caches: Arc::new(Caches::new()),
            reads: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            forgetful: false,
        }
    }

    /// Stands on a database that another process owns: for reading events, whose decryption changes no key.
    pub fn reading(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { forgetful: true, ..Self::new(store, clock) }
    }

    /// Returns how often the database was read since the start.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Forgets what is in memory: to be called after another process owned the writer, together with making a new
    /// `OlmMachine`, which keeps an account and sessions of its own.
    pub fn clear_caches(&self) {
        self.caches.clear();
    }

    /// Returns the account's names and public keys, once it was saved or loaded.
    pub fn get_static_account(&self) -> Option<StaticAccountData> {
        self.caches.account()
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) { Err(StoreError::Closed.into()) } else { Ok(()) }
    }

    /// Reads a few rows by an index, on the calling thread.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.check_open()?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.read(work)
    }

    /// Reads and decodes many rows, on a thread that may take its time.
    async fn read_many<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.check_open()?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        let store = self.store.clone();
        match tokio::task::spawn_blocking(move || store.read(work)).await {
            Ok(result) => result,
            // The runtime goes down, and we with it.
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        touched: Touched,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.check_open()?;
        let forget = Forget { caches: self.caches.clone(), touched };
        let committed = self.store.write(durability, move |tx, _| Ok::<_, Error>((work(tx)?, forget))).await;
        committed.map(|(value, _forget)| value)
    }

    async fn save(&self, rows: Rows) -> Result<(), Error> {
        self.save_as(Durability::Full, rows).await
    }

    async fn save_as(&self, durability: Durability, mut rows: Rows) -> Result<(), Error> {
        if rows.is_empty() || self.forgetful {
            return self.check_open();
        }
        let touched = std::mem::take(&mut rows.touched);
        self.write(durability, touched, move |tx| Ok(rows.write(tx)?)).await
    }

    /// Says whether the keys themselves are stored: then saving changes only what is found out again, like who sent
    /// them, which each new session does at its first event.
    fn have_keys(&self, sessions: &[InboundGroupSession]) -> Result<bool, Error> {
        for session in sessions {
            let known = self.room_key(session.room_id(), session.session_id())?;
            if known.is_none_or(|known| known.first_known_index() > session.first_known_index()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Debug for SqlCryptoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlCryptoStore").field("reads", &self.reads()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
