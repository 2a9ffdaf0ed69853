//! The companion room, which carries the tracks of another so that they neither move it up nor fill its pages.

use serde_json::{Value, json};

/// Type of the state event that names it in its parent, and type of the room itself.
pub const LINK: &str = "eu.qroc.track";

/// Where the companion is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its Matrix id.
    pub room_id: String,
    /// Servers that know it.
    pub via: Vec<String>,
}

/// Reads the state of the parent.
pub fn read_link(content: &str) -> Option<Link> {
    let content: Value = serde_json::from_str(content).ok()?;
    let room_id = content.get("room_id")?.as_str().filter(|id| id.starts_with('!') && id.len() <= 255)?;
    let via = content.get("via").and_then(Value::as_array).into_iter().flatten();
    let via = via.filter_map(Value::as_str).filter(|server| !server.is_empty()).take(3).map(str::to_owned);
    Some(Link { room_id: room_id.to_owned(), via: via.collect() })
}

/// Writes the state of the parent.
pub fn link(room_id: &str, server: &str) -> Value {
    json!({ "v": 1, "room_id": room_id, "via": [server] })
}

/// Writes the request that makes the room: who is in the parent may come in and send, and nothing stays long.
pub fn request(parent_id: &str, retention_ms: i64) -> Value {
    let state = |kind: &str, content: Value| json!({ "type": kind, "state_key": "", "content": content });
    json!({
        "preset": "private_chat",
        "visibility": "private",
        "creation_content": { "type": LINK, "eu.qroc.parent": parent_id },
        "initial_state": [
            state("m.room.encryption", json!({ "algorithm": "m.megolm.v1.aes-sha2" })),
            state("m.room.history_visibility", json!({ "history_visibility": "shared" })),
            state("m.room.guest_access", json!({ "guest_access": "forbidden" })),
            state("m.room.join_rules", json!({
                "join_rule": "restricted",
                "allow": [{ "type": "m.room_membership", "room_id": parent_id }],
            })),
            state("m.room.retention", json!({ "max_lifetime": retention_ms })),
        ],
        "power_level_content_override": {
            // Whoever is in lets the next one in when the maker has gone; keys go to members of the parent alone.
            "invite": 0,
            "events_default": 0,
            "state_default": 100,
            "events": { "m.room.encryption": 100, "m.room.power_levels": 100, "m.room.history_visibility": 100 },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Link, link, read_link};

    #[test]
    fn a_link_is_read_as_it_was_written_and_nothing_else_is_one() {
        let content = link("!tracks:x", "x").to_string();
        assert_eq!(read_link(&content), Some(Link { room_id: "!tracks:x".into(), via: vec!["x".into()] }));
        for wrong in ["", "[]", "{}", r#"{"room_id":7}"#, r##"{"room_id":"#alias:x"}"##] {
            assert_eq!(read_link(wrong), None, "{wrong}");
        }
    }
}
