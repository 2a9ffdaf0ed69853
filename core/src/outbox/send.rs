//! Sends what is queued: per room in order, rooms beside each other, each try under the same transaction id.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use ruma::RoomId;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};
use tokio_util::io::ReaderStream;

use super::OutboxError;
use super::queue::{payload_event, reconsider, undo};
use crate::clock::Clock;
use crate::crypto::{Crypto, RoomRules};
use crate::ids::OutboxRow;
use crate::net::{Backoff, Call, Http, NetError, part};
use crate::roster;
use crate::store::changes::{Change, Changes};
use crate::store::codes::{OutboxKind, SendState};
use crate::store::outbox::{self, Queued, Upload};
use crate::store::{Durability, Store, StoreError, companions, events, rooms, shares};

/// Rooms that send at the same time.
const PARALLEL: usize = 4;
/// No wait that a server asks for is taken for longer, and no step of the back-off is.
const LONGEST_ASKED_MS: i64 = 3_600_000;
const LONGEST_BACKOFF_MS: i64 = 60_000;
const RATE_LIMITED: &str = "rate_limited";
/// Rates recover sooner; what takes longer is a bound that only time undoes.
const TOO_LONG: Duration = Duration::from_secs(300);
/// A try counts as lost after this; the next one has the same transaction id.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one pass over the queue came to.
#[derive(Debug, Default)]
pub struct Pass {
    /// Actions that the server took.
    pub sent: usize,
    /// When the next waiting action may be tried, in milliseconds since 1970; `None` where nothing waits.
    pub next_ts: Option<i64>,
    /// What the last try that failed ran into.
    pub error: Option<OutboxError>,
}

/// Sends for one account.
#[derive(Debug)]
pub struct Sender {
    store: Arc<Store>,
    crypto: Arc<Crypto>,
    http: Http,
    clock: Arc<dyn Clock>,
    media: PathBuf,
    wake: Notify,
    one_at_a_time: Mutex<()>,
    under_way: std::sync::Mutex<BTreeSet<OutboxRow>>,
}

impl Sender {
    /// Prepares to send what is queued in `store`. Sealed files lie in `media`.
    pub fn new(
        store: Arc<Store>,
        crypto: Arc<Crypto>,
        http: Http,
        clock: Arc<dyn Clock>,
        media: PathBuf,
    ) -> Self {
        Self {
            store,
            crypto,
            http,
            clock,
            media,
            wake: Notify::new(),
            one_at_a_time: Mutex::new(()),
            under_way: std::sync::Mutex::default(),
        }
    }

