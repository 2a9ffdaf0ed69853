//! Numbered migrations. A new database is made from `latest.sql` at once; a test proves that both ways agree.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;
use super::search;

const MIGRATIONS: [&str; 9] = [
    include_str!("sql/0001_init.sql"),
    include_str!("sql/0002_sending.sql"),
    include_str!("sql/0003_policy.sql"),
    include_str!("sql/0004_location.sql"),
    include_str!("sql/0005_media.sql"),
    include_str!("sql/0006_narrow.sql"),
    include_str!("sql/0007_keeping.sql"),
    include_str!("sql/0008_search.sql"),
    include_str!("sql/0009_talk.sql"),
];
const LATEST: &str = include_str!("sql/latest.sql");
/// After this step the search index is empty and is filled.
const EMPTIED: &str = include_str!("sql/0008_search.sql");

fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn found(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(LATEST)?;
    transaction.pragma_update(None, "user_version", known())?;
    Ok(transaction.commit()?)
}

/// Applies what is missing, each step in a transaction of its own.
pub(super) fn upgrade(connection: &mut Connection) -> Result<(), StoreError> {
    upgrade_to(connection, MIGRATIONS.len())
}

/// The same, up to a number.
pub(super) fn upgrade_to(connection: &mut Connection, last: usize) -> Result<(), StoreError> {
    let found = found(connection)?;
    if found > known() {
        return Err(StoreError::NewerSchema { found, known: known() });
    }
    let steps = MIGRATIONS.iter().enumerate().take(last);
    for (index, sql) in steps.skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        if *sql == EMPTIED {
            search::rebuild(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", u32::try_from(index + 1).unwrap_or(u32::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

/// Says whether a reader understands this file as it is.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let found = found(connection)?;
    match found.cmp(&known()) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerSchema { found, known: known() }),
        std::cmp::Ordering::Less => Err(StoreError::InUse),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    fn memory() -> Connection {
        // The allocator hook wants to be first in the process, in tests too.
        crate::store::sqlcipher::zero_freed_memory();
        Connection::open_in_memory().expect("open")
    }

    fn schema(connection: &Connection) -> Vec<(String, String)> {
        let mut statement = connection
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
            .expect("schema");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.map(|row| row.expect("row")).collect()
    }

    #[test]
    fn an_upgraded_database_equals_a_fresh_one() {
        let mut fresh = memory();
        super::create(&mut fresh).expect("create");
        let mut upgraded = memory();
        super::upgrade(&mut upgraded).expect("upgrade");
        assert!(schema(&fresh).len() > 30);
        assert_eq!(schema(&fresh), schema(&upgraded));
        assert_eq!(super::found(&fresh).expect("version"), super::found(&upgraded).expect("version"));
    }
}
