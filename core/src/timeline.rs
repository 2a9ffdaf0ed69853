//! Turns stored items into what screens and scripts see.

use serde_json::Value;

use crate::geo::Place;
use crate::model;
use crate::store::codes::Undecryptable;
use crate::store::dress::Quoted;
use crate::store::events::PLACEHOLDER;
use crate::store::timeline::Item;
use crate::text::rich::{self, Block};
use crate::text::without_quote;

/// The loudest that a waveform says.
const LOUDEST: f64 = 1024.0;
/// No more of a waveform is read.
const MOST_LEVELS: usize = 200;

/// Turns one stored item of the room `room_id` into its view.
pub fn item(room_id: &str, stored: Item) -> model::Item {
    let content: Value =
        if stored.redacted { Value::Null } else { serde_json::from_str(&stored.content).unwrap_or_default() };
    let message = stored.kind == "m.room.message";
    let body = text(&content, "body").map(|body| match stored.reply_to {
        Some(_) => without_quote(&body),
        None => body,
    });
    let around = stored.around.quoted;
    let change =
        stored.state_key.as_deref().and_then(|key| change(&stored.kind, key, &stored.sender, &content));
    let quote = stored.reply_to.clone().map(|event_id| quote(shown_id(event_id), around));
    model::Item {
        cursor: stored.id.0.to_string(),
        event_id: stored.event_id,
        txn_id: stored.txn_id,
        sender: stored.sender,
        sender_name: stored.sender_name,
        ts: stored.ts,
        msgtype: text(&content, "msgtype").filter(|_| message),
        body,
        state: stored.state.as_str(),
        edited: stored.edited,
        redacted: stored.redacted,
        undecryptable: Some(stored.undecryptable)
            .filter(|why| *why != Undecryptable::Readable)
            .map(Undecryptable::as_str),
        reply_to: stored.reply_to.map(shown_id),
        thread: stored.thread.map(shown_id),
        reactions: stored.reactions,
        receipts: stored.receipts,
        attachment: if message { attachment(&content) } else { None },
        location: if message { location(&content) } else { None },
        encrypted: stored.encrypted,
        gap_before: stored.gap_before,
        room_id: room_id.to_owned(),
        kind: stored.kind,
        formatted: if message { formatted(&content) } else { None },
        mentions: mentions(&content),
        mentions_room: content.pointer("/m.mentions/room").and_then(Value::as_bool).unwrap_or(false),
        replies: stored
            .around
            .thread
            .map(|thread| model::Thread { count: thread.count, last_ts: thread.last_ts }),
        mark: stored.around.mark.and_then(mark),
        forwarded: forwarded(&content),
        change,
        said: Some(model::Said::of(&content)).filter(|said| !said.is_empty()),
        quote,
    }
}

/// Returns the formatting of a text, where it has any.
pub fn formatted(content: &Value) -> Option<Vec<Block>> {
    if content.get("format").and_then(Value::as_str) != Some("org.matrix.custom.html") {
        return None;
    }
    let blocks = rich::from_html(content.get("formatted_body")?.as_str()?)?;
    // Where a name stands for a person's id it says more, though it has no look of its own.
    if rich::is_plain(&blocks) { None } else { Some(blocks) }
}

/// More people than this are named by naming everybody.
const MOST_NAMED: usize = 100;

fn mentions(content: &Value) -> Vec<String> {
    let named = content.pointer("/m.mentions/user_ids").and_then(Value::as_array).into_iter().flatten();
    named.filter_map(Value::as_str).take(MOST_NAMED).map(str::to_owned).collect()
}

fn quote(event_id: String, quoted: Option<Quoted>) -> model::Quote {
    let Some(quoted) = quoted else {
        return model::Quote {
            event_id,
            known: false,
            sender: None,
            sender_name: None,
            msgtype: None,
            body: None,
            redacted: false,
        };
    };
    let readable = !quoted.redacted && quoted.undecryptable == Undecryptable::Readable;
    let mut content: Value = serde_json::from_str(&quoted.content).unwrap_or_default();
    if let Some(new) = content.get_mut("m.new_content") {
        content = new.take();
    }
    let body = text(&content, "body").filter(|_| readable);
    model::Quote {
        event_id,
        known: true,
        sender: Some(quoted.sender),
        sender_name: quoted.sender_name,
        msgtype: text(&content, "msgtype").filter(|_| readable && quoted.kind == "m.room.message"),
        body: body.map(|body| if quoted.answers { without_quote(&body) } else { body }),
        redacted: quoted.redacted,
    }
}

fn mark(mark: crate::store::marks::Mark) -> Option<model::Mark> {
    let content: Value = serde_json::from_str(&mark.content).unwrap_or_default();
    let state = match content.get("state").and_then(Value::as_str)? {
        "superseded" => "superseded",
        "withdrawn" => "withdrawn",
        _ => return None,
    };
    Some(model::Mark {
        state,
        replaced_by: text(&content, "replaced_by").map(shown_id),
        reason: text(&content, "reason"),
        sender: mark.sender,
        ts: mark.ts,
    })
}

fn forwarded(content: &Value) -> Option<model::Forwarded> {
    let said = content.get("eu.qroc.forwarded")?;
    Some(model::Forwarded { sender: text(said, "sender")?, ts: said.get("ts").and_then(Value::as_i64)? })
}

