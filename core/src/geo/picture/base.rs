//! The map below: plain areas and lines in muted colours, so that officers and areas stand out.

use std::fmt::Write as _;

use super::{HEIGHT, MARGIN, Sheet, WIDTH, label};
use crate::geo::tile::Ground;

/// The map below a picture.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// What is there, the lowest first.
    pub laid: Vec<Laid>,
    /// Whose data it is.
    pub attribution: Option<String>,
}

/// Something on the ground.
#[derive(Clone, Debug)]
pub struct Laid {
    /// What it is.
    pub ground: Ground,
    /// What it is called.
    pub name: Option<String>,
    /// Rings, lines, or one point each, in degrees east and north, going on beyond 180.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// Colour, and width in pixels where it is a line.
fn look(ground: Ground) -> (&'static str, f64) {
    match ground {
        Ground::Land => ("#f6f4ee", 0.0),
        Ground::Green => ("#dcebd0", 0.0),
        Ground::Water => ("#aad3df", 0.0),
        Ground::Waterway => ("#aad3df", 1.5),
        Ground::Building => ("#d9d0c9", 0.0),
        Ground::Path => ("#cfc8bd", 0.8),
        Ground::Street => ("#c4bdb3", 2.0),
        Ground::Road => ("#b5aa9a", 3.0),
        Ground::Motorway => ("#a39277", 4.0),
        Ground::Railway => ("#9a9a9a", 1.2),
        Ground::Border => ("#a58fb5", 1.5),
        Ground::Place => ("#555555", 0.0),
    }
}

/// Draws it within the margin.
pub(super) fn draw(out: &mut String, sheet: &Sheet, base: &Base) {
    let (wide, high) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    let _ = writeln!(
        out,
        "<clipPath id=\"map\"><rect x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{wide}\" height=\"{high}\"/></clipPath>\n\
         <g clip-path=\"url(#map)\" stroke-linejoin=\"round\" stroke-linecap=\"round\">"
    );
    for laid in &base.laid {
        let (colour, width) = look(laid.ground);
        if laid.ground == Ground::Place {
            continue;
        }
        let area = laid.ground.is_area();
        let path: String = laid
            .lines
            .iter()
            .map(|line| sheet.path(&sheet.near(line)) + if area { "Z" } else { "" })
            .collect();
        let _ = if area {
            writeln!(out, "<path d=\"{path}\" fill=\"{colour}\" fill-rule=\"evenodd\"/>")
        } else {
            writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>")
        };
    }
    out.push_str("</g>\n");
    names(out, sheet, base);
    if let Some(attribution) = &base.attribution {
        label(out, WIDTH - MARGIN, HEIGHT - 24.0, "end", "#666666", attribution);
    }
}

/// Names of places that do not lie on each other, in the order of the map.
fn names(out: &mut String, sheet: &Sheet, base: &Base) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for laid in base.laid.iter().filter(|laid| laid.ground == Ground::Place) {
        let (Some(name), Some(at)) = (&laid.name, laid.lines.first().and_then(|line| line.first())) else {
            continue;
        };
        let (x, y) = sheet.xy(sheet.near(&[*at]).first().copied().unwrap_or(*at));
        let inside = (MARGIN..WIDTH - MARGIN).contains(&x) && (MARGIN..HEIGHT - MARGIN).contains(&y);
        if inside && taken.iter().all(|(left, top)| (left - x).abs() > 110.0 || (top - y).abs() > 18.0) {
            taken.push((x, y));
            label(out, x, y, "middle", look(Ground::Place).0, name);
        }
    }
}
