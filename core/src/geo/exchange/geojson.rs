//! GeoJSON (RFC 7946): points, lines, polygons, alone, as features or collections of them.

use geojson::{
    Feature, FeatureCollection, GeoJson, Geometry, GeometryValue, JsonObject, JsonValue, Position,
};
use serde_json::json;

use super::{BadFile, Collection, Outline, Path, Point, read_time, write_time};
use crate::geo::Place;

/// Reads a file.
///
/// # Errors
/// The line and the reason; for what is sound JSON, line 1 and the number of the feature.
pub fn read(file: &str) -> Result<Collection, BadFile> {
    let value: JsonValue = serde_json::from_str(file.trim_start_matches('\u{feff}')).map_err(|error| {
        BadFile { line: u32::try_from(error.line()).unwrap_or(1), reason: error.to_string() }
    })?;
    let sound: GeoJson = serde_json::from_value(value)
        .map_err(|error| BadFile { line: 1, reason: format!("this is no GeoJSON: {error}") })?;
    let mut found = Collection::default();
    match sound {
        GeoJson::Geometry(geometry) => take(&mut found, &geometry.value, None, &[], 1)?,
        GeoJson::Feature(feature) => take_feature(&mut found, &feature, 1)?,
        GeoJson::FeatureCollection(collection) => {
            for (position, feature) in collection.features.iter().enumerate() {
                take_feature(&mut found, feature, position.saturating_add(1))?;
            }
        }
    }
    Ok(found)
}

fn take_feature(found: &mut Collection, feature: &Feature, number: usize) -> Result<(), BadFile> {
    let Some(geometry) = &feature.geometry else { return Ok(()) };
    let name = feature.property("name").and_then(JsonValue::as_str);
    let times = feature.property("coordTimes").and_then(JsonValue::as_array).map(Vec::as_slice);
    take(found, &geometry.value, name, times.unwrap_or_default(), number)
}

fn take(
    found: &mut Collection,
    geometry: &GeometryValue,
    name: Option<&str>,
    times: &[JsonValue],
    number: usize,
) -> Result<(), BadFile> {
    let name = name.map(str::to_owned);
    match geometry {
        GeometryValue::Point { coordinates } => {
            found.places.push(Point { name, ..point(coordinates, number)? });
        }
        GeometryValue::MultiPoint { coordinates } => {
            for position in coordinates {
                found.places.push(Point { name: name.clone(), ..point(position, number)? });
            }
        }
        GeometryValue::LineString { coordinates } => {
            let mut points = line(coordinates, number)?;
            for (point, time) in points.iter_mut().zip(times) {
                point.ts = time.as_str().and_then(read_time);
            }
            found.paths.push(Path { name, points });
        }
        GeometryValue::MultiLineString { coordinates } => {
            for positions in coordinates {
                found.paths.push(Path { name: name.clone(), points: line(positions, number)? });
            }
        }
        GeometryValue::Polygon { coordinates } => found.areas.push(outline(name, coordinates, number)?),
        GeometryValue::MultiPolygon { coordinates } => {
            for rings in coordinates {
                found.areas.push(outline(name.clone(), rings, number)?);
            }
        }
        GeometryValue::GeometryCollection { geometries } => {
            for geometry in geometries {
                take(found, &geometry.value, name.as_deref(), &[], number)?;
            }
        }
    }
    Ok(())
}

fn outline(name: Option<String>, rings: &[Vec<Position>], number: usize) -> Result<Outline, BadFile> {
    let ring = |positions: &Vec<Position>| -> Result<Vec<Place>, BadFile> {
        Ok(line(positions, number)?.into_iter().map(|point| point.place).collect())
    };
    Ok(Outline { name, rings: rings.iter().map(ring).collect::<Result<_, _>>()? })
}

fn line(positions: &[Position], number: usize) -> Result<Vec<Point>, BadFile> {
    positions.iter().map(|position| point(position, number)).collect()
}

fn point(position: &Position, number: usize) -> Result<Point, BadFile> {
    let mut numbers = position.as_slice().iter().copied();
    let (lon, lat, altitude) = (numbers.next(), numbers.next(), numbers.next());
    let place = lat.zip(lon).and_then(|(lat, lon)| Place::new(lat, lon, None));
    let place = place.ok_or_else(|| BadFile {
        line: 1,
        reason: format!("feature {number}: {:?} is not a place on the earth", position.as_slice()),
    })?;
    Ok(Point { altitude_m: altitude.filter(|metres| metres.is_finite()), ..Point::at(place) })
}

