//! Being woken by push messages while the app sleeps.

use qroc_core::client as core;

use crate::client::Client;
use crate::error::QrocError;
use crate::runtime::change;

/// The service that wakes the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PushService {
    /// Apple's: its messages wake the notification extension.
    Apple,
    /// Any other: its messages wake the app.
    Other,
}

impl From<PushService> for core::PushService {
    fn from(service: PushService) -> Self {
        match service {
            PushService::Apple => Self::Apple,
            PushService::Other => Self::Other,
        }
    }
}

/// What the platform gave the app to be woken by.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PushRegistration {
    /// Names the app to the organisation's gateway, 1 to 64 bytes.
    pub app_id: String,
    /// Names the app on this phone to its service, 1 to 512 bytes: for Apple's the token in base64.
    pub token: String,
    /// Whose token it is.
    pub service: PushService,
}

/// How it stands with push messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PushState {
    /// Nobody wants them.
    Off,
    /// They are wanted, and policy names no gateway (`push.gateway_url`): nothing is told to anybody.
    NoGateway,
    /// The server is told as soon as it answers.
    Waiting,
    /// The server sends them.
    On,
    /// The server does not take them.
    Refused,
}

impl From<core::PushState> for PushState {
    fn from(state: core::PushState) -> Self {
        match state {
            core::PushState::Off => Self::Off,
            core::PushState::NoGateway => Self::NoGateway,
            core::PushState::Waiting => Self::Waiting,
            core::PushState::On => Self::On,
            core::PushState::Refused(_) => Self::Refused,
        }
    }
}

#[uniffi::export]
impl Client {
    /// Wants push messages for what the platform gave the app to be woken by; another token replaces the one before, and
    /// saying the same again costs nothing. Kept when this returns; the server is told while the client runs. They go
    /// through the gateway that policy names and carry ids alone. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for an app id or token that no server takes, `Closed`, `Storage`.
    pub async fn set_push(&self, registration: PushRegistration) -> Result<(), QrocError> {
        let life = self.life().clone();
        let PushRegistration { app_id, token, service } = registration;
        let wanted = core::Registration { app_id, token, service: service.into() };
        change(async move { life.client()?.set_push(Some(wanted)).await }).await
    }

    /// Wants no push messages any more. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn clear_push(&self) -> Result<(), QrocError> {
        let life = self.life().clone();
        change(async move { life.client()?.set_push(None).await }).await
    }

    /// Says how it stands with push messages. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn push_state(&self) -> Result<PushState, QrocError> {
        Ok(self.life().client()?.push_state()?.into())
    }
}
