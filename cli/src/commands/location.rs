//! Sending positions.

use clap::{Args, Subcommand};
use qroc_core::client::Action;

use super::delivery::{Delivery, new_txn};
use crate::coordinates::{Point, accuracy};
use crate::failure::Failure;
use crate::session::Session;

/// What `location` does.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  qroc location send 'Operation Tejo' 38.7223,-9.1393")]
pub(crate) enum LocationCommand {
    /// Send one position
    Send(LocationSendArgs),
}

/// What `location send` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location send 'Operation Tejo' 38.7223,-9.1393 --accuracy 12
  qroc location send ops -33.9249,18.4241")]
pub(crate) struct LocationSendArgs {
    /// Id, alias or name of the room
    room: String,
    /// Degrees of WGS 84, north and east positive
    #[arg(value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Point,
    /// Metres around it that hold the truth
    #[arg(long, value_name = "M", value_parser = accuracy, allow_hyphen_values = true)]
    accuracy: Option<f64>,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn run(command: LocationCommand, session: &Session) -> Result<(), Failure> {
    let LocationCommand::Send(LocationSendArgs { room, point, accuracy, delivery }) = command;
    let action =
        Action::Location { room, lat: point.lat, lon: point.lon, accuracy_m: accuracy, txn: new_txn()? };
    delivery.perform(action, session).await
}
