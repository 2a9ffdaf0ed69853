//! The table that a run prints, and that the documentation shows.

use std::path::Path;

use anyhow::{Context as _, Result};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::figures::{Line, Spread, Target};

pub(crate) fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "scenario",
        "what",
        "ours",
        "least–most",
        "peer",
        "least–most",
        "ratio",
        "target",
        "met",
        "n",
    ]);
    let mut before = "";
    for line in lines {
        let scenario = if line.scenario == before { "" } else { line.scenario.as_str() };
        before = &line.scenario;
        table.add_row([
            scenario.to_owned(),
            line.what.clone(),
            number(line.ours.median, &line.unit),
            range(&line.ours),
            line.peer.map(|peer| number(peer.median, &line.unit)).unwrap_or_default(),
            line.peer.as_ref().map(range).unwrap_or_default(),
            line.ratio.map(rounded).unwrap_or_default(),
            aim(line),
            met(line).to_owned(),
            line.ours.runs.to_string(),
        ]);
    }
    for column in 2..=6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

const BEGIN: &str = "<!-- table: written by make bench -->\n";
const END: &str = "<!-- end of table -->";

/// Puts the table and a note into a file, between the two marks that are there.
pub(crate) fn put(file: &Path, lines: &[Line], note: &str) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (before, rest) = text.split_once(BEGIN).context("there is no place for the table")?;
    let (_, after) = rest.split_once(END).context("the place for the table does not end")?;
    let table = markdown(lines);
    let chart = "![Ours in parts of the peer](bench.svg)";
    std::fs::write(file, format!("{before}{BEGIN}{note}.\n\n{chart}\n\n{table}{END}{after}"))?;
    Ok(())
}

fn markdown(lines: &[Line]) -> String {
    let mut out = String::from(
        "| Scenario | What | Ours | Peer | Ratio | Target | Met |\n|---|---|---|---|---|---|---|\n",
    );
    for line in lines {
        let with_range = |spread: &Spread| match range(spread) {
            range if range.is_empty() => number(spread.median, &line.unit),
            range => format!("{} ({range})", number(spread.median, &line.unit)),
        };
        let cells = [
            line.scenario.clone(),
            line.what.clone(),
            with_range(&line.ours),
            line.peer.as_ref().map(with_range).unwrap_or_default(),
            line.ratio.map(rounded).unwrap_or_default(),
            aim(line),
            met(line).to_owned(),
        ];
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}

fn aim(line: &Line) -> String {
    match line.target {
        Target::Ratio(most) => format!("≤ {} × peer", rounded(most)),
        Target::AtMost(most) => format!("≤ {}", number(most, &line.unit)),
        Target::AtLeast(least) => format!("≥ {}", number(least, &line.unit)),
        Target::None => String::new(),
    }
}

fn met(line: &Line) -> &'static str {
    match (line.met, line.target) {
        (Some(true), _) => "yes",
        (Some(false), _) => "NO",
        (None, Target::None) => "",
        (None, _) => "no peer",
    }
}

fn range(spread: &Spread) -> String {
    if spread.runs > 1 {
        format!("{}–{}", rounded(spread.least), rounded(spread.most))
    } else {
        String::new()
    }
}

pub(crate) fn number(value: f64, unit: &str) -> String {
    format!("{} {unit}", rounded(value)).trim_end().to_owned()
}

pub(crate) fn rounded(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        part if part >= 0.1 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}
