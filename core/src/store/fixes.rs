//! Positions: who moved where, each fix once, the newest of each tracker at hand for lists and maps.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::StoreError;
use crate::geo::{Fix, Source, cluster};
use crate::ids::{RoomRow, TrackerRow, UserRow};

/// Columns of a fix, wherever one is stored.
pub(super) const FIX: &str = "ts, lat, lon, accuracy, speed, heading, altitude, source, battery";

/// Reads a fix from nine columns.
pub(super) fn fix(row: &Row<'_>, first: usize) -> rusqlite::Result<Fix> {
    let at = |column: usize| first.saturating_add(column);
    let source: Option<i64> = row.get(at(7))?;
    Ok(Fix {
        ts: row.get(at(0))?,
        lat_e6: row.get(at(1))?,
        lon_e6: row.get(at(2))?,
        accuracy_dm: row.get(at(3))?,
        speed_dms: row.get(at(4))?,
        heading_deg: row.get(at(5))?,
        altitude_dm: row.get(at(6))?,
        source: source.and_then(Source::from_code),
        battery: row.get(at(8))?,
    })
}

/// Returns the row of a tracker, made when it is new. An empty tag is for positions in the standard form.
pub fn tracker(
    tx: &Transaction<'_>,
    room: RoomRow,
    user: UserRow,
    tag: &str,
) -> Result<TrackerRow, StoreError> {
    let known = tx
        .prepare_cached("SELECT id FROM tracker WHERE room = ?1 AND user = ?2 AND tag = ?3")?
        .query_row((room, user, tag), |row| row.get(0))
        .optional()?;
    match known {
        Some(known) => Ok(known),
        None => Ok(tx
            .prepare_cached("INSERT INTO tracker (room, user, tag) VALUES (?1, ?2, ?3) RETURNING id")?
            .query_row((room, user, tag), |row| row.get(0))?),
    }
}

/// Stores fixes, each once, in whichever order they come. Returns how many were new.
pub fn take(tx: &Transaction<'_>, tracker: TrackerRow, fixes: &[Fix]) -> Result<usize, StoreError> {
    let mut new: usize = 0;
    // What came in the standard form says less than the same fix in a batch.
    let mut insert = tx.prepare_cached(
        "INSERT INTO fix (tracker, ts, lat, lon, accuracy, speed, heading, altitude, source, battery)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (tracker, ts) DO NOTHING",
    )?;
    let mut enrich = tx.prepare_cached(
        "UPDATE fix SET accuracy = ?3, speed = ?4, heading = ?5, altitude = ?6, source = ?7, battery = ?8
         WHERE tracker = ?1 AND ts = ?2 AND source IS NULL",
    )?;
    for fix in fixes {
        let inserted = insert.execute(rusqlite::params![
            tracker,
            fix.ts,
            fix.lat_e6,
            fix.lon_e6,
            fix.accuracy_dm,
            fix.speed_dms,
            fix.heading_deg,
            fix.altitude_dm,
            fix.source.map(Source::code),
            fix.battery,
        ])?;
        if inserted == 0 && fix.source.is_some() {
            enrich.execute(rusqlite::params![
                tracker,
                fix.ts,
                fix.accuracy_dm,
                fix.speed_dms,
                fix.heading_deg,
                fix.altitude_dm,
                fix.source.map(Source::code),
                fix.battery,
            ])?;
        }
        new = new.saturating_add(inserted);
    }
    if let Some(newest) = fixes.iter().max_by_key(|fix| fix.ts) {
        move_to(tx, tracker, newest)?;
    }
    Ok(new)
}

/// Makes a fix the newest of its tracker, unless a newer one is known.
fn move_to(tx: &Transaction<'_>, tracker: TrackerRow, fix: &Fix) -> Result<(), StoreError> {
    let moved = tx
        .prepare_cached(
            "UPDATE tracker SET ts = ?2, lat = ?3, lon = ?4, accuracy = ?5, speed = ?6, heading = ?7, altitude = ?8,
               source = ?9, battery = ?10
             WHERE id = ?1 AND (ts < ?2 OR (ts = ?2 AND source IS NULL))",
        )?
        .execute(rusqlite::params![
            tracker,
            fix.ts,
            fix.lat_e6,
            fix.lon_e6,
            fix.accuracy_dm,
            fix.speed_dms,
            fix.heading_deg,
            fix.altitude_dm,
            fix.source.map(Source::code),
            fix.battery,
        ])?;
    if moved > 0 {
        tx.prepare_cached("INSERT OR REPLACE INTO tracker_place VALUES (?1, ?2, ?2, ?3, ?3)")?
            .execute((tracker, fix.lat_e6, fix.lon_e6))?;
    }
    Ok(())
}

