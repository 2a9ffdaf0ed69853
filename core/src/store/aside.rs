//! Events that were fetched by themselves: known, but at no place in the timeline, and no item of it until they get one.

use rusqlite::Transaction;

use super::codes::Notify;
use super::events::{self, NewEvent};
use super::{StoreError, search};
use crate::ids::{EventRow, RoomRow};

/// Writes an event aside. Returns its row where it was not known.
pub fn put(tx: &Transaction<'_>, room: RoomRow, event: &NewEvent) -> Result<Option<EventRow>, StoreError> {
    let Some(event_id) = &event.event_id else { return Ok(None) };
    if events::is_known(tx, room, event_id)? {
        return Ok(None);
    }
    let aside = NewEvent { txn_id: None, shown: false, notify: Notify::Nothing, ..event.clone() };
    Ok(Some(events::insert(tx, room, &aside)?))
}

/// Makes an event that stood aside an item: it is about to get its place.
pub fn show(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    let shown = tx
        .prepare_cached(
            "UPDATE event SET shown = 1
             WHERE id = ?1 AND shown = 0 AND chunk IS NULL AND event_id IS NOT NULL AND txn_id IS NULL",
        )?
        .execute([id])?;
    if shown > 0 { search::add(tx, id) } else { Ok(()) }
}
