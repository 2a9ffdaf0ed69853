//! Turns stored items into what screens and scripts see.

use serde_json::Value;

use crate::geo::Place;
use crate::model;
use crate::store::codes::Undecryptable;
use crate::store::events::PLACEHOLDER;
use crate::store::timeline::Item;

/// Turns one stored item of the room `room_id` into its view.
pub fn item(room_id: &str, stored: Item) -> model::Item {
    let content: Value =
        if stored.redacted { Value::Null } else { serde_json::from_str(&stored.content).unwrap_or_default() };
    let message = stored.kind == "m.room.message";
    let body = text(&content, "body").map(|body| match stored.reply_to {
        Some(_) => without_quote(&body),
        None => body,
    });
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
        capture: capture(content),
        original: original(content),
    })
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

/// Older clients quote what they answer at the head of the text.
fn without_quote(body: &str) -> String {
    if !body.starts_with("> ") {
        return body.to_owned();
    }
    let mut lines = body.lines().skip_while(|line| line.starts_with('>')).peekable();
    if lines.peek().is_some_and(|line| line.is_empty()) {
        lines.next();
    }
    let rest = lines.collect::<Vec<_>>().join("\n");
    if rest.is_empty() { body.to_owned() } else { rest }
}

#[cfg(test)]
mod tests {
    use super::without_quote;

    #[test]
    fn a_quoted_question_is_not_part_of_the_answer() {
        assert_eq!(without_quote("> <@a:x> where?\n> really\n\nat the harbour\nnow"), "at the harbour\nnow");
        assert_eq!(without_quote("plain"), "plain");
        assert_eq!(without_quote("> only a quote"), "> only a quote");
    }
}
