//! The list of rooms.

use clap::Args;
use qroc_core::model::Room;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `rooms` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc rooms --filter tejo --limit 10")]
pub(crate) struct RoomsArgs {
    /// Only rooms whose name contains TEXT
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

pub(crate) async fn run(args: RoomsArgs, session: &Session) -> Result<(), Failure> {
    let rooms = session.reading(async |client| Ok(client.rooms(args.filter.as_deref(), args.limit)?)).await?;
    session.output.list(&rooms, &["Room", "Unread", "When", "Last message", "Id"], |room| {
        vec![
            name(room),
            unread(room),
            Value::Time(room.last_ts),
            Value::Plain(last(room)),
            Value::Id(room.room_id.clone()),
        ]
    })
}

fn name(room: &Room) -> Value {
    let mut name = room.name.clone();
    for mark in [
        (room.kind != "group").then_some(room.kind),
        (room.membership != "join").then_some(room.membership),
        (!room.encrypted).then_some("not encrypted"),
        room.favourite.then_some("favourite"),
        room.low_priority.then_some("low priority"),
        (room.notify != "all").then_some(if room.notify == "none" { "muted" } else { "mentions only" }),
        room.draft.is_some().then_some("draft"),
    ]
    .into_iter()
    .flatten()
    {
        name.push_str(&format!(" [{mark}]"));
    }
    if room.unread > 0 || room.membership == "invite" { Value::Strong(name) } else { Value::Plain(name) }
}

fn unread(room: &Room) -> Value {
    let more = if room.at_least { "+" } else { "" };
    match (room.highlights, room.unread) {
        (0, 0) => Value::Plain(more.to_owned()),
        (0, unread) => Value::Plain(format!("{unread}{more}")),
        (highlights, unread) => Value::Warning(format!("{unread}{more} !{highlights}")),
    }
}

fn last(room: &Room) -> String {
    match (&room.last_sender, &room.last_body) {
        (Some(sender), Some(body)) => format!("{sender}: {body}"),
        (None, Some(body)) => body.clone(),
        (_, None) => String::new(),
    }
}
