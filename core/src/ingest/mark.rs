//! Marks on messages: superseded, withdrawn, or neither again. In whichever order they come.

use rusqlite::Transaction;
use serde_json::Value;

use crate::store::events::{self, Relation, Stored};
use crate::store::{StoreError, marks};

/// Lets a mark act on its message, and what came before a message act on it.
pub(crate) fn relate(tx: &Transaction<'_>, event: &Stored) -> Result<(), StoreError> {
    if event.kind == marks::KIND {
        if let Relation { to: Some(to), .. } = &event.relation
            && let Some(target) = events::find(tx, event.room, to)?
        {
            return choose(tx, &target);
        }
        return Ok(());
    }
    if event.kind == "m.room.message" { choose(tx, event) } else { Ok(()) }
}

/// Makes the newest mark count that may: of the sender, or of a moderator.
pub(crate) fn choose(tx: &Transaction<'_>, target: &Stored) -> Result<(), StoreError> {
    let mut newest = None;
    for mark in marks::candidates(tx, target)?.into_iter().rev() {
        let own = mark.sender == target.sender;
        if !is_sound(&mark)
            || !(own || marks::is_moderator(tx, target.room, &events::user_id(tx, mark.sender)?)?)
        {
            continue;
        }
        newest = Some(mark);
        break;
    }
    let counts = newest.filter(|mark| state_of(mark).as_deref() != Some("valid"));
    marks::set(tx, target.id, counts.map(|mark| mark.id))
}

fn state_of(mark: &Stored) -> Option<String> {
    let content: Value = serde_json::from_str(&mark.content).ok()?;
    let version = content.get("v").and_then(Value::as_i64);
    (version == Some(1)).then_some(())?;
    content.get("state").and_then(Value::as_str).map(str::to_owned)
}

fn is_sound(mark: &Stored) -> bool {
    matches!(state_of(mark).as_deref(), Some("superseded" | "withdrawn" | "valid"))
}
