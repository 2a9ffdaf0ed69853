//! Files of positions and areas: read whole, written whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use qroc_core::geo::exchange::{BadFile, Collection, Point, cot, geojson, gpx, kml, tak};
use qroc_core::kind::ErrorKind;

use crate::failure::Failure;

/// No track is larger; what is, is something else.
const LARGEST: u64 = 256 << 20;

/// What a file's name says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Gpx,
    GeoJson,
    Kml,
}

impl Format {
    /// By the end of the name.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "gpx" => Ok(Self::Gpx),
            "geojson" | "json" => Ok(Self::GeoJson),
            "kml" => Ok(Self::Kml),
            _ => Err(Failure::usage(format!("{}: the name ends in .gpx, .geojson or .kml", path.display()))),
        }
    }

    pub(super) fn write(self, collection: &Collection) -> String {
        match self {
            Self::Gpx => gpx::write(collection),
            Self::GeoJson => geojson::write(collection),
            Self::Kml => kml::write(collection),
        }
    }

    fn read(self, text: &str) -> Result<Collection, BadFile> {
        match self {
            Self::Gpx => gpx::read(text),
            Self::GeoJson => geojson::read(text),
            Self::Kml => kml::read(text),
        }
    }
}

/// Reads a file; what is wrong with it is named with its line.
pub(super) fn read(path: &Path) -> Result<Collection, Failure> {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let format = if matches!(end.as_str(), "cot" | "tak") { None } else { Some(Format::of(path)?) };
    let bad = |reason: String| Failure::new(ErrorKind::BadFile, format!("{}: {reason}", path.display()));
    let size = fs::metadata(path).map_err(|error| bad(error.to_string()))?.len();
    if size > LARGEST {
        return Err(bad("the file is larger than 256 MiB".to_owned()));
    }
    let bytes = fs::read(path).map_err(|error| bad(error.to_string()))?;
    if end == "tak" {
        let events = tak::read(&bytes).map_err(|error| bad(error.to_string()))?;
        return Ok(places(&events));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        bad(format!("line {}: this is not UTF-8", line.saturating_add(1)))
    })?;
    let read = match format {
        Some(format) => format.read(text),
        None => cot::read_all(text).map(|events| places(&events)),
    };
    read.map_err(|error| bad(error.to_string()))
}

/// What a control room's TAK says, as places.
fn places(events: &[cot::Event]) -> Collection {
    let places = events.iter().map(|event| Point {
        ts: Some(event.ts),
        altitude_m: event.altitude_m,
        speed_mps: event.speed_mps,
        heading_deg: event.heading_deg,
        name: event.callsign.clone(),
        ..Point::at(event.place)
    });
    Collection { places: places.collect(), ..Collection::default() }
}

/// Writes a file that only this user can read. Nothing is overwritten without `force`, nothing stays of a failure.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let kind = if error.kind() == std::io::ErrorKind::AlreadyExists {
            ErrorKind::BadInput
        } else {
            ErrorKind::Storage
        };
        let advice = if kind == ErrorKind::BadInput { "; --force replaces it" } else { "" };
        Failure::new(kind, format!("{}: {error}{advice}", path.display()))
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(|_| ()).map_err(|error| failed(error.error))
}
