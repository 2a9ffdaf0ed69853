//! Sending a file or a photo.

use std::path::{self, PathBuf};

use clap::{Args, ValueEnum};
use qroc_core::client::{Action, TreatAs};
use qroc_core::kind::ErrorKind;

use super::delivery::Delivery;
use crate::failure::Failure;
use crate::session::Session;

/// What `send-file` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
A photo is turned upright, made smaller and freed of its metadata, place included, unless --original is given.

Example:
  qroc send-file 'Operation Tejo' photo.jpg --caption 'North entrance'
  qroc send-file ops report.pdf --as file --queue")]
pub(crate) struct SendFileArgs {
    /// Id, alias or name of the room
    room: String,
    /// The file
    path: PathBuf,
    /// Text shown with it
    #[arg(long, value_name = "T")]
    caption: Option<String>,
    /// What to treat it as; by its content otherwise
    #[arg(long = "as", value_name = "KIND")]
    treat_as: Option<Treat>,
    /// Send it as it is, metadata included
    #[arg(long)]
    original: bool,
    #[command(flatten)]
    delivery: Delivery,
}

/// What a file is treated as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Treat {
    /// Bytes with a name
    File,
    /// A photo
    Image,
}

pub(crate) async fn run(args: SendFileArgs, session: &Session) -> Result<(), Failure> {
    let SendFileArgs { room, path, caption, treat_as, original, delivery } = args;
    let treat_as = match treat_as {
        None => TreatAs::Auto,
        Some(Treat::File) => TreatAs::File,
        Some(Treat::Image) => TreatAs::Image,
    };
    // The owner it may be handed to works in another directory.
    let path = path::absolute(&path)
        .map_err(|error| Failure::new(ErrorKind::BadFile, format!("{}: {error}", path.display())))?;
    let action = Action::SendFile { room, path, caption, treat_as, original, txn: None };
    delivery.perform(action, session).await
}
