//! GPX 1.0 and 1.1: waypoints, routes, tracks.

use std::fmt::Write as _;

use roxmltree::Node;

use super::xml::{bad, child, escape, number, parse, place, text};
use super::{BadFile, Collection, Path, Point, read_time, write_time};

/// Reads a file.
///
/// # Errors
/// The line and the reason.
pub fn read(file: &str) -> Result<Collection, BadFile> {
    let document = parse(file)?;
    let root = document.root_element();
    if root.tag_name().name() != "gpx" {
        return Err(bad(root, format!("a GPX file begins with <gpx>, not <{}>", root.tag_name().name())));
    }
    let mut found = Collection::default();
    for node in root.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "wpt" => found.places.push(point(node)?),
            "rte" => found.paths.push(Path { name: name(node), points: points(node, "rtept")? }),
            "trk" => {
                for segment in node.children().filter(|child| child.tag_name().name() == "trkseg") {
                    found.paths.push(Path { name: name(node), points: points(segment, "trkpt")? });
                }
            }
            _ => {}
        }
    }
    found.paths.retain(|path| !path.points.is_empty());
    Ok(found)
}

fn name(node: Node<'_, '_>) -> Option<String> {
    text(node, "name").map(str::to_owned)
}

fn points(node: Node<'_, '_>, kind: &str) -> Result<Vec<Point>, BadFile> {
    node.children().filter(|child| child.tag_name().name() == kind).map(point).collect()
}

fn point(node: Node<'_, '_>) -> Result<Point, BadFile> {
    let ts = match child(node, "time") {
        None => None,
        Some(time) => {
            let written = time.text().unwrap_or_default();
            Some(read_time(written).ok_or_else(|| bad(time, format!("{written:?} is not a time")))?)
        }
    };
    // GPX 1.0 has speed and course beside the position, 1.1 only in extensions.
    let beside = |name: &str| -> Result<Option<f64>, BadFile> {
        match number(node, name)? {
            Some(number) => Ok(Some(number)),
            None => extension(node, name),
        }
    };
    Ok(Point {
        place: place(node, "lat", "lon")?,
        ts,
        altitude_m: number(node, "ele")?,
        speed_mps: beside("speed")?.filter(|speed| *speed >= 0.0),
        heading_deg: beside("course")?,
        name: name(node),
    })
}

fn extension(node: Node<'_, '_>, name: &str) -> Result<Option<f64>, BadFile> {
    let Some(extensions) = child(node, "extensions") else { return Ok(None) };
    for holder in extensions.descendants().filter(Node::is_element) {
        if let Some(number) = number(holder, name)? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Writes a file of version 1.1. Speed and course stand in the extension that most programs read.
pub fn write(collection: &Collection) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"QROC\" xmlns=\"http://www.topografix.com/GPX/1/1\" \
         xmlns:gpxtpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v2\">\n",
    );
    for point in &collection.places {
        write_point(&mut out, "wpt", point);
    }
    for path in &collection.paths {
        let timed = path.points.iter().any(|point| point.ts.is_some());
        out.push_str(if timed { " <trk>\n" } else { " <rte>\n" });
        if let Some(name) = &path.name {
            let _ = writeln!(out, "  <name>{}</name>", escape(name));
        }
        if timed {
            out.push_str("  <trkseg>\n");
        }
        for point in &path.points {
            write_point(&mut out, if timed { "trkpt" } else { "rtept" }, point);
        }
        out.push_str(if timed { "  </trkseg>\n </trk>\n" } else { " </rte>\n" });
    }
    for area in &collection.areas {
        // The format has no areas; their edges are ways that come back to their beginning.
        for ring in &area.rings {
            out.push_str(" <rte>\n");
            if let Some(name) = &area.name {
                let _ = writeln!(out, "  <name>{}</name>", escape(name));
            }
            for place in ring {
                write_point(&mut out, "rtept", &Point::at(*place));
            }
            out.push_str(" </rte>\n");
        }
    }
    out.push_str("</gpx>\n");
    out
}

