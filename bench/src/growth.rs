//! How cost grows: each thing that an organisation has more of over the years, by powers of ten, as slopes on logarithmic scales.
//! Nothing may grow faster than what it is about, and what a screen waits for must not grow at all.

mod chart;
mod series;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use comfy_table::{Table, presets};
use serde_json::json;

use series::{Kind, Series};

use crate::run::Bench;
use crate::table::rounded;

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Without the largest worlds, which take minutes
    #[arg(long)]
    quick: bool,
    /// Writes the points here as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws them
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let bench = Bench::alone()?;
    let powers = |from: u32, to: u32| {
        let to = if options.quick { to.saturating_sub(1) } else { to };
        (from..=to).map(|power| 10_u64.pow(power)).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    eprintln!("rooms …");
    all.extend(series::rooms(&bench, &powers(2, 4)).await?);
    eprintln!("events …");
    all.extend(series::events(&bench, &powers(3, 6)).await?);
    eprintln!("members …");
    all.extend(series::members(&bench, &powers(2, 5)).await?);
    eprintln!("devices …");
    all.extend(series::devices(&bench, &powers(1, 4)).await?);
    println!("{}", table(&all));
    if let Some(file) = &options.json {
        let lines: Vec<String> = all.iter().map(|series| json!(series).to_string()).collect();
        std::fs::write(file, lines.join("\n") + "\n")?;
    }
    if let Some(file) = &options.chart {
        std::fs::write(file, chart::svg(&all))?;
    }
    match all.iter().filter(|series| !series.holds()).count() {
        0 => Ok(()),
        steep => bail!("{steep} grow faster than they may"),
    }
}

fn table(all: &[Series]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["more", "what", "ms at each power of ten", "slope", "may be", "holds"]);
    for series in all {
        let points: Vec<String> = series.points.iter().map(|(_, ms)| rounded(*ms)).collect();
        let most = match series.kind {
            Kind::Work => format!("linear, ≤ {}", series.kind.most()),
            Kind::Waited => format!("flat, ≤ {}", series.kind.most()),
        };
        table.add_row([
            series.axis.to_owned(),
            series.what.to_owned(),
            points.join(", "),
            format!("{:.2}", series.slope()),
            most,
            if series.holds() { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    table
}
