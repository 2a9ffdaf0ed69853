//! The full-text index. It holds words as `text::fold` folds them, and marks for who, where and what kind; its rows
//! are taken out with the words they were put in with, and what FTS5 leaves of these goes with the same transaction.

mod look;
pub(super) mod residue;

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Deserialize;

use self::look::Look;
use super::codes::MessageKind;
use super::events::NewEvent;
use super::{StoreError, now, speakers};
use crate::ids::{EventRow, RoomRow, UserRow};
use crate::text::query::Term;
use crate::text::snippet::{self, Snippet};
use crate::text::{Part, Query, fold, without_quote};

/// One hit.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The room's Matrix id.
    pub room_id: String,
    /// The event; `None` while it waits to be sent.
    pub event_id: Option<String>,
    /// Its cursor in the timeline.
    pub row: EventRow,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// Who sent it.
    pub sender: String,
    /// What the sender is called in the room.
    pub sender_name: Option<String>,
    /// What kind of message it is.
    pub kind: MessageKind,
    /// The words around the first match.
    pub parts: Vec<Part>,
    /// The same as one line, each match between `[` and `]`.
    pub snippet: String,
    /// How well it fits; larger is better.
    pub score: f64,
}

/// What else must hold of a hit. Nothing: everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// In this room.
    pub room: Option<RoomRow>,
    /// From this sender.
    pub sender: Option<UserRow>,
    /// Of this kind.
    pub kind: Option<MessageKind>,
    /// Not before, in milliseconds since 1970.
    pub since: Option<i64>,
    /// Before, in milliseconds since 1970.
    pub until: Option<i64>,
}

impl Filter {
    fn covers(&self, ts: i64) -> bool {
        self.since.is_none_or(|since| ts >= since) && self.until.is_none_or(|until| ts < until)
    }
}

/// Begins a mark: a letter that no text's words have, and that the tokenizer leaves in one piece.
const MARK: char = '\u{e000}';

fn of_user(user: UserRow) -> String {
    format!("{MARK}u{}", user.0)
}

fn of_room(room: RoomRow) -> String {
    format!("{MARK}r{}", room.0)
}

fn of_kind(kind: MessageKind) -> String {
    format!("{MARK}k{}", kind.as_str())
}

/// What of a message's content people search for.
#[derive(Debug)]
struct Text {
    body: String,
    /// The file's name, where the body is a caption.
    file: Option<String>,
    kind: MessageKind,
}

#[derive(Deserialize)]
struct Content {
    body: Option<String>,
    filename: Option<String>,
    msgtype: Option<String>,
    #[serde(rename = "m.new_content")]
    new_content: Option<Box<Content>>,
}

impl Text {
    fn read(content: &str, is_edit: bool, answers: bool) -> Option<Self> {
        let mut content: Content = serde_json::from_str(content).ok()?;
        if is_edit {
            content = *content.new_content?;
        }
        let body = content.body?;
        let kind = MessageKind::of_msgtype(content.msgtype.as_deref().unwrap_or_default());
        let body = if answers { without_quote(&body) } else { body };
        let file = content.filename.filter(|name| *name != body);
        Some(Self { body, file, kind })
    }

    fn indexed(&self, room: RoomRow, sender: UserRow) -> String {
        let mut words = String::with_capacity(self.body.len().saturating_add(32));
        fold::append(&self.body, &mut words);
        for mark in [of_user(sender), of_room(room), of_kind(self.kind)] {
            words.push(' ');
            words.push_str(&mark);
        }
        if let Some(file) = &self.file {
            fold::append(file, &mut words);
        }
        words
    }
}

const INDEXED: &str = "e.type = 'm.room.message' AND e.shown = 1 AND e.redacted = 0";

