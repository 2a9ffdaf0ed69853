//! What screens and scripts read: from the database alone, but for older pages and files.

use std::path::Path;

use rusqlite::Connection;

use super::{Client, Error, Inner, Part, Wish, handover};
use crate::attachments::{self, AttachmentError};
use crate::crypto::Trust;
use crate::ids::{EventRow, RoomRow, UserRow};
use crate::model::{Device, Downloaded, Item, Member, QueueItem, Room, Status};
use crate::outbox::Reason;
use crate::recovery::{self, Rule};
use crate::store::codes::{AccountState, IdentityState, Membership};
use crate::store::outbox::Queued;
use crate::store::timeline::Wanted;
use crate::store::{StoreError, account, crowd, media, outbox, rooms, timeline};

/// Requests for one page of a timeline.
pub(super) const MOST_ROUNDS: usize = 100;

/// Which file of a message is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The original where it has come, else what was prepared.
    Best,
    /// What was prepared.
    Prepared,
}

impl Client {
    /// Reads the account's state. Works while contents are held back.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn status(&self) -> Result<Status, Error> {
        let (account, conn, queued, (cache_files, cache_bytes), recovery) =
            self.inner.store.read(|connection| {
                let account = account::load(connection)?;
                let conn = account::sync_conn(connection, "main")?;
                let recovery = recovery::overview(connection)?;
                let kept = media::count(connection)?;
                Ok::<_, StoreError>((account, conn, outbox::all(connection)?.len(), kept, recovery))
            })?;
        let bytes = |name: &str| std::fs::metadata(self.inner.dir.join(name)).map_or(0, |found| found.len());
        Ok(Status {
            user_id: account.user_id,
            device_id: account.device_id,
            homeserver: account.homeserver,
            state: account.state.as_str(),
            // An owner that hears nothing new writes nothing, so it is asked.
            last_sync_ts: match &self.inner.owner {
                Some(owner) => owner.sync.last_ts(),
                None => handover::last_sync_ts(&self.inner).unwrap_or(conn.last_ts).max(conn.last_ts),
            },
            queued,
            cache_files,
            cache_bytes,
            verified: account.identity == IdentityState::Owned,
            backup: match super::recovery::rule(&self.inner.mdm.policy()) {
                Rule::Off => "off",
                Rule::User | Rule::Forced => recovery.backup,
            },
            recovery: recovery.recovery,
            db_bytes: bytes("qroc.db").saturating_add(bytes("qroc.db-wal")),
        })
    }

    /// Reads the first page of the room list, newest first; `filter` is part of a name.
    ///
    /// # Errors
    /// `Held`; faults of the store.
    pub fn rooms(&self, filter: Option<&str>, limit: usize) -> Result<Vec<Room>, Error> {
        self.gate()?;
        let page = self.inner.store.read(|connection| rooms::page(connection, filter, None, limit))?;
        Ok(page.into_iter().map(view).collect())
    }

    /// Finds one room by id, alias or name.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn room(&self, name: &str) -> Result<Room, Error> {
        self.gate()?;
        Ok(view(self.inner.resolve(name)?))
    }

    /// Lists the members of a room that are stored, with what is believed of their identities.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub async fn members(&self, room: &str) -> Result<Vec<Member>, Error> {
        self.members_of(room, rooms::members).await
    }

    /// Lists one page of the members of a room that are stored: those after the one with the cursor `after`, with
    /// `filter` as part of their name or id.
    ///
    /// # Errors
    /// `BadInput` for a cursor that is none, `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub async fn members_page(
        &self,
        room: &str,
        after: Option<&str>,
        filter: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Member>, Error> {
        let after =
            match after {
                Some(text) => Some(text.parse().map(UserRow).map_err(|_| {
                    Error::BadInput(format!("{text:?} is not a cursor of a list of members"))
                })?),
                None => None,
            };
        self.members_of(room, |connection, room| crowd::page(connection, room, after, filter, limit)).await
    }

    async fn members_of(
        &self,
        room: &str,
        list: impl FnOnce(&Connection, RoomRow) -> Result<Vec<rooms::Member>, StoreError> + Send,
    ) -> Result<Vec<Member>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let (list, levels, create) = self.inner.store.read(|connection| {
            let levels = rooms::state(connection, room.id, "m.room.power_levels", "")?;
            let create = rooms::creator(connection, room.id)?;
            Ok::<_, StoreError>((list(connection, room.id)?, levels, create))
        })?;
        let levels: serde_json::Value =
            levels.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
        let power = |user: &str| {
            let default = || levels.get("users_default").and_then(serde_json::Value::as_i64).unwrap_or(0);
            let given = levels.get("users").and_then(|users| users.get(user)?.as_i64());
            // In the newest room versions the creator stands above all numbers and in none of the lists.
            let above = if create.as_deref() == Some(user) && given.is_none() { Some(100) } else { None };
            given.or(above).unwrap_or_else(default)
        };
        let people: Vec<String> = list.iter().map(|member| member.user_id.clone()).collect();
        let trust = self.inner.crypto().await?.trust_of_all(&people).await?;
        let trust_in = |user: &String| match trust.get(user) {
            _ if *user == self.inner.account.user_id => Trust::This,
            Some(trust) => *trust,
            None => Trust::Unverified,
        };
        Ok(list
            .into_iter()
            .map(|member| Member {
                room_id: room.room_id.clone(),
                trust: trust_in(&member.user_id).as_str(),
                power: power(&member.user_id),
                user_id: member.user_id,
                membership: member.membership.as_str(),
                display_name: member.name,
                cursor: member.row.0.to_string(),
            })
            .collect())
    }

    /// Lists who else is typing in a room. Known while this process syncs, never stored.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn typing(&self, room: &str) -> Result<Vec<String>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        Ok(self.owner()?.sync.typing(&room.room_id))
    }

    /// Reads one page of a timeline, oldest first; `before` is the cursor of an item. Fetches what is missing for
    /// the page from the server, unless `offline`.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `BadInput` for a cursor that is none, `Held`, the network's.
    pub async fn timeline(
        &self,
        room: &str,
        before: Option<&str>,
        limit: usize,
        offline: bool,
    ) -> Result<Vec<Item>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let before = before.map(cursor).transpose()?;
        self.inner.looks_at(&room.room_id);
        let fetch = !offline && self.inner.owner.is_some() && room.membership == Membership::Join;
        let mut rounds: usize = 0;
        loop {
            let wanted = Wanted { before, limit, across_gaps: !fetch };
            let page = self.inner.store.read(|connection| timeline::page(connection, room.id, wanted));
            let page = page.map_err(|error| match error {
                StoreError::NotFound("event") => {
                    Error::BadInput("this cursor is not of this room".to_owned())
                }
                other => other.into(),
            })?;
            // Each round shortens or closes the newest gap, so a page below several gaps takes several; a server
            // that never comes to an end is not followed for ever.
            rounds = rounds.saturating_add(1);
            if let (true, Some(_)) = (fetch && rounds <= MOST_ROUNDS, &page.gap)
                && let Ok(owner) = self.owner()
                && owner.sync.older(room.id, &room.room_id).await?
            {
                continue;
            }
            let room_id = &room.room_id;
            return Ok(page.items.into_iter().map(|item| crate::timeline::item(room_id, item)).collect());
        }
    }

    /// Lists what waits to be sent, oldest first. Works while contents are held back: it shows none, and says why.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn queue(&self) -> Result<Vec<QueueItem>, Error> {
        let (state, list) = self.inner.store.read(|connection| {
            Ok::<_, StoreError>((account::load(connection)?.state, outbox::all(connection)?))
        })?;
        Ok(list.into_iter().map(|queued| queue_item(queued, state)).collect())
    }

    /// Fetches the file of a message and opens it to `to`: a directory, or the file's path. An original that has come
    /// is what the message is about, unless the prepared file is asked for.
    ///
    /// # Errors
    /// `NoSuchEvent`, `NoAttachment`, a damaged file, one that is there, the network's.
    pub async fn download(
        &self,
        room: &str,
        event_id: &str,
        to: &Path,
        overwrite: bool,
        which: Which,
    ) -> Result<Downloaded, Error> {
        self.gate()?;
        self.inner.permit(Wish::Save).await?;
        let room = self.inner.resolve(room)?;
        let (_, content) = self.inner.event_content(room.id, event_id)?;
        let owner = self.owner()?;
        if which == Which::Best
            && let Some(original) = self.inner.fetch_original(owner, room.id, &content, to, overwrite).await?
        {
            return Ok(original);
        }
        if !overwrite && !to.is_dir() && to.symlink_metadata().is_ok() {
            let error = crate::media::Error::Exists;
            return Err(AttachmentError::File { path: to.to_owned(), error }.into());
        }
        match self.contents(&room.room_id, event_id, Part::File).await {
            Ok(contents) => contents.save(to, overwrite).await,
            // What may not be kept here goes straight to where it is wanted.
            Err(Error::Attachment(AttachmentError::TooLargeToShow { .. })) => {
                let fetched = attachments::fetch(&owner.http, &content, to, overwrite).await?;
                Ok(Downloaded {
                    original: false,
                    signed_by: None,
                    signature: None,
                    path: fetched.path.display().to_string(),
                    bytes: fetched.opened.plain_bytes,
                    mime: fetched.mime,
                    sha256: fetched.opened.sha256,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Lists the account's devices.
    ///
    /// # Errors
    /// The network's; `Held`.
    pub async fn devices(&self) -> Result<Vec<Device>, Error> {
        self.gate()?;
        let owner = self.owner()?;
        let list = crate::session::devices(&owner.http).await?;
        let own = &self.inner.account.user_id;
        owner.crypto.look_up_user(&owner.http, own).await?;
        let known = owner.crypto.devices_of(own).await?;
        let trust = |id: &str| match known.iter().find(|(known, ..)| known == id) {
            Some((_, _, trust)) => trust.as_str(),
            // Without keys it reads nothing.
            None => Trust::Unverified.as_str(),
        };
        let device = |(device_id, name, last_seen_ts): (String, Option<String>, Option<i64>)| Device {
            trust: trust(&device_id),
            device_id,
            name,
            last_seen_ts,
        };
        Ok(list.into_iter().map(device).collect())
    }

    /// Lists the devices of another user that have keys.
    ///
    /// # Errors
    /// `BadInput`; the network's; `Held`.
    pub async fn devices_of(&self, user_id: &str) -> Result<Vec<Device>, Error> {
        self.gate()?;
        if ruma::UserId::parse(user_id).is_err() {
            return Err(Error::BadInput(format!("{user_id:?} is not a user: it is written as @name:server")));
        }
        let owner = self.owner()?;
        owner.crypto.look_up_user(&owner.http, user_id).await?;
        let device = |(device_id, name, trust): (String, Option<String>, Trust)| Device {
            device_id,
            name,
            trust: trust.as_str(),
            last_seen_ts: None,
        };
        Ok(owner.crypto.devices_of(user_id).await?.into_iter().map(device).collect())
    }

    /// Signs another device of the account out.
    ///
    /// # Errors
    /// `BadInput` for this device, an unknown device, a wrong password, the network's.
    pub async fn sign_out_device(&self, device_id: &str, password: &str) -> Result<(), Error> {
        self.gate()?;
        if device_id == self.inner.account.device_id {
            return Err(Error::BadInput("this is the device in use; `logout` signs it out".to_owned()));
        }
        let owner = self.owner()?;
        Ok(crate::session::sign_out_device(&owner.http, &self.inner.account.user_id, device_id, password)
            .await?)
    }
}

impl Inner {
    /// Finds a room by id, alias or name.
    pub(super) fn resolve(&self, name: &str) -> Result<rooms::Room, Error> {
        if name.starts_with('!')
            && let Some(room) = self.store.read(|connection| rooms::find(connection, name))?
        {
            return Ok(room);
        }
        let mut found = self.store.read(|connection| rooms::named(connection, name))?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Err(Error::NoSuchRoom(name.to_owned())),
            (Some(room), true) => Ok(room),
            (Some(last), false) => {
                let ids = found.into_iter().chain([last]).map(|room| room.room_id).collect();
                Err(Error::AmbiguousRoom { name: name.to_owned(), ids })
            }
        }
    }
}

fn cursor(text: &str) -> Result<EventRow, Error> {
    text.parse().map(EventRow).map_err(|_| Error::BadInput(format!("{text:?} is not a cursor of a timeline")))
}

pub(super) fn view(room: rooms::Room) -> Room {
    Room {
        room_id: room.room_id,
        name: room.name,
        kind: room.kind.as_str(),
        membership: room.membership.as_str(),
        encrypted: room.encrypted,
        unread: room.unread,
        at_least: room.at_least && room.unread > 0,
        highlights: room.highlights,
        members: room.members,
        last_ts: room.last_ts,
        last_sender: room.last_sender,
        last_body: room.last_body,
        topic: room.topic,
        alias: room.alias,
        favourite: room.favourite,
        low_priority: room.low,
        notify: room.loudness.as_str(),
        draft: room.draft,
    }
}

pub(super) fn queue_item(mut queued: Queued, state: AccountState) -> QueueItem {
    if queued.error.is_none() {
        // Nothing is tried while the server refuses the account: that is why it waits.
        queued.error = Reason::of_account(state)
            .map(|reason| format!("{}: the account is {}", reason.code(), state.as_str()));
    }
    let reason = queued.error.as_deref().and_then(Reason::of);
    QueueItem {
        reason: reason.map(Reason::code),
        advice: reason.map(Reason::advice),
        after: queued.after.map(|row| row.0),
        id: queued.id.0,
        room_id: queued.room_id,
        kind: queued.kind.as_str(),
        state: queued.state.as_str(),
        attempts: queued.attempts,
        next_ts: queued.next_ts,
        error: queued.error,
        txn_id: queued.txn_id,
    }
}
