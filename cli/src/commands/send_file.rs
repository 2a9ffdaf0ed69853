//! Sending a file or a photo.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use qroc_core::client::{Action, TreatAs};

use super::delivery::{Delivery, new_txn};
use crate::failure::Failure;
use crate::session::Session;

/// What `send-file` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
A photo is turned upright, made smaller and freed of its metadata, place included.

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
    #[command(flatten)]
    delivery: Delivery,
}

/// What a file is treated as. Metadata of photos is removed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Treat {
    /// Bytes with a name
    File,
    /// A photo
    Image,
}

impl From<Treat> for TreatAs {
    fn from(treat: Treat) -> Self {
        match treat {
            Treat::File => Self::File,
            Treat::Image => Self::Image,
        }
    }
}

pub(crate) async fn run(args: SendFileArgs, session: &Session) -> Result<(), Failure> {
    let SendFileArgs { room, path, caption, treat_as, delivery } = args;
    let treat_as = treat_as.map_or(TreatAs::Auto, TreatAs::from);
    let action = Action::SendFile { room, path, caption, treat_as, txn: new_txn()? };
    delivery.perform(action, session).await
}
