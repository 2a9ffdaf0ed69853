//! The sync engine: asks, takes the answer in as one transaction with its position, fills gaps, keeps the keys going.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, watch};

use crate::clock::Clock;
use crate::crypto::{Crypto, CryptoError, NewKey};
use crate::ids::{EventRow, RoomRow};
use crate::ingest::{self, Applied, Attention, Context, IngestError, Prepared};
use crate::kind::ErrorKind;
use crate::net::{Call, Http, NetError, part};
use crate::sliding::{Answer, Position, RoomAnswer};
use crate::store::account::{self, SyncConn};
use crate::store::chunks::Chunk;
use crate::store::codes::Membership;
use crate::store::{Durability, Store, StoreError, chunks, inbox, rooms};

mod fetch;
mod waiting;

const CONN: &str = "main";
/// On top of the long poll itself.
const SLACK: Duration = Duration::from_secs(30);
/// How many older events are fetched at once.
const PAGE: u32 = 100;
/// How many answers that only tell own events back may wait to be written together.
const ECHOES: usize = 16;
/// How far a gap is filled towards the read marker without anybody asking, per room and run.
const FILL_PAGES: usize = 5;

/// Says why the sync stopped.
#[derive(Debug, Error)]
pub enum SyncError {
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Events could not be taken in.
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

impl SyncError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Crypto(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
        }
    }

    /// Returns the network's part, by which the sign-in is judged.
    pub fn net(&self) -> Option<&NetError> {
        match self {
            Self::Net(error)
            | Self::Crypto(CryptoError::Net(error))
            | Self::Ingest(IngestError::Crypto(CryptoError::Net(error))) => Some(error),
            Self::Store(_) | Self::Crypto(_) | Self::Ingest(_) => None,
        }
    }
}

/// What one answer came to.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Events that were not there before.
    pub new_events: Vec<EventRow>,
    /// The server had nothing to say.
    pub empty: bool,
    /// Every room has been asked for.
    pub covers_all: bool,
    /// Events of the answer that cannot be read (yet).
    pub undecryptable: usize,
    /// Something waits to be sent because of what came.
    pub queued: bool,
}

/// The sync engine of one account.
#[derive(Debug)]
pub struct Sync {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    http: Http,
    clock: Arc<dyn Clock>,
    own: String,
    /// Where the sync is. Never held while a server is waited for: whoever wants a page of history would wait too.
    at: Arc<Mutex<Place>>,
    /// One asks for what is new at a time.
    asking: Mutex<()>,
    /// What other processes have fetched.
    inbox: PathBuf,
    /// Time of the last answer. An idle one is not written: a phone that nobody writes to writes nothing.
    answered_ts: AtomicI64,
    typing: std::sync::Mutex<BTreeMap<String, Vec<String>>>,
    /// Keys that came by another way, and word that they did.
    came: std::sync::Mutex<Vec<NewKey>>,
    interrupt: Notify,
    confirmed: AtomicBool,
    /// Keys may have come before this process began, and nothing been read with them.
    begun: AtomicBool,
    /// Counts the answers that said who is typing.
    typed: watch::Sender<u64>,
    /// Events that the server does not give, by room.
    refused: std::sync::Mutex<BTreeSet<(String, String)>>,
}

#[derive(Debug)]
struct Place {
    position: Position,
    attention: Attention,
    stable_path: bool,
    /// The path was changed and has not worked yet.
    moved: bool,
    /// Where an answer that could not be read in parts was asked for once more.
    reread: Option<Position>,
    /// Answers that only tell own events back, not written yet: a process that dies is told them again.
    echoes: Arc<Vec<Prepared>>,
}

