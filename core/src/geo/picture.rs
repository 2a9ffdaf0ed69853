//! A picture of what is known: tracks, officers, areas, a grid of coordinates and a scale bar, as SVG; on the map of the
//! device where it has one of that place.

mod base;
mod sheet;

use std::fmt::Write as _;

pub use base::{Base, Laid};
pub use sheet::Sheet;

use super::thin::for_drawing;
use super::{Place, cluster};

/// A way.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Who took it.
    pub label: String,
    /// Unbroken stretches, each in the order of its times; between them nothing is known.
    pub stretches: Vec<Vec<Place>>,
}

/// Somebody at a place.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Who.
    pub label: String,
    /// Where, with the radius that holds the truth.
    pub place: Place,
    /// Degrees from north.
    pub heading_deg: Option<f64>,
    /// Not to be counted on any more.
    pub stale: bool,
}

/// Something drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What it is called.
    pub label: String,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// Rings or lines, in degrees east and north, going on beyond 180 where they cross the antimeridian.
    pub lines: Vec<Vec<(f64, f64)>>,
    /// Whether it has an inside.
    pub closed: bool,
}

/// All that is to be seen.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// What it is of.
    pub title: String,
    /// Ways.
    pub ways: Vec<Way>,
    /// People.
    pub marks: Vec<Mark>,
    /// Areas.
    pub areas: Vec<Drawn>,
    /// The map below.
    pub base: Option<Base>,
}

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 900.0;
const MARGIN: f64 = 70.0;
/// Nothing is drawn larger than so many metres across the picture.
const LEAST_M: f64 = 200.0;
/// So many officers at one place are drawn as a number.
const LEAST_CROWD: usize = 4;
/// Told apart also by those who do not see red and green (Okabe and Ito).
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Draws it; `None` where there is nothing to draw.
pub fn svg(scene: &Scene) -> Option<String> {
    let sheet = Sheet::around(scene)?;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"DejaVu Sans, sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    if let Some(base) = &scene.base {
        base::draw(&mut out, &sheet, base);
    }
    grid(&mut out, &sheet);
    for area in &scene.areas {
        draw_area(&mut out, &sheet, area);
    }
    for (way, colour) in scene.ways.iter().zip(COLOURS.iter().cycle()) {
        for stretch in &way.stretches {
            let points: Vec<(f64, f64)> = stretch.iter().map(|place| (place.lon, place.lat)).collect();
            // What makes no difference to a pixel is left out.
            let points = for_drawing(&sheet.unwrapped(&points), 1.0 / sheet.pixels_per_metre);
            let _ = writeln!(
                out,
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-linejoin=\"round\"/>",
                sheet.path(&points)
            );
        }
    }
    for crowd in crowds(&sheet, scene) {
        match crowd.as_slice() {
            [] => {}
            few if few.len() < LEAST_CROWD => few.iter().for_each(|number| {
                if let Some(mark) = scene.marks.get(*number) {
                    draw_mark(&mut out, &sheet, scene, *number, mark);
                }
            }),
            many => draw_crowd(&mut out, &sheet, scene, many),
        }
    }
    scale_bar(&mut out, &sheet);
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"34\" font-size=\"20\" font-weight=\"bold\">{}</text>",
        escape(&scene.title)
    );
    out.push_str("</svg>\n");
    Some(out)
}

fn draw_area(out: &mut String, sheet: &Sheet, area: &Drawn) {
    let colour = area.colour.as_deref().unwrap_or("#cc0000");
    let path: Vec<String> = area
        .lines
        .iter()
        .map(|line| sheet.path(&sheet.near(line)) + if area.closed { " Z" } else { "" })
        .collect();
    let fill = if area.closed { colour } else { "none" };
    let _ = writeln!(
        out,
        "<path d=\"{}\" fill=\"{fill}\" fill-opacity=\"0.15\" fill-rule=\"evenodd\" stroke=\"{colour}\" stroke-width=\"2\" \
         stroke-dasharray=\"8 4\"/>",
        path.join(" ")
    );
    let corners = area.lines.first().map(|line| sheet.near(line)).unwrap_or_default();
    if let Some(top) = corners.iter().max_by(|left, right| left.1.total_cmp(&right.1)) {
        let (x, y) = sheet.xy(*top);
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        label(out, x, y - 8.0, "middle", colour, &area.label);
    }
}

