//! An empty database in memory, for tests of what is stored.

use rusqlite::Connection;

use super::{migrate, sqlcipher};

/// Makes one with the newest schema.
pub(crate) fn database() -> Connection {
    // The allocator hook wants to be first in the process.
    sqlcipher::zero_freed_memory();
    let mut connection = Connection::open_in_memory().expect("open");
    migrate::create(&mut connection).expect("schema");
    connection
}
