//! The map on the device: a PMTiles file (version 3) with vector tiles, read in place and within limits, whatever the
//! file says. Nothing of it is unpacked to disk, and nothing is asked of any server.

mod ground;
mod reading;

use std::fs::File;
use std::io;
use std::path::Path;

use futures_util::FutureExt as _;
use pmtiles::{AsyncPmTilesReader, Compression, PmtError, TileCoord, TileType};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::geo::tile::{self, BadTile, DEEPEST, Shape};
use crate::kind::ErrorKind;
use crate::text::rich::{from_html, plain};
use reading::{Header, Reading, inflate};

/// A tile is no larger: as stored, and as read.
const LARGEST_TILE: usize = 4 << 20;
/// What the file says about itself is no larger.
const LARGEST_METADATA: usize = 4 << 20;
/// A longer attribution is cut.
const LONGEST_ATTRIBUTION: usize = 300;

/// Says why a map cannot be used.
#[derive(Debug, Error)]
pub enum MapError {
    /// The file cannot be read.
    #[error("the map cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Policy keeps nothing on this device.
    #[error("no map is kept on this device: forbidden by policy, data.persistence is ephemeral")]
    NotKept,
    /// It is no map, or not all of it.
    #[error("this is no whole map file (PMTiles 3): {0}")]
    Damaged(String),
    /// It is a map of a kind that is not read.
    #[error("this map is not of a kind that is read: {0}")]
    Unsupported(String),
    /// A part of it is larger than any map's.
    #[error("the map is not read: {0}")]
    TooLarge(String),
    /// A tile of it.
    #[error("tile {z}/{x}/{y} of the map: {source}")]
    Tile {
        /// Zoom.
        z: u8,
        /// Column.
        x: u32,
        /// Row.
        y: u32,
        /// What is wrong.
        source: BadTile,
    },
    /// There can be no such tile.
    #[error(
        "there is no tile {z}/{x}/{y}: at zoom {z} columns and rows are below 2^{z}, and zoom is at most 30"
    )]
    NoSuchTile {
        /// Zoom.
        z: u8,
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
}

impl MapError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
            Self::Io(_) => ErrorKind::Storage,
            Self::NotKept => ErrorKind::Policy,
            Self::NoSuchTile { .. } => ErrorKind::BadInput,
            Self::Damaged(_) | Self::Unsupported(_) | Self::TooLarge(_) | Self::Tile { .. } => {
                ErrorKind::BadFile
            }
        }
    }
}

/// What a map file says about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// Western edge in degrees.
    pub west: f64,
    /// Southern edge.
    pub south: f64,
    /// Eastern edge.
    pub east: f64,
    /// Northern edge.
    pub north: f64,
    /// The zoom from which on there are tiles.
    pub min_zoom: u8,
    /// The zoom up to which there are tiles.
    pub max_zoom: u8,
    /// Whose data it is, as plain text: to be shown with the map.
    pub attribution: Option<String>,
    /// Size of the file.
    pub bytes: u64,
}

/// An open map file. Reads block: they are not for a thread that draws.
pub struct MapFile {
    archive: AsyncPmTilesReader<Reading>,
    about: About,
}

impl std::fmt::Debug for MapFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapFile").field("about", &self.about).finish_non_exhaustive()
    }
}

