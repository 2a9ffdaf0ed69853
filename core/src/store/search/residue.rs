//! Of words that were taken out FTS5 keeps some beginnings, and now and then a whole one: in `event_fts_idx`, which says
//! with what word each page of the index begins, or the shortest beginning of it that does. They are replaced by words
//! that are still there, in the transaction that takes the others out.

use std::cell::RefCell;

use rusqlite::{OptionalExtension as _, Transaction};

use crate::store::StoreError;

/// What FTS5 writes before a word that is whole, and no beginning that it indexes by itself.
const WHOLE: u8 = b'0';

thread_local! {
    // Filled and taken on the writer's thread alone.
    static TAKEN_OUT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes words that the transaction under way takes out, with blanks in between.
pub(super) fn note(words: String) {
    TAKEN_OUT.with_borrow_mut(|all| all.push(words));
}

/// Forgets what a transaction took out that was taken back.
pub(in crate::store) fn forget() {
    drop(TAKEN_OUT.take());
}

/// Says which word the index has at or behind this one.
const NEXT: &str =
    "SELECT CAST(term AS BLOB) FROM temp.event_word WHERE term >= CAST(?1 AS TEXT) ORDER BY term LIMIT 1";

/// Replaces what is left of the words that the transaction took out. Call it last.
pub(in crate::store) fn clear(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let texts = TAKEN_OUT.take();
    if texts.is_empty() {
        return Ok(());
    }
    tx.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.event_word USING fts5vocab (main, event_fts, instance)",
    )?;
    // What FTS5 has in memory goes to its tables when it is asked for anything.
    next(tx, &[])?;
    for (segment, key) in keys_of(tx, &beginnings(&texts))? {
        replace(tx, segment, &key)?;
    }
    Ok(())
}

/// Lists where words may begin, sorted: at blanks, and behind letters that FTS5's older tables may take for something else.
fn beginnings(texts: &[String]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    for word in texts.iter().flat_map(|text| text.split(' ')) {
        all.push(word.as_bytes());
        let behind = word.char_indices().filter(|(_, letter)| !letter.is_ascii());
        all.extend(
            behind.filter_map(|(at, letter)| word.as_bytes().get(at.saturating_add(letter.len_utf8())..)),
        );
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Finds the keys that one of these words begins with.
fn keys_of(tx: &Transaction<'_>, words: &[&[u8]]) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT segid, term FROM event_fts_idx")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = row.get_ref(1)?.as_bytes().unwrap_or_default();
        let Some((&WHOLE, begins)) = key.split_first() else { continue };
        let at = words.partition_point(|word| *word < begins);
        if !begins.is_empty() && words.get(at).is_some_and(|word| word.starts_with(begins)) {
            found.push((row.get(0)?, key.to_vec()));
        }
    }
    Ok(found)
}

/// A page's key stands behind all words of the page before, and not behind the first of its own: so does the next word
/// that is there. Where that is another page's, this one has been merged into another part, and needs no key.
fn replace(tx: &Transaction<'_>, segment: i64, key: &[u8]) -> Result<(), StoreError> {
    let begins = key.get(1..).unwrap_or_default();
    let there = next(tx, begins)?;
    if there.as_ref().is_some_and(|word| word.starts_with(begins)) {
        return Ok(());
    }
    if let Some(word) = there {
        let new = [&[WHOLE], word.as_slice()].concat();
        let others = tx
            .prepare_cached("SELECT 1 FROM event_fts_idx WHERE segid = ?1 AND term > ?2 AND term <= ?3")?
            .exists((segment, key, &new))?;
        if !others {
            tx.prepare_cached("UPDATE event_fts_idx SET term = ?3 WHERE segid = ?1 AND term = ?2")?
                .execute((segment, key, &new))?;
            return Ok(());
        }
    }
    tx.prepare_cached("DELETE FROM event_fts_idx WHERE segid = ?1 AND term = ?2")?.execute((segment, key))?;
    Ok(())
}

fn next(tx: &Transaction<'_>, from: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx.prepare_cached(NEXT)?.query_row([from], |row| row.get(0)).optional()?)
}

#[cfg(test)]
pub(super) mod tests;
