//! Companion rooms on the server: made where positions are shared, joined and left with their parents. What was given up
//! half-way is gone on with at the next look.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::tending::{Tended, is_refusal};
use super::{Error, Inner, Owner};
use crate::ids::RoomRow;
use crate::location::{RETENTION_MS, companion};
use crate::net::{Call, NetError, part};
use crate::store::codes::Membership;
use crate::store::rooms::Room;
use crate::store::{Durability, StoreError, companions, rooms, shares};

/// Who may make the companion of a room where its power levels do not say.
const MODERATOR: i64 = 50;
/// Rooms are made and joined rarely; a server that is slow with it is not given up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Inner {
    /// Returns where the batches of a room go; nothing while the companion is on its way.
    pub(super) fn track_room(&self, owner: &Owner, room: RoomRow) -> Result<Option<RoomRow>, Error> {
        let (joined, link, power) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                companions::of(connection, room)?,
                linked(connection, room)?,
                self.power_over_tracks(connection, room)?,
            ))
        })?;
        // One that nobody named is known to this device alone: what goes there is lost to everybody else.
        let named = |candidate: &&Room| {
            candidate.encrypted && link.as_ref().is_some_and(|link| link.room_id == candidate.room_id)
        };
        if let Some(found) = joined.iter().find(named) {
            return Ok(Some(found.id));
        }
        let coming = match &link {
            Some(link) => !owner.location.refused.has(&link.room_id),
            None => power && !owner.location.refused.has(&making(room)),
        };
        Ok(if coming { None } else { Some(room) })
    }

    fn power_over_tracks(
        &self,
        connection: &rusqlite::Connection,
        room: RoomRow,
    ) -> Result<bool, StoreError> {
        let levels: Value = rooms::state(connection, room, "m.room.power_levels", "")?
            .and_then(|content| serde_json::from_str(&content).ok())
            .unwrap_or_default();
        let needed = levels
            .get("events")
            .and_then(|events| events.get(companion::LINK))
            .or_else(|| levels.get("state_default"))
            .and_then(Value::as_i64)
            .unwrap_or(MODERATOR);
        Ok(rooms::power(connection, room, &self.account.user_id)? >= needed)
    }

    /// Joins the companions of joined rooms, leaves those of left ones, makes those that are missing.
    pub(super) async fn tend_companions(&self, owner: &Owner) -> Result<Tended, Error> {
        let now = self.clock.now_ms();
        let (named, orphans, lacking) = self.store.read(|connection| {
            let mut lacking = Vec::new();
            for room in shares::rooms_of_live(connection, now)? {
                let parent = rooms::get(connection, room)?;
                if parent.encrypted
                    && linked(connection, room)?.is_none()
                    && self.power_over_tracks(connection, room)?
                {
                    lacking.push(parent);
                }
            }
            // Also where nobody shares by now: one that this account made is named, and found by the next who does.
            for (room, parent) in companions::unnamed(connection)? {
                if rooms::creator(connection, room)?.as_ref() == Some(&self.account.user_id)
                    && !lacking.iter().any(|known: &Room| known.id == parent)
                    && self.power_over_tracks(connection, parent)?
                {
                    lacking.push(rooms::get(connection, parent)?);
                }
            }
            Ok::<_, StoreError>((companions::named(connection)?, companions::orphans(connection)?, lacking))
        })?;
        let mut tended = Tended::default();
        for (parent, content) in named {
            if let Some(link) = companion::read_link(&content) {
                owner.location.joining.remove(&making(parent.id));
                tended = tended.and(self.tend_link(owner, &parent, &link).await?);
            }
        }
        for orphan in orphans {
            tended = tended.and(self.leave_quietly(owner, &orphan).await?);
        }
        for parent in lacking {
            tended = tended.and(self.make_companion(owner, &parent).await?);
        }
        Ok(tended)
    }

    async fn tend_link(&self, owner: &Owner, parent: &Room, link: &companion::Link) -> Result<Tended, Error> {
        let (known, joined) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                rooms::find(connection, &link.room_id)?,
                companions::of(connection, parent.id)?,
            ))
        })?;
        let mut tended = Tended::default();
        let key = &link.room_id;
        if known.is_some_and(|room| room.membership == Membership::Join) {
            // From now on the database says it: whoever is put out of it may come in again.
            owner.location.joining.remove(key);
            // Two moderators made one each, or one was given up half-way; the one that is named counts.
            for other in joined.iter().filter(|other| other.room_id != link.room_id) {
                tended = tended.and(self.leave_quietly(owner, other).await?);
            }
            return Ok(tended);
        }
        if owner.location.refused.has(key) || owner.location.joining.has(key) {
            return Ok(tended);
        }
        if !owner.location.patience.allows(key) {
            return Ok(Tended::AGAIN);
        }
        // Before it wakes anybody.
        self.silence(owner, &link.room_id).await;
        let via: String = link.via.iter().map(|server| format!("&via={}", part(server))).collect();
        let path = format!("/_matrix/client/v3/join/{}?{}", part(&link.room_id), via.trim_start_matches('&'));
        match owner.http.done(Call::post(&path, &json!({})).within(PATIENCE)).await {
            Ok(_) => {
                owner.location.joining.add(key);
                Ok(Tended::DONE)
            }
            Err(error) if is_refusal(&error) => {
                owner.location.refused.add(key);
                Ok(Tended::DONE)
            }
            Err(error) => {
                owner.location.patience.failed(key, &error);
                Ok(Tended::AGAIN)
            }
        }
    }

    async fn make_companion(&self, owner: &Owner, parent: &Room) -> Result<Tended, Error> {
        let key = making(parent.id);
        if owner.location.refused.has(&key) || owner.location.joining.has(&key) {
            return Ok(Tended::default());
        }
        if !owner.location.patience.allows(&key) {
            return Ok(Tended::AGAIN);
        }
        let made = match self.unnamed(owner, parent)? {
            Some(made) => made,
            None => match self.create(owner, parent).await {
                Ok(made) => made,
                Err(error) if is_refusal(&error) => {
                    owner.location.refused.add(&key);
                    return Ok(Tended::DONE);
                }
                Err(error) => {
                    owner.location.patience.failed(&key, &error);
                    return Ok(Tended::AGAIN);
                }
            },
        };
        self.silence(owner, &made).await;
        let server = self.account.user_id.split_once(':').map(|(_, server)| server).unwrap_or_default();
        match self.set_state(owner, parent, companion::LINK, "", &companion::link(&made, server)).await {
            Ok(_) => {
                // Not before: who gives up waiting in between would leave a room without one for good.
                owner.location.joining.add(&key);
                owner.location.unnamed.forget(parent.id);
                Ok(Tended::DONE)
            }
            Err(error) if is_refusal(&error) => {
                // Nobody would find it.
                let path = format!("/_matrix/client/v3/rooms/{}/leave", part(&made));
                let _ = owner.http.done(Call::post(&path, &json!({}))).await;
                owner.location.unnamed.forget(parent.id);
                owner.location.refused.add(&key);
                Ok(Tended::DONE)
            }
            // It may be named; doing it again is doing it once.
            Err(error) => {
                owner.location.patience.failed(&key, &error);
                Ok(Tended::AGAIN)
            }
        }
    }

    /// Returns a companion that this account made and did not come to name.
    fn unnamed(&self, owner: &Owner, parent: &Room) -> Result<Option<String>, Error> {
        if let Some(made) = owner.location.unnamed.get(parent.id) {
            return Ok(Some(made));
        }
        let own = &self.account.user_id;
        Ok(self.store.read(|connection| {
            for room in companions::of(connection, parent.id)? {
                if room.encrypted && rooms::creator(connection, room.id)?.as_ref() == Some(own) {
                    return Ok::<_, StoreError>(Some(room.room_id));
                }
            }
            Ok(None)
        })?)
    }

    async fn create(&self, owner: &Owner, parent: &Room) -> Result<String, NetError> {
        #[derive(Deserialize)]
        struct Made {
            room_id: String,
        }
        let request = companion::request(&parent.room_id, RETENTION_MS);
        let call = Call::post("/_matrix/client/v3/createRoom", &request).within(PATIENCE);
        let made: Made = owner.http.json(call).await?;
        owner.location.unnamed.add(parent.id, &made.room_id);
        Ok(made.room_id)
    }

    /// Every batch would wake every phone.
    async fn silence(&self, owner: &Owner, room_id: &str) {
        let path = format!("/_matrix/client/v3/pushrules/global/room/{}", part(room_id));
        if let Err(error) = owner.http.done(Call::put(&path, &json!({ "actions": [] }))).await {
            tracing::debug!(kind = error.kind().code(), "a companion room is not silenced");
        }
    }

    async fn leave_quietly(&self, owner: &Owner, room: &Room) -> Result<Tended, Error> {
        let key = format!("leave {}", room.id.0);
        if !owner.location.patience.allows(&key) {
            return Ok(Tended::AGAIN);
        }
        let path = format!("/_matrix/client/v3/rooms/{}/leave", part(&room.room_id));
        match owner.http.done(Call::post(&path, &json!({}))).await {
            Err(error) if !is_refusal(&error) => {
                owner.location.patience.failed(&key, &error);
                return Ok(Tended::AGAIN);
            }
            Ok(_) | Err(_) => {}
        }
        let id = room.id;
        self.store
            .write(Durability::Normal, move |tx, _| rooms::set_membership(tx, id, Membership::Leave))
            .await?;
        Ok(Tended::DONE)
    }
}

fn linked(connection: &rusqlite::Connection, room: RoomRow) -> Result<Option<companion::Link>, StoreError> {
    let link = rooms::state(connection, room, companion::LINK, "")?;
    Ok(link.as_deref().and_then(companion::read_link))
}

fn making(parent: RoomRow) -> String {
    format!("make {}", parent.0)
}
