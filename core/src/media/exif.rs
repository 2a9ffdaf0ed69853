//! What a camera wrote into a picture: how it was held, and where, when and with what it was taken. Only reads.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use ::exif::{DateTime, Exif, Field, In, Reader, Tag, Value};
use image::metadata::Orientation;
use serde::{Deserialize, Serialize};

use super::cursor::{Cursor as Bytes, length};

/// Metadata sits at the front of the formats that telephones write, but HEIC names it by an offset.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Where, when and with what a picture or clip was taken, as far as the camera said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CaptureInfo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Latitude in degrees, north positive; given together with `lon`.
    pub lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Longitude in degrees, east positive.
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Local time as `YYYY-MM-DDThh:mm:ss`, followed by `±hh:mm` if the camera wrote its zone.
    pub taken_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Maker of the camera.
    pub make: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Model of the camera.
    pub model: Option<String>,
}

/// Reads where, when and with what a picture was taken; nothing if the file says none of it or cannot be read.
#[must_use]
pub fn read_capture_info(path: &Path) -> Option<CaptureInfo> {
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    BufReader::new(file).take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    capture_info(&bytes)
}

/// Reads where, when and with what a picture in memory was taken; nothing if it says none of it.
#[must_use]
pub fn capture_info(picture: &[u8]) -> Option<CaptureInfo> {
    let exif = parse(picture)?;
    let lat = degrees(&exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S', 90.0);
    let lon = degrees(&exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W', 180.0);
    let (lat, lon) = lat.zip(lon).unzip();
    let info = CaptureInfo {
        lat,
        lon,
        taken_at: taken_at(&exif),
        make: text(&exif, Tag::Make),
        model: text(&exif, Tag::Model),
    };
    (info != CaptureInfo::default()).then_some(info)
}

/// Says how a picture must be turned to stand upright.
pub(super) fn orientation(picture: &[u8]) -> Orientation {
    parse(picture)
        .and_then(|exif| field(&exif, Tag::Orientation)?.value.get_uint(0))
        .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
        .unwrap_or(Orientation::NoTransforms)
}

fn parse(picture: &[u8]) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    match prefixed(picture) {
        Some(raw) => reader.read_raw(raw.to_vec()),
        None => reader.read_from_container(&mut Cursor::new(picture)),
    }
    .or_else(|error| error.distill_partial_result(|_| {}))
    .ok()
}

/// WebP files of some writers have the prefix of JPEG before their EXIF, which its reader takes for damage.
fn prefixed(picture: &[u8]) -> Option<&[u8]> {
    let mut input = Bytes::new(picture);
    if input.take(4)? != b"RIFF" || input.take(8)?.get(4..)? != b"WEBP" {
        return None;
    }
    loop {
        let name = input.array::<4>()?;
        let size = length(input.le32()?);
        let body = input.take(size)?;
        if &name == b"EXIF" {
            return body.strip_prefix(b"Exif\0\0");
        }
        input.take(size % 2)?;
    }
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(parts) = &field(exif, tag)?.value else { return None };
    let text = String::from_utf8_lossy(parts.first()?);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    (!text.is_empty()).then(|| text.to_owned())
}

fn degrees(exif: &Exif, value: Tag, reference: Tag, negative: u8, limit: f64) -> Option<f64> {
    let Value::Rational(parts) = &field(exif, value)?.value else { return None };
    let Value::Ascii(side) = &field(exif, reference)?.value else { return None };
    let [whole, minutes, seconds] = parts.first_chunk::<3>()?;
    let magnitude = whole.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    if !magnitude.is_finite() || magnitude > limit {
        return None;
    }
    let south_or_west = side.first()?.first()?.eq_ignore_ascii_case(&negative);
    Some(if south_or_west { -magnitude } else { magnitude })
}

fn taken_at(exif: &Exif) -> Option<String> {
    let pairs = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    pairs.into_iter().find_map(|(time, zone)| {
        let t = DateTime::from_ascii(text(exif, time)?.as_bytes()).ok()?;
        let zone = text(exif, zone).filter(|zone| is_zone(zone)).unwrap_or_default();
        let (date, clock) = ((t.year, t.month, t.day), (t.hour, t.minute, t.second));
        Some(format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            date.0, date.1, date.2, clock.0, clock.1, clock.2
        ))
    })
}

fn is_zone(zone: &str) -> bool {
    let [sign, h1, h2, b':', m1, m2] = zone.as_bytes() else { return false };
    matches!(sign, b'+' | b'-') && [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests;
