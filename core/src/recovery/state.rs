//! What is known of the backup and the recovery key, and what was begun.

use std::fmt;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use crate::store::changes::{Change, Changes};
use crate::store::crypto::{room_key, value};
use crate::store::{StoreError, account};

/// Beside the crypto crate's own values.
const NAME: &str = "qroc/recovery";

/// What is known, and what was begun.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What the account data said when the server was last asked.
    pub seen: Option<String>,
    /// The newest backup at the server.
    pub server: Option<String>,
    /// The backup from which keys are still to be fetched.
    pub restore: Option<String>,
    /// Backups to be removed once everything is in the newest.
    pub retired: Vec<String>,
    /// The private key of a backup that is being made.
    pub making: Option<String>,
    /// Id of the key that opens the account's secrets.
    pub key: Option<String>,
    /// It was made here and has not been shown.
    pub unshown: bool,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("server", &self.server)
            .field("restore", &self.restore)
            .finish_non_exhaustive()
    }
}

pub(super) fn load(connection: &Connection) -> Result<State, StoreError> {
    let read = |bytes: &[u8]| Ok::<_, StoreError>(serde_json::from_slice(bytes).unwrap_or_default());
    Ok(value::get(connection, NAME, read)?.unwrap_or_default())
}

pub(super) fn save(tx: &Transaction<'_>, changes: &mut Changes, state: &State) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(state).map_err(|_| StoreError::Malformed("recovery"))?;
    changes.note(Change::Account);
    value::set(tx, NAME, &zeroize::Zeroizing::new(bytes))
}

/// What the server said of backup and recovery key by account data: another one than before is news.
pub(super) fn seen(connection: &Connection) -> Result<(String, Option<String>), StoreError> {
    let default = account::account_data(connection, 0, "m.secret_storage.default_key")?.unwrap_or_default();
    let backup = account::account_data(connection, 0, "m.megolm_backup.v1")?.unwrap_or_default();
    let id = serde_json::from_str::<serde_json::Value>(&default).unwrap_or_default();
    let id = id.get("key").and_then(serde_json::Value::as_str).filter(|id| !id.is_empty());
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("{default}\n{backup}"));
    Ok((hex::encode(digest), id.map(str::to_owned)))
}

/// How backup and recovery stand, for screens and scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// `none`, `on`, or `unshown` where it was made and never shown.
    pub recovery: &'static str,
    /// `off`, `locked` where its key is not here, `restoring`, `pending` where keys wait to be uploaded, `on`.
    pub backup: &'static str,
    /// Its number at the server.
    pub version: Option<String>,
    /// Room keys on this device.
    pub keys: i64,
    /// Those that are not in the backup.
    pub waiting: i64,
}

/// Reads how backup and recovery stand.
///
/// # Errors
/// Faults of the store.
pub fn overview(connection: &Connection) -> Result<Overview, StoreError> {
    let state = load(connection)?;
    let version = |bytes: &[u8]| Ok::<_, StoreError>(String::from_utf8_lossy(bytes).into_owned());
    let in_use = value::get(connection, crate::crypto::store::BACKUP_VERSION, version)?;
    let (keys, waiting) = room_key::counts(connection)?;
    let backup = match (&in_use, &state.server) {
        (None, None) => "off",
        (None, Some(_)) => "locked",
        (Some(_), _) if state.restore.is_some() => "restoring",
        (Some(_), _) if waiting > 0 => "pending",
        (Some(_), _) => "on",
    };
    let recovery = match (&state.key, state.unshown) {
        (None, _) => "none",
        (Some(_), true) => "unshown",
        (Some(_), false) => "on",
    };
    Ok(Overview { recovery, backup, version: in_use.or(state.server), keys, waiting })
}
