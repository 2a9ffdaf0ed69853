//! Keys of what was said before somebody came (MSC4268): gathered for whoever is invited, and taken from whoever invited us.

use std::time::Duration;

use matrix_sdk_crypto::OlmError;
use matrix_sdk_crypto::types::events::room_key_bundle::RoomKeyBundleContent;
use matrix_sdk_crypto::types::room_history::RoomKeyBundle;
use ruma::events::room::EncryptedFile;
use ruma::{MilliSecondsSinceUnixEpoch, RoomId, UserId};
use zeroize::Zeroizing;

use super::CryptoError;
use super::engine::{Crypto, NewKey};
use crate::net::Http;

/// A bundle that comes later than this after we joined is not taken.
const AWAITED: Duration = Duration::from_secs(24 * 3600);

/// Where the keys of a room are that whoever invited us has sent.
#[derive(Clone, Debug)]
pub struct SentHistory {
    /// Matrix id of the room.
    pub room_id: String,
    /// Whoever invited us.
    pub inviter: String,
    /// The sealed keys.
    pub file: EncryptedFile,
}

impl Crypto {
    /// Gathers the keys of a room that may be shown to whoever is invited, as they are to be sealed: those of messages
    /// that were written while the room showed its past. Nothing where there are none.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn gather_history(&self, room_id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CryptoError> {
        let Ok(room) = RoomId::parse(room_id) else { return Ok(None) };
        let bundle = self.machine.store().build_room_key_bundle(&room).await?;
        if bundle.room_keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(Zeroizing::new(serde_json::to_vec(&bundle)?)))
    }

    /// Tells a user's devices where the keys of a room are: those that their owner's account vouches for, and where policy
    /// demands it those that were verified. Nobody where this device is not vouched for itself.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn give_history(
        &self,
        http: &Http,
        room_id: &str,
        user_id: &str,
        file: EncryptedFile,
    ) -> Result<(), CryptoError> {
        let (Ok(room_id), Ok(user)) = (RoomId::parse(room_id), UserId::parse(user_id)) else { return Ok(()) };
        self.look_up(http, std::slice::from_ref(&user)).await?;
        self.claim(http, std::slice::from_ref(&user)).await?;
        let content = RoomKeyBundleContent { room_id, file };
        let requests = match self.machine.share_room_key_bundle_data(&user, &self.strategy(), content).await {
            Err(OlmError::SessionRecipientCollectionError(_)) => {
                tracing::warn!("nobody is given the keys of the past: this device is not vouched for");
                return Ok(());
            }
            other => other?,
        };
        for message in requests {
            self.deliver_to_device(http, &message.txn_id, &message).await?;
        }
        Ok(())
    }

    /// Notes that we join a room that somebody invited us to: keys of its past are taken from them, for a day.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn await_history(&self, room_id: &str, inviter: &str) -> Result<(), CryptoError> {
        let (Ok(room), Ok(inviter)) = (RoomId::parse(room_id), UserId::parse(inviter)) else { return Ok(()) };
        Ok(self.machine.store().store_room_pending_key_bundle(&room, &inviter).await?)
    }

    /// Lists what was sent of what we wait for. What is waited for too long is forgotten.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn sent_histories(&self) -> Result<Vec<SentHistory>, CryptoError> {
        let store = self.machine.store();
        let mut sent = Vec::new();
        for awaited in store.get_all_rooms_pending_key_bundles().await? {
            let since = u64::from(awaited.invite_accepted_at.get());
            let waited = u64::from(MilliSecondsSinceUnixEpoch::now().get()).saturating_sub(since);
            if u128::from(waited) > AWAITED.as_millis() {
                store.clear_room_pending_key_bundle(&awaited.room_id).await?;
                continue;
            }
            let found = store.get_received_room_key_bundle_data(&awaited.room_id, &awaited.inviter).await?;
            sent.extend(found.map(|found| SentHistory {
                room_id: awaited.room_id.to_string(),
                inviter: awaited.inviter.to_string(),
                file: found.bundle_data.file,
            }));
        }
        Ok(sent)
    }

    /// Takes in the keys of a room, opened, and waits for no more of them. Returns the keys that are here now: none where
    /// the account of whoever sent them does not vouch for the device that did, or where it is no list of keys.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn take_history(
        &self,
        http: &Http,
        sent: &SentHistory,
        opened: &[u8],
    ) -> Result<Vec<NewKey>, CryptoError> {
        let (Ok(room), Ok(inviter)) = (RoomId::parse(&sent.room_id), UserId::parse(&sent.inviter)) else {
            return Ok(Vec::new());
        };
        let Ok(bundle) = serde_json::from_slice::<RoomKeyBundle>(opened) else {
            tracing::warn!("the keys of the past make no sense");
            self.give_up_history(sent).await?;
            return Ok(Vec::new());
        };
        let store = self.machine.store();
        let Some(told) = store.get_received_room_key_bundle_data(&room, &inviter).await? else {
            return Ok(Vec::new());
        };
        // Who vouches for the device that sent it is judged by what is so now.
        self.look_up(http, std::slice::from_ref(&inviter)).await?;
        let keys: Vec<_> = bundle.room_keys.iter().map(|key| key.session_id.clone()).collect();
        store.receive_room_key_bundle(&told, bundle, |_, _| {}).await?;
        let mut new = Vec::with_capacity(keys.len());
        for session_id in keys {
            if store.get_inbound_group_session(&room, &session_id).await?.is_some() {
                new.push(NewKey { room_id: sent.room_id.clone(), session_id });
            }
        }
        self.give_up_history(sent).await?;
        if !new.is_empty() {
            self.look_at_backup();
        }
        Ok(new)
    }

    /// Waits for the keys of a room no more.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn give_up_history(&self, sent: &SentHistory) -> Result<(), CryptoError> {
        let Ok(room) = RoomId::parse(&sent.room_id) else { return Ok(()) };
        Ok(self.machine.store().clear_room_pending_key_bundle(&room).await?)
    }
}
