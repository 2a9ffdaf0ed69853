//! Fetching the keys of a backup in the order in which the history is looked at: first the rooms that are open, then what
//! waits on this device, newest first, then the rest, room by room from the newest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::{Recovery, RecoveryError, Sink, State};
use crate::crypto::{BackupKey, SealedKey};
use crate::store::{StoreError, events, rooms};

/// Keys that are taken in, and then read with, at once.
const CHUNK: usize = 200;
/// Rooms whose keys come before those of the rest.
const FIRST_ROOMS: usize = 1000;
/// Of the rooms that were looked at before a restore began, so many come first.
const MOST_LOOKED_AT: usize = 4;

/// The rooms that somebody looks at, newest first, and word of another one.
#[derive(Debug, Default)]
pub(super) struct LookedAt {
    rooms: Mutex<Vec<String>>,
    another: Notify,
}

impl LookedAt {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a key stands in the order.
#[derive(Debug, Default)]
struct Places {
    waiting: BTreeMap<(String, String), usize>,
    rooms: BTreeMap<String, usize>,
}

impl Places {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let waiting = events::awaited(connection)?.into_iter().zip(0..).collect();
        let page = rooms::page(connection, None, None, FIRST_ROOMS)?;
        let rooms = page.into_iter().map(|room| room.room_id).zip(0..).collect();
        Ok(Self { waiting, rooms })
    }

    fn of(&self, room_id: &str, session_id: &str) -> (usize, usize) {
        let waits = self.waiting.get(&(room_id.to_owned(), session_id.to_owned()));
        let room = self.rooms.get(room_id);
        (waits.copied().unwrap_or(usize::MAX), room.copied().unwrap_or(usize::MAX))
    }
}

/// A restore under way.
struct Restore<'a> {
    version: &'a str,
    key: &'a BackupKey,
    came: Sink<'a>,
    /// Rooms all of whose keys are here.
    whole: BTreeSet<String>,
    total: usize,
}

impl Recovery {
    /// Says that somebody looks at a room: its keys come first, whatever else is being fetched.
    pub fn looks_at(&self, room_id: &str) {
        let mut rooms = self.looked_at.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|room| room != room_id);
        rooms.insert(0, room_id.to_owned());
        rooms.truncate(MOST_LOOKED_AT);
        drop(rooms);
        self.looked_at.another.notify_one();
    }

    /// Fetches the keys of a backup, where that was begun. Returns how many. Left in the middle, it begins anew.
    pub(super) async fn fetch(&self, state: &mut State, came: Sink<'_>) -> Result<usize, RecoveryError> {
        let Some(wanted) = state.restore.clone() else { return Ok(0) };
        let Some((version, key)) = self.crypto.backup_in_use().await? else { return Ok(0) };
        if version != wanted {
            return Ok(0);
        }
        let mut restore = Restore { version: &version, key: &key, came, whole: BTreeSet::new(), total: 0 };
        self.fetch_looked_at(&mut restore).await?;
        let mut everything = std::pin::pin!(self.crypto.fetch_backup(&self.http, &version, None));
        let sealed = loop {
            tokio::select! {
                sealed = &mut everything => break sealed?,
                () = self.looked_at.another.notified() => self.fetch_looked_at(&mut restore).await?,
            }
        };
        self.take_in(&mut restore, sealed).await?;
        state.restore = None;
        self.save(state).await?;
        Ok(restore.total)
    }

    async fn fetch_looked_at(&self, restore: &mut Restore<'_>) -> Result<(), RecoveryError> {
        for room_id in self.looked_at.take() {
            if !restore.whole.contains(&room_id) {
                let sealed = self.crypto.fetch_backup(&self.http, restore.version, Some(&room_id)).await?;
                self.take_in(restore, sealed).await?;
                restore.whole.insert(room_id);
            }
        }
        Ok(())
    }

    async fn take_in(
        &self,
        restore: &mut Restore<'_>,
        mut sealed: Vec<SealedKey>,
    ) -> Result<(), RecoveryError> {
        sealed.retain(|key| !restore.whole.contains(key.room_id.as_str()));
        let places = self.store.read(Places::read)?;
        sealed.sort_by_cached_key(|key| places.of(key.room_id.as_str(), key.session_id()));
        while !sealed.is_empty() {
            let looked_at = self.looked_at.take();
            if !looked_at.is_empty() {
                sealed.sort_by_key(|key| {
                    looked_at
                        .iter()
                        .position(|room| key.room_id.as_str() == room.as_str())
                        .unwrap_or(usize::MAX)
                });
            }
            let rest = sealed.split_off(CHUNK.min(sealed.len()));
            let keys = self.crypto.take_keys(restore.version, restore.key, &sealed).await?;
            restore.total = restore.total.saturating_add(keys.len());
            (restore.came)(keys);
            sealed = rest;
        }
        Ok(())
    }
}
