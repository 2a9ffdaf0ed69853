//! Readers: connections that cannot write, opened when first needed, reused after.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::error::StoreError;
use super::now::Horizon;
use super::open;
use crate::secret::DbKey;

/// More readers than this at once open a connection of their own and drop it.
const KEPT: usize = 4;

#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    key: DbKey,
    idle: Mutex<Vec<Connection>>,
    horizon: Arc<Horizon>,
}

impl Pool {
    pub(super) fn new(path: PathBuf, key: DbKey, first: Connection, horizon: Arc<Horizon>) -> Self {
        Self { path, key, idle: Mutex::new(vec![first]), horizon }
    }

    /// Runs `work` on a reader, in one snapshot.
    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path, &self.key)?,
        };
        self.horizon.begin();
        let result = {
            let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
            work(&snapshot)
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        result
    }
}
