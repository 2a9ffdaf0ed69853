//! The chart of what grows: one field for each thing there is more of, logarithmic both ways.

use std::fmt::Write as _;

use super::series::Series;
use crate::chart::escaped;
use crate::figures::count;

const WIDTH: f64 = 920.0;
const FIELD: (f64, f64) = (330.0, 190.0);
const COLOURS: [&str; 4] = ["#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a"];
/// From a tenth of a millisecond to a hundred seconds.
const DECADES: (f64, f64) = (-1.0, 5.0);

pub(super) fn svg(all: &[Series]) -> String {
    let mut axes: Vec<&str> = all.iter().map(|series| series.axis).collect();
    axes.dedup();
    let rows = axes.len().div_ceil(2);
    let height = 60.0 + count(rows) * (FIELD.1 + 130.0);
    let mut out = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="26" font-size="16" font-weight="bold" fill="#1a1a1a">How cost grows: milliseconds over how many there are, with slopes</text>
"##
    );
    for (index, axis) in axes.iter().enumerate() {
        let left = 60.0 + count(index % 2) * 450.0;
        let top = 60.0 + count(index / 2) * (FIELD.1 + 130.0);
        field(&mut out, axis, all.iter().filter(|series| series.axis == *axis), (left, top));
    }
    out.push_str("</svg>\n");
    out
}

fn field<'a>(out: &mut String, axis: &str, all: impl Iterator<Item = &'a Series>, (left, top): (f64, f64)) {
    let (wide, high) = FIELD;
    let all: Vec<&Series> = all.collect();
    let sizes = all.iter().flat_map(|series| &series.points).map(|(size, _)| size.log10());
    let (least, most) =
        sizes.fold((f64::MAX, f64::MIN), |(least, most), size| (least.min(size), most.max(size)));
    let x = |size: f64| left + (size.log10() - least) / (most - least).max(1.0) * wide;
    let y = |ms: f64| {
        let decade = ms.max(1e-9).log10().clamp(DECADES.0, DECADES.1);
        top + high - (decade - DECADES.0) / (DECADES.1 - DECADES.0) * high
    };
    let _ = writeln!(
        out,
        r##"<rect x="{left}" y="{top}" width="{wide}" height="{high}" fill="none" stroke="#bbbbbb"/>"##
    );
    for (ms, label) in
        [(0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (1e3, "1 s"), (1e4, "10 s"), (1e5, "100 s")]
    {
        let at = y(ms);
        let _ = writeln!(
            out,
            r##"<line x1="{left}" y1="{at:.1}" x2="{:.1}" y2="{at:.1}" stroke="#eeeeee"/><text x="{:.1}" y="{:.1}" text-anchor="end" fill="#555555">{label}</text>"##,
            left + wide,
            left - 6.0,
            at + 4.0
        );
    }
    let mut decade = least.round();
    while decade <= most {
        let at = x(10_f64.powf(decade));
        let _ = writeln!(
            out,
            r##"<text x="{at:.1}" y="{:.1}" text-anchor="middle" fill="#555555">10{}</text>"##,
            top + high + 16.0,
            superscript(decade)
        );
        decade += 1.0;
    }
    let _ = writeln!(
        out,
        r##"<text x="{left}" y="{:.1}" font-weight="bold" fill="#1a1a1a">{}</text>"##,
        top - 8.0,
        escaped(axis)
    );
    for (index, series) in all.iter().enumerate() {
        let colour = COLOURS.get(index % COLOURS.len()).copied().unwrap_or("#000000");
        let points: Vec<String> =
            series.points.iter().map(|(size, ms)| format!("{:.1},{:.1}", x(*size), y(*ms))).collect();
        let _ = writeln!(
            out,
            r##"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/><text x="{left}" y="{:.1}" fill="{colour}">{}: {:.2}{}</text>"##,
            points.join(" "),
            top + high + 36.0 + 16.0 * count(index),
            escaped(series.what),
            series.slope(),
            if series.holds() { "" } else { " — too steep" }
        );
    }
}

fn superscript(decade: f64) -> &'static str {
    ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷"]
        .into_iter()
        .zip(0_u8..)
        .find(|(_, power)| (f64::from(*power) - decade).abs() < 0.5)
        .map_or("", |(sign, _)| sign)
}
