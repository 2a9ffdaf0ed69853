//! Encrypting for a room: its key goes to the devices of its members first, and later to those that had no one-time
//! key then. Nobody waits long for a device that cannot be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use matrix_sdk_crypto::types::requests::{AnyOutgoingRequest, ToDeviceRequest};
use matrix_sdk_crypto::{CollectStrategy, EncryptionSettings, OlmError};
use ruma::api::client::to_device::send_event_to_device;
use ruma::events::room::history_visibility::HistoryVisibility;
use ruma::serde::Raw;
use ruma::to_device::DeviceIdOrAllDevices;
use ruma::{OwnedDeviceId, OwnedUserId, RoomId, TransactionId, UserId};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::CryptoError;
use super::engine::{Crypto, FOREIGN_PATIENCE, PARALLEL, PATIENCE, users};
use crate::net::{Http, NetError};
use crate::store::owed_keys::OwedKey;

/// On top of what the server may take for others, for its own part.
const SLACK: Duration = Duration::from_secs(4);
/// Before a server that failed is asked once more.
const STUMBLE: Duration = Duration::from_millis(500);

/// How a room wants its messages encrypted.
#[derive(Clone, Debug, Default)]
pub struct RoomRules {
    /// Content of `m.room.encryption`.
    pub encryption: Option<Value>,
    /// Content of `m.room.history_visibility`.
    pub history: Option<Value>,
}

/// An event ready to be sent.
#[derive(Debug)]
pub struct Encrypted {
    /// Content of `m.room.encrypted`.
    pub content: Value,
    /// The key for devices of members that could not be given it: `give` is due.
    pub owed: Vec<OwedKey>,
}

impl Crypto {
    /// Encrypts an event for the members of a room, after giving their devices the key.
    ///
    /// Devices whose server does not answer in time get it later; the message does not wait for them.
    ///
    /// # Errors
    /// The network's while sharing the key; faults of the store.
    pub async fn encrypt(
        &self,
        http: &Http,
        room_id: &RoomId,
        members: &[String],
        rules: &RoomRules,
        kind: &str,
        content: &Value,
    ) -> Result<Encrypted, CryptoError> {
        let room_lock = self.room_lock(room_id);
        // Sharing and encrypting are one step: the machine must not rotate the key in between.
        let mut last = room_lock.lock().await;
        let members = users(members);
        let missed = self.share(http, room_id, &members, rules).await?;
        // As it is now: once a message is encrypted, what the room's key opens begins with the next one.
        let owed = if missed.is_empty() { Vec::new() } else { self.owed(room_id, missed, rules).await? };
        let raw = Raw::new(content)?.cast_unchecked();
        let encrypted = self.machine.encrypt_room_event_raw(room_id, kind, &raw).await?;
        let content: Value = serde_json::from_str(encrypted.content.json().get())?;
        let session = content.get("session_id").and_then(Value::as_str).unwrap_or_default();
        if *last != session {
            // A new key, which is to be kept in the backup.
            session.clone_into(&mut last);
            self.news.due.notify_one();
        }
        Ok(Encrypted { content, owed })
    }

    async fn owed(
        &self,
        room_id: &RoomId,
        missed: Vec<(OwnedUserId, OwnedDeviceId)>,
        rules: &RoomRules,
    ) -> Result<Vec<OwedKey>, CryptoError> {
        let Some(session) = self.machine.store().get_outbound_group_session(room_id).await? else {
            return Ok(Vec::new());
        };
        let visibility = self.encryption_settings(rules).history_visibility;
        let content = json!({
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": room_id,
            "session_id": session.session_id(),
            "session_key": session.session_key().await.to_base64(),
            "m.shared_history":
                matches!(visibility, HistoryVisibility::Shared | HistoryVisibility::WorldReadable),
        });
        let content = Zeroizing::new(content.to_string());
        let key = |(user, device): (OwnedUserId, OwnedDeviceId)| OwedKey {
            id: 0,
            user_id: user.into(),
            device_id: device.into(),
            session_id: session.session_id().to_owned(),
            content: content.clone(),
            since_ts: 0,
        };
        Ok(missed.into_iter().map(key).collect())
    }

