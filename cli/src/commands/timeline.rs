//! A room's messages, and how one message reads in a line.

use clap::Args;
use qroc_core::model::{Change, Item};

use crate::failure::Failure;
use crate::output::{Value, size};
use crate::session::Session;

/// What `timeline` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Older pages begin at the cursor of the first item, which --json shows.

Example:
  qroc timeline 'Operation Tejo' --limit 20
  qroc timeline ops --before 1240 --offline --json")]
pub(crate) struct TimelineArgs {
    /// Id, alias or name of the room
    room: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Only what is older than this
    #[arg(long, value_name = "CURSOR")]
    before: Option<String>,
    /// Only the thread of this event, its root first
    #[arg(long, value_name = "EVENT", conflicts_with = "before")]
    thread: Option<String>,
    /// Ask the database alone
    #[arg(long)]
    offline: bool,
}

pub(crate) async fn run(args: TimelineArgs, session: &Session) -> Result<(), Failure> {
    let TimelineArgs { room, limit, before, thread, offline } = args;
    let page = async |client: &qroc_core::client::Client| {
        Ok(match &thread {
            Some(root) => client.thread(&room, root, limit, offline).await?,
            None => client.timeline(&room, before.as_deref(), limit, offline).await?,
        })
    };
    let items = if offline { session.reading(page).await? } else { session.owning(page).await? };
    show(&items, session)
}

/// Writes items, a line each.
pub(super) fn show(items: &[Item], session: &Session) -> Result<(), Failure> {
    session.output.list(items, &["When", "Who", "Message", "Event"], |item| {
        vec![
            Value::Time(item.ts),
            Value::Strong(item.sender.clone()),
            message(item),
            Value::Id(item.event_id.clone().or_else(|| item.txn_id.clone()).unwrap_or_default()),
        ]
    })
}

/// So much of what is answered is shown.
const QUOTED: usize = 24;

/// Says in a line what an item is.
pub(super) fn words(item: &Item) -> String {
    let mut words = match (item.undecryptable, item.redacted) {
        (_, true) => "(removed)".to_owned(),
        (Some(reason), false) => format!("(cannot be read: {reason})"),
        (None, false) => content(item),
    };
    if item.reply_to.is_some() {
        let body = item.quote.as_ref().and_then(|quote| quote.body.as_deref()).unwrap_or_default();
        let start: String = body.chars().take(QUOTED).collect();
        let more = if body.chars().nth(QUOTED).is_some() { "…" } else { "" };
        words
            .insert_str(0, &if start.is_empty() { "↩ ".to_owned() } else { format!("↩ \"{start}{more}\" ") });
    }
    if item.forwarded.is_some() {
        words.insert_str(0, "↪ ");
    }
    for mark in [
        item.mark.as_ref().map(|mark| mark.state),
        (item.edited && !item.redacted).then_some("edited"),
        (item.state != "sent").then_some(item.state),
        (!item.encrypted && item.kind == "m.room.message").then_some("not encrypted"),
    ]
    .into_iter()
    .flatten()
    {
        words.push_str(&format!(" [{mark}]"));
    }
    if let Some(thread) = &item.replies {
        words.push_str(&format!(" [{} in thread]", thread.count));
    }
    for (key, senders) in &item.reactions {
        words.push_str(&format!(" {key}{}", senders.len()));
    }
    words
}

fn message(item: &Item) -> Value {
    let words = words(item);
    if item.state == "failed" || item.mark.is_some() || item.undecryptable.is_some() {
        Value::Warning(words)
    } else if item.redacted || item.body.is_none() {
        Value::Faint(words)
    } else {
        Value::Plain(words)
    }
}

/// Says what a change of the room did; who did it stands beside it.
fn happened(change: &Change) -> String {
    let whom = change.user_name.as_deref().or(change.user_id.as_deref()).unwrap_or_default();
    let text = change.text.as_deref().unwrap_or_default();
    let mut words = match change.what {
        "created" => return "made the room".to_owned(),
        "encrypted" => return "turned encryption on".to_owned(),
        "named" => return format!("named the room {text}"),
        "topic" => return format!("set the topic: {text}"),
        "picture" => return "changed the room's picture".to_owned(),
        "closed" => "closed the room".to_owned(),
        "asked" => "asks to be let in".to_owned(),
        "joined" => "joined".to_owned(),
        "left" => "left".to_owned(),
        what => format!("{what} {whom}"),
    };
    if !text.is_empty() {
        words.push_str(": ");
        words.push_str(text);
    }
    words
}

