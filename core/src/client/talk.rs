//! What people do with messages besides sending them: what they answer, how they changed, who has read them, drafts,
//! threads, who is typing.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, Error, Owner, Wish};
use crate::ids::{EventRow, RoomRow};
use crate::model::{Draft, Item, Reader, Version};
use crate::net::{Call, part};
use crate::outbox;
use crate::store::codes::Membership;
use crate::store::events::Stored;
use crate::store::rooms::Room;
use crate::store::{StoreError, drafts, dress, events, rooms, timeline};
use crate::sync::SyncError;
use crate::text::without_quote;

/// Receipts of a room that are looked at to say who has read a message.
const MOST_RECEIPTS: usize = 1_000;
/// How long others are shown that the user types, unless it is said again.
const TYPING_MS: u64 = 30_000;
/// Messages that are fetched by themselves at once.
const MOST_FETCHED: usize = 20;
/// How long the sync may be held up by that.
const PATIENCE: Duration = Duration::from_secs(10);

impl Client {
    /// Reads one message, also an old one: fetched from the server where it is not stored, unless `offline`.
    ///
    /// # Errors
    /// `NoSuchEvent`, `NoSuchRoom`, `AmbiguousRoom`, `Held`, the network's.
    pub async fn message(&self, room: &str, event: &str, offline: bool) -> Result<Item, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        if !offline && room.membership == Membership::Join && self.inner.owner.is_some() {
            self.owner()?.sync.fetch_event(room.id, &room.room_id, event).await?;
        }
        let stored = self.inner.stored(room.id, event)?;
        let items = self.inner.store.read(|connection| timeline::whichever(connection, &[stored.id]))?;
        items
            .into_iter()
            .map(|(_, item)| crate::timeline::item(&room.room_id, item))
            .next()
            .ok_or_else(|| Error::NoSuchEvent(event.to_owned()))
    }

    /// Lists the versions of a message, oldest first; its edits are asked for, unless `offline`.
    ///
    /// # Errors
    /// As `message`.
    pub async fn history(&self, room: &str, event: &str, offline: bool) -> Result<Vec<Version>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let stored = self.fetched(&room, event, "m.replace", offline).await?;
        let versions = self.inner.store.read(|connection| dress::versions(connection, &stored))?;
        let answers = versions.first().is_some_and(|first| first.content.contains("m.in_reply_to"));
        Ok(versions
            .into_iter()
            .map(|version| {
                let is_edit = version.id != stored.id;
                let current = stored.edit.map_or(!is_edit, |edit| edit == version.id);
                view(version, is_edit, answers, current)
            })
            .collect())
    }

    /// Reads a thread, oldest first: its root, then at most the newest `limit` messages; what is missing of it is asked
    /// for, unless `offline`.
    ///
    /// # Errors
    /// As `message`.
    pub async fn thread(
        &self,
        room: &str,
        root: &str,
        limit: usize,
        offline: bool,
    ) -> Result<Vec<Item>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let root = match self.fetched(&room, root, "m.thread", offline).await {
            Ok(stored) => stored.key().unwrap_or_else(|| root.to_owned()),
            Err(Error::NoSuchEvent(_)) => root.to_owned(),
            Err(error) => return Err(error),
        };
        let items = self.inner.store.read(|connection| {
            let rows = dress::in_thread(connection, room.id, &root, limit)?;
            timeline::whichever(connection, &rows)
        })?;
        if items.is_empty() {
            return Err(Error::NoSuchEvent(root));
        }
        Ok(items.into_iter().map(|(_, item)| crate::timeline::item(&room.room_id, item)).collect())
    }

    /// Lists the roots of a room's threads that are stored, those with the newest message first.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn threads(&self, room: &str, limit: usize) -> Result<Vec<Item>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let items = self.inner.store.read(|connection| {
            let mut rows = Vec::new();
            for root in dress::threads(connection, room.id, limit)? {
                rows.extend(events::find(connection, room.id, &root)?.map(|root| root.id));
            }
            timeline::whichever(connection, &rows)
        })?;
        Ok(items.into_iter().map(|(_, item)| crate::timeline::item(&room.room_id, item)).collect())
    }

    /// Lists what is pinned in a room, in the order in which it was; fetched where it is not stored, unless `offline`.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`; the network's.
    pub async fn pins(&self, room: &str, offline: bool) -> Result<Vec<Item>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let pinned = self.inner.store.read(|connection| outbox::pinned(connection, room.id))?;
        if let Some(owner) = self.inner.owner.as_ref().filter(|_| !offline) {
            for event_id in pinned.iter().rev().take(MOST_FETCHED) {
                owner.sync.fetch_event(room.id, &room.room_id, event_id).await?;
            }
        }
        let items = self.inner.store.read(|connection| {
            let mut rows = Vec::new();
            for event_id in &pinned {
                rows.extend(events::find(connection, room.id, event_id)?.map(|found| found.id));
            }
            timeline::whichever(connection, &rows)
        })?;
        Ok(items.into_iter().map(|(_, item)| crate::timeline::item(&room.room_id, item)).collect())
    }

    /// Lists who has read a message, by the receipts that are known: who told so last comes first.
    ///
    /// # Errors
    /// `NoSuchEvent`, `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn seen_by(&self, room: &str, event: &str) -> Result<Vec<Reader>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let stored = self.inner.stored(room.id, event)?;
        let seen = self
            .inner
            .store
            .read(|connection| dress::seen_by(connection, room.id, &stored, MOST_RECEIPTS))?;
        let own = &self.inner.account.user_id;
        let others = seen.into_iter().filter(|reader| reader.user_id != *own);
        Ok(others
            .map(|reader| Reader { user_id: reader.user_id, display_name: reader.name, ts: reader.ts })
            .collect())
    }

    /// Reads the text that is being written for a room, or for a thread in it.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn draft(&self, room: &str, thread: Option<&str>) -> Result<Option<String>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        Ok(self
            .inner
            .store
            .read(|connection| drafts::get(connection, room.id, thread.unwrap_or_default()))?)
    }

    /// Lists the texts that are being written, newest first: of one room, or of all.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn drafts(&self, room: Option<&str>) -> Result<Vec<Draft>, Error> {
        self.gate()?;
        let room = room.map(|room| self.inner.resolve(room)).transpose()?.map(|room| room.id);
        let list = self.inner.store.read(|connection| drafts::list(connection, room))?;
        Ok(list
            .into_iter()
            .map(|draft| Draft {
                room_id: draft.room_id,
                thread: Some(draft.thread).filter(|thread| !thread.is_empty()),
                body: draft.body,
                ts: draft.ts,
            })
            .collect())
    }

    /// Tells the others in a room that the user writes, or does not any more. It holds for half a minute.
    ///
    /// # Errors
    /// `Denied` by `messages.typing`; the network's, which matter little; `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub async fn set_typing(&self, room: &str, typing: bool) -> Result<(), Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let owner = self.owner()?;
        if typing {
            self.inner.permit(Wish::SendTyping).await?;
        }
        let own = &self.inner.account.user_id;
        let path = format!("/_matrix/client/v3/rooms/{}/typing/{}", part(&room.room_id), part(own));
        let body =
            if typing { json!({ "typing": true, "timeout": TYPING_MS }) } else { json!({ "typing": false }) };
        owner.http.done(Call::put(&path, &body).within(Duration::from_secs(5))).await?;
        Ok(())
    }

    /// Waits until others than `known` are typing in a room, and says who is. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`, `Closed`.
    pub async fn typing_changes(&self, room: &str, known: &[String]) -> Result<Vec<String>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let owner = self.owner()?;
        let mut told = owner.sync.typing_told();
        let mut ended = self.inner.ended.subscribe();
        loop {
            let now = owner.sync.typing(&room.room_id);
            if now != known {
                return Ok(now);
            }
            tokio::select! {
                changed = told.changed() => changed.map_err(|_| Error::Closed)?,
                _ = ended.wait_for(|ended| *ended) => return Err(Error::Closed),
            }
        }
    }

    /// Finds a message and, unless `offline`, asks for it and for what relates to it in one way.
    async fn fetched(
        &self,
        room: &Room,
        event: &str,
        rel_type: &str,
        offline: bool,
    ) -> Result<Stored, Error> {
        if let Some(owner) = self.inner.owner.as_ref().filter(|_| !offline && event.starts_with('$')) {
            owner.sync.fetch_event(room.id, &room.room_id, event).await?;
            owner.sync.fetch_related(room.id, &room.room_id, event, rel_type).await?;
        }
        self.inner.stored(room.id, event)
    }
}

