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
    /// How well it fits, larger is better: matches in the snippet.
    pub score: f64,
}

/// The number of an event in the index, as the view `event_text` makes it: by time, so that newer is larger.
pub(super) fn key(id: EventRow, ts: i64) -> i64 {
    ((ts / 1000).clamp(0, 4_294_967_295) << 31) | id.0
}

/// Indexes an event's text, if it has one. Call after a change.
pub fn add(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO event_fts (rowid, body) SELECT id, body FROM event_text WHERE event = ?1",
    )?
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
            tx.prepare_cached("INSERT INTO event_fts (rowid, body) VALUES (?1, ?2)")?
                .execute((key(id, event.ts), body))?;
            Ok(())
        }
        _ => add(tx, id),
    }
}

/// Takes an event's text out of the index. Call before a change.
pub fn remove(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO event_fts (event_fts, rowid, body) SELECT 'delete', id, body FROM event_text WHERE event = ?1",
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
        "SELECT r.room_id, e.event_id, e.ts, snippet(event_fts, 0, '[', ']', '…', 24)
         FROM event_fts f CROSS JOIN event e ON e.id = (f.rowid & 2147483647) CROSS JOIN room r ON r.id = e.room
         WHERE event_fts MATCH ?1 AND (?2 IS NULL OR e.room = ?2)
         ORDER BY f.rowid DESC LIMIT ?3",
    )?;
    let rows = statement.query_map((query, room, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
        let snippet: String = row.get(3)?;
        // A score over all hits would read all of them for the fifty that are shown.
        let score = f64::from(u32::try_from(snippet.matches('[').count()).unwrap_or(0));
        Ok(Hit { room_id: row.get(0)?, event_id: row.get(1)?, ts: row.get(2)?, snippet, score })
    })?;
    let mut hits = rows.collect::<Result<Vec<_>, _>>()?;
    // The index counts in seconds.
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.ts));
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::key;
    use crate::ids::EventRow;

    #[test]
    fn the_number_in_the_index_is_the_views() {
        let database = Connection::open_in_memory().expect("memory");
        database.execute_batch(include_str!("sql/latest.sql")).expect("schema");
        database
            .execute_batch(
                "INSERT INTO room (id, room_id) VALUES (1, '!1:x'); INSERT INTO user (id, user_id) VALUES (1, '@1:x');",
            )
            .expect("rows");
        for ts in [i64::MIN, -1, 0, 999, 1_790_000_000_123, 9_007_199_254_740_991, i64::MAX] {
            let id = database
                .prepare(
                    "INSERT INTO event (room, sender, ts, type, content, shown)
                     VALUES (1, 1, ?1, 'm.room.message', '{\"body\":\"pier\"}', 1)",
                )
                .and_then(|mut insert| insert.insert([ts]))
                .expect("insert");
            let number: i64 = database
                .query_row("SELECT id FROM event_text WHERE event = ?1", [id], |row| row.get(0))
                .expect("view");
            assert_eq!(number, key(EventRow(id), ts), "{ts}");
            database
                .execute("INSERT INTO event_fts (rowid, body) VALUES (?1, 'pier')", [number])
                .expect("index");
        }
        database
            .execute("INSERT INTO event_fts (event_fts, rank) VALUES ('integrity-check', 1)", [])
            .expect("the index agrees with the view");
    }
}
