//! What is told of measurements: ours, the peer's, the ratio, and whether that is what was aimed at.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::protocol::Report;

/// What a line aims at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// Ours is at most this part of the peer's in the same run. Where there is no peer, nothing is said.
    Ratio(f64),
    /// Ours is at most this, in the line's unit.
    AtMost(f64),
    /// Ours is at least this.
    AtLeast(f64),
    None,
}

/// A measurement that was repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) runs: usize,
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (sorted.first().copied()?, sorted.last().copied()?);
        Some(Self { median: quantile(&sorted, 50), least, most, runs: sorted.len() })
    }
}

/// One line of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) scenario: String,
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) ours: Spread,
    pub(crate) peer: Option<Spread>,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: Target,
    pub(crate) met: Option<bool>,
}

impl Line {
    fn new(
        scenario: &str,
        what: &str,
        unit: &str,
        target: Target,
        ours: Spread,
        peer: Option<Spread>,
    ) -> Self {
        let ratio = peer.filter(|peer| peer.median > 0.0).map(|peer| ours.median / peer.median);
        let met = match target {
            Target::Ratio(most) => ratio.map(|ratio| ratio <= most),
            Target::AtMost(most) => Some(ours.median <= most),
            Target::AtLeast(least) => Some(ours.median >= least),
            Target::None => None,
        };
        let [scenario, what, unit] = [scenario, what, unit].map(str::to_owned);
        Self { scenario, what, unit, ours, peer, ratio, target, met }
    }
}

/// The reports of both, run by turns.
#[derive(Debug, Default)]
pub(crate) struct Both {
    pub(crate) ours: Vec<Report>,
    pub(crate) peer: Vec<Report>,
}

/// The lines of one scenario.
pub(crate) struct Lines {
    scenario: &'static str,
    pub(crate) lines: Vec<Line>,
}

impl Lines {
    pub(crate) fn new(scenario: &'static str) -> Self {
        Self { scenario, lines: Vec::new() }
    }

    pub(crate) fn add(&mut self, what: &str, unit: &str, target: Target, ours: &[f64], peer: &[f64]) {
        if let Some(ours) = Spread::of(ours) {
            self.lines.push(Line::new(self.scenario, what, unit, target, ours, Spread::of(peer)));
        }
    }

    pub(crate) fn both(
        &mut self,
        what: &str,
        unit: &str,
        target: Target,
        both: &Both,
        value: impl Fn(&Report) -> f64,
    ) {
        let [ours, peer] = [&both.ours, &both.peer].map(|side| side.iter().map(&value).collect::<Vec<_>>());
        self.add(what, unit, target, &ours, &peer);
    }

    /// Wall and processor time, bytes written, peak of memory.
    pub(crate) fn cost(&mut self, name: &str, both: &Both, aims: Aims) {
        let named = |what: &str| if name.is_empty() { what.to_owned() } else { format!("{name}: {what}") };
        self.both(&named("wall"), "ms", aims.wall, both, |report| report.cost.wall_ms);
        self.both(&named("CPU"), "ms", aims.cpu, both, |report| report.cost.cpu_ms);
        self.both(&named("peak memory"), "MiB", aims.peak, both, |report| {
            whole(report.cost.peak_kib) / 1024.0
        });
        if let Some(written) = aims.written {
            self.both(&named("written"), "MB", written, both, |report| mega(report.cost.written));
        }
    }
}

/// What `Lines::cost` aims at; `written` is left out where there is nothing to write.
#[derive(Clone, Copy)]
pub(crate) struct Aims {
    pub(crate) wall: Target,
    pub(crate) cpu: Target,
    pub(crate) peak: Target,
    pub(crate) written: Option<Target>,
}

impl Default for Aims {
    fn default() -> Self {
        Self { wall: Target::None, cpu: Target::None, peak: Target::None, written: None }
    }
}

pub(crate) fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}

pub(crate) fn times_of(reports: &[Report], name: &str) -> Vec<f64> {
    let times = reports.iter().flat_map(|report| &report.times);
    times.filter(|(known, _)| known == name).flat_map(|(_, times)| times.clone()).collect()
}

/// The quantile of a named time in each report: the spread is then that between runs.
pub(crate) fn quantiles(reports: &[Report], name: &str, percent: usize) -> Vec<f64> {
    let of = |report: &Report| {
        let mut times = times_of(std::slice::from_ref(report), name);
        times.sort_by(f64::total_cmp);
        quantile(&times, percent)
    };
    reports.iter().map(of).collect()
}

pub(crate) fn mega(bytes: u64) -> f64 {
    whole(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(crate) fn whole(number: u64) -> f64 {
    number as f64
}

pub(crate) fn count(number: usize) -> f64 {
    whole(number.try_into().unwrap_or(u64::MAX))
}

/// The lines as JSON, one each.
pub(crate) fn as_json(lines: &[Line]) -> String {
    lines.iter().map(|line| json!(line).to_string()).collect::<Vec<_>>().join("\n")
}
