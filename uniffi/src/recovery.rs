//! Backup and recovery key.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use qroc_core::client::Lifecycle;
use qroc_core::model;
use qroc_core::secret::SecretBytes;

use crate::client::Client;
use crate::error::QrocError;
use crate::live::Live;
use crate::records::recovery::{RecoveryStatus, Restored};
use crate::runtime::{change, read};

#[uniffi::export]
impl Client {
    /// Says how backup and recovery key stand. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn recovery(&self) -> Result<RecoveryStatus, QrocError> {
        let life = self.life().clone();
        read(async move { life.client()?.recovery().map(RecoveryStatus::from) }).await
    }

    /// Follows how backup and recovery key stand, also while keys are restored or uploaded. From memory.
    pub fn recovery_states(&self) -> Arc<RecoveryStates> {
        RecoveryStates::new(self.life().clone())
    }

    /// Makes the recovery key and, where there is none, the backup. With `replace` both are made anew: the key that was
    /// written down before, and the backup that it opens, are worthless from then on. With a passphrase that opens them
    /// as well. A change: it runs to its end; made again after a fault, it goes on.
    ///
    /// # Errors
    /// `BadInput` (`recovery_key_exists`) without `replace`, `Forbidden` (`not_verified`) on a device that has no say,
    /// `Policy` also for a passphrase that is too short, `Network`, `RateLimited`, `Locked`, `Closed`, `Storage`.
    pub async fn create_recovery_key(
        &self,
        passphrase: Option<Vec<u8>>,
        replace: bool,
    ) -> Result<Arc<RecoveryKey>, QrocError> {
        let (life, passphrase) = (self.life().clone(), passphrase.map(SecretBytes::new));
        change(async move {
            let passphrase = passphrase.as_ref().map(text).transpose()?;
            let key = life.client()?.create_recovery_key(passphrase, replace).await?;
            Ok::<_, QrocError>(RecoveryKey::new(life.clone(), key.as_bytes().to_vec()))
        })
        .await
    }

    /// Verifies this device with the recovery key or its passphrase, and brings back the keys of the history. What
    /// could not be fetched at once is fetched while the client syncs. The caller clears its own copy of what was typed.
    /// A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` (`wrong_recovery_key`) for what is wrong with it, `NotFound` (`no_recovery_key`) where there is
    /// nothing that it opens, `Network`, `RateLimited`, `Locked`, `Closed`, `Storage`.
    pub async fn restore(&self, typed: Vec<u8>) -> Result<Restored, QrocError> {
        let (life, typed) = (self.life().clone(), SecretBytes::new(typed));
        change(async move {
            let restored = life.client()?.restore(text(&typed)?).await?;
            Ok::<_, QrocError>(Restored::from(restored))
        })
        .await
    }
}

fn text(secret: &SecretBytes) -> Result<&str, QrocError> {
    std::str::from_utf8(secret.expose()).map_err(|_| QrocError::of("bad_input"))
}

/// A recovery key that was just made: whoever has it and can sign in reads everything. To be shown once, to be written
/// down. No log and no text of this object has it.
#[derive(uniffi::Object)]
pub struct RecoveryKey {
    life: Arc<Lifecycle>,
    key: Mutex<Option<SecretBytes>>,
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey")
    }
}

impl RecoveryKey {
    fn new(life: Arc<Lifecycle>, key: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { life, key: Mutex::new(Some(SecretBytes::new(key))) })
    }
}

#[uniffi::export]
impl RecoveryKey {
    /// Returns the key as it is to be written down, in groups of four; nothing after `shown`. The caller clears its
    /// copy. From memory.
    pub fn reveal(&self) -> Option<Vec<u8>> {
        let key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        key.as_ref().map(|key| key.expose().to_vec())
    }

    /// Notes that the user has written it down, and forgets it: it cannot be had again. Until then the account counts
    /// as one whose key nobody has. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn shown(&self) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move { life.client()?.recovery_key_shown().await }).await?;
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// Follows how backup and recovery key stand. Pulled; a state that nobody pulled in time is left out.
#[derive(Debug, uniffi::Object)]
pub struct RecoveryStates {
    life: Arc<Lifecycle>,
    told: Mutex<Option<model::RecoveryStatus>>,
    _live: Live,
}

impl RecoveryStates {
    fn new(life: Arc<Lifecycle>) -> Arc<Self> {
        Arc::new(Self { life, told: Mutex::default(), _live: Live::list() })
    }
}

#[uniffi::export]
impl RecoveryStates {
    /// Waits for another state than the last one that was told, and tells it; the first one at once. `None` ends it:
    /// the client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<RecoveryStatus>, QrocError> {
        let life = self.life.clone();
        let known = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let pull = Live::pull();
        let found = read(async move {
            let _pull = pull;
            life.client()?.recovery_changes(known.as_ref()).await
        });
        match found.await {
            Ok(Some(status)) => {
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.clone());
                Ok(Some(status.into()))
            }
            Ok(None) | Err(QrocError::Closed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins anew for another reader: the next pull tells the state at once. From memory.
    pub fn restart(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
