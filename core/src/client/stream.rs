//! Lists for screens, pulled: what is shown is kept here, and each pull says what to change in it. Fed by what commits
//! publish, never by polling. However long nobody pulls, only the list itself is kept.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Mutex, Notify, broadcast, watch};

use super::{Client, Error, Inner};
use crate::diff::{self, Diff};
use crate::ids::RoomRow;
use crate::model::{Item, QueueItem, Room};
use crate::store::changes::{Change, Published};
use crate::store::fixes::{self, Position};
use crate::store::timeline::Wanted;
use crate::store::{StoreError, outbox, rooms, shares, timeline};

/// Items of a list before anybody asks for more.
pub const FIRST_PAGE: usize = 50;
/// No list is longer, however much is asked for: older items are read page by page instead.
pub const LONGEST: usize = 5_000;

/// What a list shows.
pub trait Source: Send + Sync {
    /// One item.
    type Item: Clone + PartialEq + Send;

    /// Says whether a change may change the list.
    fn concerns(&self, change: Change) -> bool;

    /// Reads the list, at most `limit` items.
    ///
    /// # Errors
    /// Those of the store.
    fn read(&self, inner: &Reading<'_>, limit: usize) -> Result<Vec<Self::Item>, Error>;

    /// Says which item is which.
    fn key(item: &Self::Item) -> String;
}

/// The database, as a list reads it.
pub struct Reading<'a>(&'a Inner);

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}

/// A list that is pulled.
pub struct Stream<S: Source> {
    client: Weak<Inner>,
    source: S,
    limit: AtomicUsize,
    again: Notify,
    ended: watch::Receiver<bool>,
    closed: watch::Sender<bool>,
    /// One pull waits at a time.
    changes: Mutex<broadcast::Receiver<Published>>,
    lists: std::sync::Mutex<Lists<S::Item>>,
}

struct Lists<T> {
    /// As the screen has it; nothing before the first batch.
    shown: Option<Vec<T>>,
    /// What it is to become, until somebody takes it.
    next: Option<Vec<T>>,
    /// The database may hold another.
    stale: bool,
}

impl<T> Lists<T> {
    fn forget(&mut self) {
        (self.shown, self.next, self.stale) = (None, None, true);
    }
}

impl<S: Source> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl<S: Source> Stream<S> {
    fn new(inner: &Arc<Inner>, source: S, limit: usize) -> Self {
        Self {
            client: Arc::downgrade(inner),
            source,
            limit: AtomicUsize::new(limit),
            again: Notify::new(),
            ended: inner.ended.subscribe(),
            closed: watch::channel(false).0,
            changes: Mutex::new(inner.store.subscribe()),
            lists: std::sync::Mutex::new(Lists { shown: None, next: None, stale: true }),
        }
    }

    /// Waits until there is something to change, and says what. First comes one `Reset`, and again where this
    /// list fell too far behind. `None` ends it: it, or the client, was closed.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// As `ready`.
    pub async fn next(&self) -> Result<Option<Vec<Diff<S::Item>>>, Error> {
        while self.ready().await? {
            let steps = self.take();
            if !steps.is_empty() {
                return Ok(Some(steps));
            }
        }
        Ok(None)
    }

    /// Waits until there is something to `take`. False: it, or the client, was closed.
    ///
    /// # Errors
    /// `Held`, `NotSignedIn`, faults of the store. The next pull tries again, and begins with a `Reset`.
    pub async fn ready(&self) -> Result<bool, Error> {
        let (mut ended, mut closed) = (self.ended.clone(), self.closed.subscribe());
        let mut changes = self.changes.lock().await;
        loop {
            if *closed.borrow() || *ended.borrow() {
                return Ok(false);
            }
            self.take_in(&mut changes);
            if self.lists().stale {
                let Some(inner) = self.client.upgrade() else { return Ok(false) };
                self.look(&inner)?;
            }
            if self.lists().next.is_some() {
                return Ok(true);
            }
            tokio::select! {
                // A client that went away without a word has ended too.
                _ = ended.wait_for(|ended| *ended) => return Ok(false),
                _ = closed.wait_for(|closed| *closed) => return Ok(false),
                () = self.again.notified() => self.lists().stale = true,
                change = changes.recv() => match change {
                    Ok(published) => self.note(&published),
                    Err(RecvError::Lagged(_)) => self.lists().forget(),
                    Err(RecvError::Closed) => return Ok(false),
                },
            }
        }
    }

