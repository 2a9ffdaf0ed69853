//! Finding messages by their words.

use std::collections::BTreeMap;

use clap::Args;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `search` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc search 'white van' --room 'Operation Tejo'")]
pub(crate) struct SearchArgs {
    /// Words, or beginnings of words
    text: String,
    /// Only in this room
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

pub(crate) async fn run(args: SearchArgs, session: &Session) -> Result<(), Failure> {
    let (hits, names) = session
        .reading(async |client| {
            let hits = client.search(&args.text, args.room.as_deref(), args.limit)?;
            let names: BTreeMap<_, _> = hits
                .iter()
                .filter_map(|hit| Some((hit.room_id.clone(), client.room(&hit.room_id).ok()?.name)))
                .collect();
            Ok((hits, names))
        })
        .await?;
    session.output.list(&hits, &["When", "Room", "Message", "Event"], |hit| {
        vec![
            Value::Time(hit.ts),
            Value::Plain(names.get(&hit.room_id).unwrap_or(&hit.room_id).clone()),
            Value::Plain(hit.snippet.clone()),
            Value::Id(hit.event_id.clone().unwrap_or_default()),
        ]
    })
}
