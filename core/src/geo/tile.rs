//! Vector tiles: what the ground looks like, read from the Mapbox Vector Tile format (2.1) into plain shapes, and where
//! a tile lies. Layers are known by the names that Protomaps, OpenMapTiles and Shortbread give them.

use bytes::Bytes;
use prost::Message;
use thiserror::Error;

/// Units from one edge of a tile to the other, whatever its file counts in.
pub const EXTENT: i32 = 4096;
/// The deepest zoom that is worked with: a tile is a few centimetres.
pub const DEEPEST: u8 = 30;
/// Shapes may reach beyond their tile, but no further, in units: what is drawn stays in numbers of 16 bits.
const FARTHEST: i64 = 32_767;
/// A name that is longer is none.
const LONGEST_NAME: usize = 200;

/// What a shape is, in the order in which they are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
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

impl Ground {
    /// Says whether it has an inside; its lines are then rings, of which every second one cuts a hole.
    pub fn is_area(self) -> bool {
        matches!(self, Self::Land | Self::Green | Self::Water | Self::Building)
    }
}

/// Something on the ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What it is.
    pub ground: Ground,
    /// What it is called, as the map says.
    pub name: Option<String>,
    /// Rings, lines, or one point each: units to the east and south of the tile's north-western corner, `EXTENT` to
    /// its other edge, from −32767 to 32767.
    pub lines: Vec<Vec<(i32, i32)>>,
}

/// Says why a tile cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadTile {
    /// Not the format.
    #[error("this is no vector tile: {0}")]
    Malformed(String),
    /// A layer is written in a version that is not known.
    #[error("layer {layer:?} is of version {version}, not 1 or 2")]
    Version {
        /// Its name.
        layer: String,
        /// Its version.
        version: u32,
    },
    /// A feature makes no sense.
    #[error("feature {feature} of layer {layer:?}: {reason}")]
    Feature {
        /// Name of the layer.
        layer: String,
        /// Its place there, from 1.
        feature: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

// Features and values stay bytes until one is wanted: a small hostile tile must not become many large objects.
#[derive(Clone, PartialEq, Message)]
struct Tile {
    #[prost(bytes = "bytes", repeated, tag = "3")]
    layers: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Layer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    features: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    keys: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "4")]
    values: Vec<Bytes>,
    #[prost(uint32, optional, tag = "5")]
    extent: Option<u32>,
    #[prost(uint32, optional, tag = "15")]
    version: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(int32, tag = "3")]
    form: i32,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Points,
    Lines,
    Rings,
}

/// Reads what is known of a tile, in the order of the tile. Layers that are not known are passed over.
///
/// # Errors
/// `BadTile`.
pub fn read(tile: &[u8]) -> Result<Vec<Shape>, BadTile> {
    let malformed = |error: prost::DecodeError| BadTile::Malformed(error.to_string());
    let tile = Tile::decode(Bytes::copy_from_slice(tile)).map_err(malformed)?;
    let mut shapes = Vec::new();
    for layer in tile.layers {
        let layer = Layer::decode(layer).map_err(malformed)?;
        let version = layer.version.unwrap_or(1);
        if !matches!(version, 1 | 2) {
            return Err(BadTile::Version { layer: layer.name, version });
        }
        if is_known(&layer.name) {
            layer.read(&mut shapes)?;
        }
    }
    Ok(shapes)
}

impl Layer {
    fn read(&self, shapes: &mut Vec<Shape>) -> Result<(), BadTile> {
        let extent = i64::from(self.extent.unwrap_or(4096));
        for (index, feature) in self.features.iter().enumerate() {
            let bad = |reason| BadTile::Feature {
                layer: self.name.clone(),
                feature: index.saturating_add(1),
                reason,
            };
            if extent == 0 {
                return Err(bad("the layer has no extent"));
            }
            let feature = Feature::decode(feature.clone()).map_err(|_| bad("it cannot be read"))?;
            let form = match feature.form {
                1 => Form::Points,
                2 => Form::Lines,
                3 => Form::Rings,
                _ => continue,
            };
            let kind = ["kind", "pmap:kind", "class"].iter().find_map(|key| self.tag(&feature, key));
            let Some(ground) = ground(&self.name, kind.as_deref().unwrap_or_default(), form) else {
                continue;
            };
            let lines = lines(&feature.geometry, form, extent).map_err(bad)?;
            if lines.is_empty() {
                continue;
            }
            let named = matches!(
                ground,
                Ground::Place | Ground::Path | Ground::Street | Ground::Road | Ground::Motorway
            );
            let name = self.tag(&feature, "name").filter(|name| named && name.len() <= LONGEST_NAME);
            shapes.push(Shape { ground, name, lines });
        }
        Ok(())
    }

