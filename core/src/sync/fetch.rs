//! Fetches single events that are not stored: what a message answers, its edits, a thread. Each is asked for once. And
//! who is typing, which is never stored.

use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::{Sync, SyncError};
use crate::ids::RoomRow;
use crate::ingest;
use crate::net::{Call, NetError, part};
use crate::store::{Durability, StoreError, events};

/// Events of a relation that are fetched at most.
const MOST_RELATED: u32 = 100;
/// What the server does not give is not asked for again, as long as so few are remembered.
const REMEMBERED: usize = 10_000;

impl Sync {
    /// Says who is typing in a room, by the last answer. Never stored.
    pub fn typing(&self, room_id: &str) -> Vec<String> {
        let typing = self.typing.lock().unwrap_or_else(PoisonError::into_inner);
        typing.get(room_id).into_iter().flatten().filter(|user| **user != self.own).cloned().collect()
    }

    /// Follows when the server says anew who is typing, wherever.
    pub fn typing_told(&self) -> watch::Receiver<u64> {
        self.typed.subscribe()
    }

    /// Fetches one event where it is not stored. Returns whether it is stored now.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn fetch_event(&self, room: RoomRow, room_id: &str, event_id: &str) -> Result<bool, SyncError> {
        if self.store.read(|connection| events::is_known(connection, room, event_id))? {
            return Ok(true);
        }
        if !event_id.starts_with('$') || self.is_refused(room_id, event_id) {
            return Ok(false);
        }
        let path = format!("/_matrix/client/v3/rooms/{}/event/{}", part(room_id), part(event_id));
        let event: Box<RawValue> = match self.http.json(Call::get(&path)).await {
            Err(NetError::Refused { .. }) => {
                self.refuse(room_id, event_id);
                return Ok(false);
            }
            other => other?,
        };
        self.take_aside(room, room_id, vec![event]).await?;
        let known = self.store.read(|connection| events::is_known(connection, room, event_id))?;
        if !known {
            // It was another event: a server that answers so is not asked again.
            self.refuse(room_id, event_id);
        }
        Ok(known)
    }

    /// Fetches what relates to an event in one way, the newest of it.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn fetch_related(
        &self,
        room: RoomRow,
        room_id: &str,
        event_id: &str,
        rel_type: &str,
    ) -> Result<(), SyncError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            chunk: Vec<Box<RawValue>>,
        }
        let path = format!(
            "/_matrix/client/v1/rooms/{}/relations/{}/{rel_type}?limit={MOST_RELATED}",
            part(room_id),
            part(event_id)
        );
        match self.http.json::<Answer>(Call::get(&path)).await {
            Ok(answer) => self.take_aside(room, room_id, answer.chunk).await,
            // A server without this, or one that does not know the event.
            Err(NetError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn take_aside(
        &self,
        room: RoomRow,
        room_id: &str,
        list: Vec<Box<RawValue>>,
    ) -> Result<(), SyncError> {
        let attention = self.at.lock().await.attention.clone();
        let read = ingest::prepare_older(&self.store, &self.crypto, &attention, room_id, list).await?;
        self.store
            .write(Durability::Normal, move |tx, changes| {
                ingest::apply_aside(tx, changes, room, &read)?;
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }

    fn is_refused(&self, room_id: &str, event_id: &str) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(&(room_id.to_owned(), event_id.to_owned()))
    }

    fn refuse(&self, room_id: &str, event_id: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < REMEMBERED {
            refused.insert((room_id.to_owned(), event_id.to_owned()));
        }
    }
}
