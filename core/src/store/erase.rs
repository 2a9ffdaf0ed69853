//! Text that was taken back must not stay in the write-ahead log, where older versions of a page lie until it is
//! written over. Whoever takes text back notes it here, and the writer empties the log after the commit.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use rusqlite::Connection;

/// Nobody waits longer than this for readers of an older state to go; then it is tried after the next write.
const PATIENCE: Duration = Duration::from_millis(100);

thread_local! {
    // Set and taken on the writer's thread alone.
    static WANTED: Cell<bool> = const { Cell::new(false) };
    static FILES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the transaction under way takes text back.
pub(super) fn note() {
    WANTED.set(true);
}

/// Notes a sealed file that nobody needs once the transaction under way is committed.
pub(super) fn drop_file(name: String) {
    FILES.with_borrow_mut(|files| files.push(name));
}

/// Takes the files that were noted; a transaction that fails takes its own back.
pub(super) fn take_files() -> Vec<String> {
    FILES.take()
}

/// Empties the log, where that is wanted and no reader stands in the way. Returns nothing: it is tried again.
pub(super) fn empty_log(connection: &Connection, usual_patience: Duration) {
    if !WANTED.get() {
        return;
    }
    let emptied = connection.busy_timeout(PATIENCE).and_then(|()| {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
    });
    if emptied == Ok(0) {
        WANTED.set(false);
    }
    if connection.busy_timeout(usual_patience).is_err() {
        tracing::debug!("the database's patience is not what it was");
    }
}
