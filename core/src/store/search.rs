//! The full-text index. Its rows are taken out with the text they were put in with, so nothing of it stays behind.

use std::borrow::Cow;

use rusqlite::{Connection, Transaction};
use serde::Deserialize;

use super::StoreError;
use super::events::NewEvent;
use crate::ids::{EventRow, RoomRow};

/// One hit.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The room's Matrix id.
    pub room_id: String,
    /// The event; `None` while it waits to be sent.
    pub event_id: Option<String>,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The words around the first match, each match between `[` and `]`.
    pub snippet: String,
    /// How well it fits; larger is better.
    pub score: f64,
}

/// Indexes an event's text, if it has one. Call after a change.
pub fn add(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO event_fts (rowid, body) SELECT id, body FROM event_text WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Indexes the text of an event that is new, out of its content: what the view would find, without reading it back.
pub(super) fn add_new(tx: &Transaction<'_>, id: EventRow, event: &NewEvent) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Text<'a> {
        #[serde(borrow)]
        body: Option<Cow<'a, str>>,
    }
    if event.kind != "m.room.message" || !event.shown || event.redacted {
        return Ok(());
    }
    match serde_json::from_str::<Text<'_>>(&event.content) {
        // SQLite's JSON functions and ours differ about this one character.
        Ok(Text { body: Some(body) }) if !body.contains('\0') => {
            tx.prepare_cached("INSERT INTO event_fts (rowid, body) VALUES (?1, ?2)")?.execute((id, body))?;
            Ok(())
        }
        _ => add(tx, id),
    }
}

/// Takes an event's text out of the index. Call before a change.
pub fn remove(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO event_fts (event_fts, rowid, body) SELECT 'delete', id, body FROM event_text WHERE id = ?1",
    )?
    .execute([id])?;
    Ok(())
}

/// Turns what a person types into a query: all words, the last one as a prefix too; nothing is an operator.
///
/// Returns `None` where there is no word.
pub fn query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() { None } else { Some(words.join(" ")) }
}

/// Finds the newest events that hold all words of `query`, newest first.
pub fn find(
    connection: &Connection,
    query: &str,
    room: Option<RoomRow>,
    limit: usize,
) -> Result<Vec<Hit>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.room_id, e.event_id, e.ts, snippet(event_fts, 0, '[', ']', '…', 24), -bm25(event_fts)
         FROM event_fts f JOIN event e ON e.id = f.rowid JOIN room r ON r.id = e.room
         WHERE event_fts MATCH ?1 AND (?2 IS NULL OR e.room = ?2)
         ORDER BY e.ts DESC, e.id DESC LIMIT ?3",
    )?;
    let rows = statement.query_map((query, room, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
        Ok(Hit {
            room_id: row.get(0)?,
            event_id: row.get(1)?,
            ts: row.get(2)?,
            snippet: row.get(3)?,
            score: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
