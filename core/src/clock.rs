//! The clock port: all time in the core is read here, so that tests can turn it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
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

/// A leap of so many milliseconds is not believed on one clock's word.
const LEAP_MS: i64 = 2 * 86_400_000;

/// The time by the server, carried on by the device: whoever turns a clock by a year makes nothing old at once, and keeps
/// nothing young.
///
/// While the device runs on, its own count says how much time has passed, whatever the wall clock says. Over a restart
/// only the wall clock knows: two days of what it says are sure, the rest is likely. What the server says is believed
/// where it is within two days of what is expected, or of the wall clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownTime {
    /// Milliseconds since 1970 that were sure when this was noted; 0: nobody has said yet.
    pub ms: i64,
    /// So many more had passed if the wall clock was right, in milliseconds.
    pub doubt_ms: i64,
    /// What the wall clock said then, in milliseconds since 1970.
    pub wall_ms: i64,
    /// How long the device had been running then.
    pub up: Option<Uptime>,
}

impl KnownTime {
    /// Returns what has surely passed, in milliseconds since 1970. By this things are erased.
    pub fn sure_ms(&self, now: &Moment) -> i64 {
        if self.ms == 0 { i64::MIN } else { self.ms.saturating_add(self.passed(now).0) }
    }

    /// Returns what has likely passed, in milliseconds since 1970. By this things are hidden, which can be undone.
    pub fn likely_ms(&self, now: &Moment) -> i64 {
        if self.ms == 0 {
            return now.now_ms;
        }
        let likely = self.ms.saturating_add(self.doubt_ms).saturating_add(self.passed(now).1);
        likely.max(self.sure_ms(now))
    }

    /// What has passed since this was noted, in milliseconds: surely and likely.
    fn passed(&self, now: &Moment) -> (i64, i64) {
        let wall = now.now_ms.saturating_sub(self.wall_ms);
        let ms = |up: u64| i64::try_from(up).unwrap_or(i64::MAX);
        match (&self.up, &now.up) {
            (Some(then), Some(up)) if then.boot == up.boot => {
                let ran = ms(up.ms.saturating_sub(then.ms));
                (ran, ran)
            }
            (Some(_), Some(up)) => (ms(up.ms).max(wall.clamp(0, LEAP_MS)), wall),
            (_, _) => (wall.clamp(0, LEAP_MS), wall),
        }
    }

    /// Takes what a server says the time is, in milliseconds since 1970. Returns whether it is believed.
    pub fn hear(&mut self, server_ms: i64, now: &Moment) -> bool {
        let near = |ms: i64| server_ms.saturating_sub(ms).saturating_abs() <= LEAP_MS;
        let expected = [self.sure_ms(now), self.likely_ms(now), now.now_ms];
        if self.ms != 0 && !expected.into_iter().any(near) {
            return false;
        }
        // The first that is heard is believed at once where it makes things younger.
        let ms = if self.ms == 0 && !near(now.now_ms) { server_ms.min(now.now_ms) } else { server_ms };
        *self = Self { ms: ms.max(1), doubt_ms: 0, wall_ms: now.now_ms, up: now.up.clone() };
        true
    }

    /// Notes what has passed until now.
    pub fn carry(&mut self, now: &Moment) {
        if self.ms != 0 {
            let (sure_ms, likely_ms) = (self.sure_ms(now), self.likely_ms(now));
            let doubt_ms = likely_ms.saturating_sub(sure_ms);
            *self = Self { ms: sure_ms, doubt_ms, wall_ms: now.now_ms, up: now.up.clone() };
        }
    }
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
        // No process lives through a start of the device.
        static BOOT: OnceLock<Option<String>> = OnceLock::new();
        let read = || std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let boot = BOOT.get_or_init(|| read().map(|text| text.trim().to_owned())).clone()?;
        Some(Uptime { boot, ms: since_boot_ms()? })
    }
}

