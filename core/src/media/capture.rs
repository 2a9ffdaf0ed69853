//! What a camera wrote into a clip: where, when and with what it was taken. Only reads.

use std::path::Path;

use super::exif::{CaptureInfo, read_capture_info};
use super::limits::Limits;
use super::probe::Kind;
use crate::progress::Cancel;

/// Reads where, when and with what a picture or a clip was taken; nothing if it says none of it or cannot be read.
#[must_use]
pub fn taken(path: &Path, limits: &Limits, cancel: &Cancel) -> Option<CaptureInfo> {
    let mut file = super::open_regular(path).ok()?;
    let found = super::probe_reader(&mut file).ok()?;
    match found.kind {
        Kind::Image(_) => read_capture_info(path),
        Kind::Video | Kind::Audio => of_clip(file, found.mime, limits, cancel),
        Kind::Document | Kind::Archive | Kind::Executable | Kind::Text | Kind::Opaque => None,
    }
}

#[cfg(not(feature = "ffmpeg"))]
fn of_clip(_: std::fs::File, _: &'static str, _: &Limits, _: &Cancel) -> Option<CaptureInfo> {
    None
}

#[cfg(feature = "ffmpeg")]
fn of_clip(file: std::fs::File, mime: &'static str, limits: &Limits, cancel: &Cancel) -> Option<CaptureInfo> {
    use super::ffmpeg::{Source, Watch};

    let watch = Watch::new(cancel.clone(), &limits.budget);
    let source = Source::open(file, mime, &limits.budget, &watch).ok()?;
    let said = |keys: &[&str]| keys.iter().find_map(|key| source.said(key)).filter(|text| !text.is_empty());
    let place = said(&["com.apple.quicktime.location.ISO6709", "location", "location-eng"]);
    let (lat, lon) = place.and_then(|place| degrees(&place)).unzip();
    let taken = said(&["com.apple.quicktime.creationdate", "creation_time", "date"]);
    let info = CaptureInfo {
        lat,
        lon,
        taken_at: taken.as_deref().and_then(time),
        make: said(&["com.apple.quicktime.make", "com.android.manufacturer", "make"]),
        model: said(&["com.apple.quicktime.model", "com.android.model", "model"]),
    };
    (info != CaptureInfo::default()).then_some(info)
}

/// Reads `+38.7071-009.1355+012.000/` (ISO 6709).
#[cfg(feature = "ffmpeg")]
fn degrees(text: &str) -> Option<(f64, f64)> {
    let signs: Vec<usize> = text.match_indices(['+', '-']).map(|(at, _)| at).collect();
    let (first, second) = (*signs.first()?, *signs.get(1)?);
    let end = signs.get(2).copied().or_else(|| text.find('/')).unwrap_or(text.len());
    let lat: f64 = text.get(first..second)?.parse().ok()?;
    let lon: f64 = text.get(second..end)?.parse().ok()?;
    (lat.abs() <= 90.0 && lon.abs() <= 180.0).then_some((lat, lon))
}

/// Brings `2026-01-02T03:04:05.000000Z` or `…+0100` to the form that photos have; nothing for another one.
#[cfg(feature = "ffmpeg")]
fn time(text: &str) -> Option<String> {
    let (local, rest) = text.split_at_checked(19)?;
    let shape =
        |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect() };
    if shape(local).replace(' ', "T") != "0000-00-00T00:00:00" || local.starts_with("0000") {
        return None;
    }
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone = match (zone, shape(zone).as_str()) {
        ("Z", _) => "+00:00".to_owned(),
        (_, "+00:00" | "-00:00") => zone.to_owned(),
        (_, "+0000" | "-0000") => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        _ => String::new(),
    };
    Some(format!("{}{zone}", local.replace(' ', "T")))
}

#[cfg(test)]
#[cfg(feature = "ffmpeg")]
mod tests {
    use super::*;

    #[test]
    fn places_and_times_of_telephones() {
        assert_eq!(degrees("+38.7071-009.1355+012.000/"), Some((38.7071, -9.1355)));
        assert_eq!(degrees("-33.8-070.6/"), Some((-33.8, -70.6)));
        for wrong in ["", "38.7", "+91-009/", "+a-b/", "++/", "+1"] {
            assert_eq!(degrees(wrong), None, "{wrong}");
        }
        assert_eq!(time("2026-01-02T03:04:05.000000Z").as_deref(), Some("2026-01-02T03:04:05+00:00"));
        assert_eq!(time("2026-01-02T03:04:05+0100").as_deref(), Some("2026-01-02T03:04:05+01:00"));
        assert_eq!(time("2026-01-02 03:04:05").as_deref(), Some("2026-01-02T03:04:05"));
        for wrong in ["", "2026", "0000-00-00T00:00:00Z", "not a time at all, no"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
