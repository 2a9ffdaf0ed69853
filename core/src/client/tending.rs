//! What sharing needs of the server beside the batches: that the others know of it, and of its end. Tried again until it
//! works, whichever process began it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::sleep;

use super::held::AGAIN;
use super::{Error, Inner, Owner};
use crate::geo::pace::Pace;
use crate::location::{RETENTION_MS, message};
use crate::net::{Call, NetError, part};
use crate::store::changes::{Change, Published};
use crate::store::codes::Membership;
use crate::store::rooms::Room;
use crate::store::shares::{Begun, Own};
use crate::store::{Durability, StoreError, events, rooms, shares};

/// For so long the end of a sharing waits for what was measured before; then it is told all the same.
const GRACE: Duration = Duration::from_secs(10);

impl Inner {
    /// Tends what is shared and the companion rooms, for as long as it is polled: beside each other, so that a server
    /// that is slow to make a room holds no end up.
    pub(super) async fn keep_tending(&self, owner: &Owner) -> Error {
        tokio::select! {
            error = self.keep(owner, Part::Shares) => error,
            error = self.keep(owner, Part::Companions) => error,
        }
    }

    async fn keep(&self, owner: &Owner, part: Part) -> Error {
        let mut changes = self.store.subscribe();
        let mut moved = owner.location.moved.subscribe();
        loop {
            // A burst of changes is one reason to look; what changes meanwhile is another.
            while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
            moved.mark_unchanged();
            let again = match self.tend_part(owner, part).await {
                Ok(Tended { again, .. }) => again,
                Err(error) => return error,
            };
            let shares = match self.store.read(shares::all_own) {
                Ok(own) => !own.is_empty(),
                Err(error) => return error.into(),
            };
            tokio::select! {
                () = matters(&mut changes, shares) => {}
                _ = moved.changed() => {}
                () = owner.returned.notified() => owner.location.patience.forget(),
                () = sleep(AGAIN), if again => {}
            }
        }
    }

    /// Does what is due, once. The network's errors are no reason to stop: it is due again later. Whoever waits may give
    /// up at any await: the next look goes on from what the database and the server then say.
    pub(super) async fn tend(&self, owner: &Owner) -> Result<Tended, Error> {
        // First what can be told without a companion.
        let shares = self.tend_part(owner, Part::Shares).await?;
        let companions = self.tend_part(owner, Part::Companions).await?;
        let after =
            if companions.done { self.tend_part(owner, Part::Shares).await? } else { Tended::default() };
        Ok(shares.and(companions).and(after))
    }

    async fn tend_part(&self, owner: &Owner, part: Part) -> Result<Tended, Error> {
        match part {
            Part::Shares => {
                let _once = owner.location.shares.lock().await;
                self.tend_shares(owner).await
            }
            Part::Companions => {
                let _once = owner.location.companions.lock().await;
                let tended = self.tend_companions(owner).await?;
                if tended.done {
                    owner.location.moved.send_modify(|count| *count = count.wrapping_add(1));
                }
                Ok(tended)
            }
        }
    }

    async fn tend_shares(&self, owner: &Owner) -> Result<Tended, Error> {
        let mut tended = Tended::default();
        for share in self.store.read(shares::all_own)? {
            tended = tended.and(self.tend_share(owner, share).await?);
        }
        Ok(tended.and(self.deny(owner).await?))
    }

    /// Says that it is over where the server says that this device shares, and it does not: a beginning that was given up
    /// may have reached the server after the end.
    async fn deny(&self, owner: &Owner) -> Result<Tended, Error> {
        let now = self.clock.now_ms();
        let (own, device) = (&self.account.user_id, &self.account.device_id);
        let said = self.store.read(|connection| {
            let mut said = Vec::new();
            let Some(user) = events::find_user(connection, own)? else { return Ok(said) };
            for room in shares::said_only(connection, user, now)? {
                let state = rooms::state(connection, room, message::BEACON_INFO, own)?;
                if let (true, Some(share)) = (
                    state.is_some_and(|state| message::is_of_device(&state, device)),
                    shares::get(connection, room, user)?,
                ) {
                    said.push((rooms::get(connection, room)?, user, share));
                }
            }
            Ok::<_, StoreError>(said)
        })?;
        let mut tended = Tended::default();
        for (room, user, share) in said {
            match self.say_over(owner, &room, share.started_ts, share.ends_ts).await {
                Some(again) => tended = tended.and(again),
                None => {
                    let room = room.id;
                    self.store
                        .write(Durability::Normal, move |tx, changes| {
                            changes.note(Change::Location(room));
                            shares::set_over(tx, room, user)
                        })
                        .await?;
                }
            }
        }
        Ok(tended)
    }