    /// Gives keys to the devices that have become able to take them. Returns the ids of those that nobody waits for any
    /// more: given, or of devices that were signed out.
    ///
    /// # Errors
    /// The network's, before anything was given; faults of the store.
    pub async fn give(&self, http: &Http, owed: &[OwedKey]) -> Result<Vec<i64>, CryptoError> {
        let people: BTreeSet<OwnedUserId> =
            owed.iter().filter_map(|key| UserId::parse(&key.user_id).ok()).collect();
        self.claim(http, &people.into_iter().collect::<Vec<_>>()).await?;
        let mut settled = Vec::new();
        for key in owed {
            match self.give_one(http, key).await {
                Ok(true) => settled.push(key.id),
                Ok(false) => {}
                Err(CryptoError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::debug!(kind = error.kind().code(), "a key is owed still"),
            }
        }
        Ok(settled)
    }

    async fn give_one(&self, http: &Http, key: &OwedKey) -> Result<bool, CryptoError> {
        let Ok(user) = UserId::parse(&key.user_id) else { return Ok(true) };
        let device_id: OwnedDeviceId = key.device_id.as_str().into();
        let Some(device) = self.machine.get_device(&user, &device_id, None).await? else { return Ok(true) };
        let content: Value = serde_json::from_str(&key.content)?;
        // Who may not have it now is not waited for: verified later, it asks.
        if (self.is_excluding() && !device.is_verified())
            || (self.gives_to_confirmed() && !device.is_cross_signed_by_owner())
        {
            return Ok(true);
        }
        let strategy = self.strategy();
        let sealed = match device.encrypt_event_raw("m.room_key", &content, strategy).await {
            Err(OlmError::MissingSession) => return Ok(false),
            other => other?,
        };
        let mut messages = BTreeMap::new();
        messages.insert(
            user.clone(),
            BTreeMap::from([(DeviceIdOrAllDevices::DeviceId(device_id.clone()), sealed.cast_unchecked())]),
        );
        let kind = "m.room.encrypted".into();
        let request = send_event_to_device::v3::Request::new_raw(kind, TransactionId::new(), messages);
        http.send(request, PATIENCE).await?;
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).remove(&(user, device_id));
        Ok(true)
    }

