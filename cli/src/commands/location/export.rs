//! Where officers were, as a file for other programs.

use std::path::PathBuf;

use clap::Args;
use qroc_core::geo::exchange::{Collection, Path, Point};
use qroc_core::policy::Action;
use serde::Serialize;

use super::file::{self, Format};
use crate::failure::Failure;
use crate::session::Session;

/// What `location track` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location track 'Operation Tejo' --to tejo.gpx
  qroc location track ops --user @madrid:example.org --offline --to madrid.geojson")]
pub(crate) struct TrackArgs {
    /// Id, alias or name of the room
    room: String,
    /// Only this officer
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Ask the database alone
    #[arg(long)]
    offline: bool,
    /// The new file; its name says the format
    #[arg(long, value_name = "FILE.(gpx|geojson|kml)")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Exported {
    points: usize,
    tracks: usize,
    path: String,
}

pub(super) async fn run(args: TrackArgs, session: &Session) -> Result<(), Failure> {
    let TrackArgs { room, user, offline, to, force } = args;
    let format = Format::of(&to)?;
    let busy = session.output.busy("Fetching");
    let read = async |client: &qroc_core::client::Client| {
        if !offline {
            client.sync_once(None).await?;
        }
        client.permit(Action::Export).await?;
        Ok(client.tracks(&room, user.as_deref(), offline).await?)
    };
    let tracks = if offline { session.reading(read).await? } else { session.owning(read).await? };
    drop(busy);
    let paths: Vec<Path> = tracks
        .iter()
        .map(|track| Path {
            name: Some(track.name.clone().unwrap_or_else(|| track.user_id.clone())),
            points: track.fixes.iter().map(Point::from).collect(),
        })
        .collect();
    let (points, tracks) = (paths.iter().map(|path| path.points.len()).sum(), paths.len());
    let collection = Collection { paths, ..Collection::default() };
    file::write(&to, format.write(&collection).as_bytes(), force)?;
    let exported = Exported { points, tracks, path: to.display().to_string() };
    session
        .output
        .one(&exported, |done| format!("{} points of {} tracks in {}", done.points, done.tracks, done.path))
}
