//! Cordons, search sectors, plumes, routes and points: what is drawn on the map of a room.

use std::fmt;

use geo::{Contains as _, Coord, Geometry, LineString, MultiPolygon, Point, Polygon};
use serde_json::{Value, json};
use thiserror::Error;

use super::Place;
use super::earth::{Sheet, destination};

/// What an area is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaKind {
    /// Nobody goes in.
    Cordon,
    /// Somebody searches it.
    Sector,
    /// Where something drifts.
    Plume,
    /// A way to take.
    Route,
    /// A place that matters.
    Point,
}

impl AreaKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Cordon, Self::Sector, Self::Plume, Self::Route, Self::Point];

    /// Returns the word of the event and of scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cordon => "cordon",
            Self::Sector => "sector",
            Self::Plume => "plume",
            Self::Route => "route",
            Self::Point => "point",
        }
    }

    /// Reads that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Says why something is no area.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadArea(pub String);

fn bad(reason: impl Into<String>) -> BadArea {
    BadArea(reason.into())
}

/// No area has more corners.
pub const MOST_CORNERS: usize = 1000;
const LONGEST_NAME: usize = 200;

/// An area as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// What it is for.
    pub kind: AreaKind,
    /// What it is called.
    pub name: String,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// From when it counts, in milliseconds since 1970.
    pub valid_from: Option<i64>,
    /// Until when.
    pub valid_to: Option<i64>,
    /// Where it is.
    pub shape: Shape,
}

/// What one event says of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Stays the same through all versions.
    pub area_id: String,
    /// It is taken away.
    pub removed: bool,
    /// How it is from now on.
    pub area: Area,
}

impl Area {
    /// Says whether it counts at a time, in milliseconds since 1970.
    pub fn counts_at(&self, ts: i64) -> bool {
        self.valid_from.is_none_or(|from| from <= ts) && self.valid_to.is_none_or(|to| ts < to)
    }

    /// Writes the content of its event.
    pub fn to_content(&self, area_id: &str, removed: bool) -> Value {
        let mut content = json!({
            "v": 1,
            "area_id": area_id,
            "kind": self.kind.as_str(),
            "name": self.name,
            "geometry": self.shape.to_geojson(),
        });
        let optional = [
            ("colour", self.colour.as_ref().map(|colour| json!(colour))),
            ("valid_from", self.valid_from.map(|ts| json!(ts))),
            ("valid_to", self.valid_to.map(|ts| json!(ts))),
            ("removed", removed.then(|| json!(true))),
        ];
        if let Some(content) = content.as_object_mut() {
            content.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        }
        content
    }

    /// Reads the content of its event.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_content(content: &Value) -> Result<Version, BadArea> {
        let text = |key: &str| content.get(key).and_then(Value::as_str);
        if content.get("v").and_then(Value::as_i64) != Some(1) {
            return Err(bad("not an area of version 1"));
        }
        let area_id = text("area_id").filter(|id| !id.is_empty() && id.len() <= 64);
        let kind =
            text("kind").and_then(AreaKind::from_word).ok_or_else(|| bad("an area of an unknown kind"))?;
        let name = text("name").unwrap_or_default();
        let number = |key: &str| content.get(key).and_then(Value::as_i64);
        Ok(Version {
            area_id: area_id.ok_or_else(|| bad("an area without an id"))?.to_owned(),
            removed: content.get("removed").and_then(Value::as_bool).unwrap_or(false),
            area: Self {
                kind,
                name: name.chars().take(LONGEST_NAME).collect(),
                colour: text("colour").filter(|colour| is_colour(colour)).map(str::to_owned),
                valid_from: number("valid_from"),
                valid_to: number("valid_to"),
                shape: Shape::from_geojson(content.get("geometry").unwrap_or(&Value::Null))?,
            },
        })
    }
}

/// Says whether this is `#rrggbb`.
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit()))
}

/// Where an area is: polygons, a line, or a point. Rings may cross the antimeridian.
#[derive(Clone, PartialEq)]
pub struct Shape(Geometry);

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shape")
    }
}

