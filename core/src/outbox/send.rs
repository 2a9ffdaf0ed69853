//! Sends what is queued: per room in order, rooms beside each other, each try under the same transaction id.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::Instant;

use super::keys::Owing;
use super::queue::{note, payload_event, reconsider};
use super::reason::Reason;
use super::transmit::Taken;
use super::tries::{Tries, Try};
use super::uploading::Uploads;
use super::{OutboxError, undo};
use crate::clock::Clock;
use crate::crypto::Crypto;
use crate::ids::OutboxRow;
use crate::net::{Backoff, Http, NetError};
use crate::store::changes::Change;
use crate::store::codes::{Membership, OutboxKind, SendState};
use crate::store::outbox::{self, Queued};
use crate::store::{Durability, Store, StoreError, events, rooms, shares};

/// Rooms that send at the same time.
const PARALLEL: usize = 4;
/// No wait that a server asks for is taken for longer, and no step of the back-off is.
const LONGEST_ASKED_MS: i64 = 3_600_000 + MARGIN_MS;
const LONGEST_BACKOFF_MS: i64 = 60_000 + MARGIN_MS;
/// A try that is over sooner is never shown as under way: that would cost a write for nobody to see.
const SHOWN_AFTER: Duration = Duration::from_millis(250);
/// The clock's milliseconds are rounded down, and a server counts from its own.
const MARGIN_MS: i64 = 25;

/// What one pass over the queue came to.
#[derive(Debug, Default)]
pub struct Pass {
    /// Actions that the server took.
    pub sent: usize,
    /// When the next waiting action may be tried, in milliseconds since 1970; `None` where nothing waits.
    pub next_ts: Option<i64>,
    /// What the last try that failed ran into.
    pub error: Option<OutboxError>,
}

/// Sends for one account.
#[derive(Debug)]
pub struct Sender {
    pub(super) store: Arc<Store>,
    pub(super) crypto: Arc<Crypto>,
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) media: PathBuf,
    /// This account.
    pub(super) own: String,
    wake: Notify,
    one_at_a_time: Mutex<()>,
    pub(super) tries: Tries,
    /// How far files are.
    pub(super) uploads: watch::Sender<Uploads>,
    /// The server asked for nothing more to be sent before. Not by the clock, which may be put right meanwhile.
    quiet_until: std::sync::Mutex<Option<Instant>>,
    pub(super) owing: std::sync::Mutex<Owing>,
    pub(super) owes: Notify,
    /// Invitations whose keys of the past were given, by transaction.
    pub(super) shared_histories: std::sync::Mutex<Vec<String>>,
}

