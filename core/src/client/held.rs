//! What the owner of a profile holds while positions are shared; nothing of it outlives the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::ids::RoomRow;
use crate::net::NetError;

/// After a try that did not work, and the longest that a server is let ask for.
pub(super) const AGAIN: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Rooms that are shared with just now.
    pub(super) running: Running,
    /// Companions that the server does not let this account into, or make.
    pub(super) refused: Names,
    /// Companions that were joined or made and are not in the database yet.
    pub(super) joining: Names,
    /// Companions that were made and not named yet.
    pub(super) unnamed: Unnamed,
    /// What is not tried again yet.
    pub(super) patience: Patience,
    /// Since when the end of a sharing waits for what is to be sent before.
    pub(super) ending: Ending,
    /// Tending is done once at a time, each part of it.
    pub(super) shares: tokio::sync::Mutex<()>,
    pub(super) companions: tokio::sync::Mutex<()>,
    /// Counts what was done about companions: it may let shares go on.
    pub(super) moved: watch::Sender<u64>,
}

/// Names that are known until the process ends.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeSet<String>>);

impl Names {
    pub(super) fn has(&self, name: &str) -> bool {
        locked(&self.0).contains(name)
    }

    pub(super) fn add(&self, name: &str) {
        locked(&self.0).insert(name.to_owned());
    }

    pub(super) fn remove(&self, name: &str) {
        locked(&self.0).remove(name);
    }
}

/// Rooms that were made, by their parents.
#[derive(Debug, Default)]
pub(super) struct Unnamed(Mutex<BTreeMap<RoomRow, String>>);

impl Unnamed {
    pub(super) fn get(&self, parent: RoomRow) -> Option<String> {
        locked(&self.0).get(&parent).cloned()
    }

    pub(super) fn add(&self, parent: RoomRow, made: &str) {
        locked(&self.0).insert(parent, made.to_owned());
    }

    pub(super) fn forget(&self, parent: RoomRow) {
        locked(&self.0).remove(&parent);
    }
}

/// When what did not work may be tried again.
#[derive(Debug, Default)]
pub(super) struct Patience(Mutex<BTreeMap<String, Instant>>);

impl Patience {
    pub(super) fn allows(&self, what: &str) -> bool {
        locked(&self.0).get(what).is_none_or(|not_before| Instant::now() >= *not_before)
    }

    /// Notes that it did not work, for as long as the server asks.
    pub(super) fn failed(&self, what: &str, error: &NetError) {
        let wait = match error {
            NetError::RateLimited { retry_after } => (*retry_after).min(LONGEST),
            _ => AGAIN,
        };
        let mut list = locked(&self.0);
        let now = Instant::now();
        list.retain(|_, not_before| *not_before > now);
        list.insert(what.to_owned(), now + wait);
    }

    /// The network is back: everything may be tried.
    pub(super) fn forget(&self) {
        locked(&self.0).clear();
    }
}

/// Sharings whose end is not told yet.
#[derive(Debug, Default)]
pub(super) struct Ending(Mutex<BTreeMap<RoomRow, Instant>>);

impl Ending {
    /// Says for how long it waits by now; begins to count where it is new.
    pub(super) fn waited(&self, room: RoomRow) -> Duration {
        locked(&self.0).entry(room).or_insert_with(Instant::now).elapsed()
    }

    pub(super) fn is_over(&self, room: RoomRow) {
        locked(&self.0).remove(&room);
    }
}

/// The rooms that are shared with from this process just now.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<BTreeSet<RoomRow>>);

impl Running {
    pub(super) fn has(&self, room: RoomRow) -> bool {
        locked(&self.0).contains(&room)
    }

    pub(super) fn enter(&self, room: RoomRow) -> Option<Entered<'_>> {
        let entered = locked(&self.0).insert(room);
        // Made only where it is new: dropping one takes the lock, and the room out again.
        entered.then(|| Entered(self, room))
    }
}

/// A room that is shared with until this is dropped.
#[derive(Debug)]
pub(super) struct Entered<'a>(&'a Running, RoomRow);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        locked(&self.0.0).remove(&self.1);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
