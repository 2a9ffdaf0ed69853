//! One try of an action: what is put on the wire, in which order, and how a refusal is understood.

use std::time::Duration;

use reqwest::Method;
use ruma::RoomId;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::queue::payload_event;
use super::send::Sender;
use super::tries::Try;
use super::uploading::Uploading;
use super::{OutboxError, Verb, membership, setting};
use crate::crypto::RoomRules;
use crate::ids::RoomRow;
use crate::net::{Call, NetError, part};
use crate::roster;
use crate::store::codes::{Membership, OutboxKind};
use crate::store::outbox::{self, Queued, Upload};
use crate::store::rooms::{self, Room};
use crate::store::{Durability, StoreError, account, audit, companions, marks};

/// A try counts as lost after this; the next one has the same transaction id.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rates recover sooner; what takes longer is a bound that only time undoes.
const TOO_LONG: Duration = Duration::from_secs(300);

/// What the server took.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The event that it became.
    pub event_id: Option<String>,
    /// The length of its encrypted content.
    pub bytes: usize,
}

impl Sender {
    /// One try.
    pub(super) async fn try_action(&self, action: &Queued, this: &Try) -> Result<Taken, OutboxError> {
        match self.transmit(action, this).await {
            // What a room says no to is looked at: the news of having left it may be late.
            Err(OutboxError::Net(NetError::Refused {
                status: status @ (403 | 404),
                errcode,
                message,
                body,
            })) if errcode != "M_USER_SUSPENDED" && errcode != "ORG_MATRIX_EXPIRED_ACCOUNT" => {
                let refusal = NetError::Refused { status, errcode, message, body };
                Err(self.why_refused(action, refusal).await)
            }
            other => other,
        }
    }

    async fn why_refused(&self, action: &Queued, refusal: NetError) -> OutboxError {
        match membership::now(&self.http, &action.room_id, &self.own).await {
            Ok(Some(Membership::Leave | Membership::Invite | Membership::Knock)) => OutboxError::Removed,
            Ok(Some(Membership::Ban)) => OutboxError::Banned,
            Ok(None) => OutboxError::RoomGone,
            Ok(Some(Membership::Join)) | Err(_) => refusal.into(),
        }
    }

    async fn transmit(&self, action: &Queued, this: &Try) -> Result<Taken, OutboxError> {
        let payload: Value = serde_json::from_str(&action.payload).map_err(|_| OutboxError::Malformed)?;
        let room = part(&action.room_id);
        if action.after.is_some() {
            // What it waits for is gone: else it would stand before it in the queue.
            return Err(OutboxError::Needs);
        }
        match action.kind {
            OutboxKind::Event => self.send_event(action, payload, this).await,
            OutboxKind::Redaction => {
                let event_id = payload_event(action).ok_or(OutboxError::Malformed)?;
                let path = format!(
                    "/_matrix/client/v3/rooms/{room}/redact/{}/{}",
                    part(&event_id),
                    part(&action.txn_id)
                );
                this.set_asked();
                let answer: EventId = self.http.json(Call::put(&path, &json!({})).within(PATIENCE)).await?;
                Ok(Taken { event_id: Some(answer.event_id), bytes: 0 })
            }
            OutboxKind::Read => {
                let event_id = payload_event(action).ok_or(OutboxError::Malformed)?;
                let path = format!("/_matrix/client/v3/rooms/{room}/read_markers");
                let kind = if is_private(&payload) { "m.read.private" } else { "m.read" };
                let body = json!({ "m.fully_read": event_id, kind: event_id });
                this.set_asked();
                self.http.done(Call::post(&path, &body)).await?;
                Ok(Taken::default())
            }
            OutboxKind::Membership => {
                let payload = membership::Payload::of(action)?;
                if payload.verb == Verb::Invite {
                    self.share_history(action, &payload.user_id).await?;
                }
                this.set_asked();
                membership::send(&self.http, &action.room_id, &payload).await?;
                Ok(Taken::default())
            }
            OutboxKind::Setting => {
                let payload = setting::of(action)?;
                this.set_asked();
                setting::send(&self.http, &self.own, &action.room_id, &payload.setting).await?;
                Ok(Taken::default())
            }
        }
    }

