//! The track format: a batch of fixes as one small protobuf message, delta-coded by column. `docs/protocol.md`
//! describes it byte by byte.

use prost::Message as _;
use thiserror::Error;

use super::fix::{LEAST_ALTITUDE_DM, MOST_ACCURACY_DM, MOST_ALTITUDE_DM, MOST_SPEED_DMS};
use super::{Fix, Source};

/// The version that is written.
pub const VERSION: u32 = 1;
/// A batch holds at most so many fixes.
pub const MOST_FIXES: usize = 1024;
/// No batch is longer, in bytes.
pub const MOST_BYTES: usize = 48 * 1024;

/// Says why bytes are no batch.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CodecError {
    /// There is nothing to write, or nothing in it.
    #[error("a batch without fixes")]
    Empty,
    /// More than a batch may hold.
    #[error("a batch of more than {MOST_FIXES} fixes or {MOST_BYTES} bytes")]
    TooLarge,
    /// Not a batch, or one that was cut or changed.
    #[error("not a batch of fixes")]
    Malformed,
    /// Written by a later version.
    #[error("a batch of version {0}, which this version does not know")]
    Newer(u32),
    /// A value that no fix can have.
    #[error("a batch with a fix that is nowhere")]
    OutOfRange,
}

/// The message. Each column holds differences; what is left off at its end is zero.
#[derive(Clone, PartialEq, prost::Message)]
struct Batch {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint32, tag = "2")]
    count: u32,
    /// Bit n: the column with tag 5 + n holds second differences.
    #[prost(uint32, tag = "3")]
    second: u32,
    #[prost(uint32, tag = "4")]
    unit_ms: u32,
    #[prost(sint64, repeated, tag = "5")]
    time: Vec<i64>,
    #[prost(sint64, repeated, tag = "6")]
    lat: Vec<i64>,
    #[prost(sint64, repeated, tag = "7")]
    lon: Vec<i64>,
    #[prost(sint64, repeated, tag = "8")]
    accuracy: Vec<i64>,
    #[prost(sint64, repeated, tag = "9")]
    speed: Vec<i64>,
    #[prost(sint64, repeated, tag = "10")]
    heading: Vec<i64>,
    #[prost(sint64, repeated, tag = "11")]
    altitude: Vec<i64>,
    #[prost(sint64, repeated, tag = "12")]
    source: Vec<i64>,
    #[prost(sint64, repeated, tag = "13")]
    battery: Vec<i64>,
}

/// Writes a batch, in the order given.
///
/// # Errors
/// `Empty`, `TooLarge`, `OutOfRange`.
pub fn encode(fixes: &[Fix]) -> Result<Vec<u8>, CodecError> {
    if fixes.is_empty() {
        return Err(CodecError::Empty);
    }
    if fixes.len() > MOST_FIXES {
        return Err(CodecError::TooLarge);
    }
    if !fixes.iter().all(is_in_range) {
        return Err(CodecError::OutOfRange);
    }
    let unit_ms: u32 = [1000, 100, 10]
        .into_iter()
        .find(|unit| fixes.iter().all(|fix| fix.ts % i64::from(*unit) == 0))
        .unwrap_or(1);
    let mut batch = Batch {
        version: VERSION,
        count: u32::try_from(fixes.len()).map_err(|_| CodecError::TooLarge)?,
        unit_ms,
        ..Batch::default()
    };
    let second = &mut batch.second;
    let mut column = |bit: u32, value: &dyn Fn(&Fix) -> i64| {
        let values: Vec<i64> = fixes.iter().map(value).collect();
        let (differences, is_second) = smaller(&values);
        *second |= u32::from(is_second) << bit;
        differences
    };
    let time = column(0, &|fix| fix.ts / i64::from(unit_ms));
    let lat = column(1, &|fix| i64::from(fix.lat_e6));
    let lon = column(2, &|fix| i64::from(fix.lon_e6));
    let accuracy = column(3, &|fix| known(fix.accuracy_dm.map(i64::from)));
    let speed = column(4, &|fix| known(fix.speed_dms.map(i64::from)));
    let heading = column(5, &|fix| known(fix.heading_deg.map(i64::from)));
    let altitude =
        column(6, &|fix| known(fix.altitude_dm.map(|dm| i64::from(dm) - i64::from(LEAST_ALTITUDE_DM))));
    let source = column(7, &|fix| fix.source.map_or(0, |source| i64::from(source.code())));
    let battery = column(8, &|fix| known(fix.battery.map(i64::from)));
    let batch = Batch { time, lat, lon, accuracy, speed, heading, altitude, source, battery, ..batch };
    Ok(batch.encode_to_vec())
}