/// Sleep included.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot_ms() -> Option<u64> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).ok()?;
    Some(seconds.saturating_mul(1000).saturating_add(u64::try_from(now.tv_nsec).ok()? / 1_000_000))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot_ms() -> Option<u64> {
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;
    const START: i64 = 20_000 * DAY_MS;

    fn at(days: i64, boot: &str, up_days: i64) -> Moment {
        let ms = u64::try_from(up_days * DAY_MS).expect("up");
        Moment { now_ms: START + days * DAY_MS, up: Some(Uptime { boot: boot.to_owned(), ms }) }
    }

    /// A server was heard on the first day of a run of the device that had lasted for ten.
    fn heard() -> KnownTime {
        let mut known = KnownTime::default();
        assert!(known.hear(START, &at(0, "one", 10)));
        known
    }

    fn days(known: &KnownTime, moment: &Moment) -> (i64, i64) {
        ((known.sure_ms(moment) - START) / DAY_MS, (known.likely_ms(moment) - START) / DAY_MS)
    }

    #[test]
    fn while_the_device_runs_no_clock_makes_anything_older_or_younger() {
        let known = heard();
        for wall in [3, 0, 365, -365] {
            assert_eq!(days(&known, &at(wall, "one", 13)), (3, 3), "{wall}");
        }
    }

    #[test]
    fn over_a_restart_a_leap_of_the_wall_clock_hides_and_does_not_erase() {
        let known = heard();
        assert_eq!(days(&known, &at(1, "two", 0)), (1, 1), "a night");
        assert_eq!(days(&known, &at(40, "two", 0)), (2, 40), "forty days, or a clock that is wrong");
        assert_eq!(days(&known, &at(365, "two", 0)), (2, 365));
        assert_eq!(days(&known, &at(-365, "two", 0)), (0, 0), "set back: nothing has passed yet");
        assert_eq!(days(&known, &at(-365, "two", 5)), (5, 5), "but the device runs on");
        // Noted there, the doubt stays until the server takes it away or the clock is put right.
        let mut carried = known;
        carried.carry(&at(40, "two", 0));
        assert_eq!(days(&carried, &at(43, "two", 3)), (5, 43));
        assert_eq!(days(&carried, &at(3, "three", 0)), (2, 3), "put right");
        assert!(carried.hear(START + 43 * DAY_MS, &at(43, "two", 3)));
        assert_eq!(days(&carried, &at(44, "two", 4)), (44, 44));
    }

    #[test]
    fn a_server_whose_clock_is_a_year_off_is_not_believed_on_its_own_word() {
        for year in [365, -365] {
            let mut known = heard();
            assert!(!known.hear(START + year * DAY_MS, &at(1, "one", 11)), "{year}");
            assert_eq!(days(&known, &at(1, "one", 11)), (1, 1));
            // The wall clock agrees: then it is so.
            assert!(known.hear(START + year * DAY_MS, &at(year, "one", 11)));
            assert_eq!(days(&known, &at(year, "one", 11)), (year, year));
        }
        // At the very first nothing is expected: what makes things younger is believed.
        for (server, wall, known_days) in
            [(365, 0, 0), (0, 365, 0), (-365, 0, -365), (0, -365, -365), (1, 0, 1)]
        {
            let mut known = KnownTime::default();
            assert_eq!(known.sure_ms(&at(0, "one", 0)), i64::MIN, "nobody said");
            assert!(known.hear(START + server * DAY_MS, &at(wall, "one", 0)));
            assert_eq!(days(&known, &at(wall, "one", 0)).0, known_days, "{server} {wall}");
        }
    }

    #[test]
    fn without_a_count_of_its_own_each_leap_counts_for_two_days() {
        let wall = |days: i64| Moment { now_ms: START + days * DAY_MS, up: None };
        let mut known = KnownTime::default();
        known.hear(START, &wall(0));
        known.carry(&wall(1));
        known.carry(&wall(2));
        assert_eq!(days(&known, &wall(3)), (3, 3), "day by day");
        known.carry(&wall(3));
        known.carry(&wall(368));
        assert_eq!(days(&known, &wall(368)), (5, 368), "a year at once");
        let mut told = known.clone();
        assert!(told.hear(START + 3 * DAY_MS, &wall(368)), "the server says that the clock is wrong");
        assert_eq!(days(&told, &wall(368)), (3, 3));
        assert_eq!(days(&known, &wall(3)), (5, 5), "and put right");
    }
}
