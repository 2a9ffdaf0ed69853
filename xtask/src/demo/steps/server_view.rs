//! What the homeserver can still read, asked of it through its own HTTP API.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::demo::Scene;
use crate::demo::officer::{number, text};

/// All events of the room that are no state, newest first, as the server has them.
pub(in crate::demo) fn messages(scene: &Scene) -> Result<Vec<Value>> {
    let path = format!("/_synapse/admin/v1/rooms/{}/messages?dir=b&limit=500", scene.room_id);
    let page = scene.server.admin("GET", &path, None)?;
    let events = page.get("chunk").and_then(Value::as_array).context("no events in the server's answer")?;
    Ok(events.iter().filter(|event| event.get("state_key").is_none()).cloned().collect())
}

pub(in crate::demo) fn list(scene: &mut Scene) -> Result<()> {
    let server = &scene.server;
    let room_id = &scene.room_id;
    let room = server.admin("GET", &format!("/_synapse/admin/v1/rooms/{room_id}"), None)?;
    let state = server.admin("GET", &format!("/_synapse/admin/v1/rooms/{room_id}/state"), None)?;
    let state = array(&state, "state");
    let report = &scene.report;
    report.tell("as its administrator reads it:");
    report.tell(format!(
        "  room      {:?}, {room_id}, made by {}, version {}",
        text(&room, "name"),
        text(&room, "creator"),
        text(&room, "version")
    ));
    let members = state.iter().filter(|event| text(event, "type") == "m.room.member").map(|event| {
        let content = event.get("content").unwrap_or(&Value::Null);
        format!(
            "{} ({}, {})",
            text(event, "state_key"),
            text(content, "displayname"),
            text(content, "membership")
        )
    });
    report.tell(format!("  members   {}", members.collect::<Vec<_>>().join(", ")));
    for event in state.iter().filter(|event| text(event, "type") != "m.room.member") {
        let content = event.get("content").map(ToString::to_string).unwrap_or_default();
        report.tell(format!("  state     {} {}", text(event, "type"), cut(&content, 70)));
    }
    for name in ["lisbon", "madrid"] {
        let path = format!("/_synapse/admin/v2/users/@{name}:qroc.test/devices");
        for device in array(&server.admin("GET", &path, None)?, "devices") {
            report.tell(format!(
                "  device    {name}: {} ({}), last seen at {}",
                text(&device, "device_id"),
                text(&device, "display_name"),
                text(&device, "last_seen_ip")
            ));
        }
    }

    let messages = messages(scene)?;
    let mut senders: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut relations: BTreeMap<String, usize> = BTreeMap::new();
    for event in &messages {
        let content = event.get("content").unwrap_or(&Value::Null);
        let sender = senders.entry(text(event, "sender")).or_default();
        sender.0 += 1;
        sender.1 += text(content, "ciphertext").len();
        *types.entry(text(event, "type")).or_default() += 1;
        if let Some(relation) = content.get("m.relates_to") {
            let kind =
                if relation.get("m.in_reply_to").is_some() { "reply" } else { text(relation, "rel_type") };
            *relations.entry(kind.to_owned()).or_default() += 1;
        }
    }
    for (sender, (events, size)) in senders {
        report.tell(format!(
            "  traffic   {sender} sent {events} events, {size} characters of ciphertext, and when"
        ));
    }
    let relations: Vec<_> = relations.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
    report.tell(format!("  relations {}: to which event, not what they say", relations.join(", ")));

    let media = server.admin("GET", "/_synapse/admin/v1/users/@lisbon:qroc.test/media", None)?;
    let media = array(&media, "media");
    for file in &media {
        report.tell(format!(
            "  file      {} bytes, {}, name {}",
            number(file, "media_length"),
            text(file, "media_type"),
            file.get("upload_name").unwrap_or(&Value::Null)
        ));
    }

    let encrypted = types.get("m.room.encrypted").copied().unwrap_or_default();
    scene.report.check(
        encrypted > 0 && types.len() == 1,
        format!("all {encrypted} events that are no state are m.room.encrypted"),
        || format!("{types:?}"),
    )?;
    let readable: Vec<&str> = messages.iter().flat_map(plain_keys).collect();
    scene.report.equal(
        &readable,
        &Vec::new(),
        "in them nothing is readable but algorithm, session, device, relation",
    )?;
    let named: Vec<&Value> = media.iter().filter(|file| !is_opaque(file)).collect();
    scene.report.check(
        !media.is_empty() && named.is_empty(),
        format!("its {} files have neither a name nor a type", media.len()),
        || format!("{named:?}"),
    )
}

/// The keys of an event's content that are not those of an encrypted one.
fn plain_keys(event: &Value) -> Vec<&str> {
    const KNOWN: &[&str] =
        &["algorithm", "ciphertext", "session_id", "sender_key", "device_id", "m.relates_to"];
    let content = event.get("content").and_then(Value::as_object);
    let keys = content.into_iter().flat_map(|content| content.keys()).map(String::as_str);
    let relation = event.pointer("/content/m.relates_to").and_then(Value::as_object);
    let inner = relation.into_iter().flat_map(|relation| relation.keys()).map(String::as_str);
    keys.filter(|key| !KNOWN.contains(key)).chain(inner.filter(|key| *key == "key")).collect()
}

fn is_opaque(file: &Value) -> bool {
    text(file, "media_type") == "application/octet-stream" && text(file, "upload_name").is_empty()
}

fn array(object: &Value, key: &str) -> Vec<Value> {
    object.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length).chain(['…']).collect()
}
