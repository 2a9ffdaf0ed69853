//! The crypto crate's port, method by method.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use matrix_sdk_crypto::olm::{
    Curve25519PublicKey, InboundGroupSession, OlmMessageHash, OutboundGroupSession,
    PrivateCrossSigningIdentity, SenderDataType,
};
use matrix_sdk_crypto::store::CryptoStore;
use matrix_sdk_crypto::store::types::{
    BackupKeys, Changes, DehydratedDeviceKey, PendingChanges, RoomKeyCounts, RoomKeyWithheldEntry,
    RoomPendingKeyBundleDetails, RoomSettings, StoredRoomKeyBundleData,
};
use matrix_sdk_crypto::{
    Account, DeviceData, GossipRequest, SecretInfo, Session, TrackedUser, UserIdentityData,
};
use ruma::events::secret::request::SecretName;
use ruma::{DeviceId, OwnedDeviceId, RoomId, TransactionId, UserId};
use zeroize::Zeroizing;

use super::cache::Touched;
use super::codec::unpack;
use super::keys::gather;
use super::rows::{Rows, code};
use super::{Error, SqlCryptoStore, value};
use crate::store::crypto::{lease, olm, room, room_key, secret, value as values};
use crate::store::{Durability, StoreError};

type Result<T> = std::result::Result<T, Error>;

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl CryptoStore for SqlCryptoStore {
    type Error = Error;

    async fn load_account(&self) -> Result<Option<Account>> {
        self.account()
    }

    async fn load_identity(&self) -> Result<Option<PrivateCrossSigningIdentity>> {
        self.private_identity()
    }

    async fn save_changes(&self, changes: Changes) -> Result<()> {
        let known = self.have_keys(&changes.inbound_group_sessions)?;
        let rows = Rows::of(changes).await?;
        let durability =
            if known && rows.are_room_keys_only() { Durability::Normal } else { Durability::Full };
        self.save_as(durability, rows).await
    }

    async fn save_pending_changes(&self, changes: PendingChanges) -> Result<()> {
        self.save_account(changes).await
    }

    /// There is one backup at a time: its version is not kept with each key.
    async fn save_inbound_group_sessions(
        &self,
        sessions: Vec<InboundGroupSession>,
        _backed_up_to_version: Option<&str>,
    ) -> Result<()> {
        self.save(Rows::of_room_keys(sessions).await?).await
    }

    async fn get_sessions(&self, sender_key: &str) -> Result<Option<Vec<Session>>> {
        self.olm_sessions(sender_key)
    }

    async fn get_inbound_group_session(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<InboundGroupSession>> {
        self.room_key(room_id, session_id)
    }

    async fn get_withheld_info(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<RoomKeyWithheldEntry>> {
        self.read(|db| {
            room_key::withheld(db, room_id.as_str(), session_id, |bytes| unpack("withheld", bytes))
        })
    }

    async fn get_withheld_sessions_by_room_id(&self, room_id: &RoomId) -> Result<Vec<RoomKeyWithheldEntry>> {
        let room_id = room_id.to_owned();
        self.read_many(move |db| {
            let mut entries = Vec::new();
            room_key::withheld_of_room(db, room_id.as_str(), |bytes| {
                entries.push(unpack("withheld", bytes)?);
                Ok::<_, Error>(())
            })?;
            Ok(entries)
        })
        .await
    }

    async fn get_inbound_group_sessions(&self) -> Result<Vec<InboundGroupSession>> {
        self.read_many(|db| {
            let mut sessions = Vec::new();
            room_key::all(db, gather(&mut sessions))?;
            Ok(sessions)
        })
        .await
    }

    async fn inbound_group_session_counts(&self, _backup_version: Option<&str>) -> Result<RoomKeyCounts> {
        let (total, missing) = self.read_many(|db| Ok(room_key::counts(db)?)).await?;
        let count = |rows: i64| usize::try_from(rows).unwrap_or(usize::MAX);
        Ok(RoomKeyCounts { total: count(total), backed_up: count(total - missing) })
    }

    async fn get_inbound_group_sessions_by_room_id(
        &self,
        room_id: &RoomId,
    ) -> Result<Vec<InboundGroupSession>> {
        let room_id = room_id.to_owned();
        self.read_many(move |db| {
            let mut sessions = Vec::new();
            room_key::of_room(db, room_id.as_str(), gather(&mut sessions))?;
            Ok(sessions)
        })
        .await
    }

    async fn get_inbound_group_sessions_for_device_batch(
        &self,
        curve_key: Curve25519PublicKey,
        sender_data_type: SenderDataType,
        after_session_id: Option<String>,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.read_many(move |db| {
            let mut sessions = Vec::new();
            let (key, kind) = (curve_key.to_base64(), code(sender_data_type));
            let after = after_session_id.unwrap_or_default();
            room_key::of_device(db, &key, kind, &after, rows(limit), gather(&mut sessions))?;
            Ok(sessions)
        })
        .await
    }

    async fn inbound_group_sessions_for_backup(
        &self,
        _backup_version: &str,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.read_many(move |db| {
            let mut sessions = Vec::new();
            room_key::to_back_up(db, rows(limit), gather(&mut sessions))?;
            Ok(sessions)
        })
        .await
    }

    async fn mark_inbound_group_sessions_as_backed_up(
        &self,
        _backup_version: &str,
        room_and_session_ids: &[(&RoomId, &str)],
    ) -> Result<()> {
        self.mark_backed_up(room_and_session_ids).await
    }

    async fn reset_backup_state(&self) -> Result<()> {
        self.forget_backup().await
    }

    async fn load_backup_keys(&self) -> Result<BackupKeys> {
        self.backup_keys()
    }

    async fn load_dehydrated_device_pickle_key(&self) -> Result<Option<DehydratedDeviceKey>> {
        self.read(|db| values::get(db, value::DEHYDRATION_KEY, |bytes| unpack("dehydration key", bytes)))
    }

    async fn delete_dehydrated_device_pickle_key(&self) -> Result<()> {
        self.write(Durability::Full, Touched::default(), |tx| Ok(values::remove(tx, value::DEHYDRATION_KEY)?))
            .await
    }

    async fn get_outbound_group_session(&self, room_id: &RoomId) -> Result<Option<OutboundGroupSession>> {
        self.outbound(room_id)
    }

    async fn load_tracked_users(&self) -> Result<Vec<TrackedUser>> {
        self.tracked().await
    }

    async fn save_tracked_users(&self, users: &[(&UserId, bool)]) -> Result<()> {
        self.track(users).await
    }

    async fn get_device(&self, user_id: &UserId, device_id: &DeviceId) -> Result<Option<DeviceData>> {
        Ok(self.devices(user_id)?.get(device_id).map(|device| device.data.clone()))
    }

    async fn get_user_devices(&self, user_id: &UserId) -> Result<HashMap<OwnedDeviceId, DeviceData>> {
        let devices = self.devices(user_id)?;
        Ok(devices.iter().map(|(device_id, device)| (device_id.clone(), device.data.clone())).collect())
    }

    async fn get_own_device(&self) -> Result<DeviceData> {
        self.own_device()
    }

    async fn get_user_identity(&self, user_id: &UserId) -> Result<Option<UserIdentityData>> {
        self.identity(user_id)
    }

    async fn is_message_known(&self, message_hash: &OlmMessageHash) -> Result<bool> {
        self.read(|db| Ok(olm::is_known(db, &message_hash.sender_key, &message_hash.hash)?))
    }

    async fn get_outgoing_secret_requests(
        &self,
        request_id: &TransactionId,
    ) -> Result<Option<GossipRequest>> {
        self.read(|db| secret::request(db, request_id.as_str(), |bytes| unpack("secret request", bytes)))
    }

    async fn get_secret_request_by_info(&self, secret_info: &SecretInfo) -> Result<Option<GossipRequest>> {
        self.read(|db| {
            secret::request_for(db, &secret_info.as_key(), |bytes| unpack("secret request", bytes))
        })
    }

    async fn get_unsent_secret_requests(&self) -> Result<Vec<GossipRequest>> {
        self.read(|db| {
            let mut requests = Vec::new();
            secret::unsent(db, |bytes| {
                requests.push(unpack("secret request", bytes)?);
                Ok::<_, Error>(())
            })?;
            Ok(requests)
        })
    }

    async fn delete_outgoing_secret_requests(&self, request_id: &TransactionId) -> Result<()> {
        let request_id = request_id.to_owned();
        self.write(Durability::Full, Touched::default(), move |tx| {
            Ok(secret::remove_request(tx, request_id.as_str())?)
        })
        .await
    }

    async fn get_secrets_from_inbox(&self, secret_name: &SecretName) -> Result<Vec<Zeroizing<String>>> {
        self.read(|db| {
            let mut secrets = Vec::new();
            secret::inbox(db, secret_name.as_str(), |bytes| {
                let text = std::str::from_utf8(bytes).map_err(|_| StoreError::Malformed("secret"))?;
                secrets.push(Zeroizing::new(text.to_owned()));
                Ok::<_, Error>(())
            })?;
            Ok(secrets)
        })
    }

    async fn delete_secrets_from_inbox(&self, secret_name: &SecretName) -> Result<()> {
        let name = secret_name.to_string();
        self.write(Durability::Full, Touched::default(), move |tx| Ok(secret::empty_inbox(tx, &name)?)).await
    }

    async fn get_room_settings(&self, room_id: &RoomId) -> Result<Option<RoomSettings>> {
        self.read(|db| room::settings(db, room_id.as_str(), |bytes| unpack("room settings", bytes)))
    }

    async fn get_received_room_key_bundle_data(
        &self,
        room_id: &RoomId,
        user_id: &UserId,
    ) -> Result<Option<StoredRoomKeyBundleData>> {
        self.read(|db| {
            room::bundle(db, room_id.as_str(), user_id.as_str(), |bytes| unpack("room key bundle", bytes))
        })
    }

    async fn get_pending_key_bundle_details_for_room(
        &self,
        room_id: &RoomId,
    ) -> Result<Option<RoomPendingKeyBundleDetails>> {
        self.read(|db| room::awaited_bundle(db, room_id.as_str(), |bytes| unpack("awaited bundle", bytes)))
    }

    async fn get_all_rooms_pending_key_bundles(&self) -> Result<Vec<RoomPendingKeyBundleDetails>> {
        self.read(|db| {
            let mut awaited = Vec::new();
            room::awaited_bundles(db, |bytes| {
                awaited.push(unpack("awaited bundle", bytes)?);
                Ok::<_, Error>(())
            })?;
            Ok(awaited)
        })
    }

    async fn has_downloaded_all_room_keys(&self, room_id: &RoomId) -> Result<bool> {
        self.read(|db| Ok(room::has_downloaded_all(db, room_id.as_str())?))
    }

    async fn get_custom_value(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.read(|db| values::get(db, &value::custom(key), |bytes| Ok(bytes.to_vec())))
    }

    async fn set_custom_value(&self, key: &str, value: Vec<u8>) -> Result<()> {
        let (key, value) = (value::custom(key), Zeroizing::new(value));
        self.write(Durability::Full, Touched::default(), move |tx| Ok(values::set(tx, &key, &value)?)).await
    }

    async fn remove_custom_value(&self, key: &str) -> Result<()> {
        let key = value::custom(key);
        self.write(Durability::Full, Touched::default(), move |tx| Ok(values::remove(tx, &key)?)).await
    }

    /// A lease lost to a power cut had no living holder: it need not wait for the disk.
    async fn try_take_leased_lock(
        &self,
        lease_duration_ms: u32,
        key: &str,
        holder: &str,
    ) -> Result<Option<u64>> {
        let now_ts = self.clock.now_ms();
        let until_ts = now_ts.saturating_add(i64::from(lease_duration_ms));
        let (key, holder) = (key.to_owned(), holder.to_owned());
        let generation = self.write(Durability::Normal, Touched::default(), move |tx| {
            Ok(lease::take(tx, &key, &holder, now_ts, until_ts)?)
        });
        let generation = generation.await?.map(u64::try_from).transpose();
        generation.map_err(|_| StoreError::Malformed("lease").into())
    }

    async fn next_batch_token(&self) -> Result<Option<String>> {
        self.batch_token()
    }

    /// Refuses further work, forgets what is in memory and waits for what was queued. The database itself belongs
    /// to the account, which closes it.
    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.caches.clear();
        if self.store.is_owner() {
            self.store.write(Durability::Normal, |_, _| Ok::<_, Error>(())).await?;
        }
        Ok(())
    }

    async fn reopen(&self) -> Result<()> {
        self.closed.store(false, Ordering::Release);
        Ok(())
    }

    async fn get_size(&self) -> Result<Option<usize>> {
        let bytes = self.read(|db| Ok(values::database_bytes(db)?))?;
        Ok(usize::try_from(bytes).ok())
    }
}
