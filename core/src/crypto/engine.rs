//! Owns the `OlmMachine`: feeds it what sync brings, sends what it asks for, encrypts and decrypts events.
//! No cryptography of our own; every key lives in matrix-sdk-crypto and in our store below it.

mod signing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use matrix_sdk_crypto::types::events::room::encrypted::EncryptedEvent;
use matrix_sdk_crypto::{
    DecryptionSettings, EncryptionSyncChanges, MegolmError, OlmMachine, TrustRequirement,
};
use ruma::api::client::keys::{get_keys, upload_signing_keys};
use ruma::api::client::uiaa;
use ruma::serde::Raw;
use ruma::{DeviceId, OneTimeKeyAlgorithm, OwnedDeviceId, OwnedUserId, RoomId, UInt, UserId};
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use super::CryptoError;
use super::confirming::Confirming;
use super::news::News;
use super::store::SqlCryptoStore;
use crate::clock::Clock;
use crate::net::{Http, NetError};
use crate::sliding::Answer;
use crate::store::changes::Changes;
use crate::store::codes::Undecryptable;
use crate::store::crypto::secret;
use crate::store::{Durability, Store};

/// A slow foreign server may take this long before a send goes on without it.
pub(super) const FOREIGN_PATIENCE: Duration = Duration::from_secs(8);
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// After so long the machine is told the counts again, unchanged as they are.
const COUNTS_ANEW: Duration = Duration::from_secs(3600);
/// To-device requests of one key share under way at once.
pub(super) const PARALLEL: usize = 4;

/// The account's cryptography.
pub struct Crypto {
    pub(super) machine: OlmMachine,
    pub(super) store: Arc<Store>,
    /// One round of outgoing requests at a time: two would upload the same keys twice.
    pub(super) outgoing: Mutex<()>,
    /// One claim at a time, as the machine asks for.
    pub(super) claiming: Mutex<()>,
    /// Devices that had no one-time key when one was asked for.
    pub(super) missed: std::sync::Mutex<BTreeSet<(OwnedUserId, OwnedDeviceId)>>,
    pub(super) rooms: std::sync::Mutex<BTreeMap<String, Arc<Mutex<String>>>>,
    pub(super) heard: std::sync::Mutex<Option<Heard>>,
    pub(super) news: News,
    /// Keys are given to verified devices only.
    pub(super) excludes_unverified: AtomicBool,
    pub(super) confirming: Confirming,
}

/// The counts that the machine knows. Servers repeat them in every answer, and taking them costs a durable write.
pub(super) struct Heard {
    one_time_keys: Option<BTreeMap<String, u64>>,
    fallback_keys: Option<Vec<String>>,
    at: Instant,
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crypto")
    }
}

/// A key that came, by which waiting events may become readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewKey {
    /// Matrix id of the room.
    pub room_id: String,
    /// The Megolm session.
    pub session_id: String,
}

/// What decrypting one event came to.
#[derive(Debug)]
pub enum Decrypted {
    /// Its type and content.
    Readable {
        /// Decrypted type.
        kind: String,
        /// Decrypted content.
        content: Value,
        /// The decrypted event as a whole.
        whole: Box<RawValue>,
    },
    /// Why not, and what it waits for.
    Unreadable {
        /// The reason.
        why: Undecryptable,
        /// The Megolm session that it names.
        session_id: Option<String>,
    },
}

impl Crypto {
    /// Opens the account's keys, made at the first time.
    ///
    /// # Errors
    /// Faults of the store, or keys of another account in it.
    pub async fn open(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        user_id: &str,
        device_id: &str,
    ) -> Result<Self, CryptoError> {
        let port = SqlCryptoStore::new(store.clone(), clock);
        Self::on(store, port, user_id, device_id).await
    }

