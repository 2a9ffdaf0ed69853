//! What whoever waits is told: a verification moved on, trust may have changed, keys wait to be backed up.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Mutex, Notify, watch};

use super::verification::{Early, Flow, Held, Wanted};

/// Who asks for more verifications at once than this is a nuisance.
pub(super) const MOST_ASKED: usize = 16;

/// What happened that nobody was waiting for yet.
#[derive(Debug)]
pub(super) struct News {
    /// Counts everything that a verification or trust may depend on.
    moved: watch::Sender<u64>,
    /// Something is to be done about the key backup.
    pub(super) due: Notify,
    /// Verifications that others asked for and nobody has taken up.
    pub(super) asked: std::sync::Mutex<VecDeque<Flow>>,
    /// First messages of verifications from devices that are not known yet.
    pub(super) early: std::sync::Mutex<Vec<Early>>,
    /// Held while we ask: what comes meanwhile must not be looked at before our request is known here.
    pub(super) asking: Mutex<()>,
    /// Whom this side wants verified.
    pub(super) wants: std::sync::Mutex<Vec<Arc<Wanted>>>,
    /// Requests of ours that gave way to theirs and of which they were not told yet.
    pub(super) given_up: std::sync::Mutex<Vec<Held>>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            moved: watch::channel(0).0,
            due: Notify::new(),
            asked: std::sync::Mutex::default(),
            early: std::sync::Mutex::default(),
            asking: Mutex::default(),
            wants: std::sync::Mutex::default(),
            given_up: std::sync::Mutex::default(),
        }
    }
}

impl News {
    /// A verification may have moved on.
    pub(super) fn tell(&self) {
        self.moved.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Trust may have changed.
    pub(super) fn trust(&self) {
        self.tell();
        self.due.notify_one();
    }

    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    pub(super) fn ask(&self, flow: Flow) {
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !asked.contains(&flow) {
            if asked.len() >= MOST_ASKED {
                asked.pop_front();
            }
            asked.push_back(flow);
        }
    }
}