impl Sender {
    /// Prepares to send what is queued in `store` for the account `own`. Sealed files lie in `media`.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn new(
        store: Arc<Store>,
        crypto: Arc<Crypto>,
        http: Http,
        clock: Arc<dyn Clock>,
        media: PathBuf,
        own: &str,
    ) -> Result<Self, StoreError> {
        let left_ms = store.read(outbox::quiet_until)?.saturating_sub(clock.now_ms());
        let quiet_until = (1..=LONGEST_ASKED_MS).contains(&left_ms).then(|| Instant::now() + millis(left_ms));
        Ok(Self {
            store,
            crypto,
            http,
            clock,
            media,
            own: own.to_owned(),
            wake: Notify::new(),
            one_at_a_time: Mutex::new(()),
            tries: Tries::default(),
            uploads: watch::Sender::default(),
            quiet_until: std::sync::Mutex::new(quiet_until),
            owing: std::sync::Mutex::default(),
            owes: Notify::new(),
            shared_histories: std::sync::Mutex::default(),
        })
    }

    /// Tries at once what waited for the network.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn hurry(&self) -> Result<(), StoreError> {
        self.store.write(Durability::Normal, |tx, _| outbox::hurry(tx)).await?;
        self.wake();
        Ok(())
    }

    /// Follows how far files are that are being uploaded.
    pub fn uploads(&self) -> watch::Receiver<Uploads> {
        self.uploads.subscribe()
    }

    /// Says that something was queued or may be tried again.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Says whether a try of this action is under way.
    pub fn is_under_way(&self, id: OutboxRow) -> bool {
        self.tries.is_under_way(id)
    }

    /// Waits for `wake`.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Sends everything that may be sent now.
    ///
    /// # Errors
    /// Faults of the store only; what a try runs into is in the pass and in the queue.
    pub async fn pass(&self) -> Result<Pass, OutboxError> {
        let unfinished = Unfinished(&self.wake);
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let mut total = Pass::default();
        // What was queued before policy said so waits on the disk.
        if self.crypto.is_shut() {
            std::mem::forget(unfinished);
            return Ok(total);
        }
        let heads = self.store.read(outbox::heads)?;
        let mut rooms =
            stream::iter(heads.into_iter().map(|head| self.room(head))).buffer_unordered(PARALLEL);
        while let Some(pass) = rooms.next().await {
            let pass = pass?;
            total.sent = total.sent.saturating_add(pass.sent);
            total.next_ts = [total.next_ts, pass.next_ts].into_iter().flatten().min();
            total.error = pass.error.or(total.error);
        }
        std::mem::forget(unfinished);
        Ok(total)
    }

    /// Sends the actions of one room until one has to wait.
    async fn room(&self, head: Queued) -> Result<Pass, OutboxError> {
        let mut pass = Pass::default();
        let room = head.room;
        let mut next = Some(head);
        while let Some(head) = next {
            let not_before = self.not_before(&head);
            if not_before > self.clock.now_ms() {
                pass.next_ts = Some(not_before);
                break;
            }
            // Whoever takes it back wakes this again.
            let Some(under_way) = self.tries.begin(head.id) else { break };
            if let Some(action) = self.store.read(|connection| outbox::get(connection, head.id))? {
                let tried = self.watched(&action, &under_way.this).await;
                let asked = under_way.this.is_asked();
                match tried {
                    Ok(taken) => {
                        self.done(action, taken).await?;
                        pass.sent = pass.sent.saturating_add(1);
                    }
                    Err(OutboxError::Store(error)) => return Err(error.into()),
                    Err(OutboxError::Stopped) => break,
                    Err(error) if error.is_transient() => {
                        pass.next_ts = Some(self.postpone(&action, &error, asked).await?);
                        pass.error = Some(error);
                        break;
                    }
                    Err(error) => {
                        let reason = Reason::sort(&error, asked);
                        let words = reason.with(&error);
                        let gone = matches!(reason, Reason::LeftRoom | Reason::RoomGone);
                        self.store
                            .write(Durability::Full, move |tx, changes| {
                                undo::fail(tx, changes, &action, &words)?;
                                // The news is late, or never comes: a room that is gone is not told of.
                                if gone {
                                    changes.note(Change::Room(room));
                                    rooms::set_membership(tx, room, Membership::Leave)?;
                                }
                                Ok::<_, StoreError>(())
                            })
                            .await?;
                        pass.error = Some(error);
                    }
                }
            }
            drop(under_way);
            next = self.store.read(|connection| outbox::head(connection, room))?;
        }
        Ok(pass)
    }

    /// When the next try may be. Nothing waits longer than is ever asked: a later time was written by a clock that has been
    /// put back since.
    fn not_before(&self, head: &Queued) -> i64 {
        let now_ms = self.clock.now_ms();
        let limited = head.error.as_deref().and_then(Reason::of) == Some(Reason::RateLimited);
        let own = match head.next_ts {
            // What the server asked for holds for everything, below.
            _ if limited => 0,
            ts if ts.saturating_sub(now_ms) > LONGEST_BACKOFF_MS => 0,
            ts => ts,
        };
        let quiet = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        let left = quiet.and_then(|until| until.checked_duration_since(Instant::now()));
        let left_ms = left.map_or(0, |left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX));
        own.max(now_ms.saturating_add(left_ms))
    }

    /// One try, shown as under way where it takes a while, and ended where somebody takes it back in time.
    async fn watched(&self, action: &Queued, this: &Try) -> Result<Taken, OutboxError> {
        let mut tried = std::pin::pin!(self.try_action(action, this));
        let mut shown = false;
        loop {
            tokio::select! {
                result = &mut tried => return result,
                () = this.stopped(), if !this.is_asked() => {
                    if !this.is_asked() {
                        return Err(OutboxError::Stopped);
                    }
                }
                () = tokio::time::sleep(SHOWN_AFTER), if !shown => {
                    shown = true;
                    self.show(action, SendState::Sending).await?;
                }
            }
        }
    }

    async fn show(&self, action: &Queued, state: SendState) -> Result<(), StoreError> {
        let action = action.clone();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                if outbox::get(tx, action.id)?.is_some() {
                    let error = action.error.as_deref();
                    outbox::set_state(tx, action.id, state, action.attempts, action.next_ts, error)?;
                    if let Some(row) = action.event {
                        events::set_sent(tx, row, state, None)?;
                    }
                    note(changes, action.room);
                }
                Ok(())
            })
            .await
    }

    /// Notes what the server took. The sync may have told it before.
    async fn done(&self, action: Queued, taken: Taken) -> Result<(), OutboxError> {
        let now_ms = self.clock.now_ms();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                let event_id = taken.event_id.as_deref();
                if event_id.is_some() {
                    shares::delivered(tx, &action.txn_id, taken.bytes)?;
                }
                match (outbox::get(tx, action.id)?, event_id) {
                    (Some(queued), Some(event_id)) => {
                        outbox::arrived(tx, changes, &queued, event_id, now_ms)?;
                        if action.kind == OutboxKind::Redaction {
                            redacted(tx, &action)?;
                        }
                    }
                    (Some(queued), None) => outbox::delete(tx, changes, queued.id)?,
                    // Taken back meanwhile: then it is removed there too. Else the sync has told it before.
                    (None, Some(event_id)) if outbox::is_recalled(tx, action.room, &action.txn_id)? => {
                        outbox::remember(tx, action.room, &action.txn_id, event_id, now_ms)?;
                        outbox::insert_recall(tx, action.room, &action.txn_id, event_id, now_ms)?;
                    }
                    (None, _) => {}
                }
                note(changes, action.room);
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }

    async fn postpone(&self, action: &Queued, error: &OutboxError, asked: bool) -> Result<i64, OutboxError> {
        let limited = match error.net() {
            Some(NetError::RateLimited { retry_after }) => Some(*retry_after),
            _ => None,
        };
        let (wait, attempts) = match limited {
            // Asked to wait: that is not a failure, and nothing is tried before.
            Some(retry_after) => (retry_after, action.attempts),
            None => (Backoff::after(action.attempts).wait(), action.attempts.saturating_add(1)),
        };
        let words = Reason::sort(error, asked).with(error);
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).saturating_add(MARGIN_MS);
        let next_ts = self.clock.now_ms().saturating_add(wait_ms);
        if limited.is_some() {
            // The limit is the account's, not the room's.
            let until = Some(Instant::now() + millis(wait_ms));
            let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            *quiet = until.max(*quiet);
        }
        let action = action.clone();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                // The sync may have told that the server has it, or the user taken it back.
                if outbox::get(tx, action.id)?.is_some() {
                    outbox::set_state(tx, action.id, SendState::Queued, attempts, next_ts, Some(&words))?;
                    if let Some(row) = action.event {
                        events::set_sent(tx, row, SendState::Queued, None)?;
                    }
                    note(changes, action.room);
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(next_ts)
    }
}

/// A pass that its caller gives up wakes the next one: it was the answer to a wake-up that nobody else got.
struct Unfinished<'a>(&'a Notify);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// The server has removed what was to be removed.
fn redacted(tx: &rusqlite::Transaction<'_>, action: &Queued) -> Result<(), StoreError> {
    if let Some(target) = payload_event(action)
        && let Some(target) = events::find(tx, action.room, &target)?
    {
        events::redact(tx, target.id)?;
        reconsider(tx, &target)?;
    }
    Ok(())
}
