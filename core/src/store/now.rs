//! What time it is for reads and writes of this thread: what is past its time is hidden by what the time likely is, and
//! erased by what it surely is. Set when a read or a write begins, so that all of one agree.

use std::cell::Cell;
use std::fmt;
use std::sync::OnceLock;

/// The time as it is known; see `clock::KnownTime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970 that have passed without doubt.
    pub sure_ms: i64,
    /// Milliseconds since 1970 as far as anybody can say.
    pub likely_ms: i64,
}

impl Now {
    /// Nobody said what time it is: nothing is past its time.
    pub const UNKNOWN: Self = Self { sure_ms: i64::MIN, likely_ms: i64::MIN };
}

thread_local! {
    static NOW: Cell<Now> = const { Cell::new(Now::UNKNOWN) };
}

/// Returns what holds for the read or write under way on this thread.
pub(super) fn get() -> Now {
    NOW.get()
}

#[cfg(test)]
pub(super) fn set(now: Now) {
    NOW.set(now);
}

type Source = Box<dyn Fn() -> Now + Send + Sync>;

/// Says what time it is, once somebody is there to ask.
#[derive(Default)]
pub(super) struct Horizon(OnceLock<Source>);

impl Horizon {
    pub(super) fn follow(&self, source: Source) {
        // The first that is told stays: there is one account, and one time.
        let _ = self.0.set(source);
    }

    /// A read or a write begins on this thread.
    pub(super) fn begin(&self) {
        NOW.set(self.0.get().map_or(Now::UNKNOWN, |source| source()));
    }
}

impl fmt::Debug for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Horizon")
    }
}
