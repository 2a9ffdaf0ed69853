//! Finding messages by their words.

use std::collections::BTreeMap;

use chrono::{Local, NaiveDateTime, TimeZone as _};
use clap::{Args, ValueEnum};
use qroc_core::client::Search;
use qroc_core::store::codes::MessageKind;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `search` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Case and accents do not matter: 'lodz' finds Łódź. A phrase stands in quotation marks.

Example:
  qroc search 'white van' --room 'Operation Tejo'
  qroc search '\"pier four\" harb*' --from @madrid:example.org --since 2026-11-01
  qroc search --kind image --room ops")]
pub(crate) struct SearchArgs {
    /// Words, beginnings of words, or phrases; in texts, captions, names of files and of senders
    #[arg(default_value = "", hide_default_value = true)]
    text: String,
    /// Only in this room
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Only from this person
    #[arg(long, value_name = "USER")]
    from: Option<String>,
    /// Only messages of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Only from this day or time on, such as 2026-11-30 or '2026-11-30 14:05'
    #[arg(long, value_name = "DATE", value_parser = moment)]
    since: Option<i64>,
    /// Only before this day or time
    #[arg(long, value_name = "DATE", value_parser = moment)]
    until: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// Kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Words alone
    Text,
    /// Pictures
    Image,
    /// Clips
    Video,
    /// Recordings
    Audio,
    /// Other files
    File,
    /// Positions
    Place,
}

impl From<Kind> for MessageKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Image => Self::Image,
            Kind::Video => Self::Video,
            Kind::Audio => Self::Audio,
            Kind::File => Self::File,
            Kind::Place => Self::Place,
        }
    }
}

/// Reads a local day or time.
fn moment(text: &str) -> Result<i64, String> {
    let whole = match text.len() {
        10 => format!("{text} 00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    let time = NaiveDateTime::parse_from_str(&whole.replace('T', " "), "%Y-%m-%d %H:%M:%S")
        .map_err(|_| "a date is 2026-11-30 or '2026-11-30 14:05', local time".to_owned())?;
    // An hour that a change of the clocks leaves out or repeats: its first meaning.
    let local = Local.from_local_datetime(&time).earliest();
    Ok(local.map_or_else(|| time.and_utc().timestamp_millis(), |time| time.timestamp_millis()))
}

pub(crate) async fn run(args: SearchArgs, session: &Session) -> Result<(), Failure> {
    let SearchArgs { text, room, from, kind, since, until, limit } = args;
    let kind = kind.map(MessageKind::from);
    let wanted = Search { text, room, sender: from, kind, since_ts: since, until_ts: until };
    let (hits, names) = session
        .reading(async |client| {
            let hits = client.find(&wanted, limit)?;
            let names: BTreeMap<_, _> = hits
                .iter()
                .filter_map(|hit| Some((hit.room_id.clone(), client.room(&hit.room_id).ok()?.name)))
                .collect();
            Ok((hits, names))
        })
        .await?;
    session.output.list(&hits, &["When", "Room", "Who", "Message", "Event"], |hit| {
        vec![
            Value::Time(hit.ts),
            Value::Plain(names.get(&hit.room_id).unwrap_or(&hit.room_id).clone()),
            Value::Strong(hit.sender_name.clone().unwrap_or_else(|| hit.sender.clone())),
            Value::Plain(hit.snippet.clone()),
            Value::Id(hit.event_id.clone().unwrap_or_default()),
        ]
    })
}
