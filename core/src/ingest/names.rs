//! The columns of a room that are made of its state: what it is called, what it is about, whether it encrypts.

use rusqlite::Transaction;
use serde_json::Value;

use crate::ids::RoomRow;
use crate::store::codes::{Membership, RoomKind};
use crate::store::{StoreError, companions, rooms};

/// Derives them anew.
pub(super) fn derive(tx: &Transaction<'_>, room: RoomRow, own: &str) -> Result<(), StoreError> {
    let text = |kind: &str, key: &str| -> Result<String, StoreError> {
        let content = rooms::state(tx, room, kind, "")?;
        Ok(content
            .and_then(|content| serde_json::from_str::<Value>(&content).ok())
            .and_then(|content| Some(content.get(key)?.as_str()?.trim().to_owned()))
            .unwrap_or_default())
    };
    let alias = text("m.room.canonical_alias", "alias")?;
    let mut name = text("m.room.name", "name")?;
    if name.is_empty() {
        name.clone_from(&alias);
    }
    if name.is_empty() {
        let (heroes, joined, invited) = rooms::naming(tx, room)?;
        let mut heroes: Vec<String> = serde_json::from_str(&heroes).unwrap_or_default();
        if heroes.is_empty() {
            let others = rooms::members(tx, room)?.into_iter().filter(|member| member.user_id != own).take(5);
            heroes = others.map(|member| member.name.unwrap_or(member.user_id)).collect();
        }
        name = of_people(&heroes, joined.saturating_add(invited).saturating_sub(1));
    }
    let encryption = rooms::state(tx, room, "m.room.encryption", "")?;
    let create = rooms::state(tx, room, "m.room.create", "")?;
    let create: Value = create.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
    let kind = kind_of(&create);
    if kind == Some(RoomKind::Track) {
        link(tx, room, &create)?;
    }
    rooms::set_derived(tx, room, &name, &text("m.room.topic", "topic")?, &alias, encryption.is_some(), kind)
}

/// Notes whose tracks a companion room carries, by what its creator wrote.
fn link(tx: &Transaction<'_>, room: RoomRow, create: &Value) -> Result<(), StoreError> {
    let Some(parent) = create.get("eu.qroc.parent").and_then(Value::as_str) else { return Ok(()) };
    let parent = match rooms::find(tx, parent)? {
        Some(known) => known.id,
        // It may come later in the same answer; until then nobody sees it.
        None => {
            let row = rooms::ensure(tx, parent)?;
            rooms::set_membership(tx, row, Membership::Leave)?;
            row
        }
    };
    companions::set(tx, room, parent)
}

/// What a room is for, by what its creator wrote.
fn kind_of(create: &Value) -> Option<RoomKind> {
    if create.get("type").and_then(Value::as_str) == Some("eu.qroc.track") {
        return Some(RoomKind::Track);
    }
    match create.get("eu.qroc.kind")?.as_str()? {
        "incident" => Some(RoomKind::Incident),
        "broadcast" => Some(RoomKind::Broadcast),
        "direct" => Some(RoomKind::Direct),
        _ => Some(RoomKind::Group),
    }
}

/// Names a room by its people; `others` is how many there are besides this account.
fn of_people(heroes: &[String], others: i64) -> String {
    let named = i64::try_from(heroes.len()).unwrap_or(i64::MAX);
    match (heroes, others.saturating_sub(named)) {
        ([], _) => String::new(),
        (_, more) if more > 0 => format!("{} +{more}", heroes.join(", ")),
        (_, _) => heroes.join(", "),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_room_without_a_name_is_called_by_its_people() {
        let names = |list: &[&str], others| {
            super::of_people(&list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), others)
        };
        assert_eq!(names(&["Madrid"], 1), "Madrid");
        assert_eq!(names(&["Madrid", "Paris"], 7), "Madrid, Paris +5");
        assert_eq!(names(&[], 0), "");
    }
}