    async fn send_event(
        &self,
        action: &Queued,
        mut payload: Value,
        this: &Try,
    ) -> Result<Taken, OutboxError> {
        let look = || self.store.read(|connection| Needed::read(connection, action));
        let mut needed = look()?;
        if !needed.uploads.is_empty() {
            let mut telling = Uploading::begin(&self.uploads, action.id, &needed.uploads);
            for upload in &needed.uploads {
                let mxc = self.upload(upload, &telling).await?;
                telling.done(upload);
                let place = payload
                    .pointer_mut(&format!("/content{}", upload.pointer))
                    .ok_or(OutboxError::Malformed)?;
                *place = json!(mxc);
            }
            // Who may read it may be others by now.
            needed = look()?;
        }
        let Needed { room, read_by, readers, rules, for_tracks, only, .. } = needed;
        let kind = payload.get("type").and_then(Value::as_str).ok_or(OutboxError::Malformed)?.to_owned();
        let content = payload.get_mut("content").map(Value::take).ok_or(OutboxError::Malformed)?;
        if !room.encrypted {
            return Err(OutboxError::NotEncrypted);
        }
        let room_id = RoomId::parse(&action.room_id).map_err(|_| OutboxError::Malformed)?;
        let mut members = match readers {
            Some(readers) => readers,
            None => roster::readers(&self.store, &self.http, &read_by).await?,
        };
        if let Some(only) = only {
            members.retain(|member| *member == self.own || only.contains(member));
        }
        let encrypted = self.crypto.encrypt(&self.http, &room_id, &members, &rules, &kind, &content).await?;
        if !encrypted.owed.is_empty() {
            self.owe(action.room, encrypted.owed).await?;
        }
        let mut wire_content = with_relation(encrypted.content, &content);
        if for_tracks {
            slim(&mut wire_content);
        }
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/{}/{}",
            part(&action.room_id),
            "m.room.encrypted",
            part(&action.txn_id)
        );
        this.set_asked();
        let answer: EventId = self.http.json(Call::put(&path, &wire_content).within(PATIENCE)).await?;
        Ok(Taken { event_id: Some(answer.event_id), bytes: wire_content.to_string().len() })
    }

    /// Puts sealed bytes on the server. The address is reserved and stored first, so that a repeated try fills the
    /// same one instead of leaving a second copy there.
    async fn upload(&self, upload: &Upload, telling: &Uploading) -> Result<String, OutboxError> {
        let mxc = match &upload.mxc {
            Some(mxc) if upload.done => return Ok(mxc.clone()),
            Some(mxc) => mxc.clone(),
            None => {
                self.check_size(upload.bytes)?;
                match self.reserve(upload).await {
                    // Servers bound the addresses that wait to be filled, for a day: what was cut off between reserving
                    // and storing must not hold up every later message.
                    Err(OutboxError::Net(NetError::RateLimited { retry_after }))
                        if retry_after > TOO_LONG =>
                    {
                        return self.upload_at_once(upload, telling).await;
                    }
                    reserved => reserved?,
                }
            }
        };
        let (server, media_id) = mxc
            .strip_prefix("mxc://")
            .and_then(|parts| parts.split_once('/'))
            .ok_or_else(|| NetError::NotMatrix("an address for media is none".to_owned()))?;
        let target = format!("/_matrix/media/v3/upload/{}/{}", part(server), part(media_id));
        let source = || self.sealed(upload).map(|pieces| telling.count(pieces));
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
            // A server may close the connection on what is too large for it, before it is told so.
            Err(error @ (NetError::Broken(_) | NetError::Refused { status: 413, .. })) => {
                self.learn_limit().await?;
                self.check_size(upload.bytes)?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.note(upload.id, Some(mxc.clone()), true).await?;
        Ok(mxc)
    }

    /// Asks for the largest upload that the server takes, and keeps it. A server that does not say has none.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn learn_limit(&self) -> Result<(), StoreError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "m.upload.size")]
            bytes: Option<i64>,
        }
        let limit = match self.http.json::<Answer>(Call::get("/_matrix/client/v1/media/config")).await {
            Ok(answer) => answer.bytes,
            Err(NetError::Refused { .. }) => None,
            // Not known now; what was known still holds.
            Err(_) => return Ok(()),
        };
        if self.store.read(account::server)?.max_upload_bytes != limit {
            self.store.write(Durability::Normal, move |tx, _| account::set_max_upload(tx, limit)).await?;
        }
        Ok(())
    }

    fn check_size(&self, bytes: i64) -> Result<(), OutboxError> {
        match self.store.read(account::server)?.max_upload_bytes {
            Some(most) if bytes > most => Err(OutboxError::UploadTooLarge { bytes, most }),
            _ => Ok(()),
        }
    }

    /// Uploads without an address reserved before. A try whose answer is lost leaves a copy at the server.
    async fn upload_at_once(&self, upload: &Upload, telling: &Uploading) -> Result<String, OutboxError> {
        let bytes = u64::try_from(upload.bytes).unwrap_or(0);
        let source = || self.sealed(upload).map(|pieces| telling.count(pieces));
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
}