fn write_point(out: &mut String, kind: &str, point: &Point) {
    let _ = write!(out, "   <{kind} lat=\"{:.6}\" lon=\"{:.6}\">", point.place.lat, point.place.lon);
    if let Some(metres) = point.altitude_m {
        let _ = write!(out, "<ele>{metres:.1}</ele>");
    }
    if let Some(ts) = point.ts {
        let _ = write!(out, "<time>{}</time>", write_time(ts));
    }
    if let Some(name) = &point.name {
        let _ = write!(out, "<name>{}</name>", escape(name));
    }
    if point.speed_mps.is_some() || point.heading_deg.is_some() {
        out.push_str("<extensions><gpxtpx:TrackPointExtension>");
        if let Some(speed) = point.speed_mps {
            let _ = write!(out, "<gpxtpx:speed>{speed:.1}</gpxtpx:speed>");
        }
        if let Some(heading) = point.heading_deg {
            let _ = write!(out, "<gpxtpx:course>{heading:.0}</gpxtpx:course>");
        }
        out.push_str("</gpxtpx:TrackPointExtension></extensions>");
    }
    let _ = writeln!(out, "</{kind}>");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read, write};

    fn fixture(name: &str) -> String {
        std::fs::read_to_string(qroc_fixtures::path(name)).expect("fixture")
    }

    #[test]
    fn real_files_come_back_as_they_were() {
        for (name, paths, points) in [
            ("car.gpx", 1, 85),
            ("cerknicko-jezero.gpx", 1, 100),
            ("korita-zbevnica.gpx", 1, 500),
            ("mojstrovka.gpx", 1, 184),
            ("track_with_speed.gpx", 1, 3),
            ("garmin-activity.gpx", 1, 988),
        ] {
            let first = read(&fixture(name)).expect(name);
            assert!(
                first.paths.len() >= paths && first.points().len() >= points,
                "{name}: {}",
                first.points().len()
            );
            let second = read(&write(&first)).expect(name);
            assert_eq!(second.points().len(), first.points().len(), "{name}");
            for (one, two) in first.points().iter().zip(second.points()) {
                assert!(
                    (one.place.lat - two.place.lat).abs() < 1e-6
                        && (one.place.lon - two.place.lon).abs() < 1e-6
                );
                assert_eq!(one.ts, two.ts, "{name}");
            }
            assert_eq!(first.places.len(), second.places.len());
        }
        let speeds = read(&fixture("track_with_speed.gpx")).expect("gpx").points();
        assert_eq!(speeds.iter().map(|point| point.speed_mps).collect::<Vec<_>>().len(), 3);
        assert!(speeds.iter().any(|point| point.speed_mps == Some(2.2)), "{speeds:?}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let refused = |file: &str| read(file).expect_err(file);
        let file = "<gpx>\n<trk><trkseg>\n<trkpt lat=\"91\" lon=\"0\"/>\n</trkseg></trk></gpx>";
        assert_eq!(refused(file).to_string(), "line 3: 91,0 is not a place on the earth");
        let file = "<gpx>\n\n<wpt lat=\"1\" lon=\"0\"><time>noon</time></wpt></gpx>";
        assert_eq!(refused(file).to_string(), "line 3: \"noon\" is not a time");
        assert_eq!(refused("<gpx><wpt lat=\"1\"/></gpx>").to_string(), "line 1: <wpt> has no lon");
        assert_eq!(refused("<kml/>").to_string(), "line 1: a GPX file begins with <gpx>, not <kml>");
        assert!(refused("<gpx>\n<trk>\n").to_string().starts_with("line "), "cut");
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><gpx>&a;</gpx>";
        assert!(refused(bomb).reason.contains("XML"), "{:?}", refused(bomb));
        let nested = format!("<gpx>{}{}</gpx>", "<a>".repeat(200_000), "</a>".repeat(200_000));
        let _ = read(&nested);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), lat in any::<String>()) {
            let _ = read(&text);
            let _ = read(&format!("<gpx><trk><trkseg><trkpt lat=\"{lat}\" lon=\"1\"><ele>{text}</ele></trkpt></trkseg></trk></gpx>"));
        }
    }
}
