//! The sheet of paper: which part of the earth it holds, and where on it a place is.

use std::fmt::Write as _;

use super::{HEIGHT, LEAST_M, MARGIN, Scene, WIDTH};
use crate::geo::Place;
use crate::geo::earth::{destination, distance_m};

/// Where degrees lie in the picture: Mercator, so that angles are true.
#[derive(Debug)]
pub struct Sheet {
    middle_lon: f64,
    pub(super) west: f64,
    pub(super) east: f64,
    pub(super) south: f64,
    pub(super) north: f64,
    pub(super) height_deg: f64,
    left: f64,
    top: f64,
    scale: f64,
    pub(super) pixels_per_metre: f64,
}

fn stretched(lat: f64) -> f64 {
    let lat = lat.clamp(-85.0, 85.0).to_radians();
    (std::f64::consts::FRAC_PI_4 + lat / 2.0).tan().ln().to_degrees()
}

fn unstretched(y: f64) -> f64 {
    (2.0 * y.to_radians().exp().atan()).to_degrees() - 90.0
}

impl Sheet {
    /// Finds the sheet that holds all of a scene; `None` where there is nothing in it.
    pub fn around(scene: &Scene) -> Option<Self> {
        let places = scene
            .ways
            .iter()
            .flat_map(|way| way.stretches.iter().flatten().map(|place| (place.lon, place.lat)));
        let marks = scene.marks.iter().map(|mark| (mark.place.lon, mark.place.lat));
        let corners = scene.areas.iter().flat_map(|area| area.lines.iter().flatten().copied());
        let all: Vec<(f64, f64)> = places.chain(marks).chain(corners).collect();
        // Everything is taken the shorter way around from the first, so that the antimeridian cuts nothing.
        let (middle_lon, middle_lat) = *all.first()?;
        let turned = |lon: f64| middle_lon + (lon - middle_lon + 180.0).rem_euclid(360.0) - 180.0;
        let (mut west, mut east) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for (lon, lat) in &all {
            let lon = turned(*lon);
            (west, east) = (west.min(lon), east.max(lon));
            (south, north) = (south.min(*lat), north.max(*lat));
        }
        let at = Place { lat: middle_lat.clamp(-85.0, 85.0), lon: 0.0, accuracy_m: None };
        let least = destination(at, 90.0, LEAST_M).lon.abs().max(1e-6);
        let (low, high) = (stretched(south), stretched(north));
        let span_x = (east - west).max(least);
        let span_y = (high - low).max(least);
        let scale = ((WIDTH - 2.0 * MARGIN) / span_x).min((HEIGHT - 2.0 * MARGIN) / span_y) * 0.94;
        let left = f64::midpoint(west, east) - WIDTH / 2.0 / scale;
        let top = f64::midpoint(low, high) + HEIGHT / 2.0 / scale;
        let edge = MARGIN / scale;
        let (west, east) = (left + edge, left + WIDTH / scale - edge);
        let (south, north) = (unstretched(top - HEIGHT / scale + edge), unstretched(top - edge));
        let middle = unstretched(f64::midpoint(low, high));
        let across = distance_m(
            Place { lat: middle, lon: 0.0, accuracy_m: None },
            Place { lat: middle, lon: (1.0 / scale).min(1.0), accuracy_m: None },
        );
        let pixels_per_metre = (1.0 / scale).min(1.0) * scale / across.max(1e-6);
        Some(Self {
            middle_lon,
            west,
            east,
            south,
            north,
            height_deg: north - south,
            left,
            top,
            scale,
            pixels_per_metre,
        })
    }

    /// The corners within the margin, south-west and north-east, in degrees east and north. The east goes on beyond 180
    /// rather than being less than the west.
    pub fn corners(&self) -> ((f64, f64), (f64, f64)) {
        ((self.west, self.south), (self.east, self.north))
    }

    /// The zoom of tiles that are about 512 pixels wide here.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    pub fn zoom(&self) -> u8 {
        (360.0 * self.scale / 512.0).log2().round().clamp(0.0, 30.0) as u8
    }

    pub(super) fn xy(&self, (lon, lat): (f64, f64)) -> (f64, f64) {
        ((lon - self.left) * self.scale, (self.top - stretched(lat)) * self.scale)
    }

    pub(super) fn near_one(&self, (lon, lat): (f64, f64)) -> (f64, f64) {
        (self.middle_lon + (lon - self.middle_lon + 180.0).rem_euclid(360.0) - 180.0, lat)
    }

    /// Moves a line that goes on beyond 180 as a whole.
    pub(super) fn near(&self, line: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let Some(first) = line.first() else { return Vec::new() };
        let turn = self.near_one(*first).0 - first.0;
        line.iter().map(|(lon, lat)| (lon + turn, *lat)).collect()
    }

    pub(super) fn unwrapped(&self, line: &[(f64, f64)]) -> Vec<(f64, f64)> {
        line.iter().map(|point| self.near_one(*point)).collect()
    }

    pub(super) fn path(&self, line: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (position, point) in line.iter().enumerate() {
            let (x, y) = self.xy(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if position == 0 { "M" } else { " L" });
        }
        path
    }
}