    /// The text that a feature has under a key.
    fn tag(&self, feature: &Feature, key: &str) -> Option<String> {
        let at = |list: &'_ [Bytes], index: u32| list.get(usize::try_from(index).ok()?).cloned();
        let pairs = feature.tags.chunks_exact(2).filter_map(|pair| pair.first().zip(pair.last()));
        let mut found = pairs.filter(|(name, _)| at(&self.keys, **name).is_some_and(|name| name == key));
        Value::decode(at(&self.values, *found.next()?.1)?).ok()?.text
    }
}

const MOVE: u32 = 1;
const LINE: u32 = 2;
const CLOSE: u32 = 7;

/// Follows the pen: commands with how often they are repeated, and steps to the east and south.
fn lines(commands: &[u32], form: Form, extent: i64) -> Result<Vec<Vec<(i32, i32)>>, &'static str> {
    let mut commands = commands.iter().copied();
    let (mut x, mut y) = (0_i64, 0_i64);
    let mut lines: Vec<Vec<(i32, i32)>> = Vec::new();
    let mut line: Vec<(i32, i32)> = Vec::new();
    let least = match form {
        Form::Points => 1,
        Form::Lines => 2,
        Form::Rings => 3,
    };
    let mut end = |line: &mut Vec<(i32, i32)>| {
        if line.len() >= least {
            lines.push(std::mem::take(line));
        }
        line.clear();
    };
    while let Some(command) = commands.next() {
        let (what, times) = (command & 7, command >> 3);
        match what {
            MOVE | LINE => {
                if what == LINE && (form == Form::Points || line.is_empty()) {
                    return Err("a line begins nowhere");
                }
                for _ in 0..times {
                    let (Some(east), Some(south)) = (commands.next(), commands.next()) else {
                        return Err("it ends in the middle of a step");
                    };
                    x = x.saturating_add(step(east));
                    y = y.saturating_add(step(south));
                    if what == MOVE {
                        end(&mut line);
                    }
                    line.push((scaled(x, extent), scaled(y, extent)));
                }
            }
            CLOSE if form == Form::Rings => end(&mut line),
            CLOSE => return Err("what is no area is closed"),
            _ => return Err("it has a command that is not known"),
        }
    }
    end(&mut line);
    Ok(lines)
}

/// A signed number, zigzag-coded.
fn step(coded: u32) -> i64 {
    let half = i64::from(coded >> 1);
    if coded & 1 == 0 { half } else { -half - 1 }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
fn scaled(at: i64, extent: i64) -> i32 {
    let all = i64::from(EXTENT);
    (at.saturating_mul(all).checked_div(extent).unwrap_or(0)).clamp(-FARTHEST, FARTHEST) as i32
}

fn is_known(layer: &str) -> bool {
    [Form::Points, Form::Lines, Form::Rings]
        .into_iter()
        .any(|form| ["", "park", "street", "rail"].iter().any(|kind| ground(layer, kind, form).is_some()))
}

/// Says what a feature is, by its layer, its kind and its form.
fn ground(layer: &str, kind: &str, form: Form) -> Option<Ground> {
    let ground = match (layer, form) {
        ("earth", Form::Rings) => Ground::Land,
        ("natural" | "landuse" | "landcover" | "park" | "land", Form::Rings) => match kind {
            "park" | "forest" | "wood" | "grass" | "grassland" | "garden" | "meadow" | "nature_reserve"
            | "national_park" | "protected_area" | "farmland" | "scrub" | "orchard" | "vineyard"
            | "recreation_ground" | "golf_course" | "village_green" | "pitch" | "playground" | "cemetery"
            | "allotments" | "heath" => Ground::Green,
            "" if matches!(layer, "natural" | "park") => Ground::Green,
            _ => return None,
        },
        ("water" | "ocean" | "water_polygons", Form::Rings) => Ground::Water,
        ("water" | "waterway" | "water_lines" | "physical_line", Form::Lines) => match kind {
            "" | "waterway" | "river" | "stream" | "canal" | "ditch" | "drain" => Ground::Waterway,
            _ => return None,
        },
        ("buildings" | "building", Form::Rings) => Ground::Building,
        ("roads" | "transportation" | "streets" | "transit", Form::Lines) => match kind {
            "highway" | "motorway" | "trunk" => Ground::Motorway,
            "major_road" | "medium_road" | "primary" | "secondary" | "tertiary" => Ground::Road,
            "minor_road" | "minor" | "street" | "residential" | "living_street" | "unclassified"
            | "service" => Ground::Street,
            "rail" | "railway" | "transit" | "light_rail" | "tram" | "subway" => Ground::Railway,
            "path" | "track" | "footway" | "cycleway" | "pedestrian" | "steps" | "bridleway" | "other" => {
                Ground::Path
            }
            _ => return None,
        },
        ("boundaries" | "boundary", Form::Lines) => Ground::Border,
        ("places" | "place" | "place_labels", Form::Points) => Ground::Place,
        _ => return None,
    };
    Some(ground)
}

/// Where a tile lies: its zoom, and its column and row from the north-western corner of Mercator's square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileAt {
    /// 0: the whole earth is one tile.
    pub z: u8,
    /// Eastwards. Below 0 and from 2^z on: around the earth once more.
    pub x: i64,
    /// Southwards.
    pub y: i64,
}

