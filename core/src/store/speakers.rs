//! Who has written something, and what they are called: so that a search finds messages by the name of their sender.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::StoreError;
use crate::ids::{RoomRow, UserRow};
use crate::text::fold;
use crate::text::query::Term;

/// A word that more people are called by than this finds texts only.
const MOST: usize = 100;

/// Notes that somebody has written, under the name of this room.
pub(super) fn note(tx: &Transaction<'_>, room: RoomRow, user: UserRow) -> Result<(), StoreError> {
    if tx.prepare_cached("SELECT 1 FROM speaker WHERE user = ?1")?.exists([user])? {
        return Ok(());
    }
    let name: Option<String> = tx
        .prepare_cached("SELECT name FROM member WHERE room = ?1 AND user = ?2")?
        .query_row((room, user), |row| row.get(0))
        .optional()?
        .flatten();
    let words = words(tx, user, name.as_deref())?;
    tx.prepare_cached("INSERT INTO speaker (user, words) VALUES (?1, ?2)")?.execute((user, words))?;
    Ok(())
}

/// Follows a change of name.
pub(super) fn renamed(tx: &Transaction<'_>, user: UserRow, name: Option<&str>) -> Result<(), StoreError> {
    let known: Option<String> = tx
        .prepare_cached("SELECT words FROM speaker WHERE user = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?;
    let Some(known) = known else { return Ok(()) };
    let words = words(tx, user, name)?;
    if words != known {
        tx.prepare_cached("UPDATE speaker SET words = ?2 WHERE user = ?1")?.execute((user, words))?;
    }
    Ok(())
}

/// The name, and what stands before the colon in the id; a space on either side of each word.
fn words(connection: &Connection, user: UserRow, name: Option<&str>) -> Result<String, StoreError> {
    let user_id: String = connection
        .prepare_cached("SELECT user_id FROM user WHERE id = ?1")?
        .query_row([user], |row| row.get(0))?;
    let mut words = String::new();
    fold::append(name.unwrap_or_default(), &mut words);
    fold::append(user_id.split(':').next().unwrap_or_default(), &mut words);
    words.push(' ');
    Ok(words)
}

/// Lists who is called by a word, or by the beginning of one; a phrase is a name in its order.
pub(super) fn called(connection: &Connection, term: &Term) -> Result<Vec<UserRow>, StoreError> {
    let wanted = term.words.join(" ");
    if wanted.chars().nth(1).is_none() {
        return Ok(Vec::new());
    }
    let end = if term.begins { "" } else { " " };
    let mut statement = connection
        .prepare_cached("SELECT user FROM speaker WHERE instr(words, ?1) > 0 ORDER BY user LIMIT ?2")?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1);
    let found: Vec<UserRow> = statement
        .query_map((format!(" {wanted}{end}"), most), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(if found.len() > MOST { Vec::new() } else { found })
}
