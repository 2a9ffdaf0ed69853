//! The key backup at the server (`m.megolm_backup.v1.curve25519-aes-sha2`): made, filled in batches, fetched again.

use std::collections::BTreeMap;

use matrix_sdk_crypto::olm::ExportedRoomKey;
use matrix_sdk_crypto::store::types::BackupDecryptionKey;
use matrix_sdk_crypto::types::RoomKeyBackupInfo;
use ruma::api::client::backup::{EncryptedSessionData, add_backup_keys};
use ruma::events::secret::request::SecretName;
use ruma::{OwnedRoomId, RoomId};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::engine::{Crypto, NewKey};
use super::{CryptoError, store};
use crate::net::{Call, Http, NetError, part};
use crate::store::Durability;
use crate::store::crypto::value;

const VERSION: &str = "/_matrix/client/v3/room_keys/version";
/// A batch of a hundred keys on a slow line, and everything that a long account has.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// The private half of a backup: who has it reads every message whose key is there.
#[derive(Clone)]
pub struct BackupKey(BackupDecryptionKey);

impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackupKey")
    }
}

impl BackupKey {
    /// Makes a new one.
    pub fn generate() -> Self {
        Self(BackupDecryptionKey::new())
    }

    /// Reads what `to_base64` wrote.
    pub fn from_base64(text: &str) -> Option<Self> {
        BackupDecryptionKey::from_base64(text).ok().map(Self)
    }

    /// Writes it as other clients do.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_base64())
    }
}

/// A backup as the server describes it.
#[derive(Debug, Deserialize)]
pub struct ServerBackup {
    /// Its number.
    pub version: String,
    /// How many keys it holds.
    #[serde(default)]
    pub count: u64,
    #[serde(flatten)]
    info: RoomKeyBackupInfo,
}

impl ServerBackup {
    /// Says whether a key opens it.
    pub fn is_opened_by(&self, key: &BackupKey) -> bool {
        key.0.backup_key_matches(&self.info)
    }
}

/// What came of uploading one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// Nothing waits.
    Nothing,
    /// A batch is there; there may be more.
    Some,
    /// The server has another backup, or none.
    OtherBackup,
}

/// A key as the backup holds it.
#[derive(Debug)]
pub struct SealedKey {
    /// Matrix id of the room.
    pub room_id: OwnedRoomId,
    session_id: String,
    data: Box<RawValue>,
}

impl SealedKey {
    /// Names the Megolm session.
    pub fn session_id(&self) -> &str {
        &self.session_id
    }
}