/// Where a tracker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The tracker.
    pub tracker: TrackerRow,
    /// Matrix id of the room.
    pub room_id: String,
    /// Matrix id of the user.
    pub user_id: String,
    /// Display name in the room.
    pub name: Option<String>,
    /// Its newest fix.
    pub fix: Fix,
    /// Until when the user says to share, in milliseconds since 1970; 0 where that is over, `None` where nothing is
    /// said.
    pub live_until: Option<i64>,
}

const POSITION: &str =
    "t.id, r.room_id, u.user_id, m.name, CASE WHEN s.live THEN s.ends_ts WHEN s.room IS NOT NULL THEN 0 END,
  t.ts, t.lat, t.lon, t.accuracy, t.speed, t.heading, t.altitude, t.source, t.battery
  FROM tracker t JOIN room r ON r.id = t.room JOIN user u ON u.id = t.user
  LEFT JOIN member m ON m.room = t.room AND m.user = t.user
  LEFT JOIN share s ON s.room = t.room AND s.user = t.user";

fn position(row: &Row<'_>) -> rusqlite::Result<Position> {
    Ok(Position {
        tracker: row.get(0)?,
        room_id: row.get(1)?,
        user_id: row.get(2)?,
        name: row.get(3)?,
        live_until: row.get(4)?,
        fix: fix(row, 5)?,
    })
}

/// A part of the map, in millionths of a degree. East may be less than west: across the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Southern edge.
    pub south: i32,
    /// Western edge.
    pub west: i32,
    /// Northern edge.
    pub north: i32,
    /// Eastern edge.
    pub east: i32,
}

impl View {
    /// The view, widened to whole squares of officers who are together at a zoom.
    #[must_use]
    pub fn widened(self, zoom: u8) -> Self {
        let degrees = |e6: i32| f64::from(e6) / 1e6;
        let ((west, south), (east, north)) = cluster::widened(
            (degrees(self.west), degrees(self.south)),
            (degrees(self.east), degrees(self.north)),
            zoom,
        );
        // A fraction of a millionth further out: rounding leaves nobody out.
        #[expect(clippy::cast_possible_truncation, reason = "degrees of the earth, bounded")]
        let e6 = |at: f64, most: f64| (at.clamp(-most, most) * 1e6) as i32;
        Self {
            south: e6(south, 90.0).saturating_sub(1).max(-90_000_000),
            west: e6(west, 180.0).saturating_sub(1).max(-180_000_000),
            north: e6(north, 90.0).saturating_add(1).min(90_000_000),
            east: e6(east, 180.0).saturating_add(1).min(180_000_000),
        }
    }

    /// A view of so many millionths of a degree to the north and south, and as far to the east and west.
    fn around(middle: &Fix, half: i32) -> Self {
        let narrow = middle.lat().to_radians().cos().max(1e-6);
        let wide = f64::from(half) / 1e6 / narrow;
        if half >= 90_000_000 || wide >= 180.0 || middle.lat().abs() + f64::from(half) / 1e6 >= 90.0 {
            return Self { south: -90_000_000, west: -180_000_000, north: 90_000_000, east: 180_000_000 };
        }
        let edge =
            |lon: f64| Fix::at(0, 0.0, (lon + 180.0).rem_euclid(360.0) - 180.0).map_or(0, |fix| fix.lon_e6);
        Self {
            south: middle.lat_e6.saturating_sub(half),
            north: middle.lat_e6.saturating_add(half),
            west: edge(middle.lon() - wide),
            east: edge(middle.lon() + wide),
        }
    }
}