    /// Takes the steps that `ready` found: from now on they count as shown.
    pub fn take(&self) -> Vec<Diff<S::Item>> {
        let mut lists = self.lists();
        let Some(next) = lists.next.take() else { return Vec::new() };
        let steps = match lists.shown.take() {
            Some(shown) => diff::between(&shown, &next, S::key),
            None => vec![Diff::Reset { items: next.clone() }],
        };
        lists.shown = Some(next);
        steps
    }

    /// Everything that was published meanwhile counts as one change.
    fn take_in(&self, changes: &mut broadcast::Receiver<Published>) {
        loop {
            match changes.try_recv() {
                Ok(published) => self.note(&published),
                Err(TryRecvError::Lagged(_)) => self.lists().forget(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn note(&self, published: &Published) {
        let concerns = |change| change == Change::Account || self.source.concerns(change);
        if published.iter().any(concerns) {
            self.lists().stale = true;
        }
    }

    fn look(&self, inner: &Inner) -> Result<(), Error> {
        // What changes while this reads is looked at again.
        self.lists().stale = false;
        let read =
            inner.gate().and_then(|()| self.source.read(&Reading(inner), self.limit.load(Ordering::SeqCst)));
        let mut lists = self.lists();
        match read {
            Ok(list) => {
                lists.next = Some(list).filter(|list| lists.shown.as_ref() != Some(list));
                Ok(())
            }
            Err(error) => {
                lists.forget();
                Err(error)
            }
        }
    }

    fn lists(&self) -> std::sync::MutexGuard<'_, Lists<S::Item>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the list longer by up to `count` items; what there is comes with the next pull.
    pub fn extend(&self, count: usize) {
        let longer = |limit: usize| Some(limit.saturating_add(count).min(LONGEST));
        let _ = self.limit.fetch_update(Ordering::SeqCst, Ordering::SeqCst, longer);
        self.again.notify_one();
    }

    /// Begins anew, for another reader: the next pull gives a `Reset`.
    pub fn restart(&self) {
        self.lists().forget();
        self.again.notify_one();
    }

    /// Ends it: a pull that waits returns at once, with nothing.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }
}

/// The room list, newest first.
#[derive(Debug)]
pub struct RoomListSource {
    filter: RwLock<Option<String>>,
}

impl Source for RoomListSource {
    type Item = Room;

    fn concerns(&self, change: Change) -> bool {
        match change {
            Change::RoomList | Change::Room(_) => true,
            Change::Account | Change::Timeline(_) | Change::Outbox | Change::Location(_) => false,
        }
    }

    fn read(&self, inner: &Reading<'_>, limit: usize) -> Result<Vec<Room>, Error> {
        let filter = self.filter.read().unwrap_or_else(PoisonError::into_inner).clone();
        let page =
            inner.0.store.read(|connection| rooms::page(connection, filter.as_deref(), None, limit))?;
        Ok(page.into_iter().map(super::read::view).collect())
    }

    fn key(item: &Room) -> String {
        item.room_id.clone()
    }
}

impl Stream<RoomListSource> {
    /// Shows only rooms with this as part of their name; `None`: all.
    pub fn set_filter(&self, filter: Option<String>) {
        *self.source.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
        self.again.notify_one();
    }
}

/// The newest items of one room, oldest first.
#[derive(Debug)]
pub struct TimelineSource {
    room: RoomRow,
    room_id: String,
}

impl Source for TimelineSource {
    type Item = Item;

    fn concerns(&self, change: Change) -> bool {
        match change {
            Change::Timeline(room) | Change::Room(room) => room == self.room,
            Change::Account | Change::RoomList | Change::Outbox | Change::Location(_) => false,
        }
    }

    fn read(&self, inner: &Reading<'_>, limit: usize) -> Result<Vec<Item>, Error> {
        let wanted = Wanted { before: None, limit, across_gaps: true };
        let page = inner.0.store.read(|connection| timeline::page(connection, self.room, wanted))?;
        Ok(page.items.into_iter().map(|item| crate::timeline::item(&self.room_id, item)).collect())
    }

    fn key(item: &Item) -> String {
        item.cursor.clone()
    }
}

impl Stream<TimelineSource> {
    /// Makes the list longer by `count` older items, fetched from the server where they are not stored. Returns
    /// whether there may be more behind them.
    ///
    /// # Errors
    /// The network's: what is stored is shown all the same. `Held`, faults of the store.
    pub async fn load_older(&self, count: usize) -> Result<bool, Error> {
        let inner = self.client.upgrade().ok_or(Error::Closed)?;
        inner.gate()?;
        self.extend(count);
        let limit = self.limit.load(Ordering::SeqCst);
        let more = inner.fetch_back(self.source.room, &self.source.room_id, limit).await?;
        Ok(more && limit < LONGEST)
    }
}

impl Inner {
    /// Fetches older events until the newest `limit` items have no gap between them. Returns whether there may be more.
    async fn fetch_back(&self, room: RoomRow, room_id: &str, limit: usize) -> Result<bool, Error> {
        let wanted = Wanted { before: None, limit, across_gaps: false };
        for _ in 0..super::read::MOST_ROUNDS {
            let page = self.store.read(|connection| timeline::page(connection, room, wanted))?;
            if page.items.len() >= limit {
                return Ok(true);
            }
            let Some(owner) = self.owner.as_ref().filter(|_| page.gap.is_some()) else { return Ok(false) };
            if !owner.sync.older(room, room_id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What waits to be sent, oldest first.
#[derive(Debug)]
pub struct QueueSource;

impl Source for QueueSource {
    type Item = QueueItem;

    fn concerns(&self, change: Change) -> bool {
        match change {
            Change::Outbox => true,
            Change::Account
            | Change::RoomList
            | Change::Room(_)
            | Change::Timeline(_)
            | Change::Location(_) => false,
        }
    }

    fn read(&self, inner: &Reading<'_>, limit: usize) -> Result<Vec<QueueItem>, Error> {
        let (state, list) = inner.0.store.read(|connection| {
            let state = crate::store::account::load(connection)?.state;
            Ok::<_, crate::store::StoreError>((state, outbox::all(connection)?))
        })?;
        Ok(list.into_iter().take(limit).map(|queued| super::read::queue_item(queued, state)).collect())
    }

    fn key(item: &QueueItem) -> String {
        item.id.to_string()
    }
}

/// Where everybody is, of one room or of all, newest first.
#[derive(Debug)]
pub struct PositionSource {
    room: Option<RoomRow>,
}

impl Source for PositionSource {
    type Item = Position;

    fn concerns(&self, change: Change) -> bool {
        match change {
            Change::Location(room) => self.room.is_none_or(|wanted| wanted == room),
            Change::Account | Change::RoomList | Change::Room(_) | Change::Timeline(_) | Change::Outbox => {
                false
            }
        }
    }

    fn read(&self, inner: &Reading<'_>, limit: usize) -> Result<Vec<Position>, Error> {
        let list = inner.0.store.read(|connection| fixes::positions(connection, self.room))?;
        Ok(list.into_iter().take(limit).collect())
    }

    fn key(item: &Position) -> String {
        format!("{} {}", item.room_id, item.user_id)
    }
}

impl Client {
    /// Makes a list of where everybody is, in one room or in all.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn follow_positions(&self, room: Option<&str>) -> Result<Stream<PositionSource>, Error> {
        self.gate()?;
        let room = room.map(|room| self.inner.resolve(room)).transpose()?.map(|room| room.id);
        Ok(Stream::new(&self.inner, PositionSource { room }, LONGEST))
    }

    /// Makes a list of the rooms, newest first; `filter` is part of a name.
    pub fn room_list(&self, filter: Option<String>) -> Stream<RoomListSource> {
        Stream::new(&self.inner, RoomListSource { filter: RwLock::new(filter) }, FIRST_PAGE)
    }

    /// Makes a list of a room's newest items, oldest first.
    ///
    /// # Errors
    /// `NoSuchRoom`, `AmbiguousRoom`, `Held`.
    pub fn watch_timeline(&self, room: &str) -> Result<Stream<TimelineSource>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        self.inner.looks_at(&room.room_id);
        Ok(Stream::new(&self.inner, TimelineSource { room: room.id, room_id: room.room_id }, FIRST_PAGE))
    }

    /// Makes a list of what waits to be sent, oldest first.
    pub fn watch_queue(&self) -> Stream<QueueSource> {
        Stream::new(&self.inner, QueueSource, LONGEST)
    }

    /// Returns once nothing waits to be sent but what failed, and no end of a sharing to be told.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn queue_sent(&self) -> Result<(), Error> {
        let mut changes = self.inner.store.subscribe();
        loop {
            if self.is_queue_sent()? {
                return Ok(());
            }
            // Lagging behind is as good a reason to look again.
            if let Err(RecvError::Closed) = changes.recv().await {
                return Err(StoreError::Closed.into());
            }
        }
    }

    /// Says whether that is so now.
    pub(super) fn is_queue_sent(&self) -> Result<bool, Error> {
        Ok(self.inner.store.read(|connection| {
            Ok::<_, StoreError>(outbox::heads(connection)?.is_empty() && !shares::is_any_untold(connection)?)
        })?)
    }
}
