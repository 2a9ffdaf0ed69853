//! The way to the server, step by step.

use clap::{Args, Subcommand};
use qroc_core::kind::ErrorKind;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `net` takes.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  qroc net check")]
pub(crate) enum NetCommand {
    /// Look at the way to the server: its name, trust, answers, and what it lets this account do
    Check(CheckArgs),
}

/// What `net check` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc net check --json")]
pub(crate) struct CheckArgs {}

pub(crate) async fn run(command: NetCommand, session: &Session) -> Result<(), Failure> {
    let NetCommand::Check(_) = command;
    let steps = session.handing(async |client| Ok(client.check_network().await?)).await?;
    session.output.list(&steps, &["Step", "Works", "What was found", "Took"], |step| {
        let works = if step.ok { Value::Plain("yes".to_owned()) } else { Value::Warning("no".to_owned()) };
        vec![
            Value::Strong(step.step.to_owned()),
            works,
            Value::Plain(step.detail.clone()),
            Value::Plain(format!("{} ms", step.took_ms)),
        ]
    })?;
    match steps.iter().find(|step| !step.ok) {
        None => Ok(()),
        Some(step) => Err(Failure::new(ErrorKind::Network, format!("{}: {}", step.step, step.detail))),
    }
}
