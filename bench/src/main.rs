//! Measures the core beside its peers, in one run and by turns: `qroc-bench SCENARIO…`. Each measurement runs in a process of its
//! own; the server on loopback and the other officer live in this one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to developers")]

mod chart;
mod child;
mod figures;
mod growth;
mod history;
mod machine;
mod meter;
mod protocol;
mod run;
mod scenario;
mod table;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Parser, Subcommand, ValueEnum as _};

use protocol::Task;
use run::Bench;
use scenario::Scenario;

/// Measures the core beside its peers.
#[derive(Parser)]
#[command(name = "qroc-bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Which; all of them where none is named
    scenarios: Vec<Scenario>,
    /// The program that does the same with matrix-sdk; without it nothing is compared but files
    #[arg(long, value_name = "PATH")]
    peer: Option<PathBuf>,
    /// Pairs of each measurement
    #[arg(long)]
    runs: Option<usize>,
    /// Few pairs, and without what takes long to prepare
    #[arg(long)]
    quick: bool,
    /// Writes the lines here as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Adds the medians to this file, and says what became worse
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Puts the table into this file, between its marks
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Draws what was compared
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what does not depend on the machine, as JSON lines: bytes, syncs to the disk, sizes
    Counts,
    /// Measures how cost grows with rooms, events, members and devices
    Growth(growth::Options),
    /// Is measured
    #[command(hide = true)]
    Child(Task),
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
    match &arguments.command {
        Some(Command::Child(task)) => child::run(task).await,
        Some(Command::Counts) => {
            println!("{}", figures::as_json(&scenario::counts::counts().await?));
            Ok(())
        }
        Some(Command::Growth(options)) => growth::run(options).await,
        None => measure(&arguments).await,
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let runs = arguments.runs.unwrap_or(if arguments.quick { 3 } else { 7 });
    if let Some(peer) = arguments.peer.as_ref().filter(|peer| !peer.exists()) {
        bail!("{} is not there: make bench builds it", peer.display());
    }
    let bench = Bench::new(arguments.peer.clone(), runs, arguments.quick)?;
    let named = !arguments.scenarios.is_empty();
    let scenarios = if named { arguments.scenarios.clone() } else { Scenario::value_variants().to_vec() };
    let (begun, mut lines, mut busiest) = (Instant::now(), Vec::new(), 0.0_f64);
    for scenario in scenarios.into_iter().filter(|scenario| named || !bench.quick || !scenario.is_long()) {
        busiest = busiest.max(machine::wait(Duration::from_secs(5)).await);
        let name = scenario.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        eprintln!("{name} … ({} s)", begun.elapsed().as_secs());
        lines.extend(scenario.run(&bench).await?);
    }
    println!("{}", table::table(&lines));
    let loaded = machine::is_loaded(busiest);
    let note = note(&lines, busiest);
    println!("{note}");
    if let Some(file) = &arguments.json {
        std::fs::write(file, figures::as_json(&lines) + "\n")?;
    }
    if let Some(file) = &arguments.markdown {
        table::put(file, &lines, &note)?;
    }
    if let Some(file) = &arguments.chart {
        chart::write(file, &lines, &note)?;
    }
    if let Some(file) = &arguments.history {
        for slide in history::add(file, &history::Entry::new(&lines, bench.quick, loaded))? {
            println!("worse than before: {slide}");
        }
    }
    Ok(())
}

fn note(lines: &[figures::Line], busiest: f64) -> String {
    let missed = lines.iter().filter(|line| line.met == Some(false)).count();
    let met = lines.iter().filter(|line| line.met == Some(true)).count();
    let mut note = format!("{met} met, {missed} not");
    if machine::is_loaded(busiest) {
        note.push_str(&format!(
            "; others took up to {:.0} % of the processors: times are too long, ratios and counts hold",
            busiest * 100.0
        ));
    }
    note
}
