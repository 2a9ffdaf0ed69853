//! A set of changes as rows: encoded before the writer is asked, written in one transaction.

use std::collections::BTreeMap;

use matrix_sdk_crypto::olm::{InboundGroupSession, SenderDataType};
use matrix_sdk_crypto::store::types::Changes;
use matrix_sdk_crypto::vodozemac::megolm::SessionOrdering;
use ruma::OwnedRoomId;
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::cache::Touched;
use super::codec::{Blob, Encoder};
use super::error::Error;
use super::value;
use crate::store::StoreError;
use crate::store::crypto::{device, olm, room, room_key, secret, value as values};

type Name = String;

struct RoomKeyRow {
    room_id: Name,
    session_id: Name,
    sender_key: Name,
    sender_data_type: i64,
    backed_up: bool,
    data: Blob,
}

struct RequestRow {
    request_id: Name,
    info: Name,
    sent: bool,
    data: Blob,
}

#[derive(Default)]
pub(super) struct Rows {
    values: Vec<(&'static str, Blob)>,
    olm_sessions: Vec<(Name, Name, Blob)>,
    olm_hashes: Vec<(Name, Name)>,
    room_keys: Vec<RoomKeyRow>,
    outbound: Vec<(Name, Blob)>,
    withheld: Vec<(Name, Name, Blob)>,
    devices: Vec<(Name, Name, Blob)>,
    devices_gone: Vec<(Name, Name)>,
    identities: Vec<(Name, Blob)>,
    requests: Vec<RequestRow>,
    secrets: Vec<(Name, Zeroizing<String>)>,
    settings: Vec<(Name, Blob)>,
    bundles: Vec<(Name, Name, Blob)>,
    bundles_awaited: Vec<(Name, Option<Blob>)>,
    downloaded: Vec<Name>,
    pub(super) touched: Touched,
}

/// The number of a kind of sender data in the database.
pub(super) fn code(kind: SenderDataType) -> i64 {
    match kind {
        SenderDataType::UnknownDevice => 1,
        SenderDataType::DeviceInfo => 2,
        SenderDataType::VerificationViolation => 3,
        SenderDataType::SenderUnverified => 4,
        SenderDataType::SenderVerified => 5,
    }
}

impl Rows {
    pub(super) async fn of_room_keys(sessions: Vec<InboundGroupSession>) -> Result<Self, Error> {
        let mut rows = Self::default();
        rows.add_room_keys(&mut Encoder::new(), sessions).await?;
        Ok(rows)
    }

    pub(super) async fn of(changes: Changes) -> Result<Self, Error> {
        let mut rows = Self::default();
        let mut encoder = Encoder::new();
        if let Some(identity) = changes.private_identity {
            let data = encoder.pack("private identity", &identity.pickle().await)?;
            rows.values.push((value::IDENTITY, data));
        }
        if let Some(version) = changes.backup_version {
            rows.values.push((value::BACKUP_VERSION, Zeroizing::new(version.into_bytes())));
        }
        if let Some(key) = changes.backup_decryption_key {
            rows.values.push((value::BACKUP_KEY, encoder.pack("backup key", &key)?));
        }
        if let Some(key) = changes.dehydrated_device_pickle_key {
            rows.values.push((value::DEHYDRATION_KEY, encoder.pack("dehydration key", &key)?));
        }
        if let Some(token) = changes.next_batch_token {
            rows.values.push((value::NEXT_BATCH, Zeroizing::new(token.into_bytes())));
        }
        for session in changes.sessions {
            let data = encoder.pack("olm session", &session.pickle().await)?;
            rows.olm_sessions.push((session.session_id().to_owned(), session.sender_key.to_base64(), data));
        }
        rows.olm_hashes
            .extend(changes.message_hashes.into_iter().map(|known| (known.sender_key, known.hash)));
        rows.add_room_keys(&mut encoder, changes.inbound_group_sessions).await?;
        for session in changes.outbound_group_sessions {
            let data = encoder.json("outbound room key", &session.pickle().await)?;
            rows.outbound.push((session.room_id().to_string(), data));
        }
        for (room_id, withheld) in changes.withheld_session_info {
            for (session_id, entry) in withheld {
                let data = encoder.pack("withheld room key", &entry)?;
                rows.withheld.push((room_id.to_string(), session_id, data));
            }
        }
        for device in changes.devices.new.into_iter().chain(changes.devices.changed) {
            let data = encoder.pack("device", &device)?;
            rows.devices.push((device.user_id().to_string(), device.device_id().to_string(), data));
            rows.touched.devices_of.insert(device.user_id().to_owned());
        }
        for device in changes.devices.deleted {
            rows.devices_gone.push((device.user_id().to_string(), device.device_id().to_string()));
            rows.touched.devices_of.insert(device.user_id().to_owned());
        }
        for identity in changes.identities.new.into_iter().chain(changes.identities.changed) {
            let data = encoder.pack("identity", &identity)?;
            rows.identities.push((identity.user_id().to_string(), data));
            rows.touched.identities.insert(identity.user_id().to_owned());
        }
        for request in changes.key_requests {
            let data = encoder.pack("secret request", &request)?;
            let (request_id, info) = (request.request_id.to_string(), request.info.as_key());
            rows.requests.push(RequestRow { request_id, info, sent: request.sent_out, data });
        }
        rows.secrets
            .extend(changes.secrets.into_iter().map(|item| (item.secret_name.to_string(), item.secret)));
        for (room_id, settings) in changes.room_settings {
            rows.settings.push((room_id.to_string(), encoder.pack("room settings", &settings)?));
        }
        for bundle in changes.received_room_key_bundles {
            let data = encoder.pack("room key bundle", &bundle)?;
            rows.bundles.push((bundle.bundle_data.room_id.to_string(), bundle.sender_user.to_string(), data));
        }
        for (room_id, awaited) in changes.rooms_pending_key_bundle {
            let data = awaited.map(|details| encoder.pack("awaited bundle", &details)).transpose()?;
            rows.bundles_awaited.push((room_id.to_string(), data));
        }
        let downloaded = changes.room_key_backups_fully_downloaded;
        rows.downloaded.extend(downloaded.into_iter().map(|room_id| room_id.to_string()));
        Ok(rows)
    }

