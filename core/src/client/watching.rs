//! Positions of a room as they arrive, and what happens at its areas.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use super::areas::drawn;
use super::{Client, Error, Inner};
use crate::ids::RoomRow;
use crate::location::fences::Fences;
use crate::location::view::{self, Whose};
use crate::model;
use crate::store::changes::Change;
use crate::store::fixes::{self, Arrived};
use crate::store::{areas, rooms};

/// How often a process that only reads looks for what the owner brought.
const LOOK: Duration = Duration::from_millis(250);
const PAGE: usize = 500;

impl Client {
    /// Tells positions of a room as they arrive, each user's in the order of their times, until `stop`. Syncs meanwhile,
    /// unless another process owns the profile.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`, `SignedOutForGood`; faults of the store.
    pub async fn watch_positions(
        &self,
        room: &str,
        out: mpsc::Sender<model::Position>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?.id;
        let mut arrivals = self.arrivals()?;
        self.follow(room, stop, async || self.tell_arrived(room, &mut arrivals, &out).await).await
    }

    /// Tells who comes into an area of a room, leaves it, stays or comes near, this officer included, until `stop`; first
    /// who is inside now. Syncs meanwhile, unless another process owns the profile.
    ///
    /// # Errors
    /// As `watch_positions`.
    pub async fn watch_areas(
        &self,
        room: &str,
        out: mpsc::Sender<model::Crossing>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?.id;
        let (mut arrivals, mut fences) = (self.arrivals()?, Fences::default());
        self.follow(room, stop, async || self.tell_crossed(room, &mut fences, &mut arrivals, &out).await)
            .await
    }

    /// Begins with what arrives from now on.
    fn arrivals(&self) -> Result<Arrivals, Error> {
        Ok(Arrivals { mark: self.inner.store.read(fixes::newest_arrival)?, newest: BTreeMap::new() })
    }

    /// Calls `tell` now and after each change of a room's positions or areas, until `stop`, an error, or until it says
    /// that nobody listens.
    async fn follow(
        &self,
        room: RoomRow,
        stop: impl Future<Output = ()>,
        mut tell: impl AsyncFnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut changes = self.inner.store.subscribe();
        let mut failed = None;
        let owned = self.is_owner();
        let forward = async {
            loop {
                match tell().await {
                    Ok(true) => {}
                    // Nobody listens any more.
                    Ok(false) => return,
                    Err(error) => {
                        failed = Some(error);
                        return;
                    }
                }
                if owned {
                    while let Ok(published) = changes.recv().await {
                        if published.contains(Change::Location(room)) {
                            break;
                        }
                    }
                } else {
                    tokio::time::sleep(LOOK).await;
                }
            }
        };
        let until = async {
            tokio::select! {
                () = stop => {}
                () = forward => {}
            }
        };
        if owned {
            let (items, unread) = mpsc::channel(1);
            drop(unread);
            self.run(items, until).await?;
        } else {
            until.await;
        }
        failed.map_or(Ok(()), Err)
    }

    async fn tell_arrived(
        &self,
        room: RoomRow,
        arrivals: &mut Arrivals,
        out: &mpsc::Sender<model::Position>,
    ) -> Result<bool, Error> {
        loop {
            let (came, more) = arrivals.page(&self.inner, room)?;
            let (now, me) = (self.inner.clock.now_ms(), self.here()?);
            for one in &came {
                let whose = Whose {
                    room_id: &one.room_id,
                    user_id: &one.user_id,
                    name: None,
                    live_until: one.live_until,
                };
                if out.send(view::position(whose, &one.fix, now, me)).await.is_err() {
                    return Ok(false);
                }
            }
            if !more {
                return Ok(!out.is_closed());
            }
        }
    }

    async fn tell_crossed(
        &self,
        room: RoomRow,
        fences: &mut Fences,
        arrivals: &mut Arrivals,
        out: &mpsc::Sender<model::Crossing>,
    ) -> Result<bool, Error> {
        let areas = self.inner.store.read(|connection| areas::all(connection, room))?;
        let areas = areas.iter().filter_map(|area| Some((area.area_id.clone(), drawn(area)?))).collect();
        let mut came = Vec::new();
        if fences.draw(areas) {
            let now = self.inner.clock.now_ms();
            let positions = self.inner.store.read(|connection| fixes::positions(connection, Some(room)))?;
            came.extend(
                positions
                    .into_iter()
                    .filter(|position| !view::is_stale(&position.fix, position.live_until, now))
                    .map(|position| (position.room_id, position.user_id, position.fix)),
            );
        }
        loop {
            let (page, more) = arrivals.page(&self.inner, room)?;
            came.extend(page.into_iter().map(|one| (one.room_id, one.user_id, one.fix)));
            for (room_id, user_id, fix) in came.drain(..) {
                for crossed in fences.take(&user_id, &fix) {
                    let name =
                        self.inner.store.read(|connection| rooms::member_name(connection, room, &user_id))?;
                    let told = model::Crossing {
                        room_id: room_id.clone(),
                        user_id: user_id.clone(),
                        display_name: name,
                        what: crossed.what.as_str(),
                        area_id: crossed.area_id,
                        area: crossed.name,
                        kind: crossed.kind.as_str(),
                        ts: fix.ts,
                        lat: fix.lat(),
                        lon: fix.lon(),
                        accuracy_m: fix.accuracy_m(),
                    };
                    if out.send(told).await.is_err() {
                        return Ok(false);
                    }
                }
            }
            if !more {
                return Ok(!out.is_closed());
            }
        }
    }
}

/// What has arrived since somebody watches. What was measured before the newest that was told of a user is on their way and no
/// news: a beacon may overtake the batch before it.
#[derive(Debug)]
struct Arrivals {
    mark: i64,
    newest: BTreeMap<String, i64>,
}

impl Arrivals {
    /// Returns what is new of the next page, and whether there are more pages.
    fn page(&mut self, inner: &Inner, room: RoomRow) -> Result<(Vec<Arrived>, bool), Error> {
        let mut came = inner.store.read(|connection| fixes::arrived(connection, room, self.mark, PAGE))?;
        self.mark = came.last().map_or(self.mark, |last| last.id);
        let more = came.len() >= PAGE;
        let now = inner.clock.now_ms();
        came.retain(|one| self.is_news(&one.user_id, one.fix.ts, now));
        Ok((came, more))
    }

    /// A time that is still to come is a wrong clock's: taken at its word it would hide all that follows until then.
    fn is_news(&mut self, user_id: &str, ts: i64, now: i64) -> bool {
        if self.newest.get(user_id).is_some_and(|newest| *newest >= ts) {
            return false;
        }
        self.newest.insert(user_id.to_owned(), ts.min(now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_back_to_where_they_were() {
        let mut arrivals = Arrivals { mark: 0, newest: BTreeMap::new() };
        let told = [("@a:x", 5), ("@a:x", 3), ("@b:x", 3), ("@a:x", 5), ("@a:x", 6), ("@b:x", 2)]
            .map(|(user, ts)| arrivals.is_news(user, ts, 1_000));
        assert_eq!(told, [true, false, true, false, true, false]);
        // Whose clock was ahead is seen again once it is right.
        assert!(arrivals.is_news("@c:x", 9_000, 1_000));
        assert!(arrivals.is_news("@c:x", 1_005, 1_006));
    }
}