fn draw_mark(out: &mut String, sheet: &Sheet, scene: &Scene, number: usize, mark: &Mark) {
    let of_way = scene.ways.iter().position(|way| way.label == mark.label).unwrap_or(number);
    let colour = if mark.stale {
        "#888888"
    } else {
        COLOURS.iter().cycle().nth(of_way % COLOURS.len()).unwrap_or(&"#000000")
    };
    let (x, y) = sheet.xy(sheet.near_one((mark.place.lon, mark.place.lat)));
    if let Some(metres) = mark.place.accuracy_m {
        let radius = metres * sheet.pixels_per_metre;
        if radius > 6.0 {
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" fill-opacity=\"0.12\" stroke=\"{colour}\" \
                 stroke-opacity=\"0.5\"/>"
            );
        }
    }
    if let Some(heading) = mark.heading_deg {
        let _ = writeln!(
            out,
            "<path d=\"M0 -16 L5 -6 L-5 -6 Z\" transform=\"translate({x:.1} {y:.1}) rotate({heading:.0})\" fill=\"{colour}\"/>"
        );
    }
    let fill = if mark.stale { "#ffffff" } else { colour };
    let _ = writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\"/>"
    );
    label(out, x + 10.0, y + 4.0, "start", colour, &mark.label);
}

/// Officers who are in one square of the map, as on the screens.
fn crowds(sheet: &Sheet, scene: &Scene) -> Vec<Vec<usize>> {
    let places: Vec<(f64, f64)> = scene.marks.iter().map(|mark| (mark.place.lon, mark.place.lat)).collect();
    // Tiles of 512 pixels here, of 256 there: half a square, since a name takes no finger.
    cluster::group(&places, sheet.zoom().saturating_add(2))
}

/// So many who could not be told apart are a number.
fn draw_crowd(out: &mut String, sheet: &Sheet, scene: &Scene, crowd: &[usize]) {
    let marks: Vec<&Mark> = crowd.iter().filter_map(|number| scene.marks.get(*number)).collect();
    let at = marks.iter().map(|mark| sheet.xy(sheet.near_one((mark.place.lon, mark.place.lat))));
    let count = marks.len();
    #[expect(clippy::cast_precision_loss, reason = "a number of officers")]
    let (x, y) = {
        let sum = at.fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        (sum.0 / count as f64, sum.1 / count as f64)
    };
    let colour = if marks.iter().all(|mark| mark.stale) { "#888888" } else { "#333333" };
    let _ = writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"16\" fill=\"{colour}\" stroke=\"#ffffff\" stroke-width=\"2\"/><text \
         x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"bold\" fill=\"#ffffff\">{count}</text>",
        y + 4.5
    );
}

fn label(out: &mut String, x: f64, y: f64, anchor: &str, colour: &str, text: &str) {
    let text = escape(text);
    // A white edge keeps it readable above lines.
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" stroke=\"#ffffff\" stroke-width=\"3\">{text}</text>\
         <text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
    );
}

/// Lines at round coordinates, with their numbers at the edge.
fn grid(out: &mut String, sheet: &Sheet) {
    let step = round_down(sheet.height_deg / 4.0);
    let digits = usize::from(step < 1.0)
        * if step < 0.001 {
            4
        } else if step < 0.01 {
            3
        } else if step < 0.1 {
            2
        } else {
            1
        };
    let digits = if step < 0.0001 { 5 } else { digits };
    for (from, to, upright) in [(sheet.west, sheet.east, true), (sheet.south, sheet.north, false)] {
        let mut at = (from / step).ceil() * step;
        while at <= to {
            let (x, y) = if upright { sheet.xy((at, sheet.south)) } else { sheet.xy((sheet.west, at)) };
            let (line, text) = if upright {
                (format!("M{x:.1} {MARGIN} V{:.1}", HEIGHT - MARGIN), (x, HEIGHT - MARGIN + 18.0, "middle"))
            } else {
                (format!("M{MARGIN} {y:.1} H{:.1}", WIDTH - MARGIN), (MARGIN - 6.0, y + 4.0, "end"))
            };
            let shown = if upright { (at + 180.0).rem_euclid(360.0) - 180.0 } else { at };
            let _ = writeln!(
                out,
                "<path d=\"{line}\" stroke=\"#dddddd\" fill=\"none\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\" \
                 font-size=\"11\" fill=\"#666666\">{shown:.digits$}°</text>",
                text.0, text.1, text.2
            );
            at += step;
        }
    }
}

fn scale_bar(out: &mut String, sheet: &Sheet) {
    let metres = round_down(200.0 / sheet.pixels_per_metre);
    let (width, y) = (metres * sheet.pixels_per_metre, HEIGHT - 24.0);
    let words =
        if metres >= 1000.0 { format!("{:.0} km", metres / 1000.0) } else { format!("{metres:.0} m") };
    let _ = writeln!(
        out,
        "<path d=\"M{MARGIN} {:.1} v8 h{width:.1} v-8\" stroke=\"#000000\" stroke-width=\"2\" fill=\"none\"/><text x=\"{:.1}\" \
         y=\"{:.1}\">{words}</text>",
        y - 8.0,
        MARGIN + width + 8.0,
        y + 2.0
    );
}

