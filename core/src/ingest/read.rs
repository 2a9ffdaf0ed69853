//! Up to where people have read, and what else account data says of a room.

use rusqlite::Transaction;
use serde_json::Value;

use super::apply::{Context, refresh};
use super::prefs;
use super::prepare::Receipt;
use crate::ids::RoomRow;
use crate::store::changes::{Change, Changes};
use crate::store::{StoreError, events, rooms, timeline};

pub(super) fn take_room_data(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room: RoomRow,
    kind: &str,
    content: &str,
) -> Result<(), StoreError> {
    let content: Value = match kind {
        "m.tag" => {
            if prefs::tags(tx, room, content)? {
                changes.note(Change::RoomList);
            }
            return Ok(());
        }
        "m.fully_read" => serde_json::from_str(content).unwrap_or_default(),
        _ => return Ok(()),
    };
    // What was read on another device is read here.
    match content.get("event_id").and_then(Value::as_str) {
        Some(event_id) if events::is_known(tx, room, event_id)? && advance_read(tx, room, event_id)? => {
            refresh(tx, changes, context, room)
        }
        _ => Ok(()),
    }
}

pub(super) fn apply_receipts(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    context: &Context,
    room: RoomRow,
    list: &[Receipt],
) -> Result<(), StoreError> {
    let mut read = false;
    for receipt in list {
        let own = receipt.user_id == context.own;
        if !receipt.private {
            let user = events::user(tx, &receipt.user_id)?;
            if rooms::set_receipt(tx, room, user, &receipt.thread, &receipt.event_id, receipt.ts)? {
                changes.note(Change::Timeline(room));
            }
        }
        if own && receipt.thread.is_empty() {
            read |= advance_read(tx, room, &receipt.event_id)?;
        }
    }
    if read {
        refresh(tx, changes, context, room)?;
    }
    Ok(())
}

/// Moves the own read position forward, never back. Returns whether it moved.
///
/// # Errors
/// Faults of the database.
pub fn advance_read(tx: &Transaction<'_>, room: RoomRow, event_id: &str) -> Result<bool, StoreError> {
    let known = rooms::get(tx, room)?.read_event;
    if known.as_deref() == Some(event_id) {
        return Ok(false);
    }
    if let Some(known) = &known
        && timeline::is_before(tx, room, event_id, known)?
    {
        return Ok(false);
    }
    rooms::set_read(tx, room, event_id)?;
    Ok(true)
}
