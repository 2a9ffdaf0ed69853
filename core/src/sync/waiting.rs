//! What waits for keys that came by another way than the sync's answers.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{Sync, SyncError};
use crate::crypto::NewKey;
use crate::ingest::{self, Attention, Context};
use crate::store::crypto::room_key;
use crate::store::{Durability, events};

impl Sync {
    /// Takes word of keys that came by another way than the sync. What waits for them is read with the next step, for
    /// which a question under way is given up.
    pub fn keys_came(&self, keys: Vec<NewKey>) {
        if !keys.is_empty() {
            self.came.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
            self.interrupt.notify_one();
        }
    }

    /// Takes word that this device was confirmed: with the next step, for which a question under way is given up, all that
    /// waits is read, and keys that are missing are asked for.
    pub fn confirmed(&self) {
        self.confirmed.store(true, Ordering::SeqCst);
        self.interrupt.notify_one();
    }

    /// Says whether there was anything to be looked at.
    pub(super) async fn read_what_waits(&self, attention: &Attention) -> Result<bool, SyncError> {
        if self.confirmed.swap(false, Ordering::SeqCst) {
            let waiting = self.store.read(events::awaited)?.into_iter();
            let keys: Vec<_> = waiting.map(|(room_id, session_id)| NewKey { room_id, session_id }).collect();
            self.read_waiting(attention, &keys).await?;
            ingest::ask_for_waiting(&self.store, &self.crypto).await?;
            return Ok(true);
        }
        let mut came = std::mem::take(&mut *self.came.lock().unwrap_or_else(PoisonError::into_inner));
        // A process that was killed may have kept keys and not read with them.
        if !self.crypto.is_shut() && !self.begun.swap(true, Ordering::SeqCst) {
            let kept = self.store.read(room_key::waited_for)?.into_iter();
            came.extend(kept.map(|(room_id, session_id)| NewKey { room_id, session_id }));
        }
        if !came.is_empty() {
            self.read_waiting(attention, &came).await?;
        }
        Ok(!came.is_empty())
    }

    async fn read_waiting(&self, attention: &Attention, keys: &[NewKey]) -> Result<(), SyncError> {
        let prepared = ingest::prepare_waiting(&self.store, &self.crypto, attention, keys).await?;
        let context = Context { own: self.own.clone(), now_ms: self.clock.now_ms() };
        self.store
            .write(Durability::Normal, move |tx, changes| {
                ingest::apply(tx, changes, &context, &prepared).map(drop)
            })
            .await?;
        Ok(())
    }
}
