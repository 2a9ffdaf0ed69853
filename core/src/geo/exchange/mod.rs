//! Positions, tracks and areas as other programs keep them. A file is read whole or not at all; what is wrong is named
//! with its line.

pub mod cot;
pub mod geojson;
pub mod gpx;
pub mod kml;
pub mod tak;
mod time;
mod xml;

use thiserror::Error;

pub use time::{read_time, write_time};

use super::{Fix, Place};

/// Says why a file cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {reason}")]
pub struct BadFile {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub reason: String,
}

/// A point of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub place: Place,
    /// When, in milliseconds since 1970.
    pub ts: Option<i64>,
    /// Metres.
    pub altitude_m: Option<f64>,
    /// Metres per second.
    pub speed_mps: Option<f64>,
    /// Degrees from north.
    pub heading_deg: Option<f64>,
    /// What it is called.
    pub name: Option<String>,
}

impl Point {
    /// A place and nothing else.
    pub fn at(place: Place) -> Self {
        Self { place, ts: None, altitude_m: None, speed_mps: None, heading_deg: None, name: None }
    }
}

impl From<&Fix> for Point {
    fn from(fix: &Fix) -> Self {
        Self {
            place: fix.place(),
            ts: Some(fix.ts),
            altitude_m: fix.altitude_m(),
            speed_mps: fix.speed_mps(),
            heading_deg: fix.heading_deg.map(f64::from),
            name: None,
        }
    }
}

/// A way, with or without times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// What it is called.
    pub name: Option<String>,
    /// Its points, in order; empty for none.
    pub points: Vec<Point>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// Single places.
    pub places: Vec<Point>,
    /// Tracks and routes: each unbroken stretch by itself.
    pub paths: Vec<Path>,
    /// Rings of areas: the outer one first, then holes.
    pub areas: Vec<Outline>,
}

/// An area of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// What it is called.
    pub name: Option<String>,
    /// The outer ring, then holes; each closed.
    pub rings: Vec<Vec<Place>>,
}

impl Collection {
    /// Returns the way with the most points; an empty one where there is none.
    pub fn longest(&self) -> Path {
        self.paths.iter().max_by_key(|path| path.points.len()).cloned().unwrap_or_default()
    }

    /// Returns all points of all ways in their order.
    pub fn points(&self) -> Vec<Point> {
        self.paths.iter().flat_map(|path| path.points.iter().cloned()).collect()
    }
}