/// The words of an event as they are in the index; `None` where it has none.
fn indexed(connection: &Connection, id: EventRow) -> Result<Option<(UserRow, RoomRow, String)>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT e.sender, e.room, coalesce(x.content, e.content), x.id IS NOT NULL, e.reply_to IS NOT NULL
             FROM event e LEFT JOIN event x ON x.id = e.edit WHERE e.id = ?1 AND {INDEXED}"
        ))?
        .query_row([id], |row| {
            let text = Text::read(&row.get::<_, String>(2)?, row.get(3)?, row.get(4)?);
            Ok((row.get::<_, UserRow>(0)?, row.get::<_, RoomRow>(1)?, text))
        })
        .optional()?;
    let Some((sender, room, Some(text))) = found else { return Ok(None) };
    Ok(Some((sender, room, text.indexed(room, sender))))
}

/// Indexes an event's text that was not in the index, if it has one.
pub fn add(tx: &Transaction<'_>, id: EventRow) -> Result<(), StoreError> {
    match indexed(tx, id)? {
        Some((sender, room, words)) => put(tx, id, room, sender, &words),
        None => Ok(()),
    }
}

fn put(
    tx: &Transaction<'_>,
    id: EventRow,
    room: RoomRow,
    sender: UserRow,
    words: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO event_fts (rowid, words) VALUES (?1, ?2)")?.execute((id, words))?;
    speakers::note(tx, room, sender)
}

/// Indexes the text of an event that is new, out of its content, without reading it back.
pub(super) fn add_new(
    tx: &Transaction<'_>,
    id: EventRow,
    room: RoomRow,
    sender: UserRow,
    event: &NewEvent,
) -> Result<(), StoreError> {
    if event.kind != "m.room.message" || !event.shown || event.redacted {
        return Ok(());
    }
    match Text::read(&event.content, false, event.reply_to.is_some()) {
        Some(text) => put(tx, id, room, sender, &text.indexed(room, sender)),
        None => Ok(()),
    }
}

/// Changes events with the index kept in step. Texts that stay as they are cost nothing.
pub(super) fn keep_in_step(
    tx: &Transaction<'_>,
    rows: &[EventRow],
    change: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let before = rows.iter().map(|id| indexed(tx, *id)).collect::<Result<Vec<_>, _>>()?;
    change()?;
    for (id, before) in rows.iter().zip(before) {
        let after = indexed(tx, *id)?;
        if before == after {
            continue;
        }
        if let Some((_, _, words)) = before {
            remove(tx, *id, words)?;
        }
        if let Some((sender, room, words)) = after {
            put(tx, *id, room, sender, &words)?;
        }
    }
    Ok(())
}

fn remove(tx: &Transaction<'_>, id: EventRow, words: String) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO event_fts (event_fts, rowid, words) VALUES ('delete', ?1, ?2)")?
        .execute((id, &words))?;
    residue::note(words);
    Ok(())
}

/// Makes the whole index anew.
pub(super) fn rebuild(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("INSERT INTO event_fts (event_fts) VALUES ('delete-all')", [])?;
    let list: Vec<EventRow> = tx
        .prepare(&format!("SELECT e.id FROM event e WHERE {INDEXED} ORDER BY e.id"))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    list.into_iter().try_for_each(|id| add(tx, id))
}

/// What must match, as the index is asked and as messages are looked at.
struct Wanted {
    expression: String,
    test: look::Test,
    /// The index puts all that it has of a beginning together before it names the first message.
    begins: bool,
}

impl Wanted {
    /// All terms, each in the text or as the name of who sent it, and the filter's marks.
    fn new(connection: &Connection, query: &Query, filter: &Filter) -> Result<Option<Self>, StoreError> {
        let mut all = Vec::new();
        let mut test = look::Test::default();
        for term in &query.terms {
            let by = speakers::called(connection, term)?;
            test.add(term, &by);
            all.push(one(term, &by));
        }
        all.extend(filter.sender.map(|user| quoted(&of_user(user))));
        all.extend(filter.room.map(|room| quoted(&of_room(room))));
        all.extend(filter.kind.map(|kind| quoted(&of_kind(kind))));
        let begins = query.terms.iter().any(|term| term.begins);
        Ok((!all.is_empty()).then(|| Self { expression: all.join(" AND "), test, begins }))
    }
}

