//! The full-text index. Its rows are taken out with the text they were put in with, so nothing of it stays behind.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Deserialize;

use super::events::NewEvent;
use super::{StoreError, now};
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

/// Turns what a person types into a query: all words; nothing is an operator.
///
/// Returns `None` where there is no word.
pub fn query(text: &str) -> Option<String> {
    // What is not ASCII is left to the tokenizer: it knows which marks belong to a letter.
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control() || (c.is_ascii() && !c.is_ascii_alphanumeric()))
        .filter(|word| word.contains(char::is_alphanumeric))
        .map(|word| format!("\"{word}\""))
        .collect();
    if words.is_empty() { None } else { Some(words.join(" ")) }
}

/// The same query, met also where a word goes on. Single letters stay whole words: they begin half of all text.
fn beginnings(query: &str) -> String {
    let word = |word: &str| if word.chars().count() > 3 { format!("{word}*") } else { word.to_owned() };
    query.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Up to so many matches are read and sorted by time. Of more, the newest are near the end of the timeline.
const FEW: usize = 512;

/// Finds the newest events that hold all words of `query`, newest first. Where whole words give fewer than `limit`,
/// beginnings of words count too.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &Connection,
    query: &str,
    room: Option<RoomRow>,
    limit: usize,
) -> Result<Vec<Hit>, StoreError> {
    let whole = newest(connection, query, room, limit)?;
    if whole.len() == limit {
        return hits(connection, query, &whole);
    }
    let query = beginnings(query);
    let all = newest(connection, &query, room, limit)?;
    hits(connection, &query, &all)
}

fn newest(
    connection: &Connection,
    query: &str,
    room: Option<RoomRow>,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    // Forwards: FTS5 is slower the other way, many times with beginnings of words.
    let mut statement =
        connection.prepare_cached("SELECT rowid FROM event_fts WHERE event_fts MATCH ?1 ORDER BY rowid")?;
    let rows = statement.query_map([query], |row| row.get(0))?;
    let matching: Vec<EventRow> = rows.collect::<Result<_, _>>()?;
    if matching.len() > FEW {
        let mut newest = walk(connection, &matching, room, limit)?;
        newest.extend(unplaced(connection, &matching)?);
        by_time(connection, &newest, room, limit)
    } else {
        by_time(connection, &matching, room, limit)
    }
}

/// What waits to be sent is in no index of times: its time is not the last word.
fn unplaced(connection: &Connection, matching: &[EventRow]) -> Result<Vec<EventRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM event INDEXED BY event_unplaced WHERE chunk IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    let all: Vec<EventRow> = rows.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|id| matching.binary_search(id).is_ok()).collect())
}

fn by_time(
    connection: &Connection,
    found: &[EventRow],
    room: Option<RoomRow>,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT ts, room FROM event WHERE id = ?1")?;
    let mut dated = Vec::with_capacity(found.len());
    for id in found {
        let at = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        dated.extend(at.map(|(ts, of): (i64, RoomRow)| (ts, *id, of)));
    }
    dated.retain(|(_, _, of)| room.is_none_or(|room| room == *of));
    dated.sort_unstable_by(|a, b| b.cmp(a));
    Ok(dated.into_iter().take(limit).map(|(_, id, _)| id).collect())
}

/// Walks all messages from the newest back until enough of them match.
fn walk(
    connection: &Connection,
    matching: &[EventRow],
    room: Option<RoomRow>,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    let mut statement = connection.prepare_cached(match room {
        None => {
            "SELECT id FROM event INDEXED BY event_by_time
             WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL AND ?1 IS NULL
             ORDER BY ts DESC, id DESC"
        }
        Some(_) => {
            "SELECT id FROM event INDEXED BY event_by_room_time
             WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL AND room = ?1
             ORDER BY ts DESC, id DESC"
        }
    })?;
    let mut rows = statement.query([room])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let id = row.get(0)?;
        if matching.binary_search(&id).is_ok() {
            found.push(id);
        }
    }
    Ok(found)
}

/// Reads hits, in one run over the index between them: to look up each by itself costs more.
fn hits(connection: &Connection, query: &str, rows: &[EventRow]) -> Result<Vec<Hit>, StoreError> {
    let (Some(first), Some(last)) = (rows.iter().min(), rows.iter().max()) else { return Ok(Vec::new()) };
    let list: Vec<i64> = rows.iter().map(|id| id.0).collect();
    let mut statement = connection.prepare_cached(
        "SELECT f.rowid, r.room_id, e.event_id, e.ts, snippet(event_fts, 0, '[', ']', '…', 24),
           highlight(event_fts, 0, char(1), '')
         FROM event_fts f CROSS JOIN event e ON e.id = f.rowid CROSS JOIN room r ON r.id = e.room
         WHERE event_fts MATCH ?1 AND f.rowid BETWEEN ?3 AND ?4 AND (e.expire_ts IS NULL OR e.expire_ts > ?5)
           AND +f.rowid IN (SELECT value FROM json_each(?2))",
    )?;
    let mut found =
        statement.query((query, serde_json::json!(list).to_string(), first, last, now::get().likely_ms))?;
    let mut hits: BTreeMap<EventRow, Hit> = BTreeMap::new();
    while let Some(row) = found.next()? {
        let hit = Hit {
            room_id: row.get(1)?,
            event_id: row.get(2)?,
            ts: row.get(3)?,
            snippet: row.get(4)?,
            score: score(&row.get::<_, String>(5)?),
        };
        hits.insert(row.get(0)?, hit);
    }
    Ok(rows.iter().filter_map(|id| hits.remove(id)).collect())
}

/// Scores as BM25 does for words that are all equally rare: how often they occur, in how long a text. How rare they
/// are is the same for all hits, as each holds all words, and counting it would read the whole index.
fn score(marked: &str) -> f64 {
    let count = |items: usize| f64::from(u32::try_from(items).unwrap_or(u32::MAX));
    let hits = count(marked.matches('\u{1}').count());
    let words = count(marked.split_whitespace().count());
    hits * 2.2 / (hits + 1.2 * (0.25 + 0.75 * words / 16.0))
}

#[cfg(test)]
mod tests;
