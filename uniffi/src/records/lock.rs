//! How the application lock stands.

use std::time::SystemTime;

use qroc_core::model;

use super::time;

/// Whether a PIN is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LockState {
    /// There is no PIN.
    Open,
    /// There is one, and it was given.
    Unlocked,
    /// There is one, and nothing but it opens the profile.
    Sealed,
}

/// How the application lock of a profile stands.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LockStatus {
    /// Whether a PIN is asked for.
    pub state: LockState,
    /// Wrong attempts that are left; without it there is no limit, or no lock.
    pub attempts_left: Option<u32>,
    /// When the next attempt is possible; without it now.
    pub retry_at: Option<SystemTime>,
    /// Whether policy asks for a lock.
    pub required: bool,
}

impl From<model::LockStatus> for LockStatus {
    fn from(status: model::LockStatus) -> Self {
        Self {
            state: match status.state {
                "sealed" => LockState::Sealed,
                "unlocked" => LockState::Unlocked,
                _ => LockState::Open,
            },
            attempts_left: status.attempts_left,
            retry_at: status.retry_at.map(time),
            required: status.required,
        }
    }
}
