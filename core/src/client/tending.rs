//! What sharing needs of the server beside the batches: that the others know of it, a companion room for the tracks,
//! and that they know of its end. Tried again until it works, whichever process began it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::sleep;

use super::{Error, Inner, Owner};
use crate::geo::pace::Pace;
use crate::ids::RoomRow;
use crate::location::{RETENTION_MS, companion, message};
use crate::net::{Call, NetError, part};
use crate::store::changes::Change;
use crate::store::rooms::Room;
use crate::store::shares::Own;
use crate::store::{Durability, StoreError, companions, rooms, shares};

/// After a try that did not work.
const AGAIN: Duration = Duration::from_secs(5);
/// Who may make the companion of a room where its power levels do not say.
const MODERATOR: i64 = 50;
/// Rooms are made and joined rarely; a server that is slow with it is not given up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Inner {
    /// Tends what is shared and the companion rooms, for as long as it is polled.
    pub(super) async fn keep_tending(&self, owner: &Owner) -> Error {
        let mut changes = self.store.subscribe();
        loop {
            // A burst of changes is one reason to look; what changes meanwhile is another.
            while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
            let again = match self.tend(owner).await {
                Ok(Tended { again, .. }) => again,
                Err(error) => return error,
            };
            if again {
                tokio::select! {
                    _ = changes.recv() => {}
                    () = sleep(AGAIN) => {}
                }
            } else {
                let _ = changes.recv().await;
            }
        }
    }

    /// Does what is due. The network's errors are no reason to stop: it is due again later.
    pub(super) async fn tend(&self, owner: &Owner) -> Result<Tended, Error> {
        let _once = owner.location.tending.lock().await;
        let mut tended = self.tend_companions(owner).await?;
        for share in self.store.read(shares::all_own)? {
            let done = self.tend_share(owner, share).await?;
            tended = Tended { done: tended.done || done.done, again: tended.again || done.again };
        }
        Ok(tended)
    }

    async fn tend_share(&self, owner: &Owner, share: Own) -> Result<Tended, Error> {
        let room = self.store.read(|connection| rooms::get(connection, share.room))?;
        let running = owner.location.running.has(share.room);
        let mut tended = Tended::default();
        if !share.ended && !running {
            // Left by a process that ended; whether it goes on is for the user, what it kept goes out.
            if self.clock.now_ms() >= share.ends_ts {
                self.end_share(owner, share.room, Pace::Patrol).await?;
                return Ok(Tended { done: true, again: false });
            }
            let id = share.room;
            let tolerance = Pace::Patrol.tolerance_m();
            self.store
                .write(Durability::Normal, move |tx, _| crate::location::gather::choose(tx, id, tolerance))
                .await?;
        }
        if share.info_event.is_none() && !share.ended {
            tended = tended.and(self.tell_begin(owner, &room, &share).await?);
        }
        tended.done |= self.queue_batch(owner, &share).await?;
        let (waiting, queued) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                shares::count_waiting(connection, share.room)?,
                shares::is_queued(connection, share.room, true)?
                    || shares::is_queued(connection, share.room, false)?,
            ))
        })?;
        if share.ended && !share.told && waiting == 0 && !queued {
            tended = tended.and(self.tell_end(owner, &room, &share).await?);
        }
        if share.told && !running {
            let id = share.room;
            self.store.write(Durability::Normal, move |tx, _| shares::forget(tx, id)).await?;
        }
        Ok(tended)
    }

    async fn tell_begin(&self, owner: &Owner, room: &Room, share: &Own) -> Result<Tended, Error> {
        let content = message::beacon_info(true, share.started_ts, share.ends_ts);
        let info =
            match self.set_state(owner, room, message::BEACON_INFO, &self.account.user_id, &content).await {
                Ok(event_id) => event_id,
                // An older room does not let members say so; their batches go out all the same.
                Err(error) if is_refusal(&error) => String::new(),
                Err(_) => return Ok(Tended::AGAIN),
            };
        let id = share.room;
        self.store.write(Durability::Normal, move |tx, _| shares::set_info(tx, id, Some(&info))).await?;
        Ok(Tended::DONE)
    }

    async fn tell_end(&self, owner: &Owner, room: &Room, share: &Own) -> Result<Tended, Error> {
        // Nobody was told that it began.
        if share.info_event.as_ref().is_some_and(|info| !info.is_empty()) {
            let content = message::beacon_info(false, share.started_ts, share.ends_ts);
            match self.set_state(owner, room, message::BEACON_INFO, &self.account.user_id, &content).await {
                Err(error) if !is_refusal(&error) => return Ok(Tended::AGAIN),
                Ok(_) | Err(_) => {}
            }
        }
        let id = share.room;
        self.store
            .write(Durability::Normal, move |tx, changes| {
                changes.note(Change::Location(id));
                shares::set_told(tx, id)
            })
            .await?;
        Ok(Tended::DONE)
    }

    /// Returns where the batches of a room go; nothing while the companion is on its way.
    pub(super) fn track_room(&self, owner: &Owner, room: RoomRow) -> Result<Option<RoomRow>, Error> {
        let (joined, link, power) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                companions::of(connection, room)?,
                rooms::state(connection, room, companion::LINK, "")?,
                self.power_over_tracks(connection, room)?,
            ))
        })?;
        let link = link.as_deref().and_then(companion::read_link);
        let linked = |candidate: &&Room| {
            candidate.encrypted && link.as_ref().is_none_or(|link| link.room_id == candidate.room_id)
        };
        if let Some(found) = joined.iter().find(linked) {
            return Ok(Some(found.id));
        }
        let coming = match &link {
            Some(link) => !owner.location.refused.has(&link.room_id),
            None => power && !owner.location.refused.has(&format!("make {}", room.0)),
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
    async fn tend_companions(&self, owner: &Owner) -> Result<Tended, Error> {
        let now = self.clock.now_ms();
        let (named, orphans, lacking) = self.store.read(|connection| {
            let mut lacking = Vec::new();
            for room in shares::rooms_of_live(connection, now)? {
                let unlinked = rooms::state(connection, room, companion::LINK, "")?.is_none();
                let parent = rooms::get(connection, room)?;
                if unlinked && parent.encrypted && self.power_over_tracks(connection, room)? {
                    lacking.push(parent);
                }
            }
            Ok::<_, StoreError>((companions::named(connection)?, companions::orphans(connection)?, lacking))
        })?;
        let mut tended = Tended::default();
        for (parent, content) in named {
            if let Some(link) = companion::read_link(&content) {
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
        if known.is_some_and(|room| room.membership == crate::store::codes::Membership::Join) {
            // Two moderators made one each; the one that is named counts.
            for other in joined.iter().filter(|other| other.room_id != link.room_id) {
                tended = tended.and(self.leave_quietly(owner, other).await?);
            }
            return Ok(tended);
        }
        if owner.location.refused.has(&link.room_id) || owner.location.joining.has(&link.room_id) {
            return Ok(tended);
        }
        let via: String = link.via.iter().map(|server| format!("&via={}", part(server))).collect();
        let path = format!("/_matrix/client/v3/join/{}?{}", part(&link.room_id), via.trim_start_matches('&'));
        match owner.http.done(Call::post(&path, &json!({})).within(PATIENCE)).await {
            Ok(_) => {
                owner.location.joining.add(&link.room_id);
                self.silence(owner, &link.room_id).await;
                Ok(Tended::DONE)
            }
            Err(error) if is_refusal(&error) => {
                owner.location.refused.add(&link.room_id);
                Ok(Tended::DONE)
            }
            Err(_) => Ok(Tended::AGAIN),
        }
    }

    async fn make_companion(&self, owner: &Owner, parent: &Room) -> Result<Tended, Error> {
        #[derive(Deserialize)]
        struct Made {
            room_id: String,
        }
        let key = format!("make {}", parent.id.0);
        if owner.location.refused.has(&key) || owner.location.joining.has(&key) {
            return Ok(Tended::default());
        }
        let request = companion::request(&parent.room_id, RETENTION_MS);
        let made: Result<Made, NetError> =
            owner.http.json(Call::post("/_matrix/client/v3/createRoom", &request).within(PATIENCE)).await;
        let made = match made {
            Ok(made) => made,
            Err(error) if is_refusal(&error) => {
                owner.location.refused.add(&key);
                return Ok(Tended::DONE);
            }
            Err(_) => return Ok(Tended::AGAIN),
        };
        self.silence(owner, &made.room_id).await;
        let server = self.account.user_id.split_once(':').map(|(_, server)| server).unwrap_or_default();
        let content = companion::link(&made.room_id, server);
        match self.set_state(owner, parent, companion::LINK, "", &content).await {
            Ok(_) => {
                // Not before: who gives up waiting in between would leave a room without one for good.
                owner.location.joining.add(&key);
                Ok(Tended::DONE)
            }
            Err(error) => {
                // Nobody would find it; the next try makes another.
                let path = format!("/_matrix/client/v3/rooms/{}/leave", part(&made.room_id));
                let _ = owner.http.done(Call::post(&path, &json!({}))).await;
                if is_refusal(&error) {
                    owner.location.refused.add(&key);
                }
                Ok(Tended::AGAIN)
            }
        }
    }

    /// Every batch would wake every phone.
    async fn silence(&self, owner: &Owner, room_id: &str) {
        let path = format!("/_matrix/client/v3/pushrules/global/room/{}", part(room_id));
        if let Err(error) = owner.http.done(Call::put(&path, &json!({ "actions": [] }))).await {
            tracing::debug!(kind = error.kind().code(), "a companion room is not silenced");
        }
    }

    async fn leave_quietly(&self, owner: &Owner, room: &Room) -> Result<Tended, Error> {
        let path = format!("/_matrix/client/v3/rooms/{}/leave", part(&room.room_id));
        match owner.http.done(Call::post(&path, &json!({}))).await {
            Err(error) if !is_refusal(&error) => return Ok(Tended::AGAIN),
            Ok(_) | Err(_) => {}
        }
        let id = room.id;
        self.store
            .write(Durability::Normal, move |tx, _| {
                rooms::set_membership(tx, id, crate::store::codes::Membership::Leave)
            })
            .await?;
        Ok(Tended::DONE)
    }

    async fn set_state(
        &self,
        owner: &Owner,
        room: &Room,
        kind: &str,
        state_key: &str,
        content: &Value,
    ) -> Result<String, NetError> {
        #[derive(Deserialize)]
        struct Set {
            event_id: String,
        }
        let path =
            format!("/_matrix/client/v3/rooms/{}/state/{kind}/{}", part(&room.room_id), part(state_key));
        let set: Set = owner.http.json(Call::put(&path, content)).await?;
        Ok(set.event_id)
    }
}

/// What one look came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tended {
    /// Something was done, and there may be more.
    pub(super) done: bool,
    /// Something did not work yet.
    pub(super) again: bool,
}

impl Tended {
    const DONE: Self = Self { done: true, again: false };
    const AGAIN: Self = Self { done: false, again: true };

    fn and(self, other: Self) -> Self {
        Self { done: self.done || other.done, again: self.again || other.again }
    }
}

/// The server will not, whenever it is asked.
fn is_refusal(error: &NetError) -> bool {
    !error.is_transient() && error.kind() != crate::kind::ErrorKind::SignedOut
}
