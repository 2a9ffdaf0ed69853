//! How far a long work is, told at most ten times a second, and the one place where it is asked to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Between two reports.
const PAUSE: Duration = Duration::from_millis(100);

/// How far a work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What is done, in the unit of `total`.
    pub done: u64,
    /// All of it: milliseconds of a clip, bytes of a file.
    pub total: u64,
    /// Milliseconds that the rest will take if it goes on like this; missing at the start.
    pub left_ms: Option<u64>,
}

/// Asks a work to stop, from any thread. Clones ask the same work.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks it to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a work reports.
pub struct Progress {
    cancel: Cancel,
    tell: Option<Box<dyn FnMut(Report) + Send>>,
    begun: Instant,
    told: Option<Instant>,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::silent(Cancel::default())
    }
}

impl Progress {
    /// Tells nobody; stops when asked.
    #[must_use]
    pub fn silent(cancel: Cancel) -> Self {
        Self { cancel, tell: None, begun: Instant::now(), told: None }
    }

    /// Tells `tell`, on the thread that works.
    #[must_use]
    pub fn new(cancel: Cancel, tell: impl FnMut(Report) + Send + 'static) -> Self {
        Self { tell: Some(Box::new(tell)), ..Self::silent(cancel) }
    }

    /// What asks this work to stop.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Notes how far the work is, and says whether it is to go on.
    pub fn step(&mut self, done: u64, total: u64) -> bool {
        let now = Instant::now();
        if let Some(tell) = &mut self.tell
            && self.told.is_none_or(|told| now.duration_since(told) >= PAUSE)
        {
            self.told = Some(now);
            let spent = now.duration_since(self.begun);
            tell(Report { done, total, left_ms: left_ms(spent, done, total) });
        }
        !self.cancel.is_cancelled()
    }
}

fn left_ms(spent: Duration, done: u64, total: u64) -> Option<u64> {
    if done == 0 || spent < PAUSE {
        return None;
    }
    let rest = u128::from(total.saturating_sub(done));
    u64::try_from(spent.as_millis() * rest / u128::from(done)).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_thousand_steps_at_once_are_told_once() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let list = told.clone();
        let mut progress = Progress::new(Cancel::default(), move |report| list.lock().unwrap().push(report));
        let begun = Instant::now();
        for step in 0..1000 {
            assert!(progress.step(step, 1000));
        }
        let most = 1 + begun.elapsed().as_millis() / PAUSE.as_millis();
        assert!((1..=most).contains(&(told.lock().unwrap().len() as u128)));
    }

    #[test]
    fn the_rest_takes_as_long_as_what_is_done_did() {
        assert_eq!(left_ms(Duration::from_secs(10), 25, 100), Some(30_000));
        assert_eq!(left_ms(Duration::from_secs(10), 0, 100), None);
        assert_eq!(left_ms(Duration::from_secs(10), 200, 100), Some(0));
    }

    #[test]
    fn a_clone_of_the_handle_stops_the_work() {
        let mut progress = Progress::default();
        assert!(progress.step(1, 2));
        progress.cancel().cancel();
        assert!(!progress.step(2, 2));
    }
}
