//! Positions as they arrive.

use std::time::Duration;

use clap::Args;
use qroc_core::geo::earth::compass;
use qroc_core::model::Position;
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
}

pub(super) async fn run(args: WatchArgs, session: &Session) -> Result<(), Failure> {
    let WatchArgs { room, limit, once } = args;
    if once {
        let found = session.reading(async |client| Ok(client.positions(Some(&room))?)).await?;
        return found.iter().try_for_each(|position| session.output.one(position, words));
    }
    let client = session.interrupt.or(session.own_or_read()).await?;
    let (sender, mut positions) = mpsc::channel(AHEAD);
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
    let print = async {
        while let Some(position) = positions.recv().await {
            if let Err(failure) = session.output.one(&position, words) {
                drop(stop);
                positions.close();
                return Err(failure);
            }
        }
        Ok(())
    };
    let (ran, printed) = tokio::join!(client.watch_positions(&room, sender, end), print);
    client.close().await;
    printed?;
    ran?;
    if session.interrupt.is_asked() { Err(Failure::interrupted()) } else { Ok(()) }
}

/// Says in a line where somebody is.
fn words(position: &Position) -> String {
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
        words.push_str(&format!(", {metres:.0} m {} of here", compass(bearing)));
    }
    if position.stale {
        words.push_str(" [stale]");
    }
    words
}
