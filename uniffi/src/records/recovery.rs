//! How backup and recovery key stand.

use qroc_core::model;

use super::{count, stored};

/// Whether the account has a recovery key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RecoveryKeyState {
    /// It has none.
    None,
    /// It was made here and never shown to anybody: show another one.
    Unshown,
    /// It has one.
    On,
}

/// How the backup of the keys stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum BackupState {
    /// There is none, or policy wants none.
    Off,
    /// There is one, and its key is not on this device: `restore`, or verify this device by another.
    Locked,
    /// Keys are being fetched from it.
    Restoring,
    /// Keys wait to be uploaded.
    Pending,
    /// Everything is in it.
    On,
}

/// How backup and recovery key stand.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RecoveryStatus {
    /// Whether there is a recovery key.
    pub key: RecoveryKeyState,
    /// How the backup stands.
    pub backup: BackupState,
    /// The backup's number at the server.
    pub version: Option<String>,
    /// Room keys on this device: they grow while they are restored.
    pub keys: u32,
    /// Those that are not in the backup yet.
    pub waiting: u32,
    /// Whether the account's identity vouches for this device.
    pub verified: bool,
    /// Whether policy wants a backup.
    pub required: bool,
}

impl From<model::RecoveryStatus> for RecoveryStatus {
    fn from(status: model::RecoveryStatus) -> Self {
        Self {
            key: match status.recovery {
                "on" => RecoveryKeyState::On,
                "unshown" => RecoveryKeyState::Unshown,
                _ => RecoveryKeyState::None,
            },
            backup: match status.backup {
                "on" => BackupState::On,
                "pending" => BackupState::Pending,
                "restoring" => BackupState::Restoring,
                "locked" => BackupState::Locked,
                _ => BackupState::Off,
            },
            version: status.version,
            keys: stored(status.keys),
            waiting: stored(status.waiting),
            verified: status.verified,
            required: status.required,
        }
    }
}

/// What restoring with the recovery key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Restored {
    /// Whether this device is verified now.
    pub verified: bool,
    /// Whether the backup is open: what is left of it is fetched while the client syncs.
    pub history: bool,
    /// Room keys that this call has fetched from it. The sync fetches them as well: `recovery_states` tells how far that is.
    pub keys: u32,
}

impl From<model::Restored> for Restored {
    fn from(restored: model::Restored) -> Self {
        Self { verified: restored.verified, history: restored.history, keys: count(restored.keys) }
    }
}