    /// Tries at once what waited for the network.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn hurry(&self) -> Result<(), StoreError> {
        self.store.write(Durability::Normal, |tx, _| outbox::hurry(tx)).await?;
        self.wake();
        Ok(())
    }

    /// Says that something was queued or may be tried again.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Says whether a try of this action is under way: it cannot be taken back just now.
    pub fn is_under_way(&self, id: OutboxRow) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Waits for `wake`.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Sends everything that may be sent now.
    ///
    /// # Errors
    /// Faults of the store only; what a try runs into is in the pass and in the queue.
    pub async fn pass(&self) -> Result<Pass, OutboxError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let mut total = Pass::default();
        let heads = self.store.read(outbox::heads)?;
        let mut rooms =
            stream::iter(heads.into_iter().map(|head| self.room(head))).buffer_unordered(PARALLEL);
        while let Some(pass) = rooms.next().await {
            let pass = pass?;
            total.sent = total.sent.saturating_add(pass.sent);
            total.next_ts = [total.next_ts, pass.next_ts].into_iter().flatten().min();
            total.error = pass.error.or(total.error);
        }
        Ok(total)
    }

    /// Sends the actions of one room until one has to wait.
    async fn room(&self, head: Queued) -> Result<Pass, OutboxError> {
        let mut pass = Pass::default();
        let room = head.room;
        let mut next = Some(head);
        while let Some(action) = next {
            // Nothing waits longer than this: a later time was written by a clock that has been put back since.
            let wait_ms = action.next_ts.saturating_sub(self.clock.now_ms());
            let asked = action.error.as_ref().is_some_and(|error| error.starts_with(RATE_LIMITED));
            if wait_ms > 0 && wait_ms <= if asked { LONGEST_ASKED_MS } else { LONGEST_BACKOFF_MS } {
                pass.next_ts = Some(action.next_ts);
                break;
            }
            let _under_way = UnderWay::new(&self.under_way, action.id);
            match self.try_action(&action).await {
                Ok((event_id, bytes)) => {
                    self.done(action, event_id, bytes).await?;
                    pass.sent = pass.sent.saturating_add(1);
                }
                Err(OutboxError::Store(error)) => return Err(error.into()),
                Err(error) if error.net().is_none_or(NetError::is_transient) => {
                    pass.next_ts = Some(self.postpone(&action, &error).await?);
                    pass.error = Some(error);
                    break;
                }
                Err(error) => {
                    self.fail(action, &error).await?;
                    pass.error = Some(error);
                }
            }
            next = self.store.read(outbox::heads)?.into_iter().find(|head| head.room == room);
        }
        Ok(pass)
    }

    /// One try. Returns the id of the event that it became, and how long its encrypted content was.
    async fn try_action(&self, action: &Queued) -> Result<(Option<String>, usize), OutboxError> {
        let payload: Value = serde_json::from_str(&action.payload).map_err(|_| OutboxError::Malformed)?;
        let room = part(&action.room_id);
        match action.kind {
            OutboxKind::Event => {
                let (event_id, bytes) = self.send_event(action, payload).await?;
                Ok((Some(event_id), bytes))
            }
            OutboxKind::Redaction => {
                let event_id = payload_event(action).ok_or(OutboxError::Malformed)?;
                let path = format!(
                    "/_matrix/client/v3/rooms/{room}/redact/{}/{}",
                    part(&event_id),
                    part(&action.txn_id)
                );
                let answer: EventId = self.http.json(Call::put(&path, &json!({})).within(PATIENCE)).await?;
                Ok((Some(answer.event_id), 0))
            }
            OutboxKind::Read => {
                let event_id = payload_event(action).ok_or(OutboxError::Malformed)?;
                let path = format!("/_matrix/client/v3/rooms/{room}/read_markers");
                let kind = if is_private(action) { "m.read.private" } else { "m.read" };
                let body = json!({ "m.fully_read": event_id, kind: event_id });
                self.http.done(Call::post(&path, &body)).await?;
                Ok((None, 0))
            }
            OutboxKind::Membership => Err(OutboxError::Malformed),
        }
    }

    async fn send_event(&self, action: &Queued, mut payload: Value) -> Result<(String, usize), OutboxError> {
        for upload in self.store.read(|connection| outbox::uploads(connection, action.id))? {
            let mxc = self.upload(&upload).await?;
            let place =
                payload.pointer_mut(&format!("/content{}", upload.pointer)).ok_or(OutboxError::Malformed)?;
            *place = json!(mxc);
        }
        let kind = payload.get("type").and_then(Value::as_str).ok_or(OutboxError::Malformed)?.to_owned();
        let content = payload.get("content").cloned().ok_or(OutboxError::Malformed)?;
        let room = self.store.read(|connection| rooms::get(connection, action.room))?;
        if !room.encrypted {
            return Err(OutboxError::NotEncrypted);
        }
        let room_id = RoomId::parse(&action.room_id).map_err(|_| OutboxError::Malformed)?;
        // A companion is read by whoever is in its parent, whether they came in already or not, and by nobody else.
        let read_by = self.store.read(|connection| match companions::parent(connection, room.id)? {
            Some(parent) => rooms::get(connection, parent),
            None => Ok(room),
        })?;
        let members = roster::readers(&self.store, &self.http, &read_by).await?;
        let rules = self.rules(action)?;
        let encrypted = self.crypto.encrypt(&self.http, &room_id, &members, &rules, &kind, &content).await?;
        let wire_content = with_relation(encrypted, &content);
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/{}/{}",
            part(&action.room_id),
            "m.room.encrypted",
            part(&action.txn_id)
        );
        let answer: EventId = self.http.json(Call::put(&path, &wire_content).within(PATIENCE)).await?;
        Ok((answer.event_id, wire_content.to_string().len()))
    }

    fn rules(&self, action: &Queued) -> Result<RoomRules, StoreError> {
        self.store.read(|connection| {
            let state = |kind| -> Result<Option<Value>, StoreError> {
                Ok(rooms::state(connection, action.room, kind, "")?
                    .and_then(|content| serde_json::from_str(&content).ok()))
            };
            Ok(RoomRules {
                encryption: state("m.room.encryption")?,
                history: state("m.room.history_visibility")?,
            })
        })
    }

    /// Puts sealed bytes on the server. The address is reserved and stored first, so that a repeated try fills the
    /// same one instead of leaving a second copy there.
    async fn upload(&self, upload: &Upload) -> Result<String, OutboxError> {
        let mxc = match &upload.mxc {
            Some(mxc) if upload.done => return Ok(mxc.clone()),
            Some(mxc) => mxc.clone(),
            None => match self.reserve(upload).await {
                // Servers bound the addresses that wait to be filled, for a day: what was cut off between reserving
                // and storing must not hold up every later message.
                Err(OutboxError::Net(NetError::RateLimited { retry_after })) if retry_after > TOO_LONG => {
                    return self.upload_at_once(upload).await;
                }
                reserved => reserved?,
            },
        };
        let (server, media_id) = mxc
            .strip_prefix("mxc://")
            .and_then(|parts| parts.split_once('/'))
            .ok_or_else(|| NetError::NotMatrix("an address for media is none".to_owned()))?;
        let target = format!("/_matrix/media/v3/upload/{}/{}", part(server), part(media_id));
        let source = || self.sealed(upload);
        let bytes = u64::try_from(upload.bytes).unwrap_or(0);
        match self.http.upload(Method::PUT, &target, bytes, source).await {
            Ok(_) => {}
            // A try whose answer was lost had arrived.
            Err(error) if error.errcode() == Some("M_CANNOT_OVERWRITE_MEDIA") => {}
            Err(error)
                if upload.mxc.is_some() && matches!(error.errcode(), Some("M_NOT_FOUND" | "M_FORBIDDEN")) =>
            {
                // The reservation of an earlier try ran out: the next one makes another.
                self.note(upload.id, None, false).await?;
                return Err(NetError::Timeout.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.note(upload.id, Some(mxc.clone()), true).await?;
        Ok(mxc)
    }

    /// Uploads without an address reserved before. A try whose answer is lost leaves a copy at the server.
    async fn upload_at_once(&self, upload: &Upload) -> Result<String, OutboxError> {
        let bytes = u64::try_from(upload.bytes).unwrap_or(0);
        let source = || self.sealed(upload);
        let answer = self.http.upload(Method::POST, "/_matrix/media/v3/upload", bytes, source).await?;
        let answer: ContentUri = serde_json::from_slice(&answer)
            .map_err(|_| NetError::NotMatrix("an upload got no address".to_owned()))?;
        self.note(upload.id, Some(answer.content_uri.clone()), true).await?;
        Ok(answer.content_uri)
    }

    fn sealed(&self, upload: &Upload) -> Result<ReaderStream<tokio::fs::File>, NetError> {
        let file = std::fs::File::open(self.media.join(&upload.file))?;
        Ok(ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 * 1024))
    }

    async fn reserve(&self, upload: &Upload) -> Result<String, OutboxError> {
        let answer: ContentUri = self.http.json(Call::post("/_matrix/media/v1/create", &json!({}))).await?;
        self.note(upload.id, Some(answer.content_uri.clone()), false).await?;
        Ok(answer.content_uri)
    }

    async fn note(&self, upload: i64, mxc: Option<String>, done: bool) -> Result<(), StoreError> {
        self.store
            .write(Durability::Full, move |tx, _| outbox::set_upload(tx, upload, mxc.as_deref(), done))
            .await
    }

    /// Notes what the server took. The sync may have told it before.
    async fn done(&self, action: Queued, event_id: Option<String>, bytes: usize) -> Result<(), OutboxError> {
        let files: Vec<String> = self
            .store
            .read(|connection| outbox::uploads(connection, action.id))?
            .into_iter()
            .map(|upload| upload.file)
            .collect();
        let now_ms = self.clock.now_ms();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                if let Some(event_id) = &event_id {
                    outbox::remember(tx, action.room, &action.txn_id, event_id, now_ms)?;
                    shares::delivered(tx, &action.txn_id, bytes)?;
                    if let Some(row) = action.event {
                        events::set_sent(tx, row, SendState::Sent, Some(event_id))?;
                    }
                    if action.kind == OutboxKind::Redaction
                        && let Some(target) = payload_event(&action)
                        && let Some(target) = events::find(tx, action.room, &target)?
                    {
                        events::redact(tx, target.id)?;
                        reconsider(tx, &target)?;
                    }
                }
                outbox::delete(tx, action.id)?;
                told(changes, &action);
                Ok::<_, StoreError>(())
            })
            .await?;
        for file in files {
            // The server has it; a copy that stays is removed at the next start.
            let _ = std::fs::remove_file(self.media.join(file));
        }
        Ok(())
    }

    async fn postpone(&self, action: &Queued, error: &OutboxError) -> Result<i64, OutboxError> {
        let (wait, attempts) = match error.net() {
            // Asked to wait: that is not a failure, and nothing is tried before.
            Some(NetError::RateLimited { retry_after }) => (*retry_after, action.attempts),
            _ => (Backoff::after(action.attempts).wait(), action.attempts.saturating_add(1)),
        };
        let words = format!("{}: {error}", error.kind().code());
        let next_ts = self.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let action = action.clone();
        self.store
            .write(Durability::Normal, move |tx, changes| {
                // The sync may have told that the server has it.
                if outbox::get(tx, action.id)?.is_some() {
                    outbox::set_state(tx, action.id, SendState::Queued, attempts, next_ts, Some(&words))?;
                    told(changes, &action);
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(next_ts)
    }

    /// Shows a refusal, and takes back what cannot be shown.
    async fn fail(&self, action: Queued, error: &OutboxError) -> Result<(), OutboxError> {
        let words = error.to_string();
        self.store
            .write(Durability::Full, move |tx, changes| {
                outbox::set_state(
                    tx,
                    action.id,
                    SendState::Failed,
                    action.attempts.saturating_add(1),
                    0,
                    Some(&words),
                )?;
                if let Some(row) = action.event {
                    events::set_sent(tx, row, SendState::Failed, None)?;
                    reconsider(tx, &events::get(tx, row)?)?;
                }
                undo(tx, &action)?;
                told(changes, &action);
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}

/// Marks an action as under way until it is dropped, also when the try is abandoned.
struct UnderWay<'a>(&'a std::sync::Mutex<BTreeSet<OutboxRow>>, OutboxRow);

impl<'a> UnderWay<'a> {
    fn new(all: &'a std::sync::Mutex<BTreeSet<OutboxRow>>, id: OutboxRow) -> Self {
        all.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Self(all, id)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

#[derive(Deserialize)]
struct ContentUri {
    content_uri: String,
}

#[derive(Deserialize)]
struct EventId {
    event_id: String,
}

/// The server pages and aggregates by the relation, so it stands outside the ciphertext too. A reaction's does not:
/// its key would be readable there, and without the key the server refuses it.
fn with_relation(mut encrypted: Value, content: &Value) -> Value {
    let relation = content
        .get("m.relates_to")
        .filter(|relation| relation.get("rel_type").and_then(Value::as_str) != Some("m.annotation"));
    if let Some(object) = encrypted.as_object_mut() {
        // The engine has copied the relation, whatever it is.
        object.remove("m.relates_to");
        if let Some(relation) = relation {
            object.insert("m.relates_to".to_owned(), relation.clone());
        }
    }
    encrypted
}

fn told(changes: &mut Changes, action: &Queued) {
    changes.note(Change::Outbox);
    changes.note(Change::Timeline(action.room));
}

fn is_private(action: &Queued) -> bool {
    let payload: Option<Value> = serde_json::from_str(&action.payload).ok();
    payload.and_then(|payload| payload.get("private")?.as_bool()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::with_relation;

    #[test]
    fn the_server_reads_that_it_is_a_reply_and_nothing_of_a_reaction() {
        let reaction =
            json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$e", "key": "👍" } });
        let reply = json!({ "body": "a", "m.relates_to": { "m.in_reply_to": { "event_id": "$e" } } });
        let by_engine = |content: &serde_json::Value| json!({ "ciphertext": "x", "m.relates_to": content["m.relates_to"] });
        assert_eq!(with_relation(by_engine(&reaction), &reaction), json!({ "ciphertext": "x" }));
        assert_eq!(with_relation(by_engine(&reply), &reply)["m.relates_to"], reply["m.relates_to"]);
        assert_eq!(with_relation(json!({ "ciphertext": "x" }), &json!({})), json!({ "ciphertext": "x" }));
    }
}
