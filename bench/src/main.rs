//! Measures the core against a server on loopback that answers with what was prepared: `qroc-bench SCENARIO…`.
//! Each measurement runs in a process of its own; the server and the other officer live in this one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to developers")]

mod child;
mod meter;
mod scenario;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum as _};
use comfy_table::{CellAlignment, Table, presets};

use child::Child;
use scenario::{Line, Scenario};

/// Measures the core.
#[derive(Parser)]
#[command(name = "qroc-bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Which; all of them where none is named
    scenarios: Vec<Scenario>,
    /// Repetitions of each measurement
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// Writes the lines here as JSON, too
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what does not depend on the machine, as JSON lines: bytes, syncs to the disk, sizes
    Counts,
    /// Is measured
    #[command(hide = true)]
    Child(Child),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Child(child)) => return child.run().await,
        Some(Command::Counts) => {
            println!("{}", scenario::as_json(&scenario::counts().await?));
            return Ok(());
        }
        None => {}
    }
    let scenarios = if arguments.scenarios.is_empty() {
        Scenario::value_variants().to_vec()
    } else {
        arguments.scenarios
    };
    let mut lines = Vec::new();
    let mut busiest = meter::load();
    for scenario in scenarios {
        let measured = scenario.run(arguments.runs).await?;
        busiest = busiest.max(meter::load());
        lines.extend(measured);
    }
    println!("{}", table(&lines));
    if meter::is_loaded(busiest) {
        println!("loaded machine: up to {busiest:.1} tasks ran at once, so times are too long; counts hold");
    }
    if let Some(file) = arguments.json {
        std::fs::write(file, scenario::as_json(&lines) + "\n")?;
    }
    Ok(())
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["scenario", "what", "ours", "target", "met", "least", "most", "n"]);
    for line in lines {
        let number = |value: f64| format!("{} {}", rounded(value), line.unit).trim_end().to_owned();
        table.add_row([
            line.scenario.to_owned(),
            line.what.clone(),
            number(line.median),
            line.target.map(|target| format!("≤ {}", number(target))).unwrap_or_default(),
            match line.met {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            }
            .to_owned(),
            rounded(line.least),
            rounded(line.most),
            line.runs.to_string(),
        ]);
    }
    for column in [2, 3, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn rounded(value: f64) -> String {
    if value == 0.0 || value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
