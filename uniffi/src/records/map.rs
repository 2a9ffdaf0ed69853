//! What is on the map of the device, and who is together on it.

use qroc_core::geo::tile::{Ground, Shape};
use qroc_core::map::About;
use qroc_core::model::Cluster;
use qroc_core::store::fixes::View;

use super::count;

/// What a shape of the map is, in the order in which they are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum MapGround {
    /// Dry land. An area.
    Land,
    /// Park, wood, meadow, field. An area.
    Green,
    /// Sea, lake, river with banks. An area.
    Water,
    /// River or stream without banks. A line.
    Waterway,
    /// A building. An area.
    Building,
    /// Footway, cycle way, track. A line.
    Path,
    /// A street. A line.
    Street,
    /// A road between places. A line.
    Road,
    /// A motorway. A line.
    Motorway,
    /// Rails. A line.
    Railway,
    /// A border. A line.
    Border,
    /// A place with a name. Points.
    Place,
}

impl From<Ground> for MapGround {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::Land => Self::Land,
            Ground::Green => Self::Green,
            Ground::Water => Self::Water,
            Ground::Waterway => Self::Waterway,
            Ground::Building => Self::Building,
            Ground::Path => Self::Path,
            Ground::Street => Self::Street,
            Ground::Road => Self::Road,
            Ground::Motorway => Self::Motorway,
            Ground::Railway => Self::Railway,
            Ground::Border => Self::Border,
            Ground::Place => Self::Place,
        }
    }
}

/// Something on a tile of the map.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct MapShape {
    /// What it is.
    pub ground: MapGround,
    /// What it is called, as the map says.
    pub name: Option<String>,
    /// Rings of an area, of which every second one cuts a hole (even-odd), lines, or one point each. In each: east,
    /// south, east, south, …, in units of which 4096 are the side of the tile, from its north-western corner.
    pub lines: Vec<Vec<i32>>,
}

impl From<Shape> for MapShape {
    fn from(shape: Shape) -> Self {
        let flat = |line: Vec<(i32, i32)>| line.into_iter().flat_map(|(x, y)| [x, y]).collect();
        Self {
            ground: shape.ground.into(),
            name: shape.name,
            lines: shape.lines.into_iter().map(flat).collect(),
        }
    }
}

/// What a map file says about itself.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct MapInfo {
    /// What it covers.
    pub part: MapPart,
    /// The zoom from which on there are tiles.
    pub min_zoom: u8,
    /// The zoom up to which there are tiles: nearer, those are drawn larger.
    pub max_zoom: u8,
    /// Whose data it is, as plain text: to be shown with the map.
    pub attribution: Option<String>,
    /// Size of the file.
    pub bytes: u64,
}

impl From<About> for MapInfo {
    fn from(about: About) -> Self {
        let About { west, south, east, north, min_zoom, max_zoom, attribution, bytes } = about;
        Self { part: MapPart { south, west, north, east }, min_zoom, max_zoom, attribution, bytes }
    }
}

/// A part of the earth, in degrees. Where the west is more than the east, it lies across the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct MapPart {
    /// Southern edge.
    pub south: f64,
    /// Western edge.
    pub west: f64,
    /// Northern edge.
    pub north: f64,
    /// Eastern edge.
    pub east: f64,
}

impl From<MapPart> for View {
    #[expect(clippy::cast_possible_truncation, reason = "bounded; what is not a number is 0")]
    fn from(part: MapPart) -> Self {
        let e6 = |at: f64, most: f64| (at.clamp(-most, most) * 1e6).round() as i32;
        Self {
            south: e6(part.south, 90.0),
            west: e6(part.west, 180.0),
            north: e6(part.north, 90.0),
            east: e6(part.east, 180.0),
        }
    }
}

/// Officers who could not be told apart on the map, or one who stands alone.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PositionCluster {
    /// Their middle, in degrees.
    pub lat: f64,
    /// Their middle, in degrees.
    pub lon: f64,
    /// How many they are.
    pub count: u32,
    /// How many of them are stale.
    pub stale: u32,
    /// What holds them: a map that shows it tells them apart, or shows that they are at one place.
    pub part: MapPart,
    /// Who stands there alone: Matrix id of the user.
    pub user_id: Option<String>,
}

impl From<Cluster> for PositionCluster {
    fn from(cluster: Cluster) -> Self {
        let Cluster { lat, lon, count: all, stale, south, west, north, east, position } = cluster;
        Self {
            lat,
            lon,
            count: count(all),
            stale: count(stale),
            part: MapPart { south, west, north, east },
            user_id: position.map(|position| position.user_id),
        }
    }
}
