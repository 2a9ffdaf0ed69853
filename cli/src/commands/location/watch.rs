//! Positions as they arrive.

use std::time::Duration;

use clap::Args;
use qroc_core::geo::earth::compass;
use qroc_core::model::{Crossing, Position};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::coordinates::seconds;
use crate::failure::Failure;
use crate::output::local_time;
use crate::session::Session;

/// What is not printed yet.
const AHEAD: usize = 64;

/// What `location watch` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Beside a running `qroc sync` or `qroc location share` it shows what that brings.

Example:
  qroc location watch 'Operation Tejo'
  qroc location watch ops --for 60 --json")]
pub(crate) struct WatchArgs {
    /// Id, alias or name of the room
    room: String,
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
    /// Show where everybody is now, and end
    #[arg(long, conflicts_with = "limit")]
    once: bool,
    /// Tell who comes into an area, leaves it, stays, or comes near, instead of positions
    #[arg(long, conflicts_with = "once")]
    areas: bool,
}

pub(super) async fn run(args: WatchArgs, session: &Session) -> Result<(), Failure> {
    let WatchArgs { room, limit, once, areas } = args;
    if once {
        let found = session.reading(async |client| Ok(client.positions(Some(&room))?)).await?;
        return found.iter().try_for_each(|position| session.output.one(position, here));
    }
    let client = session.interrupt.or(session.own_or_read()).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let end = async {
        let time = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = session.interrupt.asked() => {}
            () = time => {}
            _ = stopped => {}
        }
    };
    let (ran, printed) = if areas {
        let (sender, crossings) = mpsc::channel(AHEAD);
        let print = print(crossings, stop, session, crossed);
        tokio::join!(client.watch_areas(&room, sender, end), print)
    } else {
        let (sender, positions) = mpsc::channel(AHEAD);
        tokio::join!(client.watch_positions(&room, sender, end), print(positions, stop, session, here))
    };
    client.close().await;
    printed?;
    ran?;
    if session.interrupt.is_asked() { Err(Failure::interrupted()) } else { Ok(()) }
}

/// Prints what comes, until it ends or cannot be printed.
async fn print<T: Serialize>(
    mut came: mpsc::Receiver<T>,
    stop: oneshot::Sender<()>,
    session: &Session,
    words: fn(&T) -> String,
) -> Result<(), Failure> {
    while let Some(one) = came.recv().await {
        if let Err(failure) = session.output.one(&one, words) {
            drop(stop);
            came.close();
            return Err(failure);
        }
    }
    Ok(())
}

/// Says in a line what happened at an area.
fn crossed(crossing: &Crossing) -> String {
    let what = match crossing.what {
        "enter" => "is inside",
        "leave" => "has left",
        "dwell" => "stays inside",
        _ => "is near",
    };
    format!(
        "{}  {} {what} {} {}  {:.5},{:.5}",
        local_time(crossing.ts),
        crossing.display_name.as_ref().unwrap_or(&crossing.user_id),
        crossing.kind,
        crossing.area,
        crossing.lat,
        crossing.lon
    )
}

fn here(position: &Position) -> String {
    words(position, "here")
}

/// Says in a line where somebody is; distances are from the place that is called so.
pub(super) fn words(position: &Position, from: &str) -> String {
    let mut words = format!(
        "{}  {}  {:.5},{:.5}",
        local_time(position.ts),
        position.display_name.as_ref().unwrap_or(&position.user_id),
        position.lat,
        position.lon
    );
    if let Some(metres) = position.accuracy_m {
        words.push_str(&format!(" ±{metres:.0} m"));
    }
    if let Some(speed) = position.speed {
        words.push_str(&format!(", {:.0} km/h", speed * 3.6));
    }
    if let Some(heading) = position.heading {
        words.push_str(&format!(" {}", compass(f64::from(heading))));
    }
    words.push_str(&format!(", {} s ago", position.age_ms / 1000));
    if let (Some(metres), Some(bearing)) = (position.distance_m, position.bearing) {
        words.push_str(&format!(", {metres:.0} m {} of {from}", compass(bearing)));
    }
    if position.stale {
        words.push_str(" [stale]");
    }
    words
}
