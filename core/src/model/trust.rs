//! Trust in people, and what brings keys back.

use serde::Serialize;

/// How backup and recovery key stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecoveryStatus {
    /// `none`, `on`, or `unshown` where it was made and never shown.
    pub recovery: &'static str,
    /// `off`, `locked` (its key is not here), `restoring`, `pending` (keys wait to be uploaded), `on`.
    pub backup: &'static str,
    /// The backup's number at the server.
    pub version: Option<String>,
    /// Room keys on this device.
    pub keys: i64,
    /// Those that are not in the backup.
    pub waiting: i64,
    /// Whether the account's identity vouches for this device.
    pub verified: bool,
    /// Whether policy wants a backup.
    pub required: bool,
}

/// What restoring with the recovery key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// This device is verified now.
    pub verified: bool,
    /// The backup is open.
    pub history: bool,
    /// Room keys that came from it.
    pub keys: usize,
}

/// What is believed of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonTrust {
    /// Matrix id.
    pub user_id: String,
    /// `verified`, `unverified`, or `changed` where the identity is another than before and nobody confirmed that.
    pub trust: &'static str,
}
