//! KML 2.2: placemarks with points, lines, polygons, and tracks with times.

use std::fmt::Write as _;

use roxmltree::Node;

use super::xml::{bad, child, escape, parse, text};
use super::{BadFile, Collection, Outline, Path, Point, read_time, write_time};
use crate::geo::Place;

/// Reads a file.
///
/// # Errors
/// The line and the reason.
pub fn read(file: &str) -> Result<Collection, BadFile> {
    let document = parse(file)?;
    let root = document.root_element();
    if root.tag_name().name() != "kml" {
        return Err(bad(root, format!("a KML file begins with <kml>, not <{}>", root.tag_name().name())));
    }
    let mut found = Collection::default();
    for placemark in root.descendants().filter(|node| node.tag_name().name() == "Placemark") {
        let name = text(placemark, "name");
        for node in placemark.descendants().filter(Node::is_element) {
            match node.tag_name().name() {
                "Point" => {
                    for point in coordinates(node)? {
                        found.places.push(Point { name: name.map(str::to_owned), ..point });
                    }
                }
                "LineString" => {
                    found.paths.push(Path { name: name.map(str::to_owned), points: coordinates(node)? });
                }
                "Polygon" => found.areas.push(polygon(node, name)?),
                "Track" => found.paths.push(Path { name: name.map(str::to_owned), points: track(node)? }),
                _ => {}
            }
        }
    }
    found.paths.retain(|path| !path.points.is_empty());
    Ok(found)
}

fn coordinates(node: Node<'_, '_>) -> Result<Vec<Point>, BadFile> {
    let Some(list) = child(node, "coordinates") else {
        return Err(bad(node, format!("<{}> has no <coordinates>", node.tag_name().name())));
    };
    list.text().unwrap_or_default().split_whitespace().map(|tuple| point(list, tuple, ',')).collect()
}

fn point(node: Node<'_, '_>, tuple: &str, separator: char) -> Result<Point, BadFile> {
    let mut numbers =
        tuple.split(separator).filter(|part| !part.is_empty()).map(|part| part.trim().parse::<f64>());
    let place = match (numbers.next(), numbers.next()) {
        (Some(Ok(lon)), Some(Ok(lat))) => Place::new(lat, lon, None),
        _ => None,
    };
    let place = place.ok_or_else(|| bad(node, format!("{tuple:?} is not a place on the earth")))?;
    let altitude_m = numbers.next().and_then(Result::ok).filter(|metres| metres.is_finite());
    Ok(Point { altitude_m, ..Point::at(place) })
}

fn polygon(node: Node<'_, '_>, name: Option<&str>) -> Result<Outline, BadFile> {
    let mut rings = Vec::new();
    for edge in ["outerBoundaryIs", "innerBoundaryIs"] {
        for boundary in node.children().filter(|child| child.tag_name().name() == edge) {
            for ring in boundary.children().filter(|child| child.tag_name().name() == "LinearRing") {
                rings.push(coordinates(ring)?.into_iter().map(|point| point.place).collect());
            }
        }
    }
    if rings.is_empty() {
        return Err(bad(node, "<Polygon> has no edge"));
    }
    Ok(Outline { name: name.map(str::to_owned), rings })
}

/// A track lists all times, then all places.
fn track(node: Node<'_, '_>) -> Result<Vec<Point>, BadFile> {
    let mut times = Vec::new();
    let mut points = Vec::new();
    for part in node.children().filter(Node::is_element) {
        let written = part.text().unwrap_or_default();
        match part.tag_name().name() {
            "when" => {
                times
                    .push(read_time(written).ok_or_else(|| bad(part, format!("{written:?} is not a time")))?);
            }
            "coord" => points.push(point(part, written, ' ')?),
            _ => {}
        }
    }
    if times.len() != points.len() {
        return Err(bad(node, format!("a track of {} times and {} places", times.len(), points.len())));
    }
    for (point, time) in points.iter_mut().zip(times) {
        point.ts = Some(time);
    }
    Ok(points)
}

