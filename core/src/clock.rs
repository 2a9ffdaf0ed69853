//! The clock port: all time in the core is read here, so that tests can turn it.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Returns the wall clock, in milliseconds since 1970 (UTC).
    fn now_ms(&self) -> i64;

    /// Returns how long the device has been running, where it tells. Nobody can turn that back.
    fn up(&self) -> Option<Uptime> {
        None
    }

    /// Returns both.
    fn moment(&self) -> Moment {
        Moment { now_ms: self.now_ms(), up: self.up() }
    }
}

/// How long the device has been running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Which run it is; another after each start of the device.
    pub boot: String,
    /// Since its start, sleep included, in milliseconds.
    pub ms: u64,
}

/// A point in time by the wall clock and by the device's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Since the device's start.
    pub up: Option<Uptime>,
}

/// Reads the operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn up(&self) -> Option<Uptime> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let text = std::fs::read_to_string("/proc/uptime").ok()?;
        let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
        let ms = seconds.parse::<u64>().ok()?.saturating_mul(1000);
        Some(Uptime { boot, ms: ms.saturating_add(hundredths.parse::<u64>().ok()?.saturating_mul(10)) })
    }
}

/// A clock that stands still until it is turned.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Starts at `now_ms`, in milliseconds since 1970.
    pub fn new(now_ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_ms)))
    }

    /// Turns the clock forward, or back when `by_ms` is negative.
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}
