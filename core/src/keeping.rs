//! Keeps what may be kept and lets go what is over: messages and files past their time, and the order of the database
//! file. In the background, a little at a time, without a network; with nothing to do nothing is written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::{Clock, KnownTime, Moment};
use crate::ingest::{self, Context};
use crate::policy::Policy;
use crate::store::retention::{self, Rules};
use crate::store::{Durability, Now, Store, StoreError, time};

const DAY_MS: i64 = 86_400_000;
/// Messages that are taken out, or dated anew, in one transaction.
const BATCH: usize = 200;
/// What was worked out a moment ago is still so, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// The server's seconds and the way of its answer are not worth a change, in milliseconds.
const CLOSE_MS: i64 = 2_000;
/// What is kept for the next start is this exact, in milliseconds,
const EXACT_MS: i64 = 60_000;
/// and is not older.
const HALF_A_DAY_MS: i64 = DAY_MS / 2;
/// What is due and cannot go yet is looked at again after this.
const AGAIN: Duration = Duration::from_secs(5);
/// No timer is set for longer: the device may sleep meanwhile, and a timer sleeps with it.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// What time it is, by the server and the device's own clocks.
#[derive(Debug)]
pub struct Time {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    time: KnownTime,
    /// By the wall clock, what was worked out last.
    last: Option<(i64, Now)>,
}

impl Time {
    /// Reads what was known, and has `store` hide from now on what is past its time.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn tell(store: &Store, clock: Arc<dyn Clock>) -> Result<Arc<Self>, StoreError> {
        let known = Known { time: store.read(time::load)?, last: None };
        let time = Arc::new(Self { clock, known: Mutex::new(known) });
        let told = time.clone();
        store.follow_time(move || told.now());
        Ok(time)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what time it is.
    pub fn now(&self) -> Now {
        let wall_ms = self.clock.now_ms();
        let mut known = self.known();
        if let Some((at, now)) = known.last
            && let passed = wall_ms.saturating_sub(at)
            && (0..FRESH_MS).contains(&passed)
        {
            return Now {
                sure_ms: now.sure_ms.saturating_add(if now.sure_ms == i64::MIN { 0 } else { passed }),
                likely_ms: now.likely_ms.saturating_add(passed),
            };
        }
        let moment = self.clock.moment();
        let now = Now { sure_ms: known.time.sure_ms(&moment), likely_ms: known.time.likely_ms(&moment) };
        if moment.up.is_none() {
            // Without a count of the device's own, what the wall clock says is taken step by step.
            known.time.carry(&moment);
        }
        known.last = Some((wall_ms, now));
        now
    }

    /// Takes what the server says, in milliseconds since 1970. Returns whether that is another time than was thought.
    fn hear(&self, server_ms: i64) -> bool {
        let now = self.now();
        let close = |ms: i64| ms.saturating_sub(server_ms).saturating_abs() < CLOSE_MS;
        if close(now.sure_ms) && close(now.likely_ms) {
            return false;
        }
        let moment = self.clock.moment();
        let mut known = self.known();
        let believed = known.time.hear(server_ms, &moment);
        if believed {
            known.last = None;
        } else {
            tracing::warn!("the server's clock is far from what is expected, and is not believed");
        }
        believed
    }

    /// What is to be stored, where what is stored does not say the same.
    fn to_store(&self, stored: &KnownTime) -> Option<KnownTime> {
        let moment: Moment = self.clock.moment();
        let mut time = self.known().time.clone();
        time.carry(&moment);
        let same = |one: i64, other: i64| one.saturating_sub(other).saturating_abs() < EXACT_MS;
        let boot = |time: &KnownTime| time.up.as_ref().map(|up| up.boot.clone());
        let kept = stored.ms != 0
            && boot(stored) == boot(&time)
            && same(stored.sure_ms(&moment), time.ms)
            && same(stored.likely_ms(&moment), time.ms.saturating_add(time.doubt_ms))
            && time.ms.saturating_sub(stored.ms) < HALF_A_DAY_MS;
        (time.ms != 0 && !kept).then_some(time)
    }
}

