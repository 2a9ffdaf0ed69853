//! Where everybody is, as Cursor on Target.

use std::path::PathBuf;

use clap::Args;
use qroc_core::geo::exchange::{cot, tak};
use serde::Serialize;

use super::file;
use crate::failure::Failure;
use crate::session::Session;

/// What `location cot` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location cot 'Operation Tejo' --to officers.cot
  qroc location cot 'Operation Tejo' --to officers.tak --force")]
pub(crate) struct CotArgs {
    /// Id, alias or name of the room
    room: String,
    /// The new file: .cot is XML, an event a line; .tak is protobuf, as TAK streams it
    #[arg(long, value_name = "FILE.(cot|tak)")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Written {
    officers: usize,
    path: String,
}

pub(super) async fn run(args: CotArgs, session: &Session) -> Result<(), Failure> {
    let CotArgs { room, to, force } = args;
    let end = to.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let protobuf = match end.as_str() {
        "cot" => false,
        "tak" => true,
        _ => return Err(Failure::usage(format!("{}: the name ends in .cot or .tak", to.display()))),
    };
    let events = session.reading(async |client| Ok(client.as_cot(&room)?)).await?;
    let bytes = if protobuf {
        events.iter().flat_map(tak::write).collect()
    } else {
        cot::write_all(&events).into_bytes()
    };
    file::write(&to, &bytes, force)?;
    let written = Written { officers: events.len(), path: to.display().to_string() };
    session.output.one(&written, |done| format!("{} officers in {}", done.officers, done.path))
}
