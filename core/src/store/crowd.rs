//! Members of a room page by page: a room may have a hundred thousand, and no screen needs them all.

use rusqlite::Connection;

use super::StoreError;
use super::rooms::Member;
use crate::ids::{RoomRow, UserRow};

/// One page of the members who are joined or invited, in the order in which this device met them; `after` is the last one
/// of the page before, `filter` part of a name or id.
pub fn page(
    connection: &Connection,
    room: RoomRow,
    after: Option<UserRow>,
    filter: Option<&str>,
    limit: usize,
) -> Result<Vec<Member>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.user, u.user_id, m.membership, m.name FROM member m CROSS JOIN user u ON u.id = m.user
         WHERE m.room = ?1 AND m.user > ?2 AND m.membership IN (1, 2)
           AND (?3 IS NULL OR instr(lower(coalesce(m.name, '')), lower(?3)) > 0 OR instr(lower(u.user_id), lower(?3)) > 0)
         ORDER BY m.user LIMIT ?4",
    )?;
    let after = after.map_or(0, |user| user.0);
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((room, after, filter, most), |row| {
        Ok(Member { row: row.get(0)?, user_id: row.get(1)?, membership: row.get(2)?, name: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
