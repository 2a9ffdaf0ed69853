//! Sending a file or a photo.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use qroc_core::client::{Action, TreatAs};
use qroc_core::media::Trim;

use super::delivery::{Delivery, new_txn};
use super::saying::Saying;
use crate::failure::Failure;
use crate::session::Session;

/// What `send-file` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
A photo is turned upright, made smaller and freed of its metadata, place included. A clip becomes
H.264 of at most 720 lines, or keeps its pictures where they fit, and loses its metadata too.

Example:
  qroc send-file 'Operation Tejo' photo.jpg --caption 'North entrance'
  qroc send-file ops report.pdf --as file --queue
  qroc send-file ops IMG_0042.jpg --original --capture-info")]
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
    /// Send only this part of a clip, in seconds from its start: 5-20, 5- or -20
    #[arg(long, value_name = "FROM-UNTIL", value_parser = part)]
    trim: Option<Trim>,
    /// Send the unchanged file as well, signed by this device: what `download` then fetches and proves
    #[arg(long)]
    original: bool,
    /// Send time, place and camera, as the file says, encrypted with the message
    #[arg(long)]
    capture_info: bool,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    delivery: Delivery,
}

/// What a file is treated as. Metadata of photos and clips is removed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Treat {
    /// Bytes with a name
    File,
    /// A photo
    Image,
    /// A clip
    Video,
    /// A voice message
    Voice,
}

impl From<Treat> for TreatAs {
    fn from(treat: Treat) -> Self {
        match treat {
            Treat::File => Self::File,
            Treat::Image => Self::Image,
            Treat::Video => Self::Video,
            Treat::Voice => Self::Voice,
        }
    }
}

pub(crate) async fn run(args: SendFileArgs, session: &Session) -> Result<(), Failure> {
    let SendFileArgs { room, path, caption, treat_as, trim, original, capture_info, saying, delivery } = args;
    let treat_as = treat_as.map_or(TreatAs::Auto, TreatAs::from);
    let action =
        Action::SendFile { room, path, caption, treat_as, trim, original, capture_info, txn: new_txn()? };
    delivery.perform(saying.with(action), session).await
}

/// Reads a part of a clip, in seconds.
pub(super) fn part(text: &str) -> Result<Trim, String> {
    let wrong = || "a part is two times in seconds: 5-20, 5- or -20".to_owned();
    let (from, until) = text.split_once('-').ok_or_else(wrong)?;
    let ms = |seconds: &str| {
        let time = seconds.parse::<f64>().ok().filter(|time| (0.0..1e6).contains(time));
        time.and_then(|time| u64::try_from(Duration::from_secs_f64(time).as_millis()).ok()).ok_or_else(wrong)
    };
    let from_ms = if from.is_empty() { 0 } else { ms(from)? };
    let until_ms = if until.is_empty() { None } else { Some(ms(until)?) };
    if text == "-" || until_ms.is_some_and(|until| until <= from_ms) {
        return Err(wrong());
    }
    Ok(Trim { from_ms, until_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read() {
        assert_eq!(part("5-20"), Ok(Trim { from_ms: 5000, until_ms: Some(20_000) }));
        assert_eq!(part("0.5-"), Ok(Trim { from_ms: 500, until_ms: None }));
        assert_eq!(part("-20"), Ok(Trim { from_ms: 0, until_ms: Some(20_000) }));
        for wrong in ["", "-", "5", "20-5", "5-5", "a-b", "NaN-", "-1e99"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }
}
