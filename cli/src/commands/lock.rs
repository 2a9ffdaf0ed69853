//! The application lock: seal, unlock, set a PIN or password, say how it stands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use qroc_core::client::{self, LockStatus};
use qroc_core::clock::SystemClock;
use qroc_core::secret::SecretBytes;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::{Value, local_time};
use crate::prompt;
use crate::session::Session;

/// What `lock` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc lock\n  qroc lock set --pin-file pin\n  qroc lock status --json")]
pub(crate) struct LockArgs {
    #[command(subcommand)]
    command: Option<LockCommand>,
    /// Set this PIN or password first, where none is set
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum LockCommand {
    /// Set or change the PIN or password
    Set(SetArgs),
    /// Show how the lock stands
    Status(StatusArgs),
}

/// What `lock set` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc lock set --pin-file pin")]
struct SetArgs {
    /// Read the new PIN or password from FILE, - is standard input; asked for otherwise
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

/// What `lock status` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc lock status")]
struct StatusArgs {}

/// What `unlock` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc unlock\n  qroc unlock --pin-file pin")]
pub(crate) struct UnlockArgs {
    /// Read the PIN or password from FILE, - is standard input; asked for otherwise
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

pub(crate) async fn lock(args: LockArgs, session: &Session) -> Result<(), Failure> {
    match args.command {
        Some(LockCommand::Set(set)) => {
            set_pin(set.pin_file.or(args.pin_file), session).await?;
            report(&client::lock_status(&session.profile()?, &SystemClock)?, session)
        }
        Some(LockCommand::Status(_)) => {
            report(&client::lock_status(&session.profile()?, &SystemClock)?, session)
        }
        None => {
            let profile = session.profile()?;
            if args.pin_file.is_some() && client::lock_status(&profile, &SystemClock)?.state == "none" {
                set_pin(args.pin_file, session).await?;
            }
            report(&client::seal(&profile, &SystemClock).await?, session)
        }
    }
}

pub(crate) async fn unlock(args: UnlockArgs, session: &Session) -> Result<(), Failure> {
    let profile = session.profile()?;
    let status = client::lock_status(&profile, &SystemClock)?;
    if status.state != "sealed" {
        return report(&status, session);
    }
    let vault = session.wish.find(&profile, &session.interrupt).await?;
    let mut pin = ask(args.pin_file, false, session).await?;
    let pin = SecretBytes::from(std::mem::take(&mut *pin));
    // Once the attempt is counted it is seen through.
    report(&client::unlock(&profile, vault.as_ref(), &pin, &SystemClock).await?, session)
}

async fn set_pin(file: Option<PathBuf>, session: &Session) -> Result<(), Failure> {
    let profile = session.profile()?;
    // A profile that is sealed is not to be asked for a new one.
    client::require_unlocked(&profile, &SystemClock)?;
    let pin = ask(file, true, session).await?;
    let vault = session.wish.find(&profile, &session.interrupt).await?;
    session.handing(async |client| Ok(client.set_pin(vault.as_ref(), &pin).await?)).await
}

async fn ask(file: Option<PathBuf>, new: bool, session: &Session) -> Result<Zeroizing<String>, Failure> {
    match file {
        Some(file) => prompt::secret_from(&file, &session.interrupt).await,
        None if prompt::can_ask() => {
            let what = if new { "New PIN or password" } else { "PIN or password" };
            prompt::ask_secret(what, new, &session.interrupt).await
        }
        None => Err(Failure::usage("there is no terminal to ask for the PIN: say --pin-file FILE")),
    }
}

fn report(status: &LockStatus, session: &Session) -> Result<(), Failure> {
    session.output.details(status, |status| {
        let state = status.state.to_owned();
        let mut rows = vec![(
            "Lock",
            match status.state {
                "none" if status.required => Value::Warning("none, but policy asks for one".to_owned()),
                _ => Value::Strong(state),
            },
        )];
        if let Some(left) = status.attempts_left {
            rows.push(("Attempts left", Value::Plain(left.to_string())));
        }
        if let Some(retry_at) = status.retry_at {
            rows.push(("Next attempt", Value::Warning(local_time(retry_at))));
        }
        rows
    })
}
