//! Sharing the own position live: fixes from the receiver are kept as they come; what is kept goes out as the network
//! allows, also after the process was killed.

use std::fmt;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::held::Entered;
use super::{Client, Error, Inner, Owner, Wish};
use crate::geo::Fix;
use crate::geo::pace::{Pace, Pacer, Wanted};
use crate::ids::RoomRow;
use crate::location::{Bounds, LocationError, RETENTION_MS, gather, message};
use crate::model::Shared;
use crate::outbox::{OutboxError, Outgoing};
use crate::ports::location_source::{LocationSource, Reading};
use crate::store::changes::Change;
use crate::store::codes::Membership;
use crate::store::rooms::Room;
use crate::store::shares::{Begun, Own};
use crate::store::{Durability, StoreError, events, fixes, rooms, shares};

/// How long the end waits for what is left to be sent; the rest stays and is sent by the next sync.
const LAST: Duration = Duration::from_secs(30);

/// What is to be shared.
#[derive(Clone, Debug)]
pub struct ShareRequest {
    /// With which room.
    pub room: String,
    /// How often.
    pub wanted: Wanted,
    /// For how long; as long as policy allows without.
    pub lasting: Option<Duration>,
}

impl Client {
    /// Shares the position with a room until `stop`, the end of the source, the end of the time, or until somebody
    /// stops it or this account leaves the room. Syncs and sends meanwhile. What could not be sent stays stored.
    ///
    /// # Errors
    /// `NoSuchRoom`, `NotAMember`, `NotEncrypted`, what policy forbids, `SignedOutForGood`; faults of the store.
    pub async fn share_location(
        &self,
        request: ShareRequest,
        source: Box<dyn LocationSource>,
        stop: impl Future<Output = ()>,
    ) -> Result<Shared, Error> {
        let begun = self.begin_sharing(request).await?;
        let (items, unread) = mpsc::channel(1);
        drop(unread);
        let mut shared = None;
        let sharing = async { shared = Some(begun.go_on(source, stop).await) };
        let ran = self.run(items, sharing).await;
        match shared {
            Some(shared) => shared,
            None => Err(ran.err().unwrap_or(Error::SignedOutForGood)),
        }
    }

    /// Begins to share the position with a room; `Sharing::go_on` does it.
    ///
    /// # Errors
    /// As `share_location`.
    pub async fn begin_sharing(&self, request: ShareRequest) -> Result<Sharing<'_>, Error> {
        self.gate()?;
        let owner = self.owner()?;
        let room = self.inner.resolve(&request.room)?;
        let bounds = self.inner.location_bounds();
        let lasting = request.lasting.unwrap_or(bounds.max_duration);
        let minutes = Some(lasting.as_secs().div_ceil(60));
        self.inner.permit(Wish::SharePosition { minutes }).await?;
        self.inner.permit_sending().await?;
        if room.membership != Membership::Join {
            return Err(OutboxError::NotAMember.into());
        }
        if !room.encrypted {
            return Err(OutboxError::NotEncrypted.into());
        }
        let entered = owner.location.running.enter(room.id).ok_or(LocationError::AlreadySharing)?;
        self.inner.begin_share(&room, &request, &bounds).await?;
        Ok(Sharing { inner: &self.inner, owner, room, request, bounds, _entered: entered })
    }
}

/// A sharing that has begun. Dropping it leaves it as the end of the process does: what was kept is sent by whoever
/// syncs, and it ends with its time.
pub struct Sharing<'a> {
    inner: &'a Inner,
    owner: &'a Owner,
    room: Room,
    request: ShareRequest,
    bounds: Bounds,
    _entered: Entered<'a>,
}

impl fmt::Debug for Sharing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sharing")
    }
}

impl Sharing<'_> {
    /// Keeps the fixes of the source, and queues what is to go out, until `stop` or any other end. Somebody else
    /// syncs meanwhile.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn go_on(
        self,
        source: Box<dyn LocationSource>,
        stop: impl Future<Output = ()>,
    ) -> Result<Shared, Error> {
        self.inner.keep_sharing(self.owner, &self.room, &self.request, &self.bounds, source, stop).await
    }
}

impl Inner {
    /// What policy says about positions.
    pub(super) fn location_bounds(&self) -> Bounds {
        let rules = self.mdm.policy().location();
        let free = Bounds::UNMANAGED;
        Bounds {
            min_interval: rules
                .min_interval_s
                .map_or(free.min_interval, |s| Duration::from_secs(u64::from(s))),
            max_duration: rules
                .max_duration_min
                .map_or(free.max_duration, |minutes| Duration::from_secs(u64::from(minutes) * 60)),
            precision_m: rules.precision_m.map(f64::from),
        }
    }