impl Shape {
    /// Makes a circle of 64 corners.
    ///
    /// # Errors
    /// A radius that is none, or reaches around the earth.
    pub fn circle(middle: Place, radius_m: f64) -> Result<Self, BadArea> {
        if !(1.0..=1_000_000.0).contains(&radius_m) {
            return Err(bad(format!("a radius of {radius_m} m: from 1 m to 1000 km")));
        }
        let corners: Vec<Place> =
            (0..64).map(|corner| destination(middle, f64::from(corner) * 5.625, radius_m)).collect();
        Self::polygon(&[corners])
    }

    /// Makes a polygon of its outer ring and holes; rings are closed where they are not.
    ///
    /// # Errors
    /// Fewer than three corners, or too many.
    pub fn polygon(rings: &[Vec<Place>]) -> Result<Self, BadArea> {
        let mut lines = rings.iter().map(|ring| line(ring));
        let outer = lines.next().ok_or_else(|| bad("a polygon without corners"))?;
        Self::sound(Geometry::Polygon(Polygon::new(outer, lines.collect())))
    }

    /// Makes a line.
    ///
    /// # Errors
    /// Fewer than two points, or too many.
    pub fn way(places: &[Place]) -> Result<Self, BadArea> {
        Self::sound(Geometry::LineString(line(places)))
    }

    /// Makes a point.
    pub fn point(place: Place) -> Self {
        Self(Geometry::Point(Point::new(place.lon, place.lat)))
    }

    /// Reads a GeoJSON geometry, or the geometry of a feature.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_geojson(value: &Value) -> Result<Self, BadArea> {
        let value = if value.get("type").and_then(Value::as_str) == Some("Feature") {
            value.get("geometry").unwrap_or(&Value::Null)
        } else {
            value
        };
        // The crate takes for granted that a position has two numbers and a polygon a ring.
        if !value.get("coordinates").is_some_and(are_positions) {
            return Err(bad("not a GeoJSON geometry: positions are of two numbers or more"));
        }
        let geometry: geojson::Geometry = serde_json::from_value(value.clone())
            .map_err(|error| bad(format!("not a GeoJSON geometry: {error}")))?;
        Self::sound(
            Geometry::try_from(geometry).map_err(|error| bad(format!("not a GeoJSON geometry: {error}")))?,
        )
    }

    /// Writes a GeoJSON geometry, to a tenth of a metre.
    pub fn to_geojson(&self) -> Value {
        let position = |at: Coord| json!([rounded(wrapped(at.x)), rounded(at.y)]);
        let ring = |line: &LineString| Value::Array(line.coords().map(|at| position(*at)).collect());
        let polygon = |polygon: &Polygon| {
            let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            Value::Array(rings.map(ring).collect())
        };
        match &self.0 {
            Geometry::Point(point) => json!({ "type": "Point", "coordinates": position(point.0) }),
            Geometry::LineString(line) => json!({ "type": "LineString", "coordinates": ring(line) }),
            Geometry::Polygon(one) => json!({ "type": "Polygon", "coordinates": polygon(one) }),
            Geometry::MultiPolygon(many) => json!({
                "type": "MultiPolygon",
                "coordinates": Value::Array(many.iter().map(polygon).collect()),
            }),
            // Nothing else is let in.
            _ => Value::Null,
        }
    }

    fn sound(geometry: Geometry) -> Result<Self, BadArea> {
        let geometry = match geometry {
            Geometry::Point(point) => Geometry::Point(point),
            Geometry::LineString(line) if line.0.len() >= 2 => Geometry::LineString(unwrapped(&line)),
            Geometry::Polygon(polygon) => Geometry::Polygon(sound_polygon(&polygon)?),
            Geometry::MultiPolygon(many) if !many.0.is_empty() => Geometry::MultiPolygon(MultiPolygon(
                many.iter().map(sound_polygon).collect::<Result<_, _>>()?,
            )),
            Geometry::LineString(_) => return Err(bad("a line has two points or more")),
            _ => return Err(bad("a shape is a Point, LineString, Polygon or MultiPolygon")),
        };
        let shape = Self(geometry);
        let corners = shape.corners();
        if corners.is_empty() || corners.len() > MOST_CORNERS {
            return Err(bad(format!("a shape has 1 to {MOST_CORNERS} corners, not {}", corners.len())));
        }
        match corners.iter().find(|at| Place::new(at.y, wrapped(at.x), None).is_none() || at.x.abs() > 540.0)
        {
            Some(at) => Err(bad(format!("{},{} is not a place on the earth", at.y, at.x))),
            None => Ok(shape),
        }
    }

    fn corners(&self) -> Vec<Coord> {
        self.lines().into_iter().flat_map(|line| line.0).collect()
    }

    /// Its edges: rings and lines, in degrees east and north; a line that crosses the antimeridian goes on beyond 180.
    pub fn lines(&self) -> Vec<LineString> {
        let rings = |polygon: &Polygon| -> Vec<LineString> {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).cloned().collect()
        };
        match &self.0 {
            Geometry::Point(point) => vec![LineString(vec![point.0])],
            Geometry::LineString(line) => vec![line.clone()],
            Geometry::Polygon(polygon) => rings(polygon),
            Geometry::MultiPolygon(many) => many.iter().flat_map(rings).collect(),
            _ => Vec::new(),
        }
    }

    /// Says whether it has an inside.
    pub fn is_closed(&self) -> bool {
        matches!(self.0, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
    }

    /// Says whether a place is inside. Nothing is inside a line or a point.
    pub fn contains(&self, place: Place) -> bool {
        let inside = |lon: f64| {
            let point = Point::new(lon, place.lat);
            match &self.0 {
                Geometry::Polygon(polygon) => polygon.contains(&point),
                Geometry::MultiPolygon(many) => many.contains(&point),
                _ => false,
            }
        };
        [0.0, 360.0, -360.0].into_iter().any(|turn| inside(place.lon + turn))
    }

    /// Returns how far a place is from the edge, in metres; good within some hundred kilometres.
    pub fn edge_m(&self, place: Place) -> f64 {
        let sheet = Sheet::at(place.lat, place.lon);
        let mut nearest = f64::INFINITY;
        for line in self.lines() {
            let points: Vec<(f64, f64)> = line.coords().map(|at| sheet.xy(at.y, at.x)).collect();
            if let [point] = points.as_slice() {
                nearest = nearest.min(point.0.hypot(point.1));
            }
            for (from, to) in points.iter().zip(points.iter().skip(1)) {
                nearest = nearest.min(from_origin(*from, *to));
            }
        }
        nearest
    }
}

