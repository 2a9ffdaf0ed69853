//! Times as files write them: RFC 3339, always in UTC when written.

use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::macros::format_description;

/// Reads a time, in milliseconds since 1970. One without a zone is UTC.
pub fn read_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT))
        .ok()?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

/// Writes a time with its milliseconds; the beginning of 1970 for one that no calendar has.
pub fn write_time(ts: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ts) * 1_000_000);
    time.unwrap_or(OffsetDateTime::UNIX_EPOCH).format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{read_time, write_time};

    #[test]
    fn times_come_back_to_the_millisecond() {
        assert_eq!(read_time("2020-12-18T06:15:50Z"), Some(1_608_272_150_000));
        assert_eq!(read_time(" 2020-12-18T07:15:50.125+01:00 "), Some(1_608_272_150_125));
        assert_eq!(read_time("2020-12-18T06:15:50"), Some(1_608_272_150_000));
        assert_eq!(read_time("1901-12-13T20:45:52.2073437Z"), Some(-2_147_483_647_793));
        assert_eq!(write_time(1_608_272_150_125), "2020-12-18T06:15:50.125Z");
        assert_eq!(read_time(&write_time(1_763_800_000_001)), Some(1_763_800_000_001));
        for wrong in ["", "yesterday", "2020-13-40T00:00:00Z"] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
        assert!(write_time(i64::MAX).starts_with("1970"));
    }
}
