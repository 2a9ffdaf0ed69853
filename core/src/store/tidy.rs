//! Housekeeping of the file, a little at a time: pages that are free go back to the disk, the parts of the full-text index
//! are merged, a log that grew long is emptied. With nothing to do nothing is written.

use std::time::Duration;

use rusqlite::Connection;

use super::{StoreError, open};

/// Free pages that are kept, to be used again.
const SPARE_PAGES: i64 = 256;
/// Pages that are given back, or merged, at a time: some milliseconds.
const PAGES: i64 = 64;
/// More parts of the index than this are merged.
const PARTS: i64 = 12;
/// A log of more bytes is emptied.
const LOG_BYTES: u64 = 4 << 20;

/// What was found not to be worth another try.
#[derive(Debug, Default)]
pub(super) struct Tidy {
    /// So many parts cannot be merged any further.
    merged: Option<i64>,
    /// Readers of an older state stood in the way, or it is empty.
    log_left: bool,
}

impl Tidy {
    /// Does one thing. Returns whether there is more to do.
    pub(super) fn step(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free > SPARE_PAGES {
            let mut give_back = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
            let mut rows = give_back.query([])?;
            while rows.next()?.is_some() {}
            return Ok(true);
        }
        let parts: i64 = connection
            .prepare_cached("SELECT count(DISTINCT segid) FROM event_fts_idx")?
            .query_row([], |row| row.get(0))?;
        if parts > PARTS && self.merged != Some(parts) {
            let before = connection.total_changes();
            connection
                .prepare_cached("INSERT INTO event_fts (event_fts, rank) VALUES ('merge', ?1)")?
                .execute([PAGES])?;
            // By its own change alone nothing was merged.
            if connection.total_changes().saturating_sub(before) < 2 {
                self.merged = Some(parts);
            }
            return Ok(true);
        }
        Ok(self.empty_log(connection))
    }

    /// Never waits: whoever reads an older state stands in the way, and it is tried with the next thing to do.
    fn empty_log(&mut self, connection: &Connection) -> bool {
        let path = connection.path().map(|path| format!("{path}-wal"));
        let bytes = path.and_then(|path| std::fs::metadata(path).ok()).map_or(0, |found| found.len());
        if bytes <= LOG_BYTES {
            self.log_left = false;
        } else if !self.log_left {
            let emptied = connection.busy_timeout(Duration::ZERO).and_then(|()| {
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            });
            if connection.busy_timeout(open::PATIENCE).is_err() {
                tracing::debug!("the database's patience is not what it was");
            }
            self.log_left = emptied != Ok(0);
            return !self.log_left;
        }
        false
    }
}
