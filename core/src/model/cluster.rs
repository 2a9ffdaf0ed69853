//! Officers together on the map.

use serde::Serialize;

use super::Position;

/// Officers who could not be told apart on the map: a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// Their middle, in degrees.
    pub lat: f64,
    /// Their middle, in degrees.
    pub lon: f64,
    /// How many they are.
    pub count: usize,
    /// How many of them are stale.
    pub stale: usize,
    /// The part of the map that holds them: its southern edge in degrees.
    pub south: f64,
    /// Its western edge.
    pub west: f64,
    /// Its northern edge.
    pub north: f64,
    /// Its eastern edge.
    pub east: f64,
    /// Where somebody is who stands alone.
    pub position: Option<Position>,
}

impl Cluster {
    /// Puts officers together; `None` where there is nobody.
    #[expect(clippy::cast_precision_loss, reason = "a number of officers")]
    pub fn of(mut officers: Vec<Position>) -> Option<Self> {
        let first = officers.first()?;
        let (mut south, mut west, mut north, mut east) = (first.lat, first.lon, first.lat, first.lon);
        let (mut lat, mut lon) = (0.0, 0.0);
        for officer in &officers {
            (south, north) = (south.min(officer.lat), north.max(officer.lat));
            (west, east) = (west.min(officer.lon), east.max(officer.lon));
            (lat, lon) = (lat + officer.lat, lon + officer.lon);
        }
        let count = officers.len();
        let stale = officers.iter().filter(|officer| officer.stale).count();
        let (lat, lon) = (lat / count as f64, lon / count as f64);
        let position = if count == 1 { officers.pop() } else { None };
        Some(Self { lat, lon, count, stale, south, west, north, east, position })
    }
}