impl Sync {
    /// Goes on where the stored position is.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn open(
        store: Arc<Store>,
        crypto: Arc<Crypto>,
        http: Http,
        clock: Arc<dyn Clock>,
        own: &str,
        stable_path: bool,
        inbox: PathBuf,
    ) -> Result<Self, SyncError> {
        let conn = store.read(|connection| account::sync_conn(connection, CONN))?;
        let position = Position {
            pos: conn.pos,
            to_device_since: conn.to_device_since,
            window: u64::try_from(conn.window).unwrap_or(0),
            count: None,
        };
        let attention = Attention::load(&store, own)?;
        let at = Mutex::new(Place {
            position,
            attention,
            stable_path,
            moved: false,
            reread: None,
            echoes: Arc::default(),
        });
        Ok(Self {
            store,
            crypto,
            http,
            clock,
            own: own.to_owned(),
            at: Arc::new(at),
            asking: Mutex::default(),
            inbox,
            answered_ts: AtomicI64::new(conn.last_ts),
            typing: std::sync::Mutex::default(),
            came: std::sync::Mutex::default(),
            interrupt: Notify::new(),
            confirmed: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            typed: watch::Sender::new(0),
            refused: std::sync::Mutex::default(),
        })
    }

    /// Asks once and takes the answer in. Cancelling it loses nothing: the same is asked again, or is taken in to its
    /// end although nobody waits.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn step(self: &Arc<Self>, timeout: Duration) -> Result<Step, SyncError> {
        let _asking = self.asking.lock().await;
        let (path, body) = {
            let at = self.at.lock().await;
            let handed = self.take_inbox(&at.attention).await?;
            if !handed.is_empty() {
                return Ok(Step { new_events: handed, ..Step::default() });
            }
            if self.read_what_waits(&at.attention).await? {
                return Ok(Step::default());
            }
            let millis = u64::try_from(timeout.as_millis()).unwrap_or(0);
            (at.position.path(at.stable_path, millis), at.position.request(CONN))
        };
        let asked = self.http.call(Call::post(&path, &body).within(timeout + SLACK));
        let answered = tokio::select! {
            answered = asked => answered,
            () = self.interrupt.notified() => return Ok(Step::default()),
        };
        // Only who asks moves the position, so it is still the one that was asked from.
        let mut at = self.at.clone().lock_owned().await;
        let bytes = match answered {
            Err(error) if error.errcode() == Some("M_UNKNOWN_POS") => {
                at.position = at.position.restarted();
                return Ok(Step::default());
            }
            // A position that the server cannot go on from for any other reason; Synapse does so once a room is purged.
            Err(NetError::Refused { status: 404, errcode, .. })
                if errcode == "M_NOT_FOUND" && at.position.pos.is_some() =>
            {
                tracing::warn!("the position is refused, starting over");
                at.position = at.position.restarted();
                return Ok(Step::default());
            }
            // Servers move from the one path to the other with an update.
            Err(error) if error.errcode() == Some("M_UNRECOGNIZED") && !at.moved => {
                (at.stable_path, at.moved) = (!at.stable_path, true);
                return Ok(Step::default());
            }
            other => other?,
        };
        at.moved = false;
        let mut answer = Answer::read(&bytes)
            .map_err(|error| NetError::NotMatrix(format!("the sync answer is unusable: {error}")))?;
        if answer.skipped > 0 {
            tracing::warn!(parts = answer.skipped, "left out of a sync answer");
        }
        if !answer.unreadable.is_empty() && at.reread.as_ref() != Some(&at.position) {
            // Damaged on the way, it comes whole the second time: the position has not moved.
            at.reread = Some(at.position.clone());
            return Ok(Step::default());
        }
        if !answer.unreadable.is_empty() {
            drop(at);
            for room_id in std::mem::take(&mut answer.unreadable) {
                answer.rooms.extend(self.fetch_room(room_id).await?);
            }
            at = self.at.clone().lock_owned().await;
        }
        // A message between devices opens once: left in the middle, the room key in it would be lost.
        let this = self.clone();
        match tokio::spawn(async move { this.take_in(at, answer).await }).await {
            Ok(step) => step,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    /// Waits until nothing is being taken in.
    pub async fn settled(&self) {
        drop(self.at.lock().await);
    }

    async fn take_in(&self, mut at: OwnedMutexGuard<Place>, answer: Answer) -> Result<Step, SyncError> {
        if answer.device_lists_lost {
            self.crypto.distrust_device_lists().await?;
        }
        let mut step = Step { empty: answer.is_empty(), ..Step::default() };
        if !answer.typing.is_empty() {
            self.typing.lock().unwrap_or_else(PoisonError::into_inner).extend(answer.typing.clone());
            self.typed.send_modify(|count| *count = count.wrapping_add(1));
        }
        let only_rooms =
            answer.to_device.is_empty() && answer.changed_users.is_empty() && answer.left_users.is_empty();
        let mut next = at.position.after(&answer);
        step.covers_all = at.position.pos.is_some() && next.window == at.position.window && next.covers_all();
        let prepared = ingest::prepare(&self.store, &self.crypto, &mut at.attention, answer).await?;
        step.undecryptable = prepared.undecryptable;
        // A server that was put back to a backup numbers its messages anew and takes our place among them for the
        // future's: it would keep the keys to itself. Where one is missing, it is asked once for all that it has.
        if prepared.undecryptable > 0 && at.position.to_device_since.is_some() {
            next.to_device_since = None;
        }
        let now_ms = self.clock.now_ms();
        // The place of the to-device messages moves with everybody's; without one for us there is nothing to note.
        let idle = step.empty && next.window == at.position.window;
        let echo = only_rooms
            && !idle
            && next.window == at.position.window
            && at.echoes.len() < ECHOES
            && self.store.read(|connection| prepared.only_echoes(connection, &self.own))?;
        if echo {
            Arc::make_mut(&mut at.echoes).push(prepared);
        } else if !idle {
            let applied = self.write(&mut at, &next, Some(prepared)).await?;
            step.new_events = applied.new_events;
            step.queued = applied.recalled;
        } else {
            self.write_echoes(&mut at).await?;
        }
        self.answered_ts.store(now_ms, Ordering::SeqCst);
        // An idle answer is not written: its position is the old one plus nothing.
        at.position = next;
        Ok(step)
    }

    /// Writes what waits and an answer behind it, with the position after them.
    async fn write(
        &self,
        at: &mut Place,
        next: &Position,
        prepared: Option<Prepared>,
    ) -> Result<Applied, StoreError> {
        let context = Context { own: self.own.clone(), now_ms: self.clock.now_ms() };
        let conn = SyncConn {
            pos: next.pos.clone(),
            to_device_since: next.to_device_since.clone(),
            window: i64::try_from(next.window).unwrap_or(i64::MAX),
            last_ts: context.now_ms,
        };
        let echoes = at.echoes.clone();
        let applied = self
            .store
            .write(Durability::Normal, move |tx, changes| {
                let mut applied = Applied::default();
                for prepared in echoes.iter().chain(&prepared) {
                    applied = ingest::apply(tx, changes, &context, prepared)?;
                }
                account::set_sync_conn(tx, CONN, &conn)?;
                Ok::<_, StoreError>(applied)
            })
            .await?;
        at.echoes = Arc::default();
        Ok(applied)
    }

    async fn write_echoes(&self, at: &mut Place) -> Result<(), StoreError> {
        if at.echoes.is_empty() {
            return Ok(());
        }
        let here = at.position.clone();
        self.write(at, &here, None).await?;
        Ok(())
    }

    /// Takes over what other processes have fetched. Returns what was not known.
    async fn take_inbox(&self, attention: &Attention) -> Result<Vec<EventRow>, SyncError> {
        // Most of the time there is nothing, and then nothing is asked of the database.
        if !inbox::holds_any(&self.inbox) {
            return Ok(Vec::new());
        }
        let Some(key) = self.store.read(inbox::key)? else { return Ok(Vec::new()) };
        let mut new = Vec::new();
        for (path, handed) in inbox::list(&self.inbox, &key) {
            let list = vec![handed.event];
            let read =
                ingest::prepare_older(&self.store, &self.crypto, attention, &handed.room_id, list).await?;
            let context = Context { own: self.own.clone(), now_ms: self.clock.now_ms() };
            let rows = self
                .store
                .write(Durability::Normal, move |tx, changes| {
                    let apply = |event| ingest::apply_handed(tx, changes, &context, &handed.room_id, event);
                    read.iter().map(apply).collect::<Result<Vec<_>, StoreError>>()
                })
                .await?;
            new.extend(rows.into_iter().flatten());
            // What stays is taken over again, which changes nothing.
            let _ = std::fs::remove_file(path);
        }
        Ok(new)
    }

    /// Fetches the newest events and the state of a room of which a sync answer cannot be read. `None` where the
    /// server knows no such room of ours.
    async fn fetch_room(&self, room_id: String) -> Result<Option<RoomAnswer>, SyncError> {
        #[derive(Deserialize)]
        struct Newest {
            #[serde(default)]
            chunk: Vec<Box<RawValue>>,
            end: Option<String>,
        }
        let room = format!("/_matrix/client/v3/rooms/{}", part(&room_id));
        let path = format!("{room}/messages?dir=b&limit={PAGE}");
        let newest: Newest = match self.http.json(Call::get(&path)).await {
            Err(NetError::Refused { .. }) => return Ok(None),
            other => other?,
        };
        let required_state = match self.http.json(Call::get(&format!("{room}/state"))).await {
            Err(NetError::Refused { .. }) => Vec::new(),
            other => other?,
        };
        let timeline = newest.chunk.into_iter().rev().collect();
        let prev_batch = newest.end;
        Ok(Some(RoomAnswer {
            room_id,
            limited: true,
            prev_batch,
            timeline,
            required_state,
            ..RoomAnswer::default()
        }))
    }

    /// Returns the time of the last answer, in milliseconds since 1970; 0 before the first.
    pub fn last_ts(&self) -> i64 {
        self.answered_ts.load(Ordering::SeqCst)
    }

    /// Writes what waits to be written, and the time of the last answer, before the process ends.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn note_last_ts(&self) -> Result<(), StoreError> {
        self.write_echoes(&mut *self.at.lock().await).await?;
        let last_ts = self.last_ts();
        if self.store.read(|connection| account::sync_conn(connection, CONN))?.last_ts < last_ts {
            self.store
                .write(Durability::Normal, move |tx, _| account::set_last_ts(tx, CONN, last_ts))
                .await?;
        }
        Ok(())
    }

    /// Fills the newest gap of rooms with something unread, or with own messages in it that would stand behind all
    /// others until then; most recent rooms first, bounded. Returns the pages fetched.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn fill_unread(&self) -> Result<usize, SyncError> {
        self.write_echoes(&mut *self.at.lock().await).await?;
        let list = self.store.read(|connection| rooms::page(connection, None, None, 50))?;
        let mut pages: usize = 0;
        for room in list.iter().filter(|room| room.membership == Membership::Join) {
            for _ in 0..FILL_PAGES {
                let wanted = self.store.read(|connection| {
                    let still = rooms::get(connection, room.id)?;
                    let unread = still.at_least && still.read_event.is_some();
                    Ok::<_, StoreError>(unread || chunks::misses_sent(connection, room.id)?)
                })?;
                if !wanted {
                    break;
                }
                let fetched = match self.older(room.id, &room.room_id).await {
                    // A room that is gone, or does not show its past, stops no other.
                    Err(SyncError::Net(NetError::Refused { .. })) => false,
                    other => other?,
                };
                if !fetched {
                    break;
                }
                pages = pages.saturating_add(1);
            }
        }
        Ok(pages)
    }

    /// Fetches one page into the newest gap of a room. Returns false where there is no gap. What came meanwhile may have
    /// moved it: then the page is left, and the next call begins anew.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn older(&self, room: RoomRow, room_id: &str) -> Result<bool, SyncError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            chunk: Vec<Box<RawValue>>,
            end: Option<String>,
        }
        let Some(gap) = self.gap(&mut *self.at.lock().await, room).await? else { return Ok(false) };
        let Some(token) = gap.gap.clone() else { return Ok(false) };
        let path = format!(
            "/_matrix/client/v3/rooms/{}/messages?dir=b&limit={PAGE}&from={}",
            part(room_id),
            part(&token)
        );
        let answer: Answer = self.http.json(Call::get(&path)).await?;
        // Held, so that no sync answer moves the gap while the page goes into it.
        let mut at = self.at.lock().await;
        if self.gap(&mut at, room).await?.as_ref() != Some(&gap) {
            return Ok(true);
        }
        let older =
            ingest::prepare_older(&self.store, &self.crypto, &at.attention, room_id, answer.chunk).await?;
        let context = Context { own: self.own.clone(), now_ms: self.clock.now_ms() };
        // A server that gives the same token again has nothing older.
        let end = answer.end.filter(|end| *end != token);
        self.store
            .write(Durability::Normal, move |tx, changes| {
                ingest::apply_older(tx, changes, &context, room, &gap, &older, end.as_deref())
            })
            .await?;
        Ok(true)
    }

    /// Returns the newest gap of a room, with everything written that could change it.
    async fn gap(&self, at: &mut Place, room: RoomRow) -> Result<Option<Chunk>, SyncError> {
        self.write_echoes(at).await?;
        Ok(self.store.read(|connection| chunks::newest_gap(connection, room))?)
    }
}
