//! Areas drawn, changed, taken away, and who is inside.

use std::time::Duration;

use serde_json::Value;

use super::action::{Action, Outcome};
use super::{Client, Error, Inner, NewRoom, Owner, Wish};
use crate::geo::area::{Area, Shape};
use crate::geo::pace::Pace;
use crate::ids::RoomRow;
use crate::location::{LocationError, message, view};
use crate::model;
use crate::outbox::Outgoing;
use crate::store::changes::Change;
use crate::store::codes::RoomKind;
use crate::store::{Durability, StoreError, areas, events, fixes, rooms, shares};

/// Whoever may change the room's name may change another's area.
const MODERATOR: i64 = 50;

impl Client {
    /// Draws an area in a room, or draws one anew; returns what became of it.
    ///
    /// # Errors
    /// As `perform`; `BadInput` where it is somebody else's.
    pub async fn put_area(
        &self,
        room: &str,
        area_id: Option<String>,
        area: &Area,
        wait: Option<Duration>,
    ) -> Result<(String, Outcome), Error> {
        let area_id = area_id.unwrap_or_else(|| ruma::TransactionId::new().to_string());
        let content = area.to_content(&area_id, false);
        let action = Action::Area { room: room.to_owned(), content, txn: None };
        Ok((area_id, self.perform(action, wait).await?))
    }

    /// Takes an area away. `area` is its id or its name.
    ///
    /// # Errors
    /// As `perform`; `BadInput` where there is none, several of that name, or it is somebody else's.
    pub async fn remove_area(
        &self,
        room: &str,
        area: &str,
        wait: Option<Duration>,
    ) -> Result<(model::Area, Outcome), Error> {
        self.gate()?;
        let row = self.inner.resolve(room)?.id;
        let known = self.inner.store.read(|connection| areas::all(connection, row))?;
        let mut found = known.iter().filter(|known| known.area_id == area || known.name == area);
        let (one, more) = (found.next(), found.next());
        let one = one.ok_or_else(|| Error::BadInput(format!("there is no area {area:?} in this room")))?;
        if more.is_some() {
            return Err(Error::BadInput(format!("several areas are called {area:?}: use the id")));
        }
        let drawn = drawn(one).ok_or_else(|| Error::BadInput(format!("the area {area:?} cannot be read")))?;
        let content = drawn.to_content(&one.area_id, true);
        let action = Action::Area { room: room.to_owned(), content, txn: None };
        let outcome = self.perform(action, wait).await?;
        Ok((self.inner.told_area(row, one)?, outcome))
    }

    /// Makes a room of those who are inside an area now, this account left out. `area` is its id or its name.
    ///
    /// # Errors
    /// As `create_room`; `BadInput` where there is no such area, several of that name, or nobody else inside.
    pub async fn group_inside(
        &self,
        room: &str,
        area: &str,
        name: &str,
    ) -> Result<(String, Vec<String>), Error> {
        let known = self.areas(room)?;
        let mut found = known.iter().filter(|known| known.area_id == area || known.name == area);
        let one =
            found.next().ok_or_else(|| Error::BadInput(format!("there is no area {area:?} in this room")))?;
        if found.next().is_some() {
            return Err(Error::BadInput(format!("several areas are called {area:?}: use the id")));
        }
        let own = &self.inner.account.user_id;
        let inside: Vec<String> = one.inside.iter().filter(|user| *user != own).cloned().collect();
        if inside.is_empty() {
            return Err(Error::BadInput(format!("nobody else is known to be inside {area:?} now")));
        }
        let new = NewRoom { name: name.to_owned(), invite: inside.clone(), kind: RoomKind::Group };
        Ok((self.create_room(new).await?, inside))
    }

    /// Lists the areas of a room, oldest first, with who is inside.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn areas(&self, room: &str) -> Result<Vec<model::Area>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?.id;
        let known = self.inner.store.read(|connection| areas::all(connection, room))?;
        known.iter().map(|area| self.inner.told_area(room, area)).collect()
    }
}

/// Puts what is stored of an area together again.
pub(super) fn drawn(area: &areas::Area) -> Option<Area> {
    let geometry: Value = serde_json::from_str(&area.geometry).ok()?;
    Some(Area {
        kind: crate::geo::area::AreaKind::from_word(&area.kind)?,
        name: area.name.clone(),
        colour: area.colour.clone(),
        valid_from: area.valid_from,
        valid_to: area.valid_to,
        shape: Shape::from_geojson(&geometry).ok()?,
    })
}

