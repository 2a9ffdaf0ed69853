//! The application lock: sealed, the keys are in no memory and nothing but the PIN brings them back.

use std::path::PathBuf;
use std::sync::Arc;

use qroc_core::client as core;
use qroc_core::clock::SystemClock;
use qroc_core::secret::SecretBytes;

use crate::client::Client;
use crate::error::QrocError;
use crate::records::lock::LockStatus;
use crate::runtime::{change, read};
use crate::vault::Vault;

/// Says how the lock of a profile stands; needs no key. A read: it ends with its caller.
///
/// # Errors
/// `SignIn` where nobody is signed in, `Storage`.
#[uniffi::export]
pub async fn lock_status(profile: String) -> Result<LockStatus, QrocError> {
    read(async move { core::lock_status(&PathBuf::from(profile), &SystemClock).map(LockStatus::from) }).await
}

/// Opens a sealed profile for this device, until it is sealed again or the device restarts: `Client.open` works then.
/// The attempt is counted before it is made; after the last one all keys and data are destroyed. The caller clears its
/// own copy of the PIN. A change: it runs to its end.
///
/// # Errors
/// `Locked` (`wrong_pin`, `wait_for_attempt`: `lock_status` says what is left), `SignIn` (`destroyed_by_attempts`)
/// after the last attempt, `BadInput` (`no_pin`), `Storage`.
#[uniffi::export]
pub async fn unlock(profile: String, vault: Arc<Vault>, pin: Vec<u8>) -> Result<LockStatus, QrocError> {
    let pin = SecretBytes::new(pin);
    change(async move {
        let vault = vault.ready().await?;
        let status = core::unlock(&PathBuf::from(profile), &*vault, &pin, &SystemClock).await?;
        Ok::<_, QrocError>(LockStatus::from(status))
    })
    .await
}

#[uniffi::export]
impl Client {
    /// Sets the PIN of the application lock, or another one. It is not asked for until the profile is sealed. `vault` is
    /// the one that the profile was opened with. The caller clears its own copy of the PIN. A change: it runs to its
    /// end.
    ///
    /// # Errors
    /// `Policy` with the rule that the PIN breaks, `BadInput` for what is no text, `Locked` by the vault, `Closed`,
    /// `Storage`.
    pub async fn set_pin(&self, vault: Arc<Vault>, pin: Vec<u8>) -> Result<(), QrocError> {
        let (life, pin) = (self.life().clone(), SecretBytes::new(pin));
        change(async move {
            let vault = vault.ready().await?;
            let pin = std::str::from_utf8(pin.expose()).map_err(|_| QrocError::of("bad_input"))?;
            Ok::<_, QrocError>(life.client()?.set_pin(&*vault, pin).await?)
        })
        .await
    }

    /// Locks: closes the client and seals its profile, so that the keys are in no memory and nothing but the PIN opens
    /// it (`unlock`). A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` (`no_pin`) without a PIN: then nothing has happened. `InUse`, `Storage`.
    pub async fn seal(&self) -> Result<LockStatus, QrocError> {
        let (life, profile) = (self.life().clone(), self.profile().to_owned());
        change(async move {
            if core::lock_status(&profile, &SystemClock)?.state == "none" {
                return Err(QrocError::of("no_pin"));
            }
            life.close().await;
            Ok::<LockStatus, QrocError>(core::seal(&profile, &SystemClock).await?.into())
        })
        .await
    }
}
