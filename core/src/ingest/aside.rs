//! Takes in events that were asked for by themselves: what a message answers, the edits of one, a thread.

use rusqlite::Transaction;

use super::relate;
use crate::ids::RoomRow;
use crate::store::changes::{Change, Changes};
use crate::store::events::NewEvent;
use crate::store::{StoreError, aside, retention};

/// Writes events at no place in the timeline. What is known already stays as it is.
///
/// # Errors
/// Faults of the database; then nothing is written.
pub fn apply_aside(
    tx: &Transaction<'_>,
    changes: &mut Changes,
    room: RoomRow,
    list: &[NewEvent],
) -> Result<(), StoreError> {
    for event in list {
        // What is past its time does not come back.
        if retention::is_overdue(tx, room, event)? {
            continue;
        }
        if let Some(row) = aside::put(tx, room, event)? {
            relate::relate(tx, row)?;
            changes.note(Change::Timeline(room));
        }
    }
    Ok(())
}