impl Crypto {
    /// Asks the server for its newest backup.
    ///
    /// # Errors
    /// The network's.
    pub async fn server_backup(&self, http: &Http) -> Result<Option<ServerBackup>, CryptoError> {
        match http.json(Call::get(VERSION)).await {
            Ok(backup) => Ok(Some(backup)),
            Err(NetError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a backup at the server that this key opens, signed by device and account. Returns its number.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn make_backup(&self, http: &Http, key: &BackupKey) -> Result<String, CryptoError> {
        #[derive(Deserialize)]
        struct Answer {
            version: String,
        }
        let mut info = key.0.to_backup_info();
        let signed = self.machine.backup_machine().sign_backup(&mut info).await;
        signed.map_err(|error| CryptoError::Signature(error.to_string()))?;
        let answer: Answer = http.json(Call::post(VERSION, &serde_json::to_value(&info)?)).await?;
        Ok(answer.version)
    }

    /// Removes a backup from the server; one that is not there is removed already.
    ///
    /// # Errors
    /// The network's.
    pub async fn remove_backup(&self, http: &Http, version: &str) -> Result<(), CryptoError> {
        let path = format!("{VERSION}/{}", part(version));
        let call = Call { method: reqwest::Method::DELETE, body: None, ..Call::get(&path) };
        match http.done(call).await {
            Ok(()) | Err(NetError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the backup in use: its number and its key.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn backup_in_use(&self) -> Result<Option<(String, BackupKey)>, CryptoError> {
        let keys = self.machine.backup_machine().get_backup_keys().await?;
        Ok(keys.backup_version.zip(keys.decryption_key.map(BackupKey)))
    }

    /// Uses a backup from now on. What was in another one counts as not backed up.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn use_backup(&self, version: &str, key: &BackupKey) -> Result<(), CryptoError> {
        let backups = self.machine.backup_machine();
        if backups.backup_version().await.as_deref() != Some(version) {
            backups.disable_backup().await?;
        }
        backups.save_decryption_key(Some(key.0.clone()), Some(version.to_owned())).await?;
        let public = key.0.megolm_v1_public_key();
        public.set_version(version.to_owned());
        backups.enable_backup_v1(public).await?;
        self.news.trust();
        Ok(())
    }

    /// Uses no backup from now on, and forgets the key of the one that was used.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn leave_backup(&self) -> Result<(), CryptoError> {
        self.machine.backup_machine().disable_backup().await?;
        self.store
            .write(Durability::Full, |tx, _| {
                value::remove(tx, store::BACKUP_KEY)?;
                value::remove(tx, store::BACKUP_VERSION)
            })
            .await
            .map_err(CryptoError::Database)?;
        self.news.tell();
        Ok(())
    }

    /// Uploads one batch of what is not backed up. It counts as backed up once the server has it, durably.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn upload_batch(&self, http: &Http) -> Result<Uploaded, CryptoError> {
        let backups = self.machine.backup_machine();
        if !backups.enabled().await {
            return Ok(Uploaded::Nothing);
        }
        let Some((id, batch)) = backups.backup().await? else { return Ok(Uploaded::Nothing) };
        let request = add_backup_keys::v3::Request::new(batch.version, batch.rooms);
        match http.send(request, PATIENCE).await {
            Ok(answer) => {
                self.machine.mark_request_as_sent(&id, &answer).await?;
                Ok(Uploaded::Some)
            }
            Err(error) if error.errcode() == Some("M_WRONG_ROOM_KEYS_VERSION") => Ok(Uploaded::OtherBackup),
            Err(NetError::Refused { status: 404, .. }) => Ok(Uploaded::OtherBackup),
            Err(error) => Err(error.into()),
        }
    }

    /// Counts the keys that are here, and those of them that are not backed up.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn count_keys(&self) -> Result<(usize, usize), CryptoError> {
        let counts = self.machine.backup_machine().room_key_counts().await?;
        Ok((counts.total, counts.total.saturating_sub(counts.backed_up)))
    }

    /// Fetches what a backup holds, sealed as it is: of one room, or everything.
    ///
    /// # Errors
    /// The network's.
    pub async fn fetch_backup(
        &self,
        http: &Http,
        version: &str,
        room_id: Option<&str>,
    ) -> Result<Vec<SealedKey>, CryptoError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            rooms: BTreeMap<String, Room>,
        }
        #[derive(Deserialize)]
        struct Room {
            #[serde(default)]
            sessions: BTreeMap<String, Box<RawValue>>,
        }
        let room = room_id.map(|room_id| format!("/{}", part(room_id))).unwrap_or_default();
        let path = format!("/_matrix/client/v3/room_keys/keys{room}?version={}", part(version));
        let call = Call::get(&path).within(PATIENCE);
        let rooms = match room_id {
            Some(room_id) => BTreeMap::from([(room_id.to_owned(), http.json::<Room>(call).await?)]),
            None => http.json::<Answer>(call).await?.rooms,
        };
        let mut keys = Vec::new();
        for (room_id, room) in rooms {
            let Ok(room_id) = RoomId::parse(room_id) else { continue };
            let sealed = |(session_id, data)| SealedKey { room_id: room_id.clone(), session_id, data };
            keys.extend(room.sessions.into_iter().map(sealed));
        }
        Ok(keys)
    }

    /// Opens keys of a backup and takes them in. What cannot be opened is passed over. Returns the keys that are here now.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn take_keys(
        &self,
        version: &str,
        key: &BackupKey,
        sealed: &[SealedKey],
    ) -> Result<Vec<NewKey>, CryptoError> {
        #[derive(Deserialize)]
        struct Data {
            session_data: EncryptedSessionData,
        }
        let mut opened = Vec::with_capacity(sealed.len());
        let mut new = Vec::with_capacity(sealed.len());
        for one in sealed {
            let data = serde_json::from_str::<Data>(one.data.get());
            let Some(room_key) = data.ok().and_then(|it| key.0.decrypt_session_data(it.session_data).ok())
            else {
                tracing::warn!("a key of the backup cannot be opened");
                continue;
            };
            let (room_id, session_id) = (one.room_id.clone(), one.session_id.clone());
            new.push(NewKey { room_id: room_id.to_string(), session_id: session_id.clone() });
            opened.push(ExportedRoomKey::from_backed_up_room_key(room_id, session_id, room_key));
        }
        self.machine.store().import_room_keys(opened, Some(version), |_, _| {}).await?;
        Ok(new)
    }

    /// Waits until something may have to be done about the backup or the secrets.
    pub async fn backup_due(&self) {
        self.news.due.notified().await;
    }

    /// Says that something may have to be done about the backup or the secrets.
    pub fn look_at_backup(&self) {
        self.news.due.notify_one();
    }

    /// Lists the keys of backups that other own devices gave us.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn given_backup_keys(&self) -> Result<Vec<BackupKey>, CryptoError> {
        let given = self.machine.store().get_secrets_from_inbox(&SecretName::RecoveryKey).await?;
        Ok(given.iter().filter_map(|text| BackupKey::from_base64(text)).collect())
    }

    /// Forgets them.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn forget_given_backup_keys(&self) -> Result<(), CryptoError> {
        Ok(self.machine.store().delete_secrets_from_inbox(&SecretName::RecoveryKey).await?)
    }

    /// Asks the other own devices for the account's private keys and the backup's, where they are not here. Returns
    /// whether something was asked for.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn ask_for_secrets(&self) -> Result<bool, CryptoError> {
        let asked = self.machine.query_missing_secrets_from_other_sessions().await?;
        if asked {
            self.news.tell();
        }
        Ok(asked)
    }
}