/// What a try needs to know of the database, read at once: after each commit a reader decrypts every page anew.
struct Needed {
    room: Room,
    uploads: Vec<Upload>,
    /// The room whose members read it.
    read_by: Room,
    /// Them, where they are all known.
    readers: Option<Vec<String>>,
    rules: RoomRules,
    /// It is a companion.
    for_tracks: bool,
    /// Of the members these alone, where it is the audit.
    only: Option<Vec<String>>,
}

impl Needed {
    fn read(connection: &Connection, action: &Queued) -> Result<Self, StoreError> {
        let room = rooms::get(connection, action.room)?;
        // A companion is read by whoever is in its parent, whether they came in already or not, and by nobody else.
        let parent = companions::parent(connection, room.id)?;
        let for_tracks = parent.is_some();
        let read_by = match parent {
            Some(parent) => rooms::get(connection, parent)?,
            None => room.clone(),
        };
        let telling = audit::telling(connection)?;
        Ok(Self {
            only: (telling.room.as_deref() == Some(room.room_id.as_str())).then_some(telling.readers),
            uploads: outbox::uploads(connection, action.id)?,
            readers: roster::known(connection, &read_by)?,
            rules: rules(connection, room.id)?,
            room,
            read_by,
            for_tracks,
        })
    }
}

fn rules(connection: &Connection, room: RoomRow) -> Result<RoomRules, StoreError> {
    let state = |kind| -> Result<Option<Value>, StoreError> {
        Ok(rooms::state(connection, room, kind, "")?.and_then(|content| serde_json::from_str(&content).ok()))
    };
    Ok(RoomRules { encryption: state("m.room.encryption")?, history: state("m.room.history_visibility")? })
}

#[derive(Deserialize)]
pub(super) struct ContentUri {
    pub(super) content_uri: String,
}

fn is_private(payload: &Value) -> bool {
    payload.get("private").and_then(Value::as_bool).unwrap_or(false)
}

#[derive(Deserialize)]
struct EventId {
    event_id: String,
}

/// The server pages and aggregates by the relation, so it stands outside the ciphertext too. A reaction's does not:
/// its key would be readable there, and without the key the server refuses it. Nor does a mark's: that a share was
/// withdrawn is nobody else's business.
fn with_relation(mut encrypted: Value, content: &Value) -> Value {
    let relation = content.get("m.relates_to").filter(|relation| {
        let kind = relation.get("rel_type").and_then(Value::as_str);
        !matches!(kind, Some("m.annotation" | marks::KIND))
    });
    if let Some(object) = encrypted.as_object_mut() {
        // The engine has copied the relation, whatever it is.
        object.remove("m.relates_to");
        if let Some(relation) = relation {
            object.insert("m.relates_to".to_owned(), relation.clone());
        }
    }
    encrypted
}

/// Takes out what Matrix keeps for old clients and tells readers to ignore: a sixth of a batch of positions, and only
/// our own clients read those.
fn slim(encrypted: &mut Value) {
    if let Some(object) = encrypted.as_object_mut() {
        object.remove("sender_key");
        object.remove("device_id");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{slim, with_relation};

    #[test]
    fn a_batch_carries_nothing_for_old_clients() {
        let mut batch = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s",
            "sender_key": "k", "device_id": "D" });
        slim(&mut batch);
        assert_eq!(
            batch,
            json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s" })
        );
    }

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
