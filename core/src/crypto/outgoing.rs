//! Sends what the machine wants sent. What a verification says goes one after the other, in the order in which it has
//! to arrive, and before the questions that the other side answers only once it has heard it.

use std::sync::PoisonError;

use futures_util::stream::{self, StreamExt as _};
use matrix_sdk_crypto::EncryptionSyncChanges;
use matrix_sdk_crypto::types::requests::{AnyOutgoingRequest, OutgoingRequest, ToDeviceRequest};
use ruma::api::client::keys::{get_keys, upload_signatures};
use ruma::api::client::message::send_message_event;
use ruma::api::client::sync::sync_events::DeviceLists;
use ruma::api::client::to_device::send_event_to_device;
use ruma::events::AnyToDeviceEvent;
use ruma::serde::Raw;
use ruma::{EventId, OwnedUserId, TransactionId};
use serde_json::Value;

use super::CryptoError;
use super::engine::{Crypto, FOREIGN_PATIENCE, PARALLEL, PATIENCE, settings};
use crate::net::Http;

/// What a session that was opened just now makes possible is done at once; more rounds than this are for the next time.
const ROUNDS: usize = 4;

/// The rank of what is no step of a verification.
const LAST: u8 = 9;

/// An event of a verification that goes through a room.
#[derive(Clone, Debug)]
pub struct RoomMessage {
    /// Its transaction.
    pub txn_id: String,
    /// Matrix id of the room.
    pub room_id: String,
    /// Type.
    pub kind: String,
    /// Content.
    pub content: Value,
}

impl Crypto {
    /// Sends what the machine wants sent: own keys, questions for keys, key requests. A request that fails is
    /// asked for again by the machine the next time.
    ///
    /// # Errors
    /// The first error of the network, after all were tried; faults of the store.
    pub async fn flush(&self, http: &Http) -> Result<(), CryptoError> {
        let _one_at_a_time = self.outgoing.lock().await;
        self.take_early(http).await?;
        for _ in 0..ROUNDS {
            let claimed = self.send_all(http).await?;
            // Devices whose sessions went wrong get new ones between messages too.
            if !self.claim(http, &[]).await? && !claimed {
                break;
            }
            // Who asked for a secret or a key before there was a session to send it through is answered now.
            self.nudge(Vec::new()).await?;
        }
        Ok(())
    }

    /// Returns whether sessions were opened.
    async fn send_all(&self, http: &Http) -> Result<bool, CryptoError> {
        let requests = self.machine.outgoing_requests().await?;
        let claims = requests.iter().any(|it| matches!(it.request(), AnyOutgoingRequest::KeysClaim(_)));
        let (mut ordered, beside): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .partition(|it| matches!(it.request(), AnyOutgoingRequest::ToDeviceRequest(_)));
        ordered.sort_by_key(rank);
        let mut results = stream::iter(beside.into_iter().map(|request| self.deliver(http, request)))
            .buffer_unordered(PARALLEL);
        let mut first_error = Ok(());
        while let Some(result) = results.next().await {
            first_error = first_error.and(result);
        }
        for request in ordered {
            let is_step = rank(&request) < LAST;
            let sent = self.deliver(http, request).await;
            let failed = sent.is_err();
            first_error = first_error.and(sent);
            if failed && is_step {
                // The next one makes no sense before it.
                break;
            }
        }
        first_error.map(|()| claims)
    }

    pub(super) async fn deliver(&self, http: &Http, request: OutgoingRequest) -> Result<(), CryptoError> {
        let id = request.request_id();
        match request.request() {
            AnyOutgoingRequest::KeysUpload(upload) => {
                // What the server counts next is news, also where it is the number from before.
                *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = None;
                let answer = http.send(upload.clone(), PATIENCE).await?;
                self.machine.mark_request_as_sent(id, &answer).await?;
            }
            AnyOutgoingRequest::KeysQuery(query) => {
                let mut ask = get_keys::v3::Request::new();
                ask.device_keys = query.device_keys.clone();
                ask.timeout = Some(FOREIGN_PATIENCE);
                let answer = http.send(ask, PATIENCE).await?;
                self.machine.mark_request_as_sent(id, &answer).await?;
                self.news.trust();
            }
            AnyOutgoingRequest::KeysClaim(claim) => {
                let answer = http.send(claim.clone(), PATIENCE).await?;
                self.machine.mark_request_as_sent(id, &answer).await?;
            }
            AnyOutgoingRequest::ToDeviceRequest(message) => {
                self.deliver_to_device(http, id, message).await?;
                self.news.tell();
            }
            AnyOutgoingRequest::SignatureUpload(upload) => {
                self.deliver_signatures(http, upload.clone()).await?;
                let nothing = upload_signatures::v3::Response::new();
                self.machine.mark_request_as_sent(id, &nothing).await?;
            }
            // Whoever knows the room's members sends these: `room_messages`.
            AnyOutgoingRequest::RoomMessage(_) => {}
        }
        Ok(())
    }

