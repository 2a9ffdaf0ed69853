//! Writing conversations out in plain.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::session::Session;

/// What `export` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
What is stored on this device is written, files are fetched where they are missing. Nothing of it is encrypted.

Example:
  qroc export --to tejo --room 'Operation Tejo'")]
pub(crate) struct ExportArgs {
    /// The new directory
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Only this room: its id, alias or name
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
}

pub(crate) async fn run(args: ExportArgs, session: &Session) -> Result<(), Failure> {
    let ExportArgs { to, room } = args;
    let busy = session.output.busy("Exporting");
    let done = session.owning(async |client| Ok(client.export(room.as_deref(), &to).await?)).await?;
    drop(busy);
    session.output.one(&done, |done| {
        let left_out = match done.files_left_out {
            0 => String::new(),
            left_out => format!("; {left_out} files are left out"),
        };
        format!(
            "{} events and {} files of {} rooms in {}{left_out}",
            done.events, done.files, done.rooms, done.path
        )
    })
}