    async fn add_room_keys(
        &mut self,
        encoder: &mut Encoder,
        sessions: Vec<InboundGroupSession>,
    ) -> Result<(), Error> {
        for session in best_of_each(sessions).await {
            let pickle = session.pickle().await;
            self.room_keys.push(RoomKeyRow {
                room_id: session.room_id().to_string(),
                session_id: session.session_id().to_owned(),
                sender_key: session.sender_key().to_base64(),
                sender_data_type: code(session.sender_data.to_type()),
                backed_up: pickle.backed_up,
                data: encoder.pack("room key", &pickle)?,
            });
            self.touched.room_keys.insert((session.room_id.clone(), session.session_id().to_owned()));
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.room_keys.is_empty() && self.are_room_keys_only()
    }

    /// Says whether there is nothing else among them; true of none at all.
    pub(super) fn are_room_keys_only(&self) -> bool {
        self.values.is_empty()
            && self.olm_sessions.is_empty()
            && self.olm_hashes.is_empty()
            && self.outbound.is_empty()
            && self.withheld.is_empty()
            && self.devices.is_empty()
            && self.devices_gone.is_empty()
            && self.identities.is_empty()
            && self.requests.is_empty()
            && self.secrets.is_empty()
            && self.settings.is_empty()
            && self.bundles.is_empty()
            && self.bundles_awaited.is_empty()
            && self.downloaded.is_empty()
    }

    pub(super) fn write(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        for (key, data) in &self.values {
            values::set(tx, key, data)?;
        }
        for (session_id, sender_key, data) in &self.olm_sessions {
            olm::save_session(tx, session_id, sender_key, data)?;
        }
        for (sender_key, hash) in &self.olm_hashes {
            olm::remember(tx, sender_key, hash)?;
        }
        for row in &self.room_keys {
            let RoomKeyRow { room_id, session_id, sender_key, sender_data_type, backed_up, data } = row;
            let (sender_data_type, backed_up) = (*sender_data_type, *backed_up);
            room_key::save(
                tx,
                room_key::Save { room_id, session_id, sender_key, sender_data_type, backed_up, data },
            )?;
        }
        for (room_id, data) in &self.outbound {
            room_key::save_outbound(tx, room_id, data)?;
        }
        for (room_id, session_id, data) in &self.withheld {
            room_key::save_withheld(tx, room_id, session_id, data)?;
        }
        for (user_id, device_id, data) in &self.devices {
            device::save(tx, user_id, device_id, data)?;
        }
        for (user_id, device_id) in &self.devices_gone {
            device::remove(tx, user_id, device_id)?;
        }
        for (user_id, data) in &self.identities {
            device::save_identity(tx, user_id, data)?;
        }
        for row in &self.requests {
            secret::save_request(tx, &row.request_id, &row.info, row.sent, &row.data)?;
        }
        for (name, text) in &self.secrets {
            secret::save_in_inbox(tx, name, text.as_bytes())?;
        }
        for (room_id, data) in &self.settings {
            room::save_settings(tx, room_id, data)?;
        }
        for (room_id, user_id, data) in &self.bundles {
            room::save_bundle(tx, room_id, user_id, data)?;
        }
        for (room_id, data) in &self.bundles_awaited {
            room::await_bundle(tx, room_id, data.as_ref().map(|data| data.as_slice()))?;
        }
        for room_id in &self.downloaded {
            room::mark_downloaded_all(tx, room_id)?;
        }
        Ok(())
    }
}

/// Keeps one session of each id. One answer may bring a key twice, from its start and from where its sender had got to
/// when it shared it again; the crypto crate compares each with what is stored, not with each other.
async fn best_of_each(sessions: Vec<InboundGroupSession>) -> Vec<InboundGroupSession> {
    let mut best: BTreeMap<(OwnedRoomId, String), InboundGroupSession> = BTreeMap::new();
    for session in sessions {
        let id = (session.room_id().to_owned(), session.session_id().to_owned());
        let replaces = match best.get(&id) {
            None => true,
            Some(other) => match session.compare_ratchet(other).await {
                SessionOrdering::Better | SessionOrdering::Equal => true,
                SessionOrdering::Worse | SessionOrdering::Unconnected => false,
            },
        };
        if replaces {
            best.insert(id, session);
        }
    }
    best.into_values().collect()
}
