//! Keys that a device could not be given with the message: given as soon as it can take them, without another message.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::OutboxError;
use super::send::Sender;
use crate::ids::RoomRow;
use crate::store::owed_keys::{self, OwedKey};
use crate::store::{Durability, StoreError};

/// A device that had no one-time key for so long is not coming back.
const LONGEST_MS: i64 = 7 * 24 * 3_600_000;
const FIRST: Duration = Duration::from_secs(2);
const LAST: Duration = Duration::from_secs(3_600);

/// When the next try is.
#[derive(Debug, Default)]
pub(super) struct Owing {
    tries: u32,
    not_before: Option<Instant>,
    /// What is stored already, by session, user and device: it is not written with each message again.
    noted: BTreeSet<(String, String, String)>,
}

impl Sender {
    /// Gives keys that are owed to the devices that can take them now, where it is time for that. Returns how long to
    /// wait for the next time; `None` where nothing is owed.
    ///
    /// # Errors
    /// Faults of the store; the network's only delay it.
    pub async fn share_owed(&self) -> Result<Option<Duration>, OutboxError> {
        let owed = self.store.read(owed_keys::all)?;
        if owed.is_empty() {
            return Ok(None);
        }
        if let Some(left) = self.owing_left() {
            return Ok(Some(left));
        }
        let now_ms = self.clock.now_ms();
        let is_over = |owed: &OwedKey| now_ms.saturating_sub(owed.since_ts) > LONGEST_MS;
        let (over, open): (Vec<_>, Vec<_>) = owed.into_iter().partition(is_over);
        let total = open.len();
        let settled = match self.crypto.give(&self.http, &open).await {
            Ok(settled) => settled,
            Err(error) => {
                tracing::debug!(kind = error.kind().code(), "keys are owed still");
                Vec::new()
            }
        };
        let is_open = settled.len() < total;
        let done: Vec<i64> = settled.into_iter().chain(over.iter().map(|owed| owed.id)).collect();
        if !done.is_empty() {
            self.store
                .write(Durability::Normal, move |tx, _| {
                    done.iter().try_for_each(|id| owed_keys::settle(tx, *id))
                })
                .await?;
        }
        let mut owing = self.owing.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_open {
            *owing = Owing::default();
            return Ok(None);
        }
        let wait = FIRST.saturating_mul(1 << owing.tries.min(16)).min(LAST);
        owing.tries = owing.tries.saturating_add(1);
        owing.not_before = Some(Instant::now() + wait);
        Ok(Some(wait))
    }

    fn owing_left(&self) -> Option<Duration> {
        let owing = self.owing.lock().unwrap_or_else(PoisonError::into_inner);
        owing.not_before?.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Waits until a key is owed that was not before.
    pub async fn owes(&self) {
        self.owes.notified().await;
    }

    /// Notes keys of a room that devices could not be given. Durable before the message leaves: nobody else could give
    /// them later.
    pub(super) async fn owe(&self, room: RoomRow, owed: Vec<OwedKey>) -> Result<(), StoreError> {
        let new: Vec<OwedKey> = {
            let mut owing = self.owing.lock().unwrap_or_else(PoisonError::into_inner);
            let named = |key: &OwedKey| (key.session_id.clone(), key.user_id.clone(), key.device_id.clone());
            owed.into_iter().filter(|key| owing.noted.insert(named(key))).collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        self.store
            .write(Durability::Full, move |tx, _| {
                new.iter().try_for_each(|key| {
                    owed_keys::owe(tx, room, &OwedKey { since_ts: now_ms, ..key.clone() })
                })
            })
            .await?;
        {
            let mut owing = self.owing.lock().unwrap_or_else(PoisonError::into_inner);
            owing.tries = 0;
            owing.not_before = Some(Instant::now() + FIRST);
        }
        self.owes.notify_one();
        Ok(())
    }
}