impl super::Inner {
    /// Fetches what new messages answer, where it is not stored: each once, a few at a time. The network's errors matter
    /// little: a screen asks again when it shows the answer.
    pub(super) async fn fetch_quoted(&self, owner: &Owner, rows: &[EventRow]) -> Result<(), SyncError> {
        if rows.is_empty() {
            return Ok(());
        }
        let wanted = self.store.read(|connection| {
            let mut wanted = Vec::new();
            for (room, event_id) in dress::unknown_quoted(connection, rows)? {
                wanted.push((room, rooms::get(connection, room)?.room_id, event_id));
            }
            Ok::<_, StoreError>(wanted)
        })?;
        let fetched = async {
            for (room, room_id, event_id) in wanted.into_iter().rev().take(MOST_FETCHED) {
                owner.sync.fetch_event(room, &room_id, &event_id).await?;
            }
            Ok::<(), SyncError>(())
        };
        match tokio::time::timeout(PATIENCE, fetched).await {
            Ok(Err(error)) if error.net().is_none() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Finds a message by its event id, or an own one by its transaction id.
    pub(super) fn stored(&self, room: RoomRow, event: &str) -> Result<Stored, Error> {
        let found = self.store.read(|connection| {
            Ok::<_, StoreError>(match events::find(connection, room, event)? {
                Some(found) => Some(found),
                None => events::find_txn(connection, room, event)?,
            })
        })?;
        found.ok_or_else(|| Error::NoSuchEvent(event.to_owned()))
    }
}

fn view(version: Stored, is_edit: bool, answers: bool, current: bool) -> Version {
    let mut content: Value = if version.redacted {
        Value::Null
    } else {
        serde_json::from_str(&version.content).unwrap_or_default()
    };
    if is_edit {
        content = content.get_mut("m.new_content").map(Value::take).unwrap_or_default();
    }
    let body = content.get("body").and_then(Value::as_str);
    Version {
        body: body.map(|body| if answers { without_quote(body) } else { body.to_owned() }),
        formatted: crate::timeline::formatted(&content),
        event_id: version.event_id,
        ts: version.ts,
        current,
    }
}
