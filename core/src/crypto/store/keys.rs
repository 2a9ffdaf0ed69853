//! The account and its sessions, with devices (Olm) and in rooms (Megolm).

use matrix_sdk_crypto::olm::{
    InboundGroupSession, OutboundGroupSession, PickledAccount, PickledCrossSigningIdentity,
    PickledInboundGroupSession, PickledOutboundGroupSession, PickledSession, PrivateCrossSigningIdentity,
    StaticAccountData,
};
use matrix_sdk_crypto::store::types::{BackupKeys, PendingChanges};
use matrix_sdk_crypto::{Account, Session};
use ruma::RoomId;

use super::cache::{Found, RoomKey, Touched};
use super::codec::{Encoder, parse, unpack};
use super::error::Error;
use super::{SqlCryptoStore, value};
use crate::store::crypto::{olm, room_key, value as values};
use crate::store::{Durability, StoreError};

const ROOM_KEY: &str = "room key";

fn revive(inbound: room_key::Inbound<'_>) -> Result<InboundGroupSession, Error> {
    let mut pickle: PickledInboundGroupSession = unpack(ROOM_KEY, inbound.data)?;
    pickle.backed_up = inbound.backed_up;
    InboundGroupSession::from_pickle(pickle).map_err(|_| StoreError::Malformed(ROOM_KEY).into())
}

/// Gathers revived sessions as their rows come by.
pub(super) fn gather(
    sessions: &mut Vec<InboundGroupSession>,
) -> impl FnMut(room_key::Inbound<'_>) -> Result<(), Error> {
    |inbound| {
        sessions.push(revive(inbound)?);
        Ok(())
    }
}

fn utf8(what: &'static str, bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| StoreError::Malformed(what).into())
}

impl SqlCryptoStore {
    pub(super) fn account(&self) -> Result<Option<Account>, Error> {
        let what = "account";
        let pickle: Option<PickledAccount> =
            self.read(|db| values::get(db, value::ACCOUNT, |bytes| unpack(what, bytes)))?;
        let Some(pickle) = pickle else { return Ok(None) };
        let account = Account::from_pickle(pickle).map_err(|_| StoreError::Malformed(what))?;
        self.caches.set_account(account.static_data().clone());
        Ok(Some(account))
    }

    pub(super) fn static_account(&self) -> Result<StaticAccountData, Error> {
        match self.caches.account() {
            Some(account) => Ok(account),
            None => self.account()?.map(|account| account.static_data().clone()).ok_or(Error::AccountUnset),
        }
    }

    pub(super) async fn save_account(&self, changes: PendingChanges) -> Result<(), Error> {
        let Some(account) = changes.account else { return self.check_open() };
        let data = Encoder::new().pack("account", &account.pickle())?;
        self.write(Durability::Full, Touched::default(), move |tx| {
            Ok(values::set(tx, value::ACCOUNT, &data)?)
        })
        .await?;
        self.caches.set_account(account.static_data().clone());
        Ok(())
    }

    pub(super) fn private_identity(&self) -> Result<Option<PrivateCrossSigningIdentity>, Error> {
        let what = "private identity";
        let pickle: Option<PickledCrossSigningIdentity> =
            self.read(|db| values::get(db, value::IDENTITY, |bytes| unpack(what, bytes)))?;
        let Some(pickle) = pickle else { return Ok(None) };
        let identity = PrivateCrossSigningIdentity::from_pickle(pickle);
        identity.map(Some).map_err(|_| StoreError::Malformed(what).into())
    }

    pub(super) fn olm_sessions(&self, sender_key: &str) -> Result<Option<Vec<Session>>, Error> {
        let what = "olm session";
        let mut pickles: Vec<PickledSession> = Vec::new();
        self.read(|db| {
            olm::sessions_of(db, sender_key, |bytes| {
                pickles.push(unpack(what, bytes)?);
                Ok::<_, Error>(())
            })
        })?;
        if pickles.is_empty() {
            return Ok(None);
        }
        let device = self.own_device()?;
        let sessions = pickles.into_iter().map(|pickle| {
            Session::from_pickle(device.as_device_keys().clone(), pickle)
                .map_err(|_| StoreError::Malformed(what).into())
        });
        sessions.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn room_key(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<InboundGroupSession>, Error> {
        let id = (room_id.to_owned(), session_id.to_owned());
        let ticket = match self.caches.room_keys.get(&id) {
            Found::Here(kept) => return Ok(Some(kept.session)),
            Found::Missing(ticket) => ticket,
        };
        let session = self.read(|db| room_key::get(db, room_id.as_str(), session_id, revive))?;
        if let Some(session) = &session {
            self.caches.room_keys.put(ticket, id, RoomKey::new(session.clone()));
        }
        Ok(session)
    }

    pub(super) async fn mark_backed_up(&self, room_and_session_ids: &[(&RoomId, &str)]) -> Result<(), Error> {
        if room_and_session_ids.is_empty() {
            return self.check_open();
        }
        let ids: Vec<_> = room_and_session_ids
            .iter()
            .map(|(room_id, session_id)| ((*room_id).to_owned(), (*session_id).to_owned()))
            .collect();
        let touched = Touched { room_keys: ids.iter().cloned().collect(), ..Touched::default() };
        self.write(Durability::Full, touched, move |tx| {
            for (room_id, session_id) in &ids {
                room_key::mark_backed_up(tx, room_id.as_str(), session_id)?;
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn forget_backup(&self) -> Result<(), Error> {
        let touched = Touched { every_room_key: true, ..Touched::default() };
        self.write(Durability::Full, touched, |tx| Ok(room_key::forget_backup(tx)?)).await
    }

    pub(super) fn backup_keys(&self) -> Result<BackupKeys, Error> {
        self.read(|db| {
            Ok(BackupKeys {
                decryption_key: values::get(db, value::BACKUP_KEY, |bytes| unpack("backup key", bytes))?,
                backup_version: values::get(db, value::BACKUP_VERSION, |bytes| {
                    utf8("backup version", bytes)
                })?,
            })
        })
    }

    pub(super) fn outbound(&self, room_id: &RoomId) -> Result<Option<OutboundGroupSession>, Error> {
        let what = "outbound room key";
        let pickle: Option<PickledOutboundGroupSession> =
            self.read(|db| room_key::outbound(db, room_id.as_str(), |bytes| parse(what, bytes)))?;
        let Some(pickle) = pickle else { return Ok(None) };
        let account = self.static_account()?;
        OutboundGroupSession::from_pickle(account.device_id, account.identity_keys, pickle)
            .map(Some)
            .map_err(|_| StoreError::Malformed(what).into())
    }

    pub(super) fn batch_token(&self) -> Result<Option<String>, Error> {
        self.read(|db| values::get(db, value::NEXT_BATCH, |bytes| utf8("batch token", bytes)))
    }
}
