//! Sharing the position live, from a recorded track, and ending it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use qroc_core::client::{Action, ShareRequest};
use qroc_core::clock::SystemClock;
use qroc_core::geo::pace::Wanted;
use qroc_core::geo::replay::steps;
use qroc_core::kind::ErrorKind;
use qroc_core::location::Replay;

use super::file;
use crate::commands::delivery::{Delivery, new_txn};
use crate::failure::Failure;
use crate::session::Session;

/// How often positions leave the device.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum PaceArg {
    /// By what the officer does
    Auto,
    /// Every fix, within 5 seconds
    Chase,
    /// The way to half a metre, within 30 seconds
    Patrol,
}

/// What `location share` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc location share 'Operation Tejo' --track car.gpx --for 60
  qroc location share ops --pace chase --track car.gpx --speed 4 --json")]
pub(crate) struct ShareArgs {
    /// Id, alias or name of the room
    room: String,
    /// How often positions are sent
    #[arg(long, value_enum, default_value = "auto")]
    pace: PaceArg,
    /// Replay this track from now on; this program has no receiver of its own
    #[arg(long, value_name = "FILE.gpx")]
    track: Option<PathBuf>,
    /// So many times as fast as it was
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed, requires = "track")]
    speed: f64,
    /// End after so many minutes
    #[arg(long = "for", value_name = "MINUTES", value_parser = minutes)]
    lasting: Option<Duration>,
}

/// What `location stop` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc location stop 'Operation Tejo'")]
pub(crate) struct StopArgs {
    /// Id, alias or name of the room
    room: String,
    #[command(flatten)]
    delivery: Delivery,
}

fn speed(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("\"{text}\" is not a number"))?;
    if (0.01..=1000.0).contains(&value) { Ok(value) } else { Err("a speed is from 0.01 to 1000".to_owned()) }
}

fn minutes(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("\"{text}\" is not a number of minutes"))?;
    if (0.001..=525_600.0).contains(&value) {
        Ok(Duration::from_secs_f64(value * 60.0))
    } else {
        Err("a time is from 0.001 minutes to a year".to_owned())
    }
}

pub(super) async fn run(args: ShareArgs, session: &Session) -> Result<(), Failure> {
    let ShareArgs { room, pace, track, speed, lasting } = args;
    let Some(track) = track else {
        return Err(Failure::usage("this program has no receiver: say --track FILE.gpx"));
    };
    let points = file::read(&track)?.points();
    if points.is_empty() {
        let message = format!("{}: line 1: there is no track in this file", track.display());
        return Err(Failure::new(ErrorKind::BadFile, message));
    }
    let source = Box::new(Replay::new(steps(&points), speed, Arc::new(SystemClock)));
    let wanted = match pace {
        PaceArg::Auto => Wanted::Auto,
        PaceArg::Chase => Wanted::Chase,
        PaceArg::Patrol => Wanted::Patrol,
    };
    let request = ShareRequest { room, wanted, lasting };
    let client = session.interrupt.or(session.own()).await?;
    let busy = session.output.busy("Sharing the position");
    // Interrupting ends the sharing, and every end sends what is left.
    let shared = client.share_location(request, source, session.interrupt.asked()).await;
    drop(busy);
    client.close().await;
    let shared = shared?;
    session.output.one(&shared, |shared| {
        format!("{} fixes, {} of them sent in {} bytes", shared.fixes, shared.sent, shared.bytes)
    })?;
    if session.interrupt.is_asked() {
        return Err(Failure::interrupted());
    }
    if shared.waiting > 0 {
        return Err(Failure::Waiting(format!(
            "{} fixes wait for the network; the next `qroc sync` sends them",
            shared.waiting
        )));
    }
    Ok(())
}

pub(super) async fn stop(args: StopArgs, session: &Session) -> Result<(), Failure> {
    let StopArgs { room, delivery } = args;
    delivery.perform(Action::StopSharing { room, txn: new_txn()? }, session).await
}
