//! Fetching what is new: once, for a time, or until somebody stops it.

use std::time::Duration;

use clap::Args;
use qroc_core::client::Client;
use qroc_core::model::Item;
use tokio::sync::{mpsc, oneshot};

use super::timeline::words;
use crate::coordinates::seconds;
use crate::failure::Failure;
use crate::output::local_time;
use crate::session::Session;

/// What is not printed yet; sync waits for a slow reader rather than pile up.
const AHEAD: usize = 64;
/// Messages of each room whose files are fetched.
const NEWEST: usize = 50;

/// What `sync` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc sync --once --for 60
  qroc sync --json")]
pub(crate) struct SyncArgs {
    /// End when the server has nothing new and nothing waits to be sent
    #[arg(long)]
    once: bool,
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
    /// Fetch the files of new messages too, if policy allows
    #[arg(long)]
    files: bool,
    /// The connection costs by volume
    #[arg(long)]
    metered: bool,
}

pub(crate) async fn run(args: SyncArgs, session: &Session) -> Result<(), Failure> {
    let client = session.interrupt.or(session.own_unattended()).await?;
    client.set_metered(args.metered);
    client.set_fetching(args.files);
    if args.once { once(&args, client, session).await } else { follow(args.limit, client, session).await }
}

async fn once(args: &SyncArgs, client: Client, session: &Session) -> Result<(), Failure> {
    let busy = session.output.busy("Syncing");
    let sync = async {
        let summary = client.sync_once(args.limit).await?;
        if args.files {
            client.fetch_files(NEWEST).await?;
        }
        Ok::<_, Failure>(summary)
    };
    let done = session.interrupt.or(sync).await;
    client.close().await;
    let summary = done?;
    drop(busy);
    session.output.one(&summary, |summary| {
        format!(
            "{} rooms, {} new events, {} sent, {} cannot be read yet ({} ms)",
            summary.rooms, summary.events, summary.sent, summary.undecryptable, summary.took_ms
        )
    })
}

/// Prints events as they come. Ends well when its time is over, with a failure when it was interrupted.
pub(super) async fn follow(
    limit: Option<Duration>,
    client: Client,
    session: &Session,
) -> Result<(), Failure> {
    let (sender, mut items) = mpsc::channel(AHEAD);
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
        while let Some(item) = items.recv().await {
            if let Err(failure) = show(&item, &client, session) {
                // Dropping both ends lets sync end: nobody reads it any more.
                drop(stop);
                items.close();
                return Err(failure);
            }
        }
        Ok(())
    };
    let (ran, printed) = tokio::join!(client.run(sender, end), print);
    client.close().await;
    printed?;
    ran?;
    if session.interrupt.is_asked() { Err(Failure::interrupted()) } else { Ok(()) }
}

fn show(item: &Item, client: &Client, session: &Session) -> Result<(), Failure> {
    session.output.one(item, |item| {
        let room = client.room(&item.room_id).map_or_else(|_| item.room_id.clone(), |room| room.name);
        format!("{}  {room}  {}: {}", local_time(item.ts), item.sender, words(item))
    })
}