impl Inner {
    fn told_area(&self, room: RoomRow, area: &areas::Area) -> Result<model::Area, Error> {
        let now = self.clock.now_ms();
        let (room_id, author, positions) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                rooms::get(connection, room)?.room_id,
                events::user_id(connection, area.author)?,
                fixes::positions(connection, Some(room))?,
            ))
        })?;
        let shape = drawn(area).map(|area| area.shape);
        let inside = positions
            .into_iter()
            .filter(|position| !view::is_stale(&position.fix, position.live_until, now))
            .filter(|position| shape.as_ref().is_some_and(|shape| shape.contains(position.fix.place())))
            .map(|position| position.user_id)
            .collect();
        Ok(model::Area {
            room_id,
            area_id: area.area_id.clone(),
            kind: area.kind.clone(),
            name: area.name.clone(),
            inside,
            colour: area.colour.clone(),
            valid_from_ts: area.valid_from,
            valid_to_ts: area.valid_to,
            author,
            ts: area.ts,
            geometry: serde_json::from_str(&area.geometry).unwrap_or_default(),
        })
    }

    /// Queues one version of an area, and shows it at once.
    pub(super) async fn queue_area(
        &self,
        owner: &Owner,
        room: RoomRow,
        content: Value,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        let version = Area::from_content(&content).map_err(|error| Error::BadInput(error.to_string()))?;
        let own = self.account.user_id.clone();
        let (area_id, now) = (version.area_id.clone(), self.clock.now_ms());
        let (known, power) = self.store.read(|connection| {
            let known = match areas::get(connection, room, &area_id)? {
                Some(area) => Some(events::user_id(connection, area.author)?),
                None => None,
            };
            Ok::<_, StoreError>((known, rooms::power(connection, room, &own)?))
        })?;
        if known.is_some_and(|author| author != own) && power < MODERATOR {
            return Err(Error::BadInput("this area is somebody else's; moderators may change it".to_owned()));
        }
        let outgoing =
            Outgoing { kind: message::AREA.to_owned(), content, txn_id: txn_id.clone(), uploads: Vec::new() };
        let outcome = Outcome::Sent(self.put(owner, room, outgoing).await?);
        self.store
            .write(Durability::Normal, move |tx, changes| {
                let row = areas::Area {
                    author: events::user(tx, &own)?,
                    area_id: version.area_id,
                    ts: now,
                    event_id: None,
                    removed: version.removed,
                    kind: version.area.kind.as_str().to_owned(),
                    name: version.area.name,
                    colour: version.area.colour,
                    valid_from: version.area.valid_from,
                    valid_to: version.area.valid_to,
                    geometry: version.area.shape.to_geojson().to_string(),
                };
                changes.note(Change::Location(room));
                areas::put(tx, room, &row)
            })
            .await?;
        Ok(outcome)
    }

    /// Ends what this device shares in a room, and waits up to `wait` until the others know.
    pub(super) async fn stop_sharing(
        &self,
        owner: &Owner,
        room: RoomRow,
        txn_id: String,
        wait: Option<Duration>,
    ) -> Result<Outcome, Error> {
        self.permit(Wish::StopPosition).await?;
        match self.store.read(|connection| shares::own(connection, room))? {
            Some(share) if !share.told => {}
            _ => return Err(LocationError::NotSharing.into()),
        }
        if owner.location.running.has(room) {
            // Whoever runs it sends what is left.
            self.store
                .write(Durability::Full, move |tx, changes| {
                    changes.note(Change::Location(room));
                    shares::end(tx, room)
                })
                .await?;
        } else {
            self.end_share(owner, room, Pace::Patrol).await?;
        }
        // Whoever syncs tells the others. What is begun and given up at once would only have to be done again.
        let Some(wait) = wait else { return Ok(stopped(txn_id, "queued")) };
        let mut changes = self.store.subscribe();
        let told = async {
            loop {
                if self.store.read(|connection| shares::own(connection, room))?.is_none_or(|share| share.told)
                {
                    return Ok::<_, Error>(());
                }
                let _ = changes.recv().await;
            }
        };
        let state = tokio::select! {
            told = told => told.map(|()| "sent")?,
            error = self.keep_sending(owner) => return Err(error),
            error = self.keep_tending(owner) => return Err(error),
            () = tokio::time::sleep(wait) => "queued",
        };
        Ok(stopped(txn_id, state))
    }
}

fn stopped(txn_id: String, state: &'static str) -> Outcome {
    Outcome::Sent(model::Sent { txn_id, event_id: None, state, error: None })
}