    async fn tend_share(&self, owner: &Owner, share: Own) -> Result<Tended, Error> {
        let room = self.store.read(|connection| rooms::get(connection, share.room))?;
        let running = owner.location.running.has(share.room);
        let now = self.clock.now_ms();
        let id = share.room;
        if room.membership != Membership::Join || now.saturating_sub(share.ends_ts) > RETENTION_MS {
            return self.abandon(owner, share, running).await;
        }
        let mut tended = Tended::default();
        if !share.ended && !running {
            // Left by a process that ended; whether it goes on is for the user, what it kept goes out.
            if now >= share.ends_ts {
                self.end_share(owner, id, Pace::Patrol).await?;
                return Ok(Tended::DONE);
            }
            let tolerance = Pace::Patrol.tolerance_m();
            self.store
                .write(Durability::Normal, move |tx, _| crate::location::gather::choose(tx, id, tolerance))
                .await?;
        }
        if !share.ended && matches!(share.begun, Begun::Untold | Begun::Tried) {
            tended = tended.and(self.tell_begin(owner, &room, &share).await?);
        }
        tended.done |= self.queue_batch(owner, &share).await?;
        let sent = self.store.read(|connection| shares::is_sent(connection, id))?;
        if share.ended && !share.told {
            if sent || owner.location.ending.waited(id) >= GRACE {
                tended = tended.and(self.tell_end(owner, &room, &share).await?);
            } else {
                tended.again = true;
            }
        }
        if share.told && sent && !running {
            self.store.write(Durability::Normal, move |tx, _| shares::forget(tx, id)).await?;
        }
        Ok(tended)
    }

    /// Gives a sharing up whose room was left, or which is too old to be of use.
    async fn abandon(&self, owner: &Owner, share: Own, running: bool) -> Result<Tended, Error> {
        owner.location.ending.is_over(share.room);
        if share.told && running {
            return Ok(Tended::default());
        }
        self.store
            .write(Durability::Full, move |tx, changes| {
                changes.note(Change::Location(share.room));
                shares::drop_all_waiting(tx, share.room)?;
                if running {
                    // Whoever runs it sums it up.
                    shares::end(tx, share.room)?;
                    return shares::set_told(tx, &share);
                }
                shares::forget(tx, share.room)
            })
            .await?;
        Ok(Tended::DONE)
    }

    async fn tell_begin(&self, owner: &Owner, room: &Room, share: &Own) -> Result<Tended, Error> {
        let key = format!("begin {}", room.id.0);
        if !owner.location.patience.allows(&key) {
            return Ok(Tended::AGAIN);
        }
        if share.begun == Begun::Untold {
            // Before it is asked: if nobody waits for the answer, the others know, and have to be told of the end.
            self.note_begun(share, Begun::Tried, Durability::Full).await?;
        }
        let content = message::beacon_info(true, &self.account.device_id, share.started_ts, share.ends_ts);
        let begun =
            match self.set_state(owner, room, message::BEACON_INFO, &self.account.user_id, &content).await {
                Ok(event_id) => Begun::Told(event_id),
                // An older room does not let members say so; their batches go out all the same.
                Err(error) if is_refusal(&error) => Begun::Refused,
                Err(error) => {
                    owner.location.patience.failed(&key, &error);
                    return Ok(Tended::AGAIN);
                }
            };
        self.note_begun(share, begun, Durability::Normal).await?;
        Ok(Tended::DONE)
    }

    async fn note_begun(&self, share: &Own, begun: Begun, durability: Durability) -> Result<(), Error> {
        let share = share.clone();
        Ok(self.store.write(durability, move |tx, _| shares::set_begun(tx, &share, &begun)).await?)
    }

    async fn tell_end(&self, owner: &Owner, room: &Room, share: &Own) -> Result<Tended, Error> {
        // Else nobody was told that it began, or nobody may be.
        if matches!(share.begun, Begun::Tried | Begun::Told(_))
            && let Some(again) = self.say_over(owner, room, share.started_ts, share.ends_ts).await
        {
            return Ok(again);
        }
        let (share, own) = (share.clone(), self.account.user_id.clone());
        owner.location.ending.is_over(share.room);
        self.store
            .write(Durability::Normal, move |tx, changes| {
                changes.note(Change::Location(share.room));
                shares::set_over(tx, share.room, events::user(tx, &own)?)?;
                shares::set_told(tx, &share)
            })
            .await?;
        Ok(Tended::DONE)
    }

    /// Tells the server that a sharing is over. Returns nothing when it knows, or does not want to.
    async fn say_over(&self, owner: &Owner, room: &Room, started_ts: i64, ends_ts: i64) -> Option<Tended> {
        let key = format!("end {}", room.id.0);
        if !owner.location.patience.allows(&key) {
            return Some(Tended::AGAIN);
        }
        let content = message::beacon_info(false, &self.account.device_id, started_ts, ends_ts);
        match self.set_state(owner, room, message::BEACON_INFO, &self.account.user_id, &content).await {
            Err(error) if !is_refusal(&error) => {
                owner.location.patience.failed(&key, &error);
                Some(Tended::AGAIN)
            }
            Ok(_) | Err(_) => None,
        }
    }

    pub(super) async fn set_state(
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

/// Waits for a change that something may be due after. Messages alone are none, unless this account shares: then it
/// matters what of it was sent.
async fn matters(changes: &mut Receiver<Published>, shares: bool) {
    let concerns = |change: Change| match change {
        Change::Account | Change::Room(_) | Change::Location(_) => true,
        Change::RoomList | Change::Timeline(_) | Change::Outbox => shares,
    };
    loop {
        match changes.recv().await {
            Ok(published) if !published.iter().any(concerns) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What is tended by itself.
#[derive(Clone, Copy, Debug)]
enum Part {
    Shares,
    Companions,
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
    pub(super) const DONE: Self = Self { done: true, again: false };
    pub(super) const AGAIN: Self = Self { done: false, again: true };

    pub(super) fn and(self, other: Self) -> Self {
        Self { done: self.done || other.done, again: self.again || other.again }
    }
}

/// The server will not, whenever it is asked.
pub(super) fn is_refusal(error: &NetError) -> bool {
    !error.is_transient() && error.kind() != crate::kind::ErrorKind::SignedOut
}
