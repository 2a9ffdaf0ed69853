//! Areas of a room: cordons, search sectors, plumes, routes, points. The newest version of each; older ones are
//! events.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::StoreError;
use crate::ids::{RoomRow, UserRow};

/// One version of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Stays the same through all versions.
    pub area_id: String,
    /// Who drew it first.
    pub author: UserRow,
    /// When this version was sent, in milliseconds since 1970.
    pub ts: i64,
    /// The event of this version; `None` while it waits to be sent.
    pub event_id: Option<String>,
    /// Taken away.
    pub removed: bool,
    /// What it is.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// From when, in milliseconds since 1970.
    pub valid_from: Option<i64>,
    /// Until when.
    pub valid_to: Option<i64>,
    /// GeoJSON.
    pub geometry: String,
}

const AREA: &str =
    "area_id, author, ts, event_id, removed, kind, name, colour, valid_from, valid_to, geometry FROM area";

fn area(row: &Row<'_>) -> rusqlite::Result<Area> {
    Ok(Area {
        area_id: row.get(0)?,
        author: row.get(1)?,
        ts: row.get(2)?,
        event_id: row.get(3)?,
        removed: row.get(4)?,
        kind: row.get(5)?,
        name: row.get(6)?,
        colour: row.get(7)?,
        valid_from: row.get(8)?,
        valid_to: row.get(9)?,
        geometry: row.get(10)?,
    })
}

/// Reads an area, also one that was taken away.
pub fn get(connection: &Connection, room: RoomRow, area_id: &str) -> Result<Option<Area>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {AREA} WHERE room = ?1 AND area_id = ?2"))?
        .query_row((room, area_id), area)
        .optional()?)
}

/// Lists the areas of a room that are there, oldest first.
pub fn all(connection: &Connection, room: RoomRow) -> Result<Vec<Area>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {AREA} WHERE room = ?1 AND removed = 0 ORDER BY id"))?;
    let rows = statement.query_map([room], area)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a version, unless a newer one is known: by time, then by event. The author stays.
pub fn put(tx: &Transaction<'_>, room: RoomRow, area: &Area) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO area (room, area_id, author, ts, event_id, removed, kind, name, colour, valid_from, valid_to,
           geometry)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (room, area_id) DO UPDATE SET ts = excluded.ts, event_id = excluded.event_id,
           removed = excluded.removed, kind = excluded.kind, name = excluded.name, colour = excluded.colour,
           valid_from = excluded.valid_from, valid_to = excluded.valid_to, geometry = excluded.geometry
         WHERE area.event_id IS NULL OR (excluded.ts, coalesce(excluded.event_id, '')) > (area.ts, coalesce(area.event_id, ''))",
    )?
    .execute(rusqlite::params![
        room,
        area.area_id,
        area.author,
        area.ts,
        area.event_id,
        area.removed,
        area.kind,
        area.name,
        area.colour,
        area.valid_from,
        area.valid_to,
        area.geometry,
    ])?;
    Ok(())
}
