//! Fetching an attached file.

use std::path::PathBuf;

use clap::Args;
use qroc_core::client::Which;

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
    /// Fetch what was prepared, also where the unchanged file has come
    #[arg(long)]
    prepared: bool,
}

pub(crate) async fn run(args: DownloadArgs, session: &Session) -> Result<(), Failure> {
    let DownloadArgs { room, event, to, force, prepared } = args;
    let which = if prepared { Which::Prepared } else { Which::Best };
    let busy = session.output.busy("Fetching");
    let file =
        session.owning(async |client| Ok(client.download(&room, &event, &to, force, which).await?)).await?;
    drop(busy);
    session.output.one(&file, |file| {
        let proof = match (&file.signed_by, file.signature) {
            (Some(by), Some("valid")) => format!(", the original, signed by {by}"),
            (Some(by), Some(signature)) => format!(", the original; the signature of {by}: {signature}"),
            _ => String::new(),
        };
        format!("{} ({}, {}{proof})", file.path, file.mime, size(file.bytes))
    })
}
