//! Edits, redactions and whatever else stands to another event, in whichever order they come.

use rusqlite::Transaction;

use super::mark;
use crate::ids::EventRow;
use crate::store::codes::{RelType, Undecryptable};
use crate::store::events::{self, Stored};
use crate::store::{StoreError, events::Relation};

/// Lets an event act on its target, and what came before it act on it. Doing it again changes nothing.
pub(super) fn relate(tx: &Transaction<'_>, row: EventRow) -> Result<(), StoreError> {
    let event = events::get(tx, row)?;
    let Some(event_id) = event.event_id.clone() else { return Ok(()) };
    let redactions = events::relating(tx, event.room, &event_id, RelType::Redaction)?;
    if !event.redacted && !redactions.is_empty() {
        return redact(tx, &event);
    }
    if let Relation { kind, to: Some(to), .. } = &event.relation
        && let Some(target) = events::find(tx, event.room, to)?
    {
        match kind {
            RelType::Edit => choose_edit(tx, &target)?,
            RelType::Redaction => redact(tx, &target)?,
            RelType::None | RelType::Reaction | RelType::Other => {}
        }
    }
    choose_edit(tx, &event)?;
    mark::relate(tx, &event)
}

fn redact(tx: &Transaction<'_>, target: &Stored) -> Result<(), StoreError> {
    events::redact(tx, target.id)?;
    // A redacted mark gives back the one before it, or none.
    mark::relate(tx, target)?;
    // A redacted edit gives back the text before it.
    if let Relation { kind: RelType::Edit, to: Some(to), .. } = &target.relation
        && let Some(edited) = events::find(tx, target.room, to)?
    {
        choose_edit(tx, &edited)?;
    }
    Ok(())
}

/// Makes the newest valid edit the one that is shown.
pub(crate) fn choose_edit(tx: &Transaction<'_>, target: &Stored) -> Result<(), StoreError> {
    let Some(key) = target.key() else { return Ok(()) };
    if target.redacted || target.relation.kind == RelType::Edit {
        return Ok(());
    }
    let edits = events::relating(tx, target.room, &key, RelType::Edit)?;
    let newest = edits.into_iter().rfind(|edit| is_valid(edit, target)).map(|edit| edit.id);
    if newest == target.edit { Ok(()) } else { events::set_edit(tx, target.id, newest) }
}

/// Nobody edits another's words, and a server that cannot write encrypted ones cannot replace them by clear ones.
fn is_valid(edit: &Stored, target: &Stored) -> bool {
    edit.sender == target.sender
        && edit.kind == target.kind
        && edit.undecryptable == Undecryptable::Readable
        && (edit.encrypted || !target.encrypted)
        && serde_json::from_str::<serde_json::Value>(&edit.content)
            .is_ok_and(|content| content.get("m.new_content").is_some_and(serde_json::Value::is_object))
}
