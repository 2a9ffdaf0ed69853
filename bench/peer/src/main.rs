//! The peer: the stack under Element X as matrix-sdk-ffi sets it up, without its bindings. Started by `qroc-bench`, which gives it
//! the same jobs, the same server and the same meter as the core.

mod account;
#[path = "../../src/meter.rs"]
mod meter;
#[path = "../../src/protocol.rs"]
mod protocol;
mod reading;
mod sending;
mod stored;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;

use protocol::{Job, Task};

/// Measures matrix-sdk.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    task: Task,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse().task).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the peer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(task: &Task) -> Result<()> {
    let report = match task.job {
        Job::Cold => reading::cold(task).await?,
        Job::Warm => reading::warm(task).await?,
        Job::Timeline => reading::timeline(task).await?,
        Job::Scroll => reading::scroll(task).await?,
        Job::Encrypted => reading::encrypted(task).await?,
        Job::Paginated => reading::paginated(task).await?,
        Job::Members => reading::members(task).await?,
        Job::Send => sending::one_by_one(task).await?,
        Job::Burst => sending::burst(task).await?,
        Job::Keys => sending::crowd(task).await?,
        Job::Idle => sending::idle(task).await?,
        other => bail!("{other:?} is no job of this peer"),
    };
    protocol::say(&serde_json::to_string(&report)?)
}