/// The largest of 1, 2, 5, 10, … that is not above.
fn round_down(number: f64) -> f64 {
    let power = 10_f64.powf(number.max(1e-6).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|digit| digit * power).find(|round| *round <= number).unwrap_or(power)
}

fn escape(text: &str) -> String {
    let kept =
        text.chars().filter(|letter| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}'));
    let kept: String = kept.collect();
    kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Drawn, Mark, Scene, Way, round_down, svg};
    use crate::geo::Place;

    fn place(lat: f64, lon: f64) -> Place {
        Place { lat, lon, accuracy_m: Some(20.0) }
    }

    fn scene(lat: f64, lon: f64) -> Scene {
        let way = vec![place(lat, lon), place(lat + 0.002, lon + 0.003), place(lat + 0.001, lon + 0.004)];
        Scene {
            title: "Harbour <&>".into(),
            ways: vec![Way { label: "Lisbon".into(), stretches: vec![way.clone()] }],
            marks: vec![Mark {
                label: "Lisbon".into(),
                place: way[2],
                heading_deg: Some(90.0),
                stale: false,
            }],
            areas: vec![Drawn {
                label: "Pier".into(),
                colour: None,
                lines: vec![vec![(lon, lat), (lon + 0.001, lat), (lon + 0.001, lat + 0.001), (lon, lat)]],
                closed: true,
            }],
            base: None,
        }
    }

    #[test]
    fn many_at_one_place_are_a_number() {
        let mark = |number: i32| Mark {
            label: format!("Officer {number}"),
            place: place(38.7 + f64::from(number) * 1e-6, -9.1),
            heading_deg: None,
            stale: false,
        };
        // Two far off make the picture large.
        let mut marks = vec![mark(500_000), mark(-500_000)];
        marks.extend((0..30).map(mark));
        let picture = svg(&Scene { marks, ..Scene::default() }).expect("picture");
        let document = roxmltree::Document::parse(&picture).expect("sound");
        let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(texts.contains(&"30"), "{texts:?}");
        assert!(texts.contains(&"Officer 500000") && !texts.contains(&"Officer 7"), "{texts:?}");
    }

    #[test]
    fn what_is_known_is_in_the_picture_and_it_is_sound_xml() {
        let picture = svg(&scene(38.7, -9.1)).expect("picture");
        let document = roxmltree::Document::parse(&picture).expect("sound");
        let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        for wanted in ["Harbour <&>", "Lisbon", "Pier", "50 m"] {
            assert!(
                texts.iter().any(|text| text == &wanted || text.ends_with(" m") && wanted == "50 m"),
                "{wanted}: {texts:?}"
            );
        }
        assert!(
            texts.contains(&"38.701°") || texts.iter().any(|text| text.starts_with("38.70")),
            "{texts:?}"
        );
        assert!(svg(&Scene::default()).is_none());
        let across = svg(&scene(-16.5, 179.999)).expect("picture");
        assert!(across.len() < picture.len() * 2, "a grid around the whole earth");
    }

    #[test]
    fn a_long_way_costs_what_is_seen_of_it() {
        let around = |at: i32| {
            let angle = f64::from(at) / 20_000.0 * std::f64::consts::TAU;
            place(38.7 + 0.01 * angle.sin(), -9.1 + 0.01 * angle.cos())
        };
        let way = Way { label: "Lisbon".into(), stretches: vec![(0..20_000).map(around).collect()] };
        let picture = svg(&Scene { ways: vec![way], ..Scene::default() }).expect("picture");
        let points = picture.matches(" L").count();
        assert!((50..2_000).contains(&points), "{points} points for a circle");
    }

    #[test]
    fn steps_are_round() {
        for (number, round) in [(0.7, 0.5), (1.0, 1.0), (34.0, 20.0), (99.0, 50.0), (0.0034, 0.002)] {
            assert!((round_down(number) - round).abs() < 1e-9, "{number}: {}", round_down(number));
        }
    }

    proptest! {
        #[test]
        fn no_place_breaks_the_picture(lat in -90.0..=90.0, lon in -180.0..=180.0, other_lat in -90.0..=90.0, other_lon in -180.0..=180.0, title in any::<String>()) {
            let mut scene = scene(0.0, 0.0);
            scene.title = title;
            scene.areas.clear();
            scene.ways[0].stretches = vec![vec![place(lat, lon), place(other_lat, other_lon)]];
            scene.marks[0].place = place(lat, lon);
            let picture = svg(&scene).expect("picture");
            prop_assert!(picture.len() < 200_000 && !picture.contains("NaN") && !picture.contains("inf"));
            prop_assert!(roxmltree::Document::parse(&picture).is_ok());
        }
    }
}
