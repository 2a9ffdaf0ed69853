//! Positions: sent once, shared live, watched, exported; areas on the map of a room.

mod area;
mod cot;
mod export;
mod file;
mod map;
mod map_file;
mod nearest;
mod send;
mod share;
mod watch;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

/// What `location` does.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  qroc location send 'Operation Tejo' 38.7223,-9.1393\n  qroc location watch 'Operation Tejo'"
)]
pub(crate) enum LocationCommand {
    /// Send one position
    Send(send::SendArgs),
    /// Share the position live, until the time or the track ends, or somebody stops it
    Share(share::ShareArgs),
    /// End sharing the position live
    Stop(share::StopArgs),
    /// Show positions as they arrive
    Watch(watch::WatchArgs),
    /// Write where officers were into a file
    Track(export::TrackArgs),
    /// Draw a picture of what is known
    Map(map::MapArgs),
    /// Show, fetch, put in place or take away the map of this device, which lies below pictures
    MapFile(map_file::MapFileArgs),
    /// Show who is nearest to a place
    Nearest(nearest::NearestArgs),
    /// Write where everybody is now for a control room's TAK
    Cot(cot::CotArgs),
    /// Draw, list and take away areas
    #[command(subcommand)]
    Area(area::AreaCommand),
}

pub(crate) async fn run(command: LocationCommand, session: &Session) -> Result<(), Failure> {
    match command {
        LocationCommand::Send(args) => send::run(args, session).await,
        LocationCommand::Share(args) => share::run(args, session).await,
        LocationCommand::Stop(args) => share::stop(args, session).await,
        LocationCommand::Watch(args) => watch::run(args, session).await,
        LocationCommand::Track(args) => export::run(args, session).await,
        LocationCommand::Map(args) => map::run(args, session).await,
        LocationCommand::MapFile(args) => map_file::run(args, session).await,
        LocationCommand::Nearest(args) => nearest::run(args, session).await,
        LocationCommand::Cot(args) => cot::run(args, session).await,
        LocationCommand::Area(command) => area::run(command, session).await,
    }
}