/// Lists who is in a view, of one room or of all, in the order in which they first shared: of each user's trackers in a
/// room the newest.
pub fn within(
    connection: &Connection,
    room: Option<RoomRow>,
    view: View,
) -> Result<Vec<Position>, StoreError> {
    let spans = if view.west <= view.east {
        vec![(view.west, view.east)]
    } else {
        vec![(view.west, 180_000_000), (-180_000_000, view.east)]
    };
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {POSITION} WHERE t.id IN (SELECT id FROM tracker_place
           WHERE lat_min <= ?3 AND lat_max >= ?2 AND lon_min <= ?5 AND lon_max >= ?4)
           AND (?1 IS NULL OR t.room = ?1)
           AND NOT EXISTS (SELECT 1 FROM tracker n WHERE n.room = t.room AND n.user = t.user
             AND (n.ts > t.ts OR (n.ts = t.ts AND n.id < t.id)))
         ORDER BY t.id"
    ))?;
    for (west, east) in spans {
        let rows = statement.query_map((room, view.south, view.north, west, east), position)?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// Lists where everybody is, of one room or of all, newest first: of each user's trackers in a room the newest.
pub fn positions(connection: &Connection, room: Option<RoomRow>) -> Result<Vec<Position>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {POSITION} WHERE t.ts >= 0 AND (?1 IS NULL OR t.room = ?1) ORDER BY t.ts DESC, t.id"
    ))?;
    let rows = statement.query_map([room], position)?;
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    for row in rows {
        let row = row?;
        if seen.insert((row.room_id.clone(), row.user_id.clone())) {
            found.push(row);
        }
    }
    Ok(found)
}

/// A fix as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Later ones arrived later.
    pub id: i64,
    /// Matrix id of the room.
    pub room_id: String,
    /// Matrix id of the user.
    pub user_id: String,
    /// What was measured.
    pub fix: Fix,
    /// As in `Position`.
    pub live_until: Option<i64>,
}

/// Returns the mark behind which later arrivals come.
pub fn newest_arrival(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT coalesce(max(id), 0) FROM fix", [], |row| row.get(0))?)
}