/// Reads a batch, in the order in which it was written.
///
/// # Errors
/// All of `CodecError`; nothing is read of a batch that is not sound as a whole.
pub fn decode(bytes: &[u8]) -> Result<Vec<Fix>, CodecError> {
    if bytes.len() > MOST_BYTES {
        return Err(CodecError::TooLarge);
    }
    let batch = Batch::decode(bytes).map_err(|_| CodecError::Malformed)?;
    match batch.version {
        VERSION => {}
        0 => return Err(CodecError::Malformed),
        newer => return Err(CodecError::Newer(newer)),
    }
    let count = usize::try_from(batch.count).map_err(|_| CodecError::TooLarge)?;
    match count {
        0 => return Err(CodecError::Empty),
        count if count > MOST_FIXES => return Err(CodecError::TooLarge),
        _ => {}
    }
    let unit = i64::from(batch.unit_ms.max(1));
    let column = |bit: u32, differences: &[i64]| sums(differences, count, batch.second >> bit & 1 == 1);
    let mut columns = [
        column(0, &batch.time)?,
        column(1, &batch.lat)?,
        column(2, &batch.lon)?,
        column(3, &batch.accuracy)?,
        column(4, &batch.speed)?,
        column(5, &batch.heading)?,
        column(6, &batch.altitude)?,
        column(7, &batch.source)?,
        column(8, &batch.battery)?,
    ]
    .map(Vec::into_iter);
    let mut fixes = Vec::with_capacity(count);
    for _ in 0..count {
        let mut row = columns.iter_mut().map(|column| column.next().unwrap_or(0));
        let mut next = || row.next().unwrap_or(0);
        let ts = next().checked_mul(unit).ok_or(CodecError::OutOfRange)?;
        let fix = Fix {
            ts,
            lat_e6: narrow(next())?,
            lon_e6: narrow(next())?,
            accuracy_dm: optional(next())?,
            speed_dms: optional(next())?,
            heading_deg: optional(next())?,
            altitude_dm: altitude(next())?,
            source: Source::from_code(next()),
            battery: optional(next())?,
        };
        if !is_in_range(&fix) {
            return Err(CodecError::OutOfRange);
        }
        fixes.push(fix);
    }
    Ok(fixes)
}

/// Years 1970 to 5138: what a millisecond counter of 13 or 14 digits says.
const LATEST_MS: i64 = 100_000_000_000_000;

fn is_in_range(fix: &Fix) -> bool {
    (0..LATEST_MS).contains(&fix.ts)
        && (-90_000_000..=90_000_000).contains(&fix.lat_e6)
        && (-180_000_000..=180_000_000).contains(&fix.lon_e6)
        && fix.accuracy_dm.is_none_or(|dm| dm <= MOST_ACCURACY_DM)
        && fix.speed_dms.is_none_or(|dms| dms <= MOST_SPEED_DMS)
        && fix.heading_deg.is_none_or(|degrees| degrees < 360)
        && fix.altitude_dm.is_none_or(|dm| (LEAST_ALTITUDE_DM..=MOST_ALTITUDE_DM).contains(&dm))
        && fix.battery.is_none_or(|percent| percent <= 100)
}

/// Zero is "not known", so what is known begins at one.
fn known(value: Option<i64>) -> i64 {
    value.map_or(0, |value| value + 1)
}

fn optional<T: TryFrom<i64>>(value: i64) -> Result<Option<T>, CodecError> {
    if value == 0 { Ok(None) } else { narrow(value.saturating_sub(1)).map(Some) }
}

fn altitude(value: i64) -> Result<Option<i32>, CodecError> {
    let raised: Option<i32> = optional(value)?;
    raised.map(|dm| dm.checked_add(LEAST_ALTITUDE_DM).ok_or(CodecError::OutOfRange)).transpose()
}

fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T, CodecError> {
    T::try_from(value).map_err(|_| CodecError::OutOfRange)
}

/// Writes a column whichever way is shorter, without the zeros at its end.
fn smaller(values: &[i64]) -> (Vec<i64>, bool) {
    let (mut before, mut step) = (0, 0);
    let (mut first, mut second) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
    for (position, value) in values.iter().enumerate() {
        let difference = value - before;
        first.push(difference);
        // The step to the first value is no movement that would go on.
        second.push(if position == 0 { difference } else { difference - step });
        step = if position == 0 { 0 } else { difference };
        before = *value;
    }
    for column in [&mut first, &mut second] {
        while column.last() == Some(&0) {
            column.pop();
        }
    }
    if bytes(&second) < bytes(&first) { (second, true) } else { (first, false) }
}

fn bytes(column: &[i64]) -> usize {
    column
        .iter()
        .map(|value| prost::encoding::encoded_len_varint(((value << 1) ^ (value >> 63)).cast_unsigned()))
        .sum()
}

fn sums(differences: &[i64], count: usize, second: bool) -> Result<Vec<i64>, CodecError> {
    if differences.len() > count {
        return Err(CodecError::Malformed);
    }
    let (mut value, mut step) = (0_i64, 0_i64);
    let mut values = Vec::with_capacity(count);
    for (position, difference) in
        differences.iter().copied().chain(std::iter::repeat(0)).take(count).enumerate()
    {
        let add = if second && position > 0 { step.checked_add(difference) } else { Some(difference) };
        let add = add.ok_or(CodecError::OutOfRange)?;
        value = value.checked_add(add).ok_or(CodecError::OutOfRange)?;
        step = if position == 0 { 0 } else { add };
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