fn one(term: &Term, by: &[UserRow]) -> String {
    let mut text = quoted(&term.words.join(" "));
    if term.begins {
        text.push('*');
    }
    if by.is_empty() {
        return text;
    }
    let people = by.iter().map(|user| quoted(&of_user(*user))).collect::<Vec<_>>().join(" OR ");
    format!("({text} OR {people})")
}

/// Folded words hold no quotation marks.
fn quoted(words: &str) -> String {
    format!("\"{words}\"")
}

/// Finds the newest events that hold all of `query` and fit the filter, newest first. Where whole words give fewer
/// than `limit`, beginnings of words count too. Nothing where neither asks for anything that is indexed.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &Connection,
    query: &Query,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Hit>, StoreError> {
    let Some(whole) = Wanted::new(connection, query, filter)? else { return Ok(Vec::new()) };
    let mut statement = look::statement(connection, filter)?;
    let mut look = Look::new(connection, &mut statement, filter)?;
    let rows = newest(connection, &mut look, &whole, filter, limit)?;
    let wider = query.beginnings();
    if rows.len() >= limit || wider == *query {
        return hits(connection, query, &rows);
    }
    let Some(wide) = Wanted::new(connection, &wider, filter)? else { return Ok(Vec::new()) };
    let rows = newest(connection, &mut look, &wide, filter, limit)?;
    hits(connection, &wider, &rows)
}

/// Prepares what a search needs, so that the first takes no longer than those after it.
///
/// # Errors
/// Those of the database.
pub fn warm(connection: &Connection) -> Result<(), StoreError> {
    // A word of no language: the index is opened, the newest messages are looked at, nothing is found.
    find(connection, &Query::parse("zqxj"), &Filter::default(), 1).map(drop)
}

fn newest(
    connection: &Connection,
    look: &mut Look<'_>,
    wanted: &Wanted,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    if wanted.begins
        && let Some(rows) = look.newest(&wanted.test, limit)?
    {
        return Ok(rows);
    }
    // Forwards: FTS5 is slower the other way, many times with beginnings of words.
    let mut statement =
        connection.prepare_cached("SELECT rowid FROM event_fts WHERE event_fts MATCH ?1 ORDER BY rowid")?;
    let mut rows = statement.query_map([&wanted.expression], |row| row.get(0))?;
    let few = few(connection, limit)?;
    let mut matching: Vec<EventRow> = rows.by_ref().take(few).collect::<Result<_, _>>()?;
    let Some(more) = rows.next().transpose()? else { return by_time(connection, &matching, filter, limit) };
    if !wanted.begins
        && let Some(rows) = look.newest(&wanted.test, limit)?
    {
        return Ok(rows);
    }
    matching.push(more);
    for row in rows {
        matching.push(row?);
    }
    let mut newest = walk(connection, &matching, filter, limit)?;
    newest.extend(unplaced(connection, &matching)?);
    by_time(connection, &newest, filter, limit)
}

/// What waits to be sent is in no index of times: its time is not the last word.
fn unplaced(connection: &Connection, matching: &[EventRow]) -> Result<Vec<EventRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM event INDEXED BY event_unplaced WHERE chunk IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    let all: Vec<EventRow> = rows.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|id| matching.binary_search(id).is_ok()).collect())
}

/// Up to so many matches are read and sorted by time. Of more, the newest are near the end of the timeline: to look
/// up a match costs about as much as to walk over twenty events.
fn few(connection: &Connection, limit: usize) -> Result<usize, StoreError> {
    let events: i64 = connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?
        .query_row([], |row| row.get(0))?;
    let events = usize::try_from(events).unwrap_or(0);
    Ok(events.saturating_mul(limit.max(1)).div_euclid(20).isqrt().max(512))
}