impl MapFile {
    /// Opens a file, and looks whether it is a map that can be read and is all there.
    ///
    /// # Errors
    /// `Io`, `Damaged`, `Unsupported`, `TooLarge`.
    pub fn open(path: &Path) -> Result<Self, MapError> {
        let file = File::open(path)?;
        let size = file.metadata()?;
        if !size.is_file() {
            return Err(MapError::Damaged("it is not a file".into()));
        }
        let size = size.len();
        let header = Header::read(&file, size)?;
        header.check(&file, size)?;
        let archive = at_once(AsyncPmTilesReader::try_from_source(Reading::new(file, header.clone())))?;
        let said = archive.get_header();
        if said.tile_type != TileType::Mvt {
            return Err(MapError::Unsupported(format!(
                "its tiles are {:?}, not vectors (Mvt)",
                said.tile_type
            )));
        }
        if !matches!(said.tile_compression, Compression::None | Compression::Gzip) {
            let how = said.tile_compression;
            return Err(MapError::Unsupported(format!("its tiles are compressed by {how:?}, not Gzip")));
        }
        let (west, south) = (said.min_longitude, said.min_latitude);
        let (east, north) = (said.max_longitude, said.max_latitude);
        let in_order = -180.0 <= west && west <= east && east <= 180.0 && -90.0 <= south && south <= north;
        if !in_order || north > 90.0 || said.min_zoom > said.max_zoom || said.max_zoom > DEEPEST {
            return Err(MapError::Damaged("its edges or zooms make no sense".into()));
        }
        let (min_zoom, max_zoom) = (said.min_zoom, said.max_zoom);
        let attribution =
            if header.has_metadata() { attribution(&at_once(archive.get_metadata())?) } else { None };
        let about = About { west, south, east, north, min_zoom, max_zoom, attribution, bytes: size };
        Ok(Self { archive, about })
    }

    /// Returns what the file says about itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Reads a tile: the bytes of a Mapbox Vector Tile. `None` where the map has none.
    ///
    /// # Errors
    /// `NoSuchTile`, `Io`, `Damaged`, `TooLarge`.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<u8>>, MapError> {
        let none = MapError::NoSuchTile { z, x, y };
        if z > DEEPEST {
            return Err(none);
        }
        let at = TileCoord::new(z, x, y).map_err(|_| none)?;
        let Some(stored) = at_once(self.archive.get_tile(at))? else { return Ok(None) };
        let named = |error: MapError| match error {
            MapError::Damaged(reason) => MapError::Damaged(format!("tile {z}/{x}/{y}: {reason}")),
            MapError::TooLarge(reason) => MapError::TooLarge(format!("tile {z}/{x}/{y}: {reason}")),
            other => other,
        };
        match self.archive.get_header().tile_compression {
            Compression::Gzip => inflate(&stored, LARGEST_TILE).map(Some).map_err(named),
            _ => Ok(Some(stored.to_vec())),
        }
    }

    /// Reads what is on a tile. `None` where the map has none.
    ///
    /// # Errors
    /// As `tile`, and `Tile` for one that is no vector tile.
    pub fn shapes(&self, z: u8, x: u32, y: u32) -> Result<Option<Vec<Shape>>, MapError> {
        let Some(bytes) = self.tile(z, x, y)? else { return Ok(None) };
        tile::read(&bytes).map(Some).map_err(|source| MapError::Tile { z, x, y, source })
    }
}

/// Takes the answer of the reader of the format. It reads through `Reading` alone, which never lets it wait.
fn at_once<T>(answer: impl Future<Output = Result<T, PmtError>>) -> Result<T, MapError> {
    match answer.now_or_never() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(sorted(error)),
        None => Err(MapError::Io(io::Error::other("reading the map did not end"))),
    }
}

fn sorted(error: PmtError) -> MapError {
    match error {
        PmtError::Reading(error) => match error.downcast::<MapError>() {
            Ok(ours) => ours,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                MapError::Damaged("it ends early".into())
            }
            // What does not decompress; the disk's own errors have a number.
            Err(error) if error.raw_os_error().is_none() => MapError::Damaged(error.to_string()),
            Err(error) => MapError::Io(error),
        },
        PmtError::UnsupportedCompression(how) => {
            MapError::Unsupported(format!("its directory is compressed by {how:?}, not Gzip"))
        }
        PmtError::UnsupportedPmTilesVersion => {
            MapError::Unsupported("it is of another version than 3".into())
        }
        other => MapError::Damaged(other.to_string()),
    }
}

/// Whose data it is: HTML by custom, shown as text.
fn attribution(metadata: &str) -> Option<String> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let said = plain(&from_html(metadata.get("attribution")?.as_str()?)?);
    let words: Vec<&str> = said.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(LONGEST_ATTRIBUTION).collect();
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests;
