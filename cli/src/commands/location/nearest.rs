//! Who is nearest to a place.

use clap::Args;
use qroc_core::geo::Place;

use super::watch::words;
use crate::coordinates::Point;
use crate::failure::Failure;
use crate::session::Session;

/// What `location nearest` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location nearest 'Operation Tejo' 38.7223,-9.1393 --limit 3")]
pub(crate) struct NearestArgs {
    /// Id, alias or name of the room
    room: String,
    /// The place, as for `location send`
    #[arg(value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Point,
    /// So many officers
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

pub(super) async fn run(args: NearestArgs, session: &Session) -> Result<(), Failure> {
    let NearestArgs { room, point, limit } = args;
    let place = Place { lat: point.lat, lon: point.lon, accuracy_m: None };
    let found =
        session.reading(async |client| Ok(client.nearest(Some(&room), place, usize::from(limit))?)).await?;
    found.iter().try_for_each(|position| session.output.one(position, |position| words(position, "there")))
}