/// Lists what arrived in a room behind a mark, in the order of arrival.
pub fn arrived(
    connection: &Connection,
    room: RoomRow,
    after: i64,
    limit: usize,
) -> Result<Vec<Arrived>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT f.id, r.room_id, u.user_id, CASE WHEN s.live THEN s.ends_ts WHEN s.room IS NOT NULL THEN 0 END,
           f.ts, f.lat, f.lon, f.accuracy, f.speed, f.heading, f.altitude, f.source, f.battery
         FROM fix f JOIN tracker t ON t.id = f.tracker JOIN room r ON r.id = t.room JOIN user u ON u.id = t.user
           LEFT JOIN share s ON s.room = t.room AND s.user = t.user
         WHERE f.id > ?2 AND t.room = ?1 ORDER BY f.id LIMIT ?3",
    )?;
    let rows = statement.query_map((room, after, limit), |row| {
        Ok(Arrived {
            id: row.get(0)?,
            room_id: row.get(1)?,
            user_id: row.get(2)?,
            live_until: row.get(3)?,
            fix: fix(row, 4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One tracker's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Matrix id of the user.
    pub user_id: String,
    /// Display name in the room.
    pub name: Option<String>,
    /// In the order of their times.
    pub fixes: Vec<Fix>,
}

/// Reads the ways of a room, of one user or of all, between two times in milliseconds since 1970; each user's in the
/// order of their times.
pub fn tracks(
    connection: &Connection,
    room: RoomRow,
    user: Option<UserRow>,
    between: (i64, i64),
) -> Result<Vec<Track>, StoreError> {
    let mut trackers = connection.prepare_cached(
        "SELECT t.id, u.user_id, m.name FROM tracker t JOIN user u ON u.id = t.user
           LEFT JOIN member m ON m.room = t.room AND m.user = t.user
         WHERE t.room = ?1 AND (?2 IS NULL OR t.user = ?2)",
    )?;
    let rows = trackers.query_map((room, user), |row| {
        Ok((row.get::<_, TrackerRow>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    let mut tracks = Vec::new();
    for row in rows {
        let (tracker, user_id, name) = row?;
        let fixes = of_tracker(connection, tracker, between)?;
        if !fixes.is_empty() {
            tracks.push(Track { user_id, name, fixes });
        }
    }
    // A way may become known before an older one: history comes backwards.
    tracks.sort_by_cached_key(|track| (track.user_id.clone(), track.fixes.first().map(|fix| fix.ts)));
    Ok(tracks)
}

/// Reads one tracker's fixes between two times, in their order.
pub fn of_tracker(
    connection: &Connection,
    tracker: TrackerRow,
    (from, to): (i64, i64),
) -> Result<Vec<Fix>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {FIX} FROM fix WHERE tracker = ?1 AND ts BETWEEN ?2 AND ?3 ORDER BY ts"
    ))?;
    let rows = statement.query_map((tracker, from, to), |row| fix(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists who is nearest to a place, of one room or of all, nearest first.
pub fn nearest(
    connection: &Connection,
    room: Option<RoomRow>,
    place: crate::geo::Place,
    limit: usize,
) -> Result<Vec<Position>, StoreError> {
    let Some(middle) = Fix::at(0, place.lat, place.lon) else { return Ok(Vec::new()) };
    let mut half = 10_000_i32;
    loop {
        let view = View::around(&middle, half);
        let whole = view.south == -90_000_000;
        let mut found: Vec<(f64, Position)> = within(connection, room, view)?
            .into_iter()
            .map(|one| (crate::geo::earth::distance_m(place, one.fix.place()), one))
            .collect();
        found.sort_by(|left, right| left.0.total_cmp(&right.0));
        // Only what is nearer than the nearest edge is surely nearer than what lies outside.
        let sure_m = f64::from(half) / 1e6 * 110_000.0;
        if whole || found.iter().take(limit).filter(|(off, _)| *off <= sure_m).count() >= limit {
            return Ok(found.into_iter().take(limit).map(|(_, one)| one).collect());
        }
        half = half.saturating_mul(4).min(90_000_000);
    }
}

/// Returns a user's newest fix since a time, wherever it was shared.
pub fn newest_of(connection: &Connection, user: UserRow, since_ts: i64) -> Result<Option<Fix>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {FIX} FROM tracker WHERE user = ?1 AND ts >= ?2 ORDER BY ts DESC LIMIT 1"
        ))?
        .query_row((user, since_ts), |row| fix(row, 0))
        .optional()?)
}

/// Returns the newest fix of a tracker.
pub fn newest(connection: &Connection, tracker: TrackerRow) -> Result<Option<Fix>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {FIX} FROM tracker WHERE id = ?1 AND ts >= 0"))?
        .query_row([tracker], |row| fix(row, 0))
        .optional()?)
}

/// Says whether there is anything measured before a time.
pub fn has_before(connection: &Connection, before_ts: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM tracker t WHERE EXISTS (SELECT 1 FROM fix f WHERE f.tracker = t.id AND f.ts < ?1)",
        )?
        .exists([before_ts])?)
}

/// Erases fixes measured before a time, and what was only there. Returns how many.
pub fn prune(tx: &Transaction<'_>, before_ts: i64) -> Result<usize, StoreError> {
    let erased = tx
        .prepare_cached("DELETE FROM fix WHERE tracker IN (SELECT id FROM tracker) AND ts < ?1")?
        .execute([before_ts])?;
    let old: Vec<TrackerRow> = tx
        .prepare_cached("SELECT id FROM tracker WHERE ts < ?1")?
        .query_map([before_ts], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for tracker in old {
        forget(tx, tracker)?;
    }
    Ok(erased)
}

fn forget(tx: &Transaction<'_>, tracker: TrackerRow) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM tracker_place WHERE id = ?1")?.execute([tracker])?;
    tx.prepare_cached("DELETE FROM tracker WHERE id = ?1")?.execute([tracker])?;
    Ok(())
}

/// Takes the content of an event away that lives on in rows of its own. Its place in the timeline stays.
pub fn hollow(tx: &Transaction<'_>, event: crate::ids::EventRow) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE event SET content = '{}' WHERE id = ?1")?.execute([event])?;
    Ok(())
}

#[cfg(test)]
mod tests;