    /// What guards sharing and encrypting in a room: the session that it was last done with.
    fn room_lock(&self, room_id: &RoomId) -> Arc<Mutex<String>> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(room_id.to_string()).or_default().clone()
    }

    /// Returns the devices of members that could not be given the key.
    async fn share(
        &self,
        http: &Http,
        room_id: &RoomId,
        members: &[OwnedUserId],
        rules: &RoomRules,
    ) -> Result<Vec<(OwnedUserId, OwnedDeviceId)>, CryptoError> {
        self.machine.update_tracked_users(members.iter().map(AsRef::as_ref)).await?;
        if self.asks_for_keys(members).await? {
            self.flush(http).await?;
        }
        if self.is_excluding() || self.gives_to_confirmed() {
            let changed = self.violators(members).await?;
            if !changed.is_empty() {
                return Err(CryptoError::Changed(changed.into_iter().map(String::from).collect()));
            }
        }
        if self.is_excluding() {
            // The machine takes a device that was compared for verified whatever became of its owner's identity.
            self.follow_identities(members).await?;
        }
        self.claim(http, members).await?;
        let requests = self
            .machine
            .share_room_key(room_id, members.iter().map(AsRef::as_ref), self.encryption_settings(rules))
            .await?;
        let mut shares = stream::iter(requests.into_iter().map(async |message: Arc<ToDeviceRequest>| {
            self.deliver_to_device(http, &message.txn_id, &message).await?;
            self.note_shared(&message);
            Ok::<_, CryptoError>(())
        }))
        .buffer_unordered(PARALLEL);
        while let Some(shared) = shares.next().await {
            shared?;
        }
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(missed.iter().filter(|(user, _)| members.contains(user)).cloned().collect())
    }

    fn note_shared(&self, message: &ToDeviceRequest) {
        // The other kind says that there is no key.
        if message.event_type.to_string() != "m.room.encrypted" {
            return;
        }
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.is_empty() {
            return;
        }
        for (user, devices) in &message.messages {
            for device in devices.keys() {
                if let DeviceIdOrAllDevices::DeviceId(device) = device {
                    missed.remove(&(user.clone(), device.clone()));
                }
            }
        }
    }

    async fn asks_for_keys(&self, members: &[OwnedUserId]) -> Result<bool, CryptoError> {
        let members: BTreeSet<&OwnedUserId> = members.iter().collect();
        let requests = self.machine.outgoing_requests().await?;
        Ok(requests.iter().any(|request| match request.request() {
            AnyOutgoingRequest::KeysQuery(query) => {
                query.device_keys.keys().any(|user| members.contains(user))
            }
            AnyOutgoingRequest::KeysUpload(_) => true,
            AnyOutgoingRequest::KeysClaim(_)
            | AnyOutgoingRequest::ToDeviceRequest(_)
            | AnyOutgoingRequest::SignatureUpload(_)
            | AnyOutgoingRequest::RoomMessage(_) => false,
        }))
    }

    /// Opens sessions with the devices that have none. What fails or is slow is noted, and not waited for. Returns
    /// whether any was opened.
    pub(super) async fn claim(&self, http: &Http, members: &[OwnedUserId]) -> Result<bool, CryptoError> {
        let _one_at_a_time = self.claiming.lock().await;
        let Some((id, mut request)) =
            self.machine.get_missing_sessions(members.iter().map(AsRef::as_ref)).await?
        else {
            return Ok(false);
        };
        request.timeout = Some(FOREIGN_PATIENCE);
        let asked: BTreeSet<(OwnedUserId, OwnedDeviceId)> = request
            .one_time_keys
            .iter()
            .flat_map(|(user, devices)| devices.keys().map(|device| (user.clone(), device.clone())))
            .collect();
        let mut answered = http.send(request.clone(), FOREIGN_PATIENCE + SLACK).await;
        if matches!(answered, Err(NetError::Broken(_) | NetError::ServerFault { .. })) {
            // A server that stumbles is no reason to leave everybody without the key.
            tokio::time::sleep(STUMBLE).await;
            answered = http.send(request, FOREIGN_PATIENCE + SLACK).await;
        }
        let got: BTreeSet<_> = match answered {
            Ok(answer) => {
                self.machine.mark_request_as_sent(&id, &answer).await?;
                answer
                    .one_time_keys
                    .iter()
                    .flat_map(|(user, devices)| devices.keys().map(|device| (user.clone(), device.clone())))
                    .collect()
            }
            Err(NetError::Timeout | NetError::Broken(_) | NetError::ServerFault { .. }) => BTreeSet::new(),
            Err(error) => return Err(error.into()),
        };
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        for device in asked {
            if got.contains(&device) {
                missed.remove(&device);
            } else {
                missed.insert(device);
            }
        }
        Ok(!got.is_empty())
    }
    /// Follows the room's rotation rules; a value that makes no sense is the default, never "never".
    fn encryption_settings(&self, rules: &RoomRules) -> EncryptionSettings {
        let mut settings =
            EncryptionSettings { sharing_strategy: self.strategy(), ..EncryptionSettings::default() };
        let number = |key: &str| rules.encryption.as_ref().and_then(|content| content.get(key)?.as_u64());
        if let Some(ms) = number("rotation_period_ms") {
            settings.rotation_period = Duration::from_millis(ms).min(settings.rotation_period);
        }
        if let Some(messages) = number("rotation_period_msgs") {
            settings.rotation_period_msgs = messages.clamp(1, settings.rotation_period_msgs);
        }
        let visibility =
            rules.history.as_ref().and_then(|content| content.get("history_visibility")?.as_str());
        settings.history_visibility = match visibility {
            Some("joined") => HistoryVisibility::Joined,
            Some("invited") => HistoryVisibility::Invited,
            Some("world_readable") => HistoryVisibility::WorldReadable,
            _ => HistoryVisibility::Shared,
        };
        settings
    }

    pub(super) fn strategy(&self) -> CollectStrategy {
        match (self.is_excluding(), self.gives_to_confirmed()) {
            (true, _) => CollectStrategy::OnlyTrustedDevices,
            (false, true) => CollectStrategy::IdentityBasedStrategy,
            (false, false) => CollectStrategy::AllDevices,
        }
    }
}