    /// Publishes signatures and looks at once what they came to.
    pub(super) async fn deliver_signatures(
        &self,
        http: &Http,
        upload: upload_signatures::v3::Request,
    ) -> Result<(), CryptoError> {
        let users: Vec<OwnedUserId> = upload.signed_keys.keys().cloned().collect();
        let answer = http.send(upload, PATIENCE).await?;
        if !answer.failures.is_empty() {
            tracing::warn!(users = answer.failures.len(), "the server refuses signatures");
        }
        self.look_up(http, &users).await
    }

    /// Asks for the devices and identities of users now, whatever is known.
    pub(super) async fn look_up(&self, http: &Http, users: &[OwnedUserId]) -> Result<(), CryptoError> {
        let (id, query) = self.machine.query_keys_for_users(users.iter().map(AsRef::as_ref));
        let mut ask = get_keys::v3::Request::new();
        ask.device_keys = query.device_keys;
        ask.timeout = Some(FOREIGN_PATIENCE);
        let answer = http.send(ask, PATIENCE).await?;
        self.machine.mark_request_as_sent(&id, &answer).await?;
        self.news.trust();
        Ok(())
    }

    pub(super) async fn deliver_to_device(
        &self,
        http: &Http,
        id: &TransactionId,
        message: &ToDeviceRequest,
    ) -> Result<(), CryptoError> {
        let request = send_event_to_device::v3::Request::new_raw(
            message.event_type.clone(),
            message.txn_id.clone(),
            message.messages.clone(),
        );
        let answer = http.send(request, PATIENCE).await?;
        Ok(self.machine.mark_request_as_sent(id, &answer).await?)
    }

    /// Lists what verifications want sent through rooms, in order.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn room_messages(&self) -> Result<Vec<RoomMessage>, CryptoError> {
        let mut requests = self.machine.outgoing_requests().await?;
        requests.sort_by_key(rank);
        let message = |request: &OutgoingRequest| match request.request() {
            AnyOutgoingRequest::RoomMessage(message) => Some(RoomMessage::of(message)),
            AnyOutgoingRequest::KeysUpload(_)
            | AnyOutgoingRequest::KeysQuery(_)
            | AnyOutgoingRequest::KeysClaim(_)
            | AnyOutgoingRequest::ToDeviceRequest(_)
            | AnyOutgoingRequest::SignatureUpload(_) => None,
        };
        requests.iter().filter_map(message).collect()
    }

    /// Notes that one of `room_messages` was sent.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn room_message_sent(&self, message: &RoomMessage, event_id: &str) -> Result<(), CryptoError> {
        let txn_id: &TransactionId = message.txn_id.as_str().into();
        // A server whose event ids are none is told nothing.
        let Ok(event_id) = EventId::parse(event_id) else { return Ok(()) };
        let answer = send_message_event::v3::Response::new(event_id);
        self.machine.mark_request_as_sent(txn_id, &answer).await?;
        self.news.tell();
        Ok(())
    }

    /// Lets the machine look at what it put aside, and at messages that were held back.
    pub(super) async fn nudge(&self, held: Vec<Raw<AnyToDeviceEvent>>) -> Result<(), CryptoError> {
        let changes = EncryptionSyncChanges {
            to_device_events: held,
            changed_devices: &DeviceLists::new(),
            one_time_keys_counts: &std::collections::BTreeMap::new(),
            unused_fallback_keys: None,
            next_batch_token: None,
        };
        let (came, _) = self.machine.receive_sync_changes(changes, &settings()).await?;
        self.note_came(came.iter().map(|it| it.as_raw()));
        Ok(())
    }
}

impl RoomMessage {
    pub(super) fn of(
        message: &matrix_sdk_crypto::types::requests::RoomMessageRequest,
    ) -> Result<Self, CryptoError> {
        use ruma::events::MessageLikeEventContent as _;
        Ok(Self {
            txn_id: message.txn_id.to_string(),
            room_id: message.room_id.to_string(),
            kind: message.content.event_type().to_string(),
            content: serde_json::to_value(&message.content)?,
        })
    }
}

/// The order in which the steps of a verification have to arrive; questions come after them.
fn rank(request: &OutgoingRequest) -> u8 {
    let kind = match request.request() {
        AnyOutgoingRequest::ToDeviceRequest(message) => message.event_type.to_string(),
        AnyOutgoingRequest::RoomMessage(message) => {
            use ruma::events::MessageLikeEventContent as _;
            message.content.event_type().to_string()
        }
        AnyOutgoingRequest::KeysUpload(_)
        | AnyOutgoingRequest::KeysQuery(_)
        | AnyOutgoingRequest::KeysClaim(_)
        | AnyOutgoingRequest::SignatureUpload(_) => return 0,
    };
    match kind.as_str() {
        "m.key.verification.request" => 1,
        "m.key.verification.ready" => 2,
        "m.key.verification.start" => 3,
        "m.key.verification.accept" => 4,
        "m.key.verification.key" => 5,
        "m.key.verification.mac" => 6,
        "m.key.verification.done" => 7,
        "m.key.verification.cancel" => 8,
        _ => LAST,
    }
}
