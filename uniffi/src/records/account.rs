//! The account, its devices, and what signing in and out came to.

use std::fmt;
use std::time::{Duration, SystemTime};

use qroc_core::model;
use qroc_core::store::codes::AccountState;

use super::{count, time, time_or_never};

/// Who signs in where.
#[derive(Clone, uniffi::Record)]
pub struct LoginDetails {
    /// A URL, or a name that is looked up.
    pub server: String,
    /// `name` or `@name:server`.
    pub user: String,
    /// The password.
    pub password: String,
    /// What the device is called in the list of devices.
    #[uniffi(default)]
    pub device_name: Option<String>,
}

impl fmt::Debug for LoginDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginDetails")
    }
}

/// What the server lets this sign-in do.
#[uniffi::remote(Enum)]
pub enum AccountState {
    /// Everything.
    Active,
    /// The token ended and could not be refreshed: sign in again, data stays.
    SoftSignedOut,
    /// The account is locked: content is hidden, nothing is deleted.
    Locked,
    /// Reading only.
    Suspended,
    /// The account's time is over.
    Expired,
    /// The server refuses the sign-in; hidden until a second question confirms it.
    RefusedOnce,
}

/// The account, as a status line shows it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Status {
    /// `@name:server`.
    pub user_id: String,
    /// The device of this sign-in.
    pub device_id: String,
    /// Base URL of the server.
    pub homeserver: String,
    /// What the server lets the account do.
    pub state: AccountState,
    /// Time of the last sync answer.
    pub last_sync: Option<SystemTime>,
    /// Actions that wait to be sent, failed ones included.
    pub queued: u32,
    /// Whether the account's identity vouches for this device.
    pub verified: bool,
    /// Whether keys are backed up on the server.
    pub backup: bool,
    /// Size of the database in bytes.
    pub db_bytes: u64,
    /// Sealed files that are kept from the server.
    pub cache_files: u64,
    /// Their size in bytes.
    pub cache_bytes: u64,
}

fn account_state(word: &str) -> AccountState {
    let all = [
        AccountState::SoftSignedOut,
        AccountState::Locked,
        AccountState::Suspended,
        AccountState::Expired,
        AccountState::RefusedOnce,
    ];
    all.into_iter().find(|state| state.as_str() == word).unwrap_or(AccountState::Active)
}

impl From<model::Status> for Status {
    fn from(status: model::Status) -> Self {
        Self {
            user_id: status.user_id,
            device_id: status.device_id,
            homeserver: status.homeserver,
            state: account_state(status.state),
            last_sync: time_or_never(status.last_sync_ts),
            queued: count(status.queued),
            verified: status.verified,
            backup: matches!(status.backup, "on" | "pending" | "restoring"),
            db_bytes: status.db_bytes,
            cache_files: status.cache_files,
            cache_bytes: status.cache_bytes,
        }
    }
}

/// A sign-in that worked.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SignedIn {
    /// `@name:server`.
    pub user_id: String,
    /// The device of this sign-in.
    pub device_id: String,
    /// Base URL of the server.
    pub homeserver: String,
}

/// How far a device is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceTrust {
    /// It is this one.
    This,
    /// The identity of its owner vouches for it, and that was compared.
    Verified,
    /// Nothing vouches for it.
    Unverified,
    /// Its owner's identity is another than before, and nobody has looked at that.
    Changed,
}

/// A device of the account, or of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Device {
    /// Its id.
    pub device_id: String,
    /// As it was named.
    pub name: Option<String>,
    /// How far it is trusted.
    pub trust: DeviceTrust,
    /// When the server last heard of it.
    pub last_seen: Option<SystemTime>,
}

impl From<model::Device> for Device {
    fn from(device: model::Device) -> Self {
        Self {
            device_id: device.device_id,
            name: device.name,
            trust: match device.trust {
                "this" => DeviceTrust::This,
                "verified" => DeviceTrust::Verified,
                "changed" => DeviceTrust::Changed,
                _ => DeviceTrust::Unverified,
            },
            last_seen: device.last_seen_ts.map(time),
        }
    }
}

/// What one run of sync came to.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncSummary {
    /// Rooms joined or invited to.
    pub rooms: u32,
    /// Events that were not there before.
    pub events: u32,
    /// Queued actions that the server took.
    pub sent: u32,
    /// Events that cannot be read (yet).
    pub undecryptable: u32,
    /// How long it took.
    pub took: Duration,
}

impl From<model::SyncSummary> for SyncSummary {
    fn from(summary: model::SyncSummary) -> Self {
        Self {
            rooms: count(summary.rooms),
            events: count(summary.events),
            sent: count(summary.sent),
            undecryptable: count(summary.undecryptable),
            took: Duration::from_millis(summary.took_ms),
        }
    }
}

/// What signing out or wiping came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Destroyed {
    /// Files that are gone.
    pub destroyed: u32,
    /// Whether the server knows that the device is gone.
    pub server_informed: bool,
}

impl From<model::Destroyed> for Destroyed {
    fn from(destroyed: model::Destroyed) -> Self {
        Self { destroyed: count(destroyed.destroyed), server_informed: destroyed.server_informed }
    }
}
