//! What account data and push rules say of rooms, for what is not on its way from here.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use serde_json::Value;

use crate::ids::RoomRow;
use crate::store::codes::Loudness;
use crate::store::prefs::{self, Tag};
use crate::store::{StoreError, outbox, rooms};

/// Takes in the tags of a room. Returns whether anything is new.
///
/// # Errors
/// Those of the database.
pub(super) fn tags(tx: &Transaction<'_>, room: RoomRow, content: &str) -> Result<bool, StoreError> {
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    let mut changed = false;
    for (tag, key) in [(Tag::Favourite, "favourite"), (Tag::Low, "low")] {
        if !outbox::is_set(tx, room, key)? {
            let on = content.get("tags").is_some_and(|tags| tags.get(tag.name()).is_some());
            if on || prefs::has_tag(tx, room, tag)? {
                changed |= prefs::set_tag(tx, room, tag, on)?;
            }
        }
    }
    Ok(changed)
}

/// Takes in the push rules. Returns whether anything is new.
///
/// # Errors
/// Those of the database.
pub(super) fn rules(tx: &Transaction<'_>, content: &str) -> Result<bool, StoreError> {
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    let mut wanted: BTreeMap<String, Loudness> = BTreeMap::new();
    for (kind, loudness) in [("room", Loudness::Mentions), ("override", Loudness::Nothing)] {
        let rules = content.pointer(&format!("/global/{kind}")).and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            let id = rule.get("rule_id").and_then(Value::as_str).unwrap_or_default();
            let silent = rule
                .get("actions")
                .and_then(Value::as_array)
                .is_some_and(|actions| actions.iter().all(|action| action.as_str() == Some("dont_notify")));
            let enabled = rule.get("enabled").and_then(Value::as_bool).unwrap_or(true);
            if id.starts_with('!') && silent && enabled {
                wanted.insert(id.to_owned(), loudness);
            }
        }
    }
    let mut changed = false;
    for (room, room_id) in prefs::quiet(tx)? {
        if !wanted.contains_key(&room_id) && !outbox::is_set(tx, room, "loudness")? {
            changed |= prefs::set_loudness(tx, room, Loudness::All)?;
        }
    }
    for (room_id, loudness) in wanted {
        if let Some(room) = rooms::find(tx, &room_id)?
            && !outbox::is_set(tx, room.id, "loudness")?
        {
            changed |= prefs::set_loudness(tx, room.id, loudness)?;
        }
    }
    Ok(changed)
}