/// Lets go of what is over, for the owner of a profile.
#[derive(Debug)]
pub struct Keeping {
    store: Arc<Store>,
    time: Arc<Time>,
    own: String,
    wake: Notify,
}

impl Keeping {
    /// Prepares to keep the profile of the account `own`.
    pub fn new(store: Arc<Store>, time: Arc<Time>, own: &str) -> Arc<Self> {
        Arc::new(Self { store, time, own: own.to_owned(), wake: Notify::new() })
    }

    /// Takes what the server says the time is, in milliseconds since 1970.
    pub fn hear(&self, server_ms: i64) {
        if self.time.hear(server_ms) {
            self.wake();
        }
    }

    /// Says that there may be something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for `wake`.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Lets what policy says hold: what is stored is dated anew where that changes anything.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn follow(&self, policy: &Policy) -> Result<(), StoreError> {
        let said = policy.retention();
        let ms = |days: u32| i64::from(days).saturating_mul(DAY_MS);
        let rules = Rules {
            message_ms: said.message_days.map(ms),
            file_ms: said.file_days.map(ms),
            floor_ms: said.floor_days.map_or(0, ms),
            honour_rooms: said.honour_rooms,
        };
        if self.store.read(retention::rules)? != rules {
            self.store.write(Durability::Full, move |tx, _| retention::set_rules(tx, &rules)).await?;
        }
        Ok(())
    }

    /// Does a little of what is due. Returns whether there is more. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn some(&self) -> Result<bool, StoreError> {
        let (dated, stored) = self.store.read(|connection| {
            Ok::<_, StoreError>((retention::is_any(connection)?, time::load(connection)?))
        })?;
        if !dated {
            return self.store.tidy().await;
        }
        if let Some(time) = self.time.to_store(&stored) {
            self.store.write(Durability::Normal, move |tx, _| time::store(tx, &time)).await?;
        }
        if self.store.read(retention::is_dating)? {
            self.store.write(Durability::Normal, |tx, _| retention::date_some(tx, BATCH)).await?;
            return Ok(true);
        }
        let sure_ms = self.time.now().sure_ms;
        if self.store.read(retention::next_due)?.is_some_and(|due| due <= sure_ms) {
            let context = Context { own: self.own.clone(), now_ms: sure_ms };
            let gone = self
                .store
                .write(Durability::Normal, move |tx, changes| {
                    let rooms = retention::expire_some(tx, changes, BATCH)?;
                    for room in &rooms {
                        ingest::refresh(tx, changes, &context, *room)?;
                    }
                    Ok::<_, StoreError>(!rooms.is_empty())
                })
                .await?;
            if gone {
                return Ok(true);
            }
        }
        self.store.tidy().await
    }

    /// Does what is due, for so long at most. Returns whether there is more.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn work(&self, limit: Duration) -> Result<bool, StoreError> {
        let until = tokio::time::Instant::now() + limit;
        while self.some().await? {
            if tokio::time::Instant::now() >= until {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Says after how long the next thing is due, by what time it is; `None`: nothing will be.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn until_due(&self) -> Result<Option<Duration>, StoreError> {
        let Some(due) = self.store.read(retention::next_due)? else { return Ok(None) };
        let left = due.saturating_sub(self.time.now().sure_ms);
        let left = if left <= 0 { AGAIN } else { Duration::from_millis(u64::try_from(left).unwrap_or(0)) };
        Ok(Some(left.min(LONGEST)))
    }

    /// Wakes who waits where something has become due while the device slept.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn look(&self) -> Result<(), StoreError> {
        let sure_ms = self.time.now().sure_ms;
        if self.store.read(retention::next_due)?.is_some_and(|due| due <= sure_ms) {
            self.wake();
        }
        Ok(())
    }
}
