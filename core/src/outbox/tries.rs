//! What is being tried just now, how far it is, and what may not be begun because somebody takes it back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::ids::OutboxRow;

/// One try that is under way.
#[derive(Debug, Default)]
pub(super) struct Try {
    /// The request that makes the action real has begun: from here on the server may have it.
    asked: AtomicBool,
    stop: Notify,
}

impl Try {
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn set_asked(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Waits until somebody wants the try to end. Also where that is too late.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }
}

/// All tries of one sender.
#[derive(Debug, Default)]
pub(super) struct Tries {
    now: Mutex<Now>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Now {
    under_way: BTreeMap<OutboxRow, Arc<Try>>,
    held: BTreeSet<OutboxRow>,
}

impl Tries {
    /// Begins a try, unless the action is held. It ends when the guard is dropped, also when it is abandoned.
    pub(super) fn begin(&self, id: OutboxRow) -> Option<UnderWay<'_>> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.held.contains(&id) {
            return None;
        }
        let this = Arc::new(Try::default());
        now.under_way.insert(id, this.clone());
        Some(UnderWay { tries: self, id, this })
    }

    /// Lets no try of an action begin until the guard is dropped.
    pub(super) fn hold(&self, id: OutboxRow) -> Held<'_> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).held.insert(id);
        Held { tries: self, id }
    }

    /// Ends the try of an action where nothing was asked yet, else waits for its answer. Returns false where there is
    /// none within `patience`.
    pub(super) async fn settle(&self, id: OutboxRow, patience: Duration) -> bool {
        let settled = async {
            loop {
                let ended = self.ended.notified();
                let under_way = {
                    let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
                    now.under_way.get(&id).cloned()
                };
                let Some(this) = under_way else { return };
                this.stop.notify_one();
                ended.await;
            }
        };
        tokio::time::timeout(patience, settled).await.is_ok()
    }

    /// Says whether a try of an action is under way.
    pub(super) fn is_under_way(&self, id: OutboxRow) -> bool {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).under_way.contains_key(&id)
    }
}

/// Marks a try as under way until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    tries: &'a Tries,
    id: OutboxRow,
    pub(super) this: Arc<Try>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.tries.now.lock().unwrap_or_else(PoisonError::into_inner).under_way.remove(&self.id);
        self.tries.ended.notify_waiters();
    }
}

/// Keeps an action from being tried until it is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    tries: &'a Tries,
    id: OutboxRow,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.tries.now.lock().unwrap_or_else(PoisonError::into_inner).held.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn what_was_not_asked_yet_is_stopped_and_what_was_is_waited_for() {
        let tries = Tries::default();
        let id = OutboxRow(1);
        assert!(tries.settle(id, PATIENCE).await, "nothing is under way");
        let under_way = tries.begin(id).expect("begun");
        let (stopped, settled) = tokio::join!(
            async {
                under_way.this.stopped().await;
                drop(under_way);
                true
            },
            tries.settle(id, Duration::from_secs(5))
        );
        assert!(stopped && settled);

        let under_way = tries.begin(id).expect("begun");
        under_way.this.set_asked();
        assert!(!tries.settle(id, PATIENCE).await, "no answer yet");
        assert!(tries.is_under_way(id));
    }

    #[test]
    fn what_is_held_does_not_begin() {
        let tries = Tries::default();
        let held = tries.hold(OutboxRow(1));
        assert!(tries.begin(OutboxRow(1)).is_none());
        assert!(tries.begin(OutboxRow(2)).is_some());
        drop(held);
        assert!(tries.begin(OutboxRow(1)).is_some());
    }
}