fn content(item: &Item) -> String {
    if let Some(change) = &item.change {
        return happened(change);
    }
    let mut text = item.body.clone().unwrap_or_else(|| item.kind.clone());
    if let Some(attachment) = &item.attachment {
        let mut about = vec![attachment.name.clone()];
        about.extend(attachment.mime.clone());
        about.extend(attachment.bytes.map(size));
        if text == attachment.name {
            text.clear();
        } else {
            text.push(' ');
        }
        text.push_str(&format!("[{}]", about.join(", ")));
    }
    if let Some(location) = &item.location {
        // Other programs read the position from the text; here it stands beside it.
        if text.contains("geo:") {
            text.clear();
        }
        text.push_str(&format!(
            "{}[{},{}",
            if text.is_empty() { "" } else { " " },
            location.lat,
            location.lon
        ));
        if let Some(metres) = location.accuracy_m {
            text.push_str(&format!(" ±{metres} m"));
        }
        if location.picked {
            text.push_str(", picked");
        }
        text.push(']');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use qroc_core::model::{Attachment, Location, Mark, Quote, Thread};

    use super::*;

    fn item(body: &str) -> Item {
        Item {
            cursor: "1.1".to_owned(),
            event_id: Some("$e".to_owned()),
            txn_id: None,
            sender: "@bob:example.org".to_owned(),
            sender_name: None,
            gap_before: false,
            ts: 1,
            kind: "m.room.message".to_owned(),
            msgtype: Some("m.text".to_owned()),
            body: Some(body.to_owned()),
            state: "sent",
            edited: false,
            redacted: false,
            undecryptable: None,
            reply_to: None,
            thread: None,
            reactions: BTreeMap::new(),
            receipts: Vec::new(),
            attachment: None,
            location: None,
            encrypted: true,
            room_id: "!r".to_owned(),
            formatted: None,
            mentions: Vec::new(),
            mentions_room: false,
            quote: None,
            replies: None,
            mark: None,
            forwarded: None,
            change: None,
            said: None,
        }
    }

    #[test]
    fn a_message_says_what_became_of_it() {
        assert_eq!(words(&item("On my way")), "On my way");
        let changed = Item {
            edited: true,
            state: "queued",
            reply_to: Some("$q".to_owned()),
            reactions: BTreeMap::from([("👍".to_owned(), vec!["@a:s".to_owned(), "@b:s".to_owned()])]),
            encrypted: false,
            ..item("Yes")
        };
        assert_eq!(words(&changed), "↩ Yes [edited] [queued] [not encrypted] 👍2");
        let quote = Quote {
            event_id: "$q".to_owned(),
            known: true,
            sender: None,
            sender_name: None,
            msgtype: None,
            body: Some("Where are you now, and who is there?".to_owned()),
            redacted: false,
        };
        let mark =
            Mark { state: "withdrawn", replaced_by: None, reason: None, sender: "@b:s".to_owned(), ts: 1 };
        let answer = Item {
            reply_to: Some("$q".to_owned()),
            quote: Some(quote),
            mark: Some(mark),
            replies: Some(Thread { count: 2, last_ts: 1 }),
            ..item("Pier")
        };
        assert_eq!(words(&answer), "↩ \"Where are you now, and w…\" Pier [withdrawn] [2 in thread]");
        assert_eq!(words(&Item { redacted: true, body: None, edited: true, ..item("") }), "(removed)");
        let sealed = Item { undecryptable: Some("no_key"), body: None, ..item("") };
        assert_eq!(words(&sealed), "(cannot be read: no_key)");
    }

    #[test]
    fn what_happens_to_a_room_is_said_in_words() {
        let change = |what, user_id: Option<&str>, text: Option<&str>| {
            let user_id = user_id.map(str::to_owned);
            let change = Change { what, user_id, user_name: None, text: text.map(str::to_owned) };
            words(&Item { body: None, kind: "m.room.member".to_owned(), change: Some(change), ..item("") })
        };
        assert_eq!(change("invited", Some("@madrid:s"), None), "invited @madrid:s");
        assert_eq!(change("removed", Some("@madrid:s"), Some("wrong room")), "removed @madrid:s: wrong room");
        assert_eq!(change("joined", Some("@madrid:s"), None), "joined");
        assert_eq!(change("named", None, Some("Harbour")), "named the room Harbour");
    }

    #[test]
    fn files_and_positions_say_what_they_are() {
        let photo = Attachment {
            name: "a.jpg".to_owned(),
            mime: Some("image/jpeg".to_owned()),
            bytes: Some(2048),
            sha256: None,
            width: None,
            height: None,
            duration_ms: None,
            voice: false,
            waveform: Vec::new(),
            capture: None,
            original: None,
        };
        assert_eq!(
            words(&Item { attachment: Some(photo.clone()), ..item("a.jpg") }),
            "[a.jpg, image/jpeg, 2.00 KiB]"
        );
        let captioned = Item { attachment: Some(photo), ..item("Gate") };
        assert_eq!(words(&captioned), "Gate [a.jpg, image/jpeg, 2.00 KiB]");
        let location = Location { lat: 38.7, lon: -9.1, accuracy_m: Some(12.0), ts: None, picked: false };
        assert_eq!(words(&Item { location: Some(location), ..item("Here") }), "Here [38.7,-9.1 ±12 m]");
        let picked = Location { lat: 38.7, lon: -9.1, accuracy_m: None, ts: None, picked: true };
        assert_eq!(words(&Item { location: Some(picked), ..item("There") }), "There [38.7,-9.1, picked]");
    }
}
