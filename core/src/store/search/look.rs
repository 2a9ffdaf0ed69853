//! Looks through the newest messages themselves. Where many of them match, the newest hits are found after a few hundred,
//! however many messages there are; the index would be read to its end first, since it is in no order of times.

use rusqlite::{CachedStatement, Connection, Row, Rows};

use super::{Filter, Text};
use crate::ids::{EventRow, RoomRow, UserRow};
use crate::store::StoreError;
use crate::store::codes::MessageKind;
use crate::text::fold;
use crate::text::query::Term;

/// After so many it is asked for the first time whether it is worth going on, and then each time that they have doubled.
const FIRST: usize = 64;
/// More than so many are never looked at: the index is faster then.
const MOST: usize = 1024;
/// With more messages that have no place in a timeline, all is left to the index.
const MOST_UNPLACED: usize = 256;

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.ts, e.room, e.sender, coalesce(x.content, e.content), x.id IS NOT NULL,
               e.reply_to IS NOT NULL
             FROM event e INDEXED BY ",
            $rest
        )
    };
}

/// What must hold of a message, as `super::expression` says it to the index.
#[derive(Debug, Default)]
pub(super) struct Test {
    /// Each in the text, between blanks, or by one of these people.
    terms: Vec<(String, Vec<UserRow>)>,
}

impl Test {
    pub(super) fn add(&mut self, term: &Term, by: &[UserRow]) {
        let end = if term.begins { "" } else { " " };
        self.terms.push((format!(" {}{end}", term.words.join(" ")), by.to_vec()));
    }

    fn fits(&self, message: &Message, filter: &Filter) -> bool {
        let Some((words, kind)) = &message.text else { return false };
        let holds = |(words_of_it, by): &(String, Vec<UserRow>)| {
            words.contains(words_of_it.as_str()) || by.contains(&message.sender)
        };
        filter.sender.is_none_or(|sender| sender == message.sender)
            && filter.kind.is_none_or(|wanted| wanted == *kind)
            && self.terms.iter().all(holds)
    }
}

#[derive(Debug)]
struct Message {
    id: EventRow,
    ts: i64,
    room: RoomRow,
    sender: UserRow,
    /// Its words, folded, each between blanks; a line of its own for those of a file's name. Nothing where it has none.
    text: Option<(String, MessageKind)>,
}

impl Message {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let content = row.get_ref(4)?.as_str().unwrap_or_default();
        let text = Text::read(content, row.get(5)?, row.get(6)?).map(|text| {
            let mut words = String::with_capacity(text.body.len().saturating_add(8));
            fold::append(&text.body, &mut words);
            if let Some(file) = &text.file {
                words.push_str(" \n");
                fold::append(file, &mut words);
            }
            words.push(' ');
            (words, text.kind)
        });
        Ok(Self { id: row.get(0)?, ts: row.get(1)?, room: row.get(2)?, sender: row.get(3)?, text })
    }
}

/// Prepares to look at what the filter leaves.
pub(super) fn statement<'db>(
    connection: &'db Connection,
    filter: &Filter,
) -> Result<CachedStatement<'db>, StoreError> {
    let sql = match filter.room {
        None => columns!(
            "event_by_time LEFT JOIN event x ON x.id = e.edit
             WHERE e.type = 'm.room.message' AND e.shown = 1 AND e.redacted = 0 AND e.chunk IS NOT NULL AND ?1 IS NULL
               AND e.ts >= ?2 AND e.ts < ?3
             ORDER BY e.ts DESC, e.id DESC"
        ),
        Some(_) => columns!(
            "event_by_room_time LEFT JOIN event x ON x.id = e.edit
             WHERE e.type = 'm.room.message' AND e.shown = 1 AND e.redacted = 0 AND e.chunk IS NOT NULL AND e.room = ?1
               AND e.ts >= ?2 AND e.ts < ?3
             ORDER BY e.ts DESC, e.id DESC"
        ),
    };
    Ok(connection.prepare_cached(sql)?)
}

/// The newest messages, read as far as somebody has looked.
pub(super) struct Look<'a> {
    connection: &'a Connection,
    filter: &'a Filter,
    rows: Rows<'a>,
    seen: Vec<Message>,
    /// What waits to be sent, or has no place: its time is not the last word. Nothing before it is asked for.
    unplaced: Option<Vec<Message>>,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        statement: &'a mut CachedStatement<'_>,
        filter: &'a Filter,
    ) -> Result<Self, StoreError> {
        let (since, until) = (filter.since.unwrap_or(i64::MIN), filter.until.unwrap_or(i64::MAX));
        let rows = statement.query((filter.room, since, until))?;
        Ok(Self { connection, filter, rows, seen: Vec::new(), unplaced: None })
    }

    /// Returns the newest that pass, newest first, or nothing where so few do that the index is to be asked.
    pub(super) fn newest(&mut self, test: &Test, limit: usize) -> Result<Option<Vec<EventRow>>, StoreError> {
        if limit == 0 || self.unplaced()?.len() > MOST_UNPLACED {
            return Ok(None);
        }
        let mut found = Vec::new();
        let mut at: usize = 0;
        while found.len() < limit {
            if at == self.seen.len() {
                let Some(row) = self.rows.next()? else { break };
                self.seen.push(Message::read(row)?);
            }
            let Some(message) = self.seen.get(at) else { break };
            at = at.saturating_add(1);
            if test.fits(message, self.filter) {
                found.push((message.ts, message.id));
            }
            // At this rate it would take more than that.
            let hopeless = found.len().saturating_mul(MOST) < limit.saturating_mul(at);
            if at >= FIRST && at.is_power_of_two() && hopeless {
                return Ok(None);
            }
        }
        let covers = |message: &&Message| {
            self.filter.room.is_none_or(|room| room == message.room) && self.filter.covers(message.ts)
        };
        let unplaced = self.unplaced.iter().flatten().filter(covers);
        found.extend(
            unplaced
                .filter(|message| test.fits(message, self.filter))
                .map(|message| (message.ts, message.id)),
        );
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Some(found.into_iter().take(limit).map(|(_, id)| id).collect()))
    }

    fn unplaced(&mut self) -> Result<&[Message], StoreError> {
        if self.unplaced.is_none() {
            let most = i64::try_from(MOST_UNPLACED).unwrap_or(i64::MAX).saturating_add(1);
            let mut statement = self.connection.prepare_cached(columns!(
                "event_unplaced LEFT JOIN event x ON x.id = e.edit
                 WHERE e.chunk IS NULL AND e.type = 'm.room.message' AND e.shown = 1 AND e.redacted = 0 LIMIT ?1"
            ))?;
            let all = statement.query_map([most], Message::read)?.collect::<Result<_, _>>()?;
            self.unplaced = Some(all);
        }
        Ok(self.unplaced.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