fn are_positions(value: &Value) -> bool {
    let Some(list) = value.as_array() else { return false };
    if list.iter().any(Value::is_number) {
        return list.len() >= 2 && list.iter().all(Value::is_number);
    }
    !list.is_empty() && list.iter().all(are_positions)
}

/// How far the origin is from a stretch.
fn from_origin((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + part * dx).hypot(ay + part * dy)
}

fn sound_polygon(polygon: &Polygon) -> Result<Polygon, BadArea> {
    // Closed, so a triangle has four.
    if std::iter::once(polygon.exterior()).chain(polygon.interiors()).any(|ring| ring.0.len() < 4) {
        return Err(bad("a ring has three corners or more"));
    }
    Ok(Polygon::new(unwrapped(polygon.exterior()), polygon.interiors().iter().map(unwrapped).collect()))
}

fn line(places: &[Place]) -> LineString {
    places.iter().map(|place| Coord { x: place.lon, y: place.lat }).collect()
}

/// Lets a line that jumps across the antimeridian go on beyond 180 degrees.
fn unwrapped(line: &LineString) -> LineString {
    let mut before: Option<f64> = None;
    line.coords()
        .map(|at| {
            // Whole turns only, so that a ring that was closed stays closed to the last digit.
            let turns = before.map_or(0.0, |before| ((before - at.x) / 360.0).round());
            let x = at.x + turns * 360.0;
            before = Some(x);
            Coord { x, y: at.y }
        })
        .collect()
}

