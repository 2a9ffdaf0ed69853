//! Who is where, as screens and scripts read it: from the database, with older positions fetched when asked for.

use super::areas::drawn;
use super::{Client, Error};
use crate::geo::Place;
use crate::geo::exchange::cot;
use crate::geo::picture::{Drawn, Mark, Scene, Sheet, Way};
use crate::location::view::{self, Whose};
use crate::model;
use crate::store::codes::Membership;
use crate::store::fixes::{self, Position, Track, View};
use crate::store::{StoreError, areas, companions, events};

/// Pages fetched for one track of a companion, and of the room itself: where only standard positions are.
const MOST_PAGES: usize = 500;
const MOST_ROOM_PAGES: usize = 10;
/// A place of one's own that is older, in milliseconds, is none to measure from.
const HERE_MS: i64 = 3_600_000;

impl Client {
    /// Lists where everybody is, newest first, in one room or in all.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn positions(&self, room: Option<&str>) -> Result<Vec<model::Position>, Error> {
        self.gate()?;
        let room = room.map(|room| self.inner.resolve(room)).transpose()?.map(|room| room.id);
        let found = self.inner.store.read(|connection| fixes::positions(connection, room))?;
        self.seen(found)
    }

    /// Lists who is in a part of the map.
    ///
    /// # Errors
    /// As `positions`.
    pub fn positions_within(&self, room: Option<&str>, part: View) -> Result<Vec<model::Position>, Error> {
        self.gate()?;
        let room = room.map(|room| self.inner.resolve(room)).transpose()?.map(|room| room.id);
        let found = self.inner.store.read(|connection| fixes::within(connection, room, part))?;
        self.seen(found)
    }

    /// Lists who is nearest to a place, nearest first.
    ///
    /// # Errors
    /// As `positions`.
    pub fn nearest(
        &self,
        room: Option<&str>,
        place: Place,
        limit: usize,
    ) -> Result<Vec<model::Position>, Error> {
        self.gate()?;
        let room = room.map(|room| self.inner.resolve(room)).transpose()?.map(|room| room.id);
        let found = self.inner.store.read(|connection| fixes::nearest(connection, room, place, limit))?;
        let now = self.inner.clock.now_ms();
        Ok(found.iter().map(|one| seen(one, now, Some(place))).collect())
    }

    fn seen(&self, found: Vec<Position>) -> Result<Vec<model::Position>, Error> {
        let (now, me) = (self.inner.clock.now_ms(), self.here()?);
        Ok(found.iter().map(|one| seen(one, now, me)).collect())
    }

    /// Where this device is, by what it shared last.
    pub(super) fn here(&self) -> Result<Option<Place>, Error> {
        let since = self.inner.clock.now_ms().saturating_sub(HERE_MS);
        let own = &self.inner.account.user_id;
        Ok(self.inner.store.read(|connection| match events::find_user(connection, own)? {
            Some(own) => {
                Ok::<_, StoreError>(fixes::newest_of(connection, own, since)?.map(|fix| fix.place()))
            }
            None => Ok(None),
        })?)
    }

    /// Reads the ways in a room, of one user or of all, in the order of their times. Fetches what is missing, unless
    /// `offline` or another process owns the profile.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `BadInput` for an unknown user, `Held`, the network's.
    pub async fn tracks(&self, room: &str, user: Option<&str>, offline: bool) -> Result<Vec<Track>, Error> {
        self.tracks_between(room, user, (0, i64::MAX), offline).await
    }

    /// Reads of the ways in a room what lies between two times in milliseconds since 1970, both included.
    ///
    /// # Errors
    /// As `tracks`.
    pub async fn tracks_between(
        &self,
        room: &str,
        user: Option<&str>,
        between: (i64, i64),
        offline: bool,
    ) -> Result<Vec<Track>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        if let (false, Ok(owner), Membership::Join) = (offline, self.owner(), room.membership) {
            let carriers = self.inner.store.read(|connection| companions::of(connection, room.id))?;
            let pages =
                carriers.iter().map(|carrier| (carrier, MOST_PAGES)).chain([(&room, MOST_ROOM_PAGES)]);
            for (carrier, most) in pages {
                let mut fetched: usize = 0;
                while fetched < most && owner.sync.older(carrier.id, &carrier.room_id).await? {
                    fetched = fetched.saturating_add(1);
                }
            }
        }
        self.inner.store.read(|connection| {
            let user = match user {
                None => None,
                Some(user) => Some(events::find_user(connection, user)?.ok_or_else(|| {
                    Error::BadInput(format!(
                        "nobody called {user:?} is known here; one is called @name:server"
                    ))
                })?),
            };
            Ok::<_, Error>(fixes::tracks(connection, room.id, user, between)?)
        })
    }

    /// Lists where everybody of a room is, as Cursor on Target, so that a control room's TAK shows them.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn as_cot(&self, room: &str) -> Result<Vec<cot::Event>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?.id;
        let found = self.inner.store.read(|connection| fixes::positions(connection, Some(room)))?;
        let event = |one: &Position| {
            let callsign = one.name.as_deref().unwrap_or(&one.user_id);
            cot::Event::officer(
                &one.user_id,
                Some(callsign),
                &one.fix,
                view::stale_from(&one.fix, one.live_until),
            )
        };
        Ok(found.iter().map(event).collect())
    }

    /// Gathers what a picture of a room shows: ways, people, areas that count now, the map of the device below them.
    /// Blocks while it reads the map.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`, `Map` for a map that cannot be read.
    pub fn scene(&self, room: &str) -> Result<Scene, Error> {
        self.gate()?;
        let now = self.inner.clock.now_ms();
        let room = self.inner.resolve(room)?;
        let (tracks, known) = self.inner.store.read(|connection| {
            Ok::<_, StoreError>((
                fixes::tracks(connection, room.id, None, (0, i64::MAX))?,
                areas::all(connection, room.id)?,
            ))
        })?;
        let label =
            |name: Option<&String>, user_id: &str| name.map_or_else(|| user_id.to_owned(), Clone::clone);
        let ways = tracks.iter().map(|track| Way {
            label: label(track.name.as_ref(), &track.user_id),
            stretches: view::stretches(&track.fixes),
        });
        let marks = self.positions(Some(&room.room_id))?.into_iter().map(|position| Mark {
            label: label(position.display_name.as_ref(), &position.user_id),
            place: Place { lat: position.lat, lon: position.lon, accuracy_m: position.accuracy_m },
            heading_deg: position.heading.map(f64::from),
            stale: position.stale,
        });
        let drawn = known.iter().filter_map(drawn).filter(|area| area.counts_at(now)).map(|area| Drawn {
            label: area.name,
            colour: area.colour,
            lines: area
                .shape
                .lines()
                .iter()
                .map(|line| line.coords().map(|at| (at.x, at.y)).collect())
                .collect(),
            closed: area.shape.is_closed(),
        });
        let mut scene = Scene {
            title: room.name,
            ways: ways.collect(),
            marks: marks.collect(),
            areas: drawn.collect(),
            base: None,
        };
        if let (Some(map), Some(sheet)) = (self.map()?, Sheet::around(&scene)) {
            scene.base = map.base(&sheet)?;
        }
        Ok(scene)
    }
}

fn seen(one: &Position, now_ms: i64, me: Option<Place>) -> model::Position {
    let whose = Whose {
        room_id: &one.room_id,
        user_id: &one.user_id,
        name: one.name.as_deref(),
        live_until: one.live_until,
    };
    view::position(whose, &one.fix, now_ms, me)
}