/// Writes a collection of features. Times stand in `coordTimes`, where most programs look for them.
pub fn write(collection: &Collection) -> String {
    let mut features = Vec::new();
    for place in &collection.places {
        let mut properties = named(place.name.as_deref());
        if let Some(ts) = place.ts {
            properties.insert("time".to_owned(), json!(write_time(ts)));
        }
        features.push(feature(json!({ "type": "Point", "coordinates": position(place) }), properties));
    }
    for path in &collection.paths {
        let mut properties = named(path.name.as_deref());
        if path.points.iter().any(|point| point.ts.is_some()) {
            let times: Vec<JsonValue> =
                path.points.iter().map(|point| json!(point.ts.map(write_time))).collect();
            properties.insert("coordTimes".to_owned(), json!(times));
            let speeds: Vec<JsonValue> = path.points.iter().map(|point| json!(point.speed_mps)).collect();
            properties.insert("speeds".to_owned(), json!(speeds));
        }
        let line: Vec<JsonValue> = path.points.iter().map(position).collect();
        let geometry = match line.as_slice() {
            // A line has two positions or more.
            [only] => json!({ "type": "Point", "coordinates": only }),
            _ => json!({ "type": "LineString", "coordinates": line }),
        };
        features.push(feature(geometry, properties));
    }
    for area in &collection.areas {
        let ring = |ring: &Vec<Place>| -> Vec<JsonValue> {
            ring.iter().map(|place| position(&Point::at(*place))).collect()
        };
        let rings: Vec<Vec<JsonValue>> = area.rings.iter().map(ring).collect();
        features
            .push(feature(json!({ "type": "Polygon", "coordinates": rings }), named(area.name.as_deref())));
    }
    let collection = FeatureCollection { bbox: None, features, foreign_members: None };
    let mut text = GeoJson::FeatureCollection(collection).to_string();
    text.push('\n');
    text
}

fn named(name: Option<&str>) -> JsonObject {
    name.map(|name| ("name".to_owned(), json!(name))).into_iter().collect()
}

fn feature(geometry: JsonValue, properties: JsonObject) -> Feature {
    let geometry: Option<Geometry> = serde_json::from_value(geometry).ok();
    Feature { bbox: None, geometry, id: None, properties: Some(properties), foreign_members: None }
}

fn position(point: &Point) -> JsonValue {
    let degrees = |degrees: f64| (degrees * 1e6).round() / 1e6;
    let (lon, lat) = (degrees(point.place.lon), degrees(point.place.lat));
    match point.altitude_m {
        Some(metres) => json!([lon, lat, (metres * 10.0).round() / 10.0]),
        None => json!([lon, lat]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read, write};
    use crate::geo::exchange::gpx;

    #[test]
    fn a_real_track_goes_through_unchanged() {
        let file = std::fs::read_to_string(qroc_fixtures::path("car.gpx")).expect("fixture");
        let track = gpx::read(&file).expect("gpx");
        let again = read(&write(&track)).expect("geojson");
        assert_eq!(again.points().len(), track.points().len());
        for (one, two) in track.points().iter().zip(again.points()) {
            assert!((one.place.lat - two.place.lat).abs() < 1e-6 && one.ts == two.ts);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |file: &str| read(file).expect_err(file).to_string();
        assert!(refused("{\n\n\"type\": }").starts_with("line 3: "));
        assert!(refused(r#"{"type":"Banana"}"#).contains("no GeoJSON"));
        let far = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}},
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,95]}}]}"#;
        assert!(refused(far).contains("feature 2: [1.0, 95.0] is not a place"), "{}", refused(far));
        let ring = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
        assert_eq!(read(ring).expect("sound").areas[0].rings[0].len(), 4);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), numbers in prop::collection::vec(any::<f64>(), 0..5)) {
            let _ = read(&text);
            let _ = read(&format!("{{\"type\":\"LineString\",\"coordinates\":[{numbers:?}]}}"));
        }
    }
}