/// Writes a file; ways with times as tracks.
pub fn write(collection: &Collection) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <kml xmlns=\"http://www.opengis.net/kml/2.2\" xmlns:gx=\"http://www.google.com/kml/ext/2.2\">\n<Document>\n",
    );
    for place in &collection.places {
        let body = format!("<Point><coordinates>{}</coordinates></Point>", tuple(place, ','));
        placemark(&mut out, place.name.as_deref(), &body);
    }
    for path in &collection.paths {
        let body = if path.points.iter().all(|point| point.ts.is_some()) {
            let mut body = String::from("<gx:Track>\n");
            for ts in path.points.iter().filter_map(|point| point.ts) {
                let _ = writeln!(body, "<when>{}</when>", write_time(ts));
            }
            for point in &path.points {
                let _ = writeln!(body, "<gx:coord>{}</gx:coord>", tuple(point, ' '));
            }
            body.push_str("</gx:Track>");
            body
        } else {
            format!("<LineString><coordinates>{}</coordinates></LineString>", tuples(&path.points))
        };
        placemark(&mut out, path.name.as_deref(), &body);
    }
    for area in &collection.areas {
        let mut body = String::from("<Polygon>");
        for (position, ring) in area.rings.iter().enumerate() {
            let edge = if position == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
            let points: Vec<Point> = ring.iter().map(|place| Point::at(*place)).collect();
            let _ = write!(
                body,
                "<{edge}><LinearRing><coordinates>{}</coordinates></LinearRing></{edge}>",
                tuples(&points)
            );
        }
        body.push_str("</Polygon>");
        placemark(&mut out, area.name.as_deref(), &body);
    }
    out.push_str("</Document>\n</kml>\n");
    out
}

fn placemark(out: &mut String, name: Option<&str>, body: &str) {
    let name = name.map(|name| format!("<name>{}</name>", escape(name))).unwrap_or_default();
    let _ = writeln!(out, "<Placemark>{name}{body}</Placemark>");
}

fn tuples(points: &[Point]) -> String {
    points.iter().map(|point| tuple(point, ',')).collect::<Vec<_>>().join(" ")
}

fn tuple(point: &Point, separator: char) -> String {
    let place = format!("{:.6}{separator}{:.6}", point.place.lon, point.place.lat);
    // A track's places have all three numbers.
    match point.altitude_m.or((separator == ' ').then_some(0.0)) {
        Some(metres) => format!("{place}{separator}{metres:.1}"),
        None => place,
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
        let again = read(&write(&track)).expect("kml");
        assert_eq!(again.points().len(), track.points().len());
        for (one, two) in track.points().iter().zip(again.points()) {
            assert!((one.place.lon - two.place.lon).abs() < 1e-6 && one.ts == two.ts);
        }
    }

    #[test]
    fn areas_and_places_are_read_and_what_is_wrong_is_named() {
        let file =
            "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark><name>Pier &amp; quay</name>
            <Polygon><outerBoundaryIs><LinearRing><coordinates>-9,38 -9.1,38 -9.1,38.1 -9,38
            </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
            <Placemark><Point><coordinates>-9.1,38.7,12</coordinates></Point></Placemark></Document></kml>";
        let found = read(file).expect("kml");
        assert_eq!((found.areas[0].name.as_deref(), found.areas[0].rings[0].len()), (Some("Pier & quay"), 4));
        assert_eq!(found.places[0].altitude_m, Some(12.0));
        assert_eq!(read(&write(&found)).expect("again"), found);
        let refused = |file: &str| read(file).expect_err(file).to_string();
        assert!(
            refused("<kml><Placemark>\n<Point><coordinates>1</coordinates></Point></Placemark></kml>")
                .starts_with("line 2: \"1\"")
        );
        assert!(refused("<gpx/>").contains("begins with <kml>"));
        let track = "<kml><Placemark><Track><when>2020-01-01T00:00:00Z</when></Track></Placemark></kml>";
        assert!(refused(track).contains("1 times and 0 places"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = read(&text);
            let _ = read(&format!("<kml><Placemark><LineString><coordinates>{text}</coordinates></LineString></Placemark></kml>"));
        }
    }
}