/// Degrees of latitude at which Mercator's square ends.
const POLE: f64 = 85.051_128_779_806_59;

/// Returns where a place lies in Mercator's square, from 0 to 1 to the east and to the south.
pub fn mercator(lon: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-POLE, POLE).to_radians();
    (lon / 360.0 + 0.5, 0.5 - lat.tan().asinh() / std::f64::consts::TAU)
}

/// Returns degrees east and north of a point in Mercator's square.
pub fn unmercator(x: f64, y: f64) -> (f64, f64) {
    ((x - 0.5) * 360.0, ((0.5 - y) * std::f64::consts::TAU).sinh().atan().to_degrees())
}

impl TileAt {
    /// Returns the tiles that cover a part of the map, row by row; `None` where they are more than `most`. The east
    /// is not less than the west: beyond 180 it goes on.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of the number of tiles, and that is below 2^30"
    )]
    pub fn covering(
        (west, south): (f64, f64),
        (east, north): (f64, f64),
        z: u8,
        most: usize,
    ) -> Option<Vec<Self>> {
        let all = f64::from(2_u32.pow(u32::from(z.min(DEEPEST))));
        let ((left, top), (right, bottom)) = (mercator(west, north), mercator(east, south));
        let at = |part: f64| (part * all).floor() as i64;
        let last = all as i64 - 1;
        let (rows, columns) = (at(top).clamp(0, last)..=at(bottom).clamp(0, last), at(left)..=at(right));
        let count = rows
            .end()
            .saturating_sub(*rows.start())
            .saturating_add(1)
            .saturating_mul(columns.end().saturating_sub(*columns.start()).saturating_add(1).max(0));
        if usize::try_from(count).is_ok_and(|count| count <= most) {
            Some(rows.flat_map(|y| columns.clone().map(move |x| Self { z, x, y })).collect())
        } else {
            None
        }
    }

    /// Returns the column once around the earth, and the row: what a file has it under.
    pub fn address(self) -> (u8, u32, u32) {
        let all = 1_i64 << self.z.min(DEEPEST);
        let part = |at: i64| u32::try_from(at.rem_euclid(all)).unwrap_or(0);
        (self.z, part(self.x), part(self.y))
    }

    /// Returns degrees east and north of a point of the tile.
    #[expect(clippy::cast_precision_loss, reason = "numbers of tiles are below 2^31")]
    pub fn degrees(self, (x, y): (i32, i32)) -> (f64, f64) {
        let all = f64::from(2_u32.pow(u32::from(self.z.min(DEEPEST))));
        let unit = f64::from(EXTENT);
        unmercator((self.x as f64 + f64::from(x) / unit) / all, (self.y as f64 + f64::from(y) / unit) / all)
    }
}

#[cfg(test)]
mod tests;