fn by_time(
    connection: &Connection,
    found: &[EventRow],
    filter: &Filter,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT ts FROM event WHERE id = ?1")?;
    let mut dated = Vec::with_capacity(found.len());
    for id in found {
        let ts: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
        dated.extend(ts.filter(|ts| filter.covers(*ts)).map(|ts| (ts, *id)));
    }
    dated.sort_unstable_by(|a, b| b.cmp(a));
    Ok(dated.into_iter().take(limit).map(|(_, id)| id).collect())
}

/// Walks all messages from the newest back until enough of them match.
fn walk(
    connection: &Connection,
    matching: &[EventRow],
    filter: &Filter,
    limit: usize,
) -> Result<Vec<EventRow>, StoreError> {
    let mut statement = connection.prepare_cached(match filter.room {
        None => {
            "SELECT id FROM event INDEXED BY event_by_time
             WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL AND ?1 IS NULL
               AND ts >= ?2 AND ts < ?3
             ORDER BY ts DESC, id DESC"
        }
        Some(_) => {
            "SELECT id FROM event INDEXED BY event_by_room_time
             WHERE type = 'm.room.message' AND shown = 1 AND redacted = 0 AND chunk IS NOT NULL AND room = ?1
               AND ts >= ?2 AND ts < ?3
             ORDER BY ts DESC, id DESC"
        }
    })?;
    let (since, until) = (filter.since.unwrap_or(i64::MIN), filter.until.unwrap_or(i64::MAX));
    let mut rows = statement.query((filter.room, since, until))?;
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

/// Reads hits: what was written, not what is indexed.
fn hits(connection: &Connection, query: &Query, rows: &[EventRow]) -> Result<Vec<Hit>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.room_id, e.event_id, e.ts, u.user_id, m.name, coalesce(x.content, e.content), x.id IS NOT NULL,
           e.reply_to IS NOT NULL
         FROM event e JOIN room r ON r.id = e.room JOIN user u ON u.id = e.sender
           LEFT JOIN event x ON x.id = e.edit LEFT JOIN member m ON m.room = e.room AND m.user = e.sender
         WHERE e.id = ?1 AND (e.expire_ts IS NULL OR e.expire_ts > ?2)",
    )?;
    let mut found = Vec::with_capacity(rows.len());
    for id in rows {
        let hit = statement
            .query_row((id, now::get().likely_ms), |row| {
                let read = Text::read(&row.get::<_, String>(5)?, row.get(6)?, row.get(7)?);
                let Some(text) = read else { return Ok(None) };
                let cut = around(&text, query);
                Ok(Some(Hit {
                    room_id: row.get(0)?,
                    event_id: row.get(1)?,
                    row: *id,
                    ts: row.get(2)?,
                    sender: row.get(3)?,
                    sender_name: row.get(4)?,
                    kind: text.kind,
                    snippet: cut.line(),
                    score: score(&cut),
                    parts: cut.parts,
                }))
            })
            .optional()?;
        found.extend(hit.flatten());
    }
    Ok(found)
}

/// Shows the text, or the file's name where only that has what was searched for.
fn around(text: &Text, query: &Query) -> Snippet {
    let body = snippet::cut(&text.body, query);
    match &text.file {
        Some(file) if body.hits == 0 => {
            Some(snippet::cut(file, query)).filter(|cut| cut.hits > 0).unwrap_or(body)
        }
        _ => body,
    }
}

/// Scores as BM25 does for words that are all equally rare: how often they occur, in how long a text. How rare they
/// are is the same for all hits, as each holds all words, and counting it would read the whole index.
fn score(cut: &Snippet) -> f64 {
    let count = |items: usize| f64::from(u32::try_from(items).unwrap_or(u32::MAX));
    let (hits, words) = (count(cut.hits), count(cut.words));
    hits * 2.2 / (hits + 1.2 * (0.25 + 0.75 * words / 16.0))
}

#[cfg(test)]
pub(in crate::store) mod tests;
