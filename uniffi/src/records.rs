//! Plain data that crosses to Kotlin and Swift. What the core already has in this shape is mirrored; the rest is made
//! of the core's model, with enums and times where scripts see words and milliseconds.

pub(crate) mod account;
pub(crate) mod change;
pub(crate) mod contents;
pub(crate) mod diff;
pub(crate) mod item;
pub(crate) mod lock;
pub(crate) mod map;
pub(crate) mod notification;
pub(crate) mod outgoing;
pub(crate) mod policy;
pub(crate) mod position;
pub(crate) mod recovery;
pub(crate) mod room;
pub(crate) mod search;
pub(crate) mod talk;
pub(crate) mod transfer;
pub(crate) mod trust;

use std::time::{Duration, SystemTime};

/// Turns milliseconds since 1970 into a time.
pub(crate) fn time(ms: i64) -> SystemTime {
    let distance = Duration::from_millis(ms.unsigned_abs());
    let moved = if ms < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    moved.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Turns a time into milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let whole = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole(after),
        Err(before) => whole(before.duration()).saturating_neg(),
    }
}

/// Turns milliseconds since 1970 into a time; 0 stands for never.
pub(crate) fn time_or_never(ms: i64) -> Option<SystemTime> {
    (ms != 0).then(|| time(ms))
}

/// Turns a count of the core into one that crosses.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Turns a count of the database into one that crosses.
pub(crate) fn stored(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// Keeps of what the queue says about a failure what is safe to show: the kind before the colon.
pub(crate) fn reason(error: Option<String>) -> Option<String> {
    let error = error?;
    let kind = error.split(':').next().unwrap_or_default();
    let safe = !kind.is_empty() && kind.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    Some(if safe { kind.to_owned() } else { "internal".to_owned() })
}

#[cfg(test)]
mod tests;