fn wrapped(lon: f64) -> f64 {
    if (-180.0..=180.0).contains(&lon) { lon } else { (lon + 180.0).rem_euclid(360.0) - 180.0 }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Area, AreaKind, Shape};
    use crate::geo::Place;

    fn place(lat: f64, lon: f64) -> Place {
        Place::new(lat, lon, None).expect("on earth")
    }

    #[test]
    fn a_cordon_goes_through_its_event_unchanged() {
        let cordon = Area {
            kind: AreaKind::Cordon,
            name: "Pier four".into(),
            colour: Some("#cc0000".into()),
            valid_from: Some(5),
            valid_to: None,
            shape: Shape::circle(place(38.7071, -9.1355), 150.0).expect("circle"),
        };
        let content = cordon.to_content("a1", true);
        let version = Area::from_content(&content).expect("sound");
        assert_eq!((version.area_id.as_str(), version.removed), ("a1", true));
        assert_eq!(version.area.to_content("a1", true), content);
        assert!(
            version.area.shape.contains(place(38.7080, -9.1355))
                && !version.area.shape.contains(place(38.7090, -9.1355))
        );
        let edge = version.area.shape.edge_m(place(38.7071, -9.1355));
        assert!((edge - 150.0).abs() < 1.0, "{edge}");
        assert!(cordon.counts_at(5) && !cordon.counts_at(4));
    }

    #[test]
    fn an_area_across_the_antimeridian_has_one_inside() {
        let ring = vec![place(-17.0, 179.0), place(-17.0, -179.0), place(-16.0, -179.0), place(-16.0, 179.0)];
        let shape = Shape::polygon(&[ring]).expect("polygon");
        for (lon, inside) in
            [(179.5, true), (-179.5, true), (180.0, true), (0.0, false), (178.9, false), (-178.9, false)]
        {
            assert_eq!(shape.contains(place(-16.5, lon)), inside, "{lon}");
        }
        let again = Shape::from_geojson(&shape.to_geojson()).expect("geojson");
        assert!(again.contains(place(-16.5, -179.5)) && !again.contains(place(-16.5, 0.0)));
        let round = Shape::circle(place(-16.5, 179.999), 5_000.0).expect("circle");
        assert!(round.contains(place(-16.5, -179.98)) && !round.contains(place(-16.5, 170.0)));
    }

    #[test]
    fn what_is_no_area_is_refused() {
        let refused =
            |geometry: serde_json::Value| Shape::from_geojson(&geometry).expect_err("refused").to_string();
        assert!(
            refused(json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]] }))
                .contains("three corners")
        );
        assert!(refused(json!({ "type": "Point", "coordinates": [0, 91] })).contains("not a place"));
        assert!(refused(json!({ "type": "MultiPoint", "coordinates": [[0, 1]] })).contains("a shape is"));
        assert!(refused(json!(null)).contains("GeoJSON"));
        assert!(refused(json!({ "type": "Point", "coordinates": [] })).contains("GeoJSON"));
        let long: Vec<_> = (0..2000).map(|at| json!([f64::from(at) / 1000.0, 0.0])).collect();
        assert!(refused(json!({ "type": "LineString", "coordinates": long })).contains("corners"));
        assert!(Shape::circle(place(0.0, 0.0), f64::NAN).is_err());
        assert!(Area::from_content(&json!({ "v": 2 })).is_err());
    }

    proptest! {
        #[test]
        fn no_geometry_panics(numbers in prop::collection::vec(any::<f64>(), 0..12), kind in "(Point|LineString|Polygon|MultiPolygon)") {
            let pairs: Vec<_> = numbers.chunks(2).map(|pair| json!(pair)).collect();
            let coordinates = match kind.as_str() {
                "Point" => json!(numbers),
                "LineString" => json!(pairs),
                "Polygon" => json!([pairs]),
                _ => json!([[pairs]]),
            };
            if let Ok(shape) = Shape::from_geojson(&json!({ "type": kind, "coordinates": coordinates })) {
                let _ = (shape.contains(place(1.0, 1.0)), shape.edge_m(place(1.0, 1.0)), shape.to_geojson());
            }
        }
    }
}
