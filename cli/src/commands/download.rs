//! Fetching an attached file.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::output::size;
use crate::session::Session;

/// What `download` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc download 'Operation Tejo' '$event' --to photos")]
pub(crate) struct DownloadArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message with the file, as `qroc timeline` shows it
    event: String,
    /// A directory that exists, or the name of the new file
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: DownloadArgs, session: &Session) -> Result<(), Failure> {
    let DownloadArgs { room, event, to, force } = args;
    let busy = session.output.busy("Fetching");
    let file = session.owning(async |client| Ok(client.download(&room, &event, &to, force).await?)).await?;
    drop(busy);
    session.output.one(&file, |file| format!("{} ({}, {})", file.path, file.mime, size(file.bytes)))
}