    async fn begin_share(&self, room: &Room, request: &ShareRequest, bounds: &Bounds) -> Result<(), Error> {
        let lasting = request.lasting.unwrap_or(bounds.max_duration).min(bounds.max_duration);
        let now = self.clock.now_ms();
        let ends = now.saturating_add(i64::try_from(lasting.as_millis()).unwrap_or(i64::MAX));
        let mut tag = [0_u8; 4];
        getrandom::fill(&mut tag).map_err(|error| Error::BadInput(error.to_string()))?;
        let (room, tag) = (room.id, hex::encode(tag));
        self.store
            .write(Durability::Full, move |tx, changes| {
                shares::begin(tx, room, &tag, now, ends)?;
                changes.note(Change::Location(room));
                Ok::<_, Error>(())
            })
            .await
    }

    async fn keep_sharing(
        &self,
        owner: &Owner,
        room: &Room,
        request: &ShareRequest,
        bounds: &Bounds,
        mut source: Box<dyn LocationSource>,
        stop: impl Future<Output = ()>,
    ) -> Result<Shared, Error> {
        let least = i64::try_from(bounds.min_interval.as_millis()).unwrap_or(i64::MAX);
        let mut pacer = Pacer::new(request.wanted, least);
        let mut changes = self.store.subscribe();
        tokio::pin!(stop);
        loop {
            let Some(share) = self.running_share(room.id)? else { break };
            let due = pacer.due_ms().map_or(share.ends_ts, |due| due.min(share.ends_ts));
            let wait = u64::try_from(due.saturating_sub(self.clock.now_ms())).unwrap_or(0);
            tokio::select! {
                biased;
                () = &mut stop => break,
                reading = source.next() => match reading {
                    None => break,
                    Some(Reading::Fix(fix)) => {
                        let fix = bounds.coarsen(fix);
                        self.keep_fix(&share, fix).await?;
                        let now = self.clock.now_ms();
                        let advice = pacer.take(&fix, now);
                        source.set_pace(advice.pace);
                        if advice.send {
                            self.send_gathered(owner, room.id, advice.pace).await?;
                            pacer.sent(now);
                        }
                    }
                    Some(Reading::Unavailable(why)) => tracing::info!(?why, "the receiver has no position"),
                },
                () = sleep(Duration::from_millis(wait)) => {
                    self.send_gathered(owner, room.id, pacer.pace()).await?;
                    pacer.sent(self.clock.now_ms());
                }
                // Stopped from elsewhere, or the room was left.
                _ = changes.recv() => {}
            }
        }
        self.end_share(owner, room.id, pacer.pace()).await?;
        self.sum_up(room).await
    }

    /// Returns the sharing while it goes on.
    fn running_share(&self, room: RoomRow) -> Result<Option<Own>, Error> {
        let (share, membership) = self.store.read(|connection| {
            Ok::<_, StoreError>((shares::own(connection, room)?, rooms::get(connection, room)?.membership))
        })?;
        let now = self.clock.now_ms();
        Ok(share.filter(|share| !share.ended && now < share.ends_ts && membership == Membership::Join))
    }

    async fn keep_fix(&self, share: &Own, fix: Fix) -> Result<(), Error> {
        let (own, share) = (self.account.user_id.clone(), share.clone());
        self.store
            .write(Durability::Normal, move |tx, changes| {
                let own = events::user(tx, &own)?;
                gather::take(tx, changes, own, &share, &fix)
            })
            .await?;
        Ok(())
    }

    /// Decides what of the gathered fixes goes out, and lets it.
    async fn send_gathered(&self, owner: &Owner, room: RoomRow, pace: Pace) -> Result<(), Error> {
        self.store
            .write(Durability::Normal, move |tx, _| gather::choose(tx, room, pace.tolerance_m()))
            .await?;
        if let Some(share) = self.store.read(|connection| shares::own(connection, room))? {
            self.queue_batch(owner, &share).await?;
            self.queue_beacon(owner, &share, pace.beacon_ms()).await?;
        }
        Ok(())
    }

    /// Puts the next batch into the outbox, unless one waits there: then the next one becomes fuller meanwhile.
    pub(super) async fn queue_batch(&self, owner: &Owner, share: &Own) -> Result<bool, Error> {
        let Some(target) = self.track_room(owner, share.room)? else { return Ok(false) };
        let (queue, share) = (self.as_queue(), share.clone());
        let queued = self
            .store
            .write(Durability::Full, move |tx, changes| {
                if !is_open(tx, target)? || shares::is_queued(tx, share.room, true)? {
                    return Ok::<_, Error>(false);
                }
                let Some((content, count)) = gather::batch(tx, &share)? else { return Ok(false) };
                let txn_id = new_txn();
                let outgoing = Outgoing {
                    kind: message::TRACK.to_owned(),
                    content,
                    txn_id: txn_id.clone(),
                    uploads: Vec::new(),
                };
                queue.event(tx, changes, target, &outgoing)?;
                if let Some(echo) = events::find_txn(tx, target, &txn_id)? {
                    fixes::hollow(tx, echo.id)?;
                }
                shares::batched(tx, share.room, &txn_id, count)?;
                Ok(true)
            })
            .await?;
        if queued {
            owner.sender.wake();
        }
        Ok(queued)
    }

