//! How often positions leave the device: often in a chase, seldom on patrol, hardly ever while standing. Pure; the
//! times come from the caller.

use super::Fix;
use super::earth::distance_m;

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// By what the officer does.
    #[default]
    Auto,
    /// Everything at once.
    Chase,
    /// Seldom.
    Patrol,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The way to two metres, within 5 s.
    Chase,
    /// The way to half a metre, within 30 s.
    Patrol,
    /// Standing: a sign of life.
    Still,
}

impl Pace {
    /// Returns the word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chase => "chase",
            Self::Patrol => "patrol",
            Self::Still => "still",
        }
    }

    /// How long fixes are gathered before they are sent, in milliseconds.
    pub fn interval_ms(self) -> i64 {
        match self {
            // Five fixes of a second each: the oldest waits four.
            Self::Chase => 5_000,
            Self::Patrol => 25_000,
            Self::Still => 300_000,
        }
    }

    /// How often a position in the standard form goes to those who read no batches, in milliseconds: each moves the
    /// room up in everybody's list.
    pub fn beacon_ms(self) -> i64 {
        match self {
            Self::Chase => 60_000,
            Self::Patrol => 120_000,
            Self::Still => 600_000,
        }
    }

    /// How far, in metres, what is left out may be from the way between what is sent.
    pub fn tolerance_m(self) -> f64 {
        match self {
            // No receiver is surer than that.
            Self::Chase => 2.0,
            // A further fix in a batch costs little: less is won by leaving more out than is lost.
            Self::Patrol | Self::Still => 0.5,
        }
    }
}

/// What to do after a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// How it is going.
    pub pace: Pace,
    /// Whether what was gathered goes out now.
    pub send: bool,
}

/// Faster than this is a chase, in metres per second (80 km/h); it is over below the second.
const FAST_MPS: f64 = 22.0;
const FAST_NO_MORE_MPS: f64 = 15.0;
/// For how long it has to be slower, in milliseconds.
const CALM_MS: i64 = 30_000;
/// Who stays within this, in metres, or within what the fixes are sure of, stands.
const STAND_M: f64 = 15.0;
/// For how long, in milliseconds, before it is believed.
const STAND_MS: i64 = 60_000;
/// A fix that is about to come is waited for, in milliseconds: else it would be the first to wait a whole interval.
const SLACK_MS: i64 = 300;
/// Below this charge nobody is in a chase that did not ask for it.
const LOW_BATTERY: u8 = 15;

/// Decides for one sharing.
#[derive(Clone, Debug)]
pub struct Pacer {
    wanted: Wanted,
    min_interval_ms: i64,
    pace: Pace,
    anchor: Option<Fix>,
    fast_ts: Option<i64>,
    sent_ms: Option<i64>,
    taken_ms: Option<i64>,
}

impl Pacer {
    /// Begins; nothing is sent more often than every `min_interval_ms`.
    pub fn new(wanted: Wanted, min_interval_ms: i64) -> Self {
        let pace = if wanted == Wanted::Chase { Pace::Chase } else { Pace::Patrol };
        Self { wanted, min_interval_ms, pace, anchor: None, fast_ts: None, sent_ms: None, taken_ms: None }
    }

    /// Changes what is asked for: somebody looks, or no more.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    /// Takes the next fix; `now_ms` is when. Call `sent` when what it advised was done.
    pub fn take(&mut self, fix: &Fix, now_ms: i64) -> Advice {
        self.taken_ms = Some(now_ms);
        let pace = self.judge(fix);
        let livelier = rank(pace) > rank(self.pace);
        let stopped = pace == Pace::Still && self.pace != Pace::Still;
        self.pace = pace;
        let waited = self.sent_ms.map(|sent| now_ms.saturating_sub(sent));
        let least = self.min_interval_ms;
        let send = match waited {
            // The first fix is what everybody waits for.
            None => true,
            // Who sets out, speeds up or comes to a stop is told at once.
            Some(waited) if livelier || stopped => waited >= least,
            Some(waited) => waited >= pace.interval_ms().max(least),
        };
        Advice { pace, send }
    }

    /// How it is going.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// When the next batch is due if no fix comes, in milliseconds since 1970; `None` before the first.
    pub fn due_ms(&self) -> Option<i64> {
        let due = self.sent_ms?.saturating_add(self.pace.interval_ms().max(self.min_interval_ms));
        let just_came = self.taken_ms.is_some_and(|taken| due.saturating_sub(taken) <= SLACK_MS);
        Some(if just_came { due } else { due.saturating_add(SLACK_MS) })
    }

    /// Notes that what was gathered has gone out.
    pub fn sent(&mut self, now_ms: i64) {
        self.sent_ms = Some(now_ms);
    }

    fn judge(&mut self, fix: &Fix) -> Pace {
        let standing = self.stands(fix);
        let speed = fix.speed_mps().unwrap_or(0.0);
        if speed >= FAST_MPS || (speed >= FAST_NO_MORE_MPS && self.fast_ts.is_some()) {
            self.fast_ts = Some(fix.ts);
        } else if self.fast_ts.is_some_and(|fast| fix.ts.saturating_sub(fast) > CALM_MS) {
            self.fast_ts = None;
        }
        let low = fix.battery.is_some_and(|percent| percent <= LOW_BATTERY);
        match self.wanted {
            Wanted::Chase => Pace::Chase,
            _ if standing => Pace::Still,
            Wanted::Auto if self.fast_ts.is_some() && !low => Pace::Chase,
            Wanted::Auto | Wanted::Patrol => Pace::Patrol,
        }
    }

    fn stands(&mut self, fix: &Fix) -> bool {
        let Some(anchor) = &self.anchor else {
            self.anchor = Some(*fix);
            return false;
        };
        // Two unsure fixes may lie apart without anybody having moved.
        let unsure = anchor.accuracy_m().unwrap_or(0.0).hypot(fix.accuracy_m().unwrap_or(0.0));
        if distance_m(anchor.place(), fix.place()) > STAND_M.max(unsure) {
            self.anchor = Some(*fix);
            return false;
        }
        fix.ts.saturating_sub(anchor.ts) >= STAND_MS
    }
}

fn rank(pace: Pace) -> u8 {
    match pace {
        Pace::Still => 0,
        Pace::Patrol => 1,
        Pace::Chase => 2,
    }
}

#[cfg(test)]
mod tests;
