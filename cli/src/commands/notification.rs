//! One event, beside whoever owns the profile: what a notification extension of a phone does.

use std::time::Duration;

use clap::Args;

use crate::coordinates::seconds;
use crate::failure::Failure;
use crate::output::local_time;
use crate::session::Session;

/// The key may be on its way to the owner.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `notification` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Works beside a running sync, which prints and stores the event as ever.

Example:
  qroc notification '!room:example.org' '$event'")]
pub(crate) struct NotificationArgs {
    /// Id, alias or name of the room
    room: String,
    /// The event
    event: String,
    /// Wait so many seconds for its key (5)
    #[arg(long, value_name = "S", value_parser = seconds)]
    timeout: Option<Duration>,
}

pub(crate) async fn run(args: NotificationArgs, session: &Session) -> Result<(), Failure> {
    let NotificationArgs { room, event, timeout } = args;
    let notification = session.notifying(&room, &event, timeout.unwrap_or(PATIENCE)).await?;
    session.output.one(&notification, |shown| {
        let sender = shown.sender_name.as_deref().unwrap_or(&shown.sender);
        let body = match (&shown.body, shown.undecryptable) {
            (_, Some(why)) => format!("[cannot be read: {why}]"),
            (Some(body), None) => body.clone(),
            (None, None) => format!("[{}]", shown.kind),
        };
        format!("{}  {}  {sender}: {body}", local_time(shown.ts), shown.room_name)
    })
}