    /// Now and then a position in the form that everybody reads.
    async fn queue_beacon(&self, owner: &Owner, share: &Own, every_ms: i64) -> Result<(), Error> {
        let now = self.clock.now_ms();
        let Begun::Told(info) = share.begun.clone() else { return Ok(()) };
        if now.saturating_sub(share.beacon_ts) < every_ms {
            return Ok(());
        }
        let (queue, own, share) = (self.as_queue(), self.account.user_id.clone(), share.clone());
        self.store
            .write(Durability::Full, move |tx, changes| {
                // It refers to the state event, which the sync may not have brought yet.
                let known = events::find(tx, share.room, &info)?.is_some();
                if !known || !is_open(tx, share.room)? || shares::is_queued(tx, share.room, false)? {
                    return Ok::<_, Error>(());
                }
                let own = events::user(tx, &own)?;
                let tracker = fixes::tracker(tx, share.room, own, &share.tag)?;
                let Some(fix) = fixes::newest(tx, tracker)? else { return Ok(()) };
                let txn_id = new_txn();
                let outgoing = Outgoing {
                    kind: message::BEACON.to_owned(),
                    content: message::beacon(&info, &share.tag, &fix),
                    txn_id: txn_id.clone(),
                    uploads: Vec::new(),
                };
                queue.event(tx, changes, share.room, &outgoing)?;
                shares::batched(tx, share.room, &txn_id, 0)?;
                Ok(shares::set_beacon(tx, share.room, now)?)
            })
            .await?;
        owner.sender.wake();
        Ok(())
    }

    /// Lets no more fixes in and everything that is left out.
    pub(super) async fn end_share(&self, owner: &Owner, room: RoomRow, pace: Pace) -> Result<(), Error> {
        self.store
            .write(Durability::Full, move |tx, changes| {
                gather::choose(tx, room, pace.tolerance_m())?;
                shares::end(tx, room)?;
                changes.note(Change::Location(room));
                Ok::<_, StoreError>(())
            })
            .await?;
        if let Some(share) = self.store.read(|connection| shares::own(connection, room))? {
            // The last position is what those without batches are left with.
            self.queue_beacon(owner, &share, 0).await?;
            self.queue_batch(owner, &share).await?;
        }
        Ok(())
    }

    /// Waits, within reason, until all is sent and the others know that it is over, and says what it came to.
    async fn sum_up(&self, room: &Room) -> Result<Shared, Error> {
        let mut changes = self.store.subscribe();
        let over = async {
            while let Ok(false) = self.store.read(|connection| is_over(connection, room.id)) {
                let _ = changes.recv().await;
            }
        };
        let _ = tokio::time::timeout(LAST, over).await;
        let (share, delivery, waiting, over) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                shares::own(connection, room.id)?,
                shares::delivery(connection, room.id)?,
                shares::count_waiting(connection, room.id)?,
                is_over(connection, room.id)?,
            ))
        })?;
        let shared = Shared {
            room_id: room.room_id.clone(),
            fixes: share.as_ref().map_or(0, |share| share.fixes),
            sent: delivery.fixes,
            bytes: delivery.bytes,
            waiting: i64::try_from(waiting).unwrap_or(i64::MAX).saturating_add(delivery.queued_fixes),
        };
        if over {
            let id = room.id;
            self.store.write(Durability::Normal, move |tx, _| shares::forget(tx, id)).await?;
        }
        Ok(shared)
    }

    /// Erases what is older than positions are kept.
    pub(super) async fn forget_old_positions(&self) -> Result<(), Error> {
        let before = self.clock.now_ms().saturating_sub(RETENTION_MS);
        if self.store.read(|connection| fixes::has_before(connection, before))? {
            self.store.write(Durability::Normal, move |tx, _| fixes::prune(tx, before)).await?;
        }
        Ok(())
    }
}

/// Says whether nothing is left to be done for a sharing.
fn is_over(connection: &Connection, room: RoomRow) -> Result<bool, StoreError> {
    Ok(match shares::own(connection, room)? {
        Some(share) => share.told && shares::is_sent(connection, room)?,
        None => true,
    })
}

/// Says whether anything can be queued for a room: the account may have been put out of it just now.
fn is_open(connection: &Connection, room: RoomRow) -> Result<bool, StoreError> {
    let room = rooms::get(connection, room)?;
    Ok(room.membership == Membership::Join && room.encrypted)
}

pub(super) fn new_txn() -> String {
    format!("qroc-{}", ruma::TransactionId::new())
}