/// Says what a state event did; nothing of one that no screen shows, or whose content was removed.
fn change(kind: &str, state_key: &str, sender: &str, content: &Value) -> Option<model::Change> {
    let of_room = |what, key| {
        Some(model::Change {
            what,
            user_id: None,
            user_name: None,
            text: text(content, key).filter(|text| !text.is_empty()),
        })
    };
    match kind {
        "m.room.create" => of_room("created", ""),
        "m.room.encryption" => of_room("encrypted", ""),
        "m.room.name" => of_room("named", "name"),
        "m.room.topic" => of_room("topic", "topic"),
        "m.room.avatar" => of_room("picture", ""),
        "m.room.tombstone" => of_room("closed", "body"),
        "m.room.member" => {
            let what = match content.get("membership").and_then(Value::as_str)? {
                "join" => "joined",
                "invite" => "invited",
                "knock" => "asked",
                "ban" => "banned",
                "leave" if state_key == sender => "left",
                "leave" => "removed",
                _ => return None,
            };
            Some(model::Change {
                what,
                user_id: Some(state_key.to_owned()),
                user_name: text(content, "displayname"),
                text: text(content, "reason"),
            })
        }
        _ => None,
    }
}

/// What has no event id yet is called by its transaction id, as commands take it.
fn shown_id(id: String) -> String {
    id.strip_prefix(PLACEHOLDER).map_or(id.clone(), str::to_owned)
}

fn text(content: &Value, key: &str) -> Option<String> {
    content.get(key)?.as_str().map(str::to_owned)
}

fn attachment(content: &Value) -> Option<model::Attachment> {
    if !matches!(content.get("msgtype")?.as_str()?, "m.image" | "m.video" | "m.audio" | "m.file") {
        return None;
    }
    let info = content.get("info").unwrap_or(&Value::Null);
    let number = |key: &str| info.get(key).and_then(Value::as_u64);
    Some(model::Attachment {
        name: text(content, "filename").or_else(|| text(content, "body")).unwrap_or_default(),
        mime: text(info, "mimetype"),
        bytes: number("size"),
        sha256: content.pointer("/file/hashes/sha256").and_then(Value::as_str).and_then(hex_of_base64),
        width: number("w"),
        height: number("h"),
        duration_ms: number("duration"),
        voice: content.get("org.matrix.msc3245.voice").is_some(),
        waveform: waveform(content),
        capture: capture(content),
        original: original(content),
    })
}

/// A foreign program may say anything.
fn waveform(content: &Value) -> Vec<u16> {
    let said = content.pointer("/org.matrix.msc1767.audio/waveform").and_then(Value::as_array);
    let level = |level: &Value| {
        let level = level.as_f64().unwrap_or_default().clamp(0.0, LOUDEST);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1024")]
        let level = level as u16;
        level
    };
    said.into_iter().flatten().take(MOST_LEVELS).map(level).collect()
}

fn capture(content: &Value) -> Option<model::Capture> {
    let facts = content.get("eu.qroc.capture")?;
    let place = text(facts, "place").and_then(|uri| Place::from_uri(&uri));
    Some(model::Capture {
        taken_at: text(facts, "taken_at"),
        lat: place.as_ref().map(|place| place.lat),
        lon: place.as_ref().map(|place| place.lon),
        make: text(facts, "make"),
        model: text(facts, "model"),
    })
}

fn original(content: &Value) -> Option<model::Original> {
    let said = content.get("eu.qroc.original")?;
    Some(model::Original {
        sha256: text(said, "sha256")?,
        bytes: said.get("size")?.as_u64()?,
        device_id: text(said, "device_id")?,
    })
}

fn hex_of_base64(text: &str) -> Option<String> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    engine.decode(text.trim_end_matches('=')).ok().map(hex::encode)
}

fn location(content: &Value) -> Option<model::Location> {
    if content.get("msgtype")?.as_str()? != "m.location" {
        return None;
    }
    let uri = content
        .pointer("/org.matrix.msc3488.location/uri")
        .or_else(|| content.pointer("/m.location/uri"))
        .or_else(|| content.get("geo_uri"))?
        .as_str()?;
    let place = Place::from_uri(uri)?;
    let ts = content.get("org.matrix.msc3488.ts").or_else(|| content.get("m.ts")).and_then(Value::as_i64);
    let asset = content
        .pointer("/org.matrix.msc3488.asset/type")
        .or_else(|| content.pointer("/m.asset/type"))
        .and_then(Value::as_str);
    let picked = asset == Some("m.pin");
    Some(model::Location { lat: place.lat, lon: place.lon, accuracy_m: place.accuracy_m, ts, picked })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::change;

    #[test]
    fn changes_say_what_happened_to_whom() {
        let member = |membership: &str, whom: &str| {
            let content =
                json!({ "membership": membership, "displayname": "Madrid", "reason": "wrong room" });
            change("m.room.member", whom, "@lisbon:x", &content)
        };
        let gone = member("leave", "@madrid:x").expect("change");
        assert_eq!((gone.what, gone.user_id.as_deref()), ("removed", Some("@madrid:x")));
        assert_eq!((gone.user_name.as_deref(), gone.text.as_deref()), (Some("Madrid"), Some("wrong room")));
        assert_eq!(member("leave", "@lisbon:x").expect("change").what, "left");
        assert_eq!(member("invite", "@madrid:x").expect("change").what, "invited");
        let named = change("m.room.name", "", "@lisbon:x", &json!({ "name": "Harbour" })).expect("change");
        assert_eq!((named.what, named.text.as_deref()), ("named", Some("Harbour")));
        for odd in [json!(null), json!({ "membership": 3 }), json!({ "membership": "elsewhere" })] {
            assert_eq!(change("m.room.member", "@madrid:x", "@lisbon:x", &odd), None);
        }
        assert_eq!(change("org.example", "", "@lisbon:x", &json!({})), None);
    }
}
