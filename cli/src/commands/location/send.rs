//! Sending one position.

use clap::Args;
use qroc_core::client::Action;

use crate::commands::delivery::{Delivery, new_txn};
use crate::commands::saying::Saying;
use crate::coordinates::{Point, accuracy};
use crate::failure::Failure;
use crate::session::Session;

/// What `location send` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location send 'Operation Tejo' 38.7223,-9.1393 --accuracy 12
  qroc location send ops -33.9249,18.4241
  qroc location send ops '29S MC 88220 84283'")]
pub(crate) struct SendArgs {
    /// Id, alias or name of the room
    room: String,
    /// Degrees of WGS 84, north and east positive; or with minutes and seconds, UTM, MGRS, a full Plus Code
    #[arg(value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Point,
    /// Metres around it that hold the truth
    #[arg(long, value_name = "M", value_parser = accuracy, allow_hyphen_values = true)]
    accuracy: Option<f64>,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) async fn run(args: SendArgs, session: &Session) -> Result<(), Failure> {
    let SendArgs { room, point, accuracy, saying, delivery } = args;
    let action =
        Action::Location { room, lat: point.lat, lon: point.lon, accuracy_m: accuracy, txn: new_txn()? };
    delivery.perform(saying.with(action), session).await
}
