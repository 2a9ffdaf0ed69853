//! The other officer: an `OlmMachine` of its own, which makes the encrypted events that the measured client reads.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use matrix_sdk_crypto::types::requests::{AnyOutgoingRequest, ToDeviceRequest};
use matrix_sdk_crypto::{CollectStrategy, EncryptionSettings, OlmMachine};
use ruma::api::IncomingResponse;
use ruma::api::client::keys::{claim_keys, get_keys, upload_keys};
use ruma::serde::Raw;
use ruma::{RoomId, UserId};
use serde_json::{Value, json};

use crate::server::Server;
use crate::world::{OWN, PEER};

/// Another officer.
#[derive(Debug)]
pub struct Peer {
    machine: OlmMachine,
    server: Server,
}

impl Peer {
    /// Makes the other officer known to the server, cross-signed.
    ///
    /// # Errors
    /// What the engine or the server says.
    pub async fn join(server: &Server) -> Result<Self> {
        let user = UserId::parse(PEER)?;
        let machine = OlmMachine::new(&user, "MADRIDPHONE".into()).await;
        let peer = Self { machine, server: server.clone() };
        let identity = peer.machine.bootstrap_cross_signing(false).await?;
        peer.upload().await?;
        let keys = &identity.upload_signing_keys_req;
        peer.ask(
            "v3/keys/device_signing/upload",
            &json!({ "master_key": keys.master_key, "self_signing_key": keys.self_signing_key,
            "user_signing_key": keys.user_signing_key }),
        )?;
        peer.ask("v3/keys/signatures/upload", &json!(identity.upload_signatures_req.signed_keys))?;
        Ok(peer)
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.server.answer(PEER, "POST", &format!("/_matrix/client/{path}"), body);
        if status != "200 OK" {
            bail!("{path}: {answer}");
        }
        Ok(serde_json::from_str(&answer)?)
    }

    async fn upload(&self) -> Result<()> {
        for request in self.machine.outgoing_requests().await? {
            if let AnyOutgoingRequest::KeysUpload(upload) = request.request() {
                let body =
                    json!({ "device_keys": upload.device_keys, "one_time_keys": upload.one_time_keys });
                let answer: upload_keys::v3::Response = typed(&self.ask("v3/keys/upload", &body)?)?;
                self.machine.mark_request_as_sent(request.request_id(), &answer).await?;
            }
        }
        Ok(())
    }

    /// Opens a session with the measured client's device.
    ///
    /// # Errors
    /// What the engine or the server says.
    pub async fn meet(&self) -> Result<()> {
        let own = UserId::parse(OWN)?;
        self.machine.update_tracked_users([own.as_ref()]).await?;
        let (id, query) = self.machine.query_keys_for_users([own.as_ref()]);
        let answer: get_keys::v3::Response =
            typed(&self.ask("v3/keys/query", &json!({ "device_keys": query.device_keys }))?)?;
        self.machine.mark_request_as_sent(&id, &answer).await?;
        let claim = self.machine.get_missing_sessions([own.as_ref()].into_iter()).await?;
        let (id, claim) = claim.context("there is nobody to meet")?;
        let answer: claim_keys::v3::Response =
            typed(&self.ask("v3/keys/claim", &json!({ "one_time_keys": claim.one_time_keys }))?)?;
        self.machine.mark_request_as_sent(&id, &answer).await?;
        Ok(())
    }

    /// Makes a room key and returns the to-device event that brings it.
    ///
    /// # Errors
    /// What the engine or the server says.
    pub async fn share(&self, room: &str) -> Result<Value> {
        let own = UserId::parse(OWN)?;
        let room = RoomId::parse(room)?;
        let requests = self.machine.share_room_key(&room, [own.as_ref()].into_iter(), settings()).await?;
        let request: Arc<ToDeviceRequest> = requests.into_iter().next().context("no key to share")?;
        let content = request.messages.values().next().and_then(|devices| devices.values().next());
        let content: Value = serde_json::from_str(content.context("no device")?.json().get())?;
        let answer = ruma::api::client::to_device::send_event_to_device::v3::Response::new();
        self.machine.mark_request_as_sent(&request.txn_id, &answer).await?;
        Ok(json!({ "type": "m.room.encrypted", "sender": PEER, "content": content }))
    }

    /// Makes a room key that nobody else gets, to measure what is encrypted with it.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn keep(&self, room: &str) -> Result<()> {
        let room = RoomId::parse(room)?;
        self.machine.share_room_key(&room, std::iter::empty(), settings()).await?;
        Ok(())
    }

    /// Forgets the room key, so that the next message needs another.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn rotate(&self, room: &str) -> Result<()> {
        self.machine.discard_room_key(&RoomId::parse(room)?).await?;
        Ok(())
    }

    /// Encrypts a message.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn encrypt(&self, room: &str, body: &str) -> Result<Value> {
        let content = json!({ "body": body, "m.mentions": {}, "msgtype": "m.text" });
        self.encrypt_event(room, "m.room.message", &content).await
    }

    /// Encrypts an event of any type.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn encrypt_event(&self, room: &str, kind: &str, content: &Value) -> Result<Value> {
        let room = RoomId::parse(room)?;
        let content = Raw::new(content)?.cast_unchecked();
        let encrypted = self.machine.encrypt_room_event_raw(&room, kind, &content).await?;
        Ok(serde_json::from_str(encrypted.content.json().get())?)
    }
}

/// With one key for as many messages as a measurement has.
fn settings() -> EncryptionSettings {
    EncryptionSettings {
        sharing_strategy: CollectStrategy::AllDevices,
        rotation_period_msgs: 1_000_000,
        ..EncryptionSettings::default()
    }
}

fn typed<R: IncomingResponse>(answer: &Value) -> Result<R> {
    let response = http::Response::builder().status(200).body(answer.to_string().into_bytes())?;
    R::try_from_http_response(response).map_err(|error| anyhow::anyhow!("{error}"))
}
