//! The recovery key: made, used, and how the backup stands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Value;
use crate::prompt;
use crate::session::Session;

/// What `recovery` takes.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  qroc recovery status")]
pub(crate) enum RecoveryCommand {
    /// Make the recovery key, which is shown once, and the backup
    Create(CreateArgs),
    /// Verify this device with the recovery key, and bring the history back
    Restore(RestoreArgs),
    /// Show how recovery key and backup stand
    Status(StatusArgs),
}

/// What `recovery create` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc recovery create
  qroc recovery create --replace")]
pub(crate) struct CreateArgs {
    /// Make key and backup anew: what was written down before is worthless then
    #[arg(long)]
    replace: bool,
    /// Let the passphrase in FILE open it as well; - is standard input
    #[arg(long, value_name = "FILE")]
    passphrase_of_account: Option<PathBuf>,
}

/// What `recovery restore` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc recovery restore
  qroc recovery restore --key-file recovery.txt")]
pub(crate) struct RestoreArgs {
    /// Read the recovery key, or its passphrase, from FILE; - is standard input
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What `recovery status` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc recovery status --json")]
pub(crate) struct StatusArgs {}

pub(crate) async fn run(command: RecoveryCommand, session: &Session) -> Result<(), Failure> {
    match command {
        RecoveryCommand::Create(args) => create(args, session).await,
        RecoveryCommand::Restore(args) => restore(args, session).await,
        RecoveryCommand::Status(_) => status(session).await,
    }
}

async fn create(args: CreateArgs, session: &Session) -> Result<(), Failure> {
    let passphrase = match &args.passphrase_of_account {
        Some(path) => Some(prompt::secret_from(path, &session.interrupt).await?),
        None => None,
    };
    session
        .owning(async |client| {
            let busy = session.output.busy("Making the recovery key");
            let passphrase = passphrase.as_deref().map(String::as_str);
            let key = client.create_recovery_key(passphrase, args.replace).await?;
            drop(busy);
            session.output.one(&json!({ "recovery_key": key.as_str() }), |_| key.to_string())?;
            client.recovery_key_shown().await?;
            session.output.note("write it down and keep it apart from this device: it is not shown again");
            Ok(())
        })
        .await
}

async fn restore(args: RestoreArgs, session: &Session) -> Result<(), Failure> {
    let typed = match &args.key_file {
        Some(path) => prompt::secret_from(path, &session.interrupt).await?,
        None if prompt::can_ask() => {
            prompt::ask_secret("Recovery key or passphrase", false, &session.interrupt).await?
        }
        None => {
            return Err(Failure::usage(
                "there is no terminal to ask for the recovery key: say --key-file FILE",
            ));
        }
    };
    let busy = session.output.busy("Restoring");
    let restored = session.owning(async |client| Ok(client.restore(&typed).await?)).await?;
    drop(busy);
    session.output.one(&restored, |restored| {
        let device =
            if restored.verified { "This device is verified" } else { "This device is not verified" };
        match restored.history {
            true => format!("{device}; {} keys came back", restored.keys),
            false => format!("{device}; there is no backup that this key opens, so no history comes back"),
        }
    })
}

async fn status(session: &Session) -> Result<(), Failure> {
    let status = session.reading(async |client| Ok(client.recovery()?)).await?;
    session.output.details(&status, |status| {
        let recovery = match (status.recovery, status.required) {
            ("none", true) => Value::Warning("none, and policy wants one: `qroc recovery create`".to_owned()),
            ("none", false) => {
                Value::Warning("none: without it a lost phone takes everything along".to_owned())
            }
            ("unshown", _) => {
                Value::Warning("made and never shown: `qroc recovery create` makes another".to_owned())
            }
            (word, _) => Value::Plain(word.to_owned()),
        };
        let backup = match status.backup {
            "locked" => Value::Warning("its key is not on this device".to_owned()),
            word => Value::Plain(word.to_owned()),
        };
        vec![
            ("Recovery key", recovery),
            ("Key backup", backup),
            ("Version", Value::Plain(status.version.clone().unwrap_or_default())),
            ("Keys here", Value::Plain(status.keys.to_string())),
            ("Not in the backup", Value::Plain(status.waiting.to_string())),
            ("Verified", Value::Plain(if status.verified { "yes" } else { "no" }.to_owned())),
        ]
    })
}