    /// Opens the account's keys to read events beside the process that owns them. Nothing else may be done with it.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_reading(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        user_id: &str,
        device_id: &str,
    ) -> Result<Self, CryptoError> {
        let port = SqlCryptoStore::reading(store.clone(), clock);
        Self::on(store, port, user_id, device_id).await
    }

    async fn on(
        store: Arc<Store>,
        port: SqlCryptoStore,
        user_id: &str,
        device_id: &str,
    ) -> Result<Self, CryptoError> {
        let user = UserId::parse(user_id).map_err(|_| CryptoError::Account)?;
        let device: &DeviceId = device_id.into();
        let machine = OlmMachine::with_store(&user, device, port, None).await?;
        // Own verified devices may be asked for keys; nobody else is.
        machine.set_room_key_requests_enabled(true);
        machine.set_room_key_forwarding_enabled(true);
        Ok(Self {
            machine,
            store,
            outgoing: Mutex::default(),
            claiming: Mutex::default(),
            missed: std::sync::Mutex::default(),
            rooms: std::sync::Mutex::default(),
            heard: std::sync::Mutex::default(),
            news: News::default(),
            excludes_unverified: AtomicBool::new(false),
            confirming: Confirming::default(),
        })
    }

    /// Takes what a sync answer brought for the keys, durably. Repeating an answer changes nothing.
    ///
    /// # Errors
    /// Faults of the store; what a message says is never one.
    pub async fn receive(&self, answer: &Answer) -> Result<Vec<NewKey>, CryptoError> {
        let brings_nothing =
            answer.to_device.is_empty() && answer.changed_users.is_empty() && answer.left_users.is_empty();
        if brings_nothing && self.has_heard(answer) {
            return Ok(Vec::new());
        }
        let _no_answer_before = self.after_asking(&answer.to_device).await;
        let events = self.hold_early(&answer.to_device).await?;
        let mut devices = ruma::api::client::sync::sync_events::DeviceLists::new();
        devices.changed = users(&answer.changed_users);
        devices.left = users(&answer.left_users);
        let counts: BTreeMap<OneTimeKeyAlgorithm, UInt> = answer
            .one_time_keys
            .iter()
            .flatten()
            .map(|(name, count)| (name.as_str().into(), UInt::new_saturating(*count)))
            .collect();
        let fallback: Option<Vec<OneTimeKeyAlgorithm>> = answer
            .fallback_keys
            .as_ref()
            .map(|names| names.iter().map(|name| name.as_str().into()).collect());
        let (came, keys) = self
            .machine
            .receive_sync_changes(
                EncryptionSyncChanges {
                    to_device_events: events,
                    changed_devices: &devices,
                    one_time_keys_counts: &counts,
                    unused_fallback_keys: fallback.as_deref(),
                    next_batch_token: answer.to_device_since.clone(),
                },
                &settings(),
            )
            .await?;
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Heard {
            one_time_keys: answer.one_time_keys.clone(),
            fallback_keys: answer.fallback_keys.clone(),
            at: Instant::now(),
        });
        self.note_came(came.iter().map(|it| it.as_raw()));
        if !keys.is_empty() {
            self.news.due.notify_one();
        }
        Ok(keys
            .into_iter()
            .map(|key| NewKey { room_id: key.room_id.to_string(), session_id: key.session_id })
            .collect())
    }

    /// Looks at everybody's devices again: a word about them was lost.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn distrust_device_lists(&self) -> Result<(), CryptoError> {
        Ok(self.machine.mark_all_tracked_users_as_dirty().await?)
    }

    /// Says whether the machine knows these counts, and was told not too long ago: it also sees to keys that grow old.
    fn has_heard(&self, answer: &Answer) -> bool {
        if answer.one_time_keys.is_none() && answer.fallback_keys.is_none() {
            return true;
        }
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.as_ref().is_some_and(|heard| {
            heard.one_time_keys == answer.one_time_keys
                && heard.fallback_keys == answer.fallback_keys
                && heard.at.elapsed() < COUNTS_ANEW
        })
    }

    /// Decrypts one event of a room, given as the whole event's JSON.
    ///
    /// # Errors
    /// Faults of the store only.
    pub async fn decrypt(&self, room_id: &RoomId, event: Box<RawValue>) -> Result<Decrypted, CryptoError> {
        #[derive(Deserialize)]
        struct Clear {
            #[serde(rename = "type")]
            kind: String,
            content: serde_json::Map<String, Value>,
        }
        let raw: Raw<EncryptedEvent> = Raw::from_json(event);
        match self.machine.decrypt_room_event(&raw, room_id, &settings()).await {
            Ok(decrypted) => {
                let whole = decrypted.event.into_json();
                Ok(match serde_json::from_str::<Clear>(whole.get()) {
                    Ok(Clear { kind, content }) => {
                        let content = Value::Object(content);
                        if self.hides(&kind, &content) {
                            let why = Undecryptable::MissingKey;
                            return Ok(Decrypted::Unreadable { why, session_id: session_of(&raw) });
                        }
                        Decrypted::Readable { kind, content, whole }
                    }
                    Err(_) => Decrypted::Unreadable { why: Undecryptable::Damaged, session_id: None },
                })
            }
            Err(MegolmError::Store(error)) => Err(error.into()),
            Err(error) => {
                let why = match error {
                    MegolmError::MissingRoomKey(Some(_)) => Undecryptable::Withheld,
                    // An index before the first that we got: an earlier copy of the key may still come.
                    MegolmError::MissingRoomKey(None)
                    | MegolmError::Decryption(
                        matrix_sdk_crypto::vodozemac::megolm::DecryptionError::UnknownMessageIndex(..),
                    ) => Undecryptable::MissingKey,
                    MegolmError::EventError(matrix_sdk_crypto::EventError::UnsupportedAlgorithm) => {
                        Undecryptable::Unsupported
                    }
                    _ => Undecryptable::Damaged,
                };
                Ok(Decrypted::Unreadable { why, session_id: session_of(&raw) })
            }
        }
    }

    /// Watches the devices of these users from now on.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn track(&self, members: &[String]) -> Result<(), CryptoError> {
        let members = users(members);
        Ok(self.machine.update_tracked_users(members.iter().map(AsRef::as_ref)).await?)
    }

    /// Publishes a cross-signing identity unless the account has one. Returns whether it is ours.
    ///
    /// # Errors
    /// The network's, a refused password, faults of the store.
    pub async fn publish_identity(
        &self,
        http: &Http,
        user_id: &str,
        password: &str,
    ) -> Result<bool, CryptoError> {
        let own = UserId::parse(user_id).map_err(|_| CryptoError::Account)?;
        self.flush(http).await?;
        let answer = self.look_at_own_keys(http, &own).await?;
        let status = self.machine.cross_signing_status().await;
        if answer.master_keys.contains_key(&own) && !status.has_master {
            return Ok(false);
        }
        if answer.master_keys.contains_key(&own) && status.is_complete() {
            // Given up between publishing the identity and having it vouch for this device.
            if !self.standing().await?.verified {
                self.sign_own_device(http).await?;
                self.look_at_own_keys(http, &own).await?;
            }
            return Ok(true);
        }
        let requests = self.machine.bootstrap_cross_signing(false).await?;
        if let Some(upload) = requests.upload_keys_req {
            self.deliver(http, upload).await?;
        }
        let mut publish = upload_signing_keys::v3::Request::new();
        publish.master_key = raw_key(requests.upload_signing_keys_req.master_key.as_ref())?;
        publish.self_signing_key = raw_key(requests.upload_signing_keys_req.self_signing_key.as_ref())?;
        publish.user_signing_key = raw_key(requests.upload_signing_keys_req.user_signing_key.as_ref())?;
        match http.send(publish.clone(), PATIENCE).await {
            Err(NetError::Refused { status: 401, body, .. }) => {
                let session = body.get("session").and_then(Value::as_str).map(str::to_owned);
                let mut proof = uiaa::Password::new(
                    uiaa::UserIdentifier::Matrix(uiaa::MatrixUserIdentifier::new(own.to_string())),
                    password.to_owned(),
                );
                proof.session = session;
                publish.auth = Some(uiaa::AuthData::Password(proof));
                http.send(publish, PATIENCE).await?
            }
            other => other?,
        };
        http.send(requests.upload_signatures_req, PATIENCE).await?;
        // What is on the server now is what counts, also for the next question.
        self.look_at_own_keys(http, &own).await?;
        Ok(true)
    }

    async fn look_at_own_keys(
        &self,
        http: &Http,
        own: &UserId,
    ) -> Result<get_keys::v3::Response, CryptoError> {
        let (id, query) = self.machine.query_keys_for_users([own]);
        let mut ask = get_keys::v3::Request::new();
        ask.device_keys = query.device_keys;
        let answer = http.send(ask, PATIENCE).await?;
        self.machine.mark_request_as_sent(&id, &answer).await?;
        Ok(answer)
    }

    /// Asks other own devices for the key of an event that cannot be read; not while this device is not confirmed.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn request_key(&self, room_id: &RoomId, event: &str) -> Result<(), CryptoError> {
        self.question(room_id, event).await.map(drop)
    }

    /// Does as `request_key`, also where the same was asked for before: whoever was asked then may not have been allowed to
    /// answer.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn request_key_again(&self, room_id: &RoomId, event: &str) -> Result<(), CryptoError> {
        if let Some(before) = self.question(room_id, event).await? {
            // The machine asks no question twice, and the server passes over a number that it has had.
            let forget = move |tx: &Transaction<'_>, _: &mut Changes| secret::remove_request(tx, &before);
            self.store.write(Durability::Full, forget).await.map_err(CryptoError::Database)?;
            self.question(room_id, event).await?;
        }
        Ok(())
    }

    /// Returns the number of the same question, where it was asked before.
    async fn question(&self, room_id: &RoomId, event: &str) -> Result<Option<String>, CryptoError> {
        if self.is_shut() {
            return Ok(None);
        }
        let Ok(raw) = serde_json::value::RawValue::from_string(event.to_owned()) else { return Ok(None) };
        match self.machine.request_room_key(&Raw::from_json(raw), room_id).await {
            Ok((before, request)) => Ok(before.map(|_| request.request_id().to_string())),
            Err(MegolmError::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }
}

fn session_of(event: &Raw<EncryptedEvent>) -> Option<String> {
    let content = event.get_field::<Value>("content").ok().flatten()?;
    Some(content.get("session_id")?.as_str()?.to_owned())
}

pub(super) fn settings() -> DecryptionSettings {
    DecryptionSettings { sender_device_trust_requirement: TrustRequirement::Untrusted }
}

pub(super) fn users(ids: &[String]) -> Vec<OwnedUserId> {
    ids.iter().filter_map(|id| UserId::parse(id).ok()).collect()
}

fn raw_key<T: serde::Serialize, U>(key: Option<&T>) -> Result<Option<Raw<U>>, CryptoError> {
    key.map(|key| Ok(Raw::from_json(serde_json::value::to_raw_value(key)?))).transpose()
}
