//! The chart of a run: how many times less of something ours takes than the peer, one bar a line, on a logarithmic scale.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::figures::Line;
use crate::table::{number, rounded};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 480.0;
const ROW: f64 = 22.0;
const TOP: f64 = 74.0;
/// Ratios from a thousandth to ten are on the scale; what is beyond stands at its end.
const DECADES: (f64, f64) = (-3.0, 1.0);

pub(crate) fn write(file: &Path, lines: &[Line], note: &str) -> Result<()> {
    std::fs::write(file, svg(lines, note))?;
    Ok(())
}

fn x(ratio: f64) -> f64 {
    let decade = ratio.max(1e-9).log10().clamp(DECADES.0, DECADES.1);
    LEFT + (decade - DECADES.0) / (DECADES.1 - DECADES.0) * (WIDTH - LEFT - 150.0)
}

fn svg(lines: &[Line], note: &str) -> String {
    let compared: Vec<(&Line, f64)> = lines.iter().filter_map(|line| Some((line, line.ratio?))).collect();
    let height = TOP + ROW * crate::figures::count(compared.len()) + 40.0;
    let mut out = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="24" font-size="16" font-weight="bold" fill="#1a1a1a">What ours takes, in parts of what the peer takes for the same</text>
<text x="16" y="43" fill="#555555">{}</text>
"##,
        escaped(note)
    );
    for (ratio, label) in
        [(0.001, "1/1000"), (0.01, "1/100"), (0.1, "1/10"), (1.0, "the same"), (10.0, "10 ×")]
    {
        let (at, bottom) = (x(ratio), height - 30.0);
        let colour = if ratio == 1.0 { "#444444" } else { "#dddddd" };
        let _ = writeln!(
            out,
            r##"<line x1="{at:.1}" y1="{:.1}" x2="{at:.1}" y2="{bottom:.1}" stroke="{colour}"/><text x="{at:.1}" y="{:.1}" text-anchor="middle" fill="#555555">{label}</text>"##,
            TOP - 6.0,
            TOP - 12.0
        );
    }
    for (index, (line, ratio)) in compared.iter().enumerate() {
        let y = TOP + ROW * crate::figures::count(index);
        let (from, to) = (x(*ratio).min(x(1.0)), x(*ratio).max(x(1.0)));
        let colour = match line.met {
            Some(true) => "#2e7d32",
            Some(false) => "#c62828",
            None => "#78909c",
        };
        let peer = line.peer.map(|peer| number(peer.median, &line.unit)).unwrap_or_default();
        let _ = writeln!(
            out,
            r##"<text x="{:.1}" y="{:.1}" text-anchor="end" fill="#1a1a1a">{}</text><rect x="{from:.1}" y="{:.1}" width="{:.1}" height="14" fill="{colour}"/><text x="{:.1}" y="{:.1}" fill="#1a1a1a">{} : {peer}</text>"##,
            LEFT - 10.0,
            y + 12.0,
            escaped(&format!("{} · {}", line.scenario, line.what)),
            y + 1.0,
            (to - from).max(1.0),
            to + 8.0,
            y + 12.0,
            rounded(line.ours.median),
        );
    }
    let _ = writeln!(
        out,
        r##"<text x="16" y="{:.1}" fill="#555555">Green: as good as was aimed at. Red: not. Grey: nothing was aimed at. Written by make bench.</text>
</svg>"##,
        height - 10.0
    );
    out
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Lines, Target};

    #[test]
    fn what_is_not_compared_has_no_bar_and_text_is_text() {
        let mut lines = Lines::new("a < b");
        lines.add("wall", "ms", Target::Ratio(0.5), &[1.0], &[10.0]);
        lines.add("alone", "ms", Target::AtMost(5.0), &[1.0], &[]);
        let svg = svg(&lines.lines, "2 & 2");
        assert_eq!(svg.matches(r#"height="14""#).count(), 1);
        assert!(svg.contains("a &lt; b · wall") && svg.contains("2 &amp; 2") && !svg.contains("alone"));
        roxmltree::Document::parse(&svg).expect("well-formed");
    }
}
