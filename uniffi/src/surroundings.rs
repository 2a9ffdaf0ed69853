//! What the platform says of the device, its connection and its user, and the lock over the screen that follows from it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use qroc_core::client as core;
use qroc_core::policy::System;
use qroc_core::secret::SecretBytes;

use crate::client::Client;
use crate::error::QrocError;
use crate::platform;
use crate::runtime::change;
use crate::vault::Vault;

/// An operating system that policy speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceSystem {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// Any other.
    Other,
}

impl From<DeviceSystem> for System {
    fn from(system: DeviceSystem) -> Self {
        match system {
            DeviceSystem::Android => Self::Android,
            DeviceSystem::Ios => Self::Ios,
            DeviceSystem::Other => Self::Other,
        }
    }
}

/// The device, as the platform knows it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DeviceFacts {
    /// Its operating system.
    pub system: DeviceSystem,
    /// The system's version, such as `14` or `17.2`.
    pub version: String,
    /// Whether the platform found the system tampered with.
    pub tampered: bool,
}

/// What a screen fills in before somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProposedSignIn {
    /// Address of the server.
    pub server: Option<String>,
    /// Name of the user.
    pub user: Option<String>,
    /// Whether nobody else may sign in.
    pub user_is_fixed: bool,
}

static DEVICE: RwLock<Option<core::Device>> = RwLock::new(None);

/// Says what the device is; to be called before a client is opened. Returns at once.
#[uniffi::export]
pub fn tell_device(device: DeviceFacts) {
    let DeviceFacts { system, version, tampered } = device;
    let device = core::Device { system: system.into(), version, tampered };
    *DEVICE.write().unwrap_or_else(PoisonError::into_inner) = Some(device);
}

pub(crate) fn device() -> core::Device {
    DEVICE.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
}

/// Returns what the device's management proposes to whoever signs in. From memory.
///
/// # Errors
/// `Internal` before `init`.
#[uniffi::export]
pub fn proposed_sign_in() -> Result<ProposedSignIn, QrocError> {
    let core::Proposed { server, user, user_is_fixed } = core::proposed(&platform::options()?.managed);
    Ok(ProposedSignIn { server, user, user_is_fixed })
}

#[uniffi::export]
impl Client {
    /// Says whether the connection costs by volume. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_metered(&self, metered: bool) -> Result<(), QrocError> {
        self.life().client()?.set_metered(metered);
        Ok(())
    }

    /// Says whether the files of messages that arrive are fetched before anybody asks, where policy allows it. From
    /// memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_fetching(&self, on: bool) -> Result<(), QrocError> {
        self.life().client()?.set_fetching(on);
        Ok(())
    }

    /// Says whether policy wants the user to be warned that this device's system was tampered with. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn warns_of_device(&self) -> Result<bool, QrocError> {
        Ok(self.life().client()?.warns_of_device())
    }

    /// Guards the screen from now on: contents are hidden where nobody has used it for `lock.timeout_s`. It begins locked
    /// where the profile was not used for so long. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn guard_screen(&self) -> Result<(), QrocError> {
        let life = self.life().clone();
        change(async move { life.client()?.guard_screen() }).await
    }

    /// Says that somebody uses the app: the times without use begin anew. A screen that is locked stays so. A change: it
    /// runs to its end.
    ///
    /// # Errors
    /// `Locked` where the time was over and the profile is sealed, `Closed`, `Storage`.
    pub async fn touch(&self) -> Result<(), QrocError> {
        let life = self.life().clone();
        change(async move { life.client()?.touch() }).await
    }

    /// Says whether contents are hidden until the screen is unlocked. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn is_screen_locked(&self) -> Result<bool, QrocError> {
        Ok(self.life().client()?.is_screen_locked())
    }

    /// Says after how long without use the screen locks; nothing where it is locked, not guarded, or never locks. From
    /// memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn screen_locks_in(&self) -> Result<Option<Duration>, QrocError> {
        Ok(self.life().client()?.screen_locks_in())
    }

    /// Locks the screen at once. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn lock_screen(&self) -> Result<(), QrocError> {
        self.life().client()?.lock_screen();
        Ok(())
    }

    /// Unlocks the screen with the PIN; attempts count as for a sealed profile. The caller clears its own copy of the
    /// PIN. A change: it runs to its end.
    ///
    /// # Errors
    /// As `unlock`.
    pub async fn unlock_screen(&self, vault: Arc<Vault>, pin: Vec<u8>) -> Result<(), QrocError> {
        let (life, pin) = (self.life().clone(), SecretBytes::new(pin));
        change(async move {
            let vault = vault.ready().await?;
            Ok::<_, QrocError>(life.client()?.unlock_screen(&*vault, &pin).await?)
        })
        .await
    }
}
