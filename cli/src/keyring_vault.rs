//! The desktop's secret service (or Keychain) as a vault: it holds a random key under a random account label.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use keyring::{Entry, Error};
use qroc_core::ports::key_vault::{KeyHandle, KeyVault, VaultError, Wrapped};
use qroc_core::secret::{Secret, fill_random};
use qroc_core::store::vault::envelope;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Name under which desktop tools list our keys.
const SERVICE: &str = "eu.qroc";
/// A desktop without a secret service may leave the question unanswered.
const PROBE: Duration = Duration::from_secs(2);
/// The service may ask the person for the keyring's password.
const PROMPT: Duration = Duration::from_secs(120);

/// Wraps with a key that the desktop keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyringVault(());

impl KeyringVault {
    /// Name of this vault in the key file.
    pub(crate) const KIND: &str = "keyring";

    /// Finds the desktop's service, or says within 2 s that there is none.
    pub(crate) async fn probe() -> Result<Self, VaultError> {
        let found = ask(PROBE, || match Entry::store_status() {
            Ok(()) => Ok(()),
            Err(_) => Err(VaultError::Unavailable { reason: "this desktop has no keyring", source: None }),
        });
        found.await.map(|()| Self(()))
    }

    async fn key(handle: &KeyHandle) -> Result<Secret<32>, VaultError> {
        let account = account(handle)?;
        ask(PROMPT, move || {
            let stored = entry(&account)?.get_secret().map(Zeroizing::new).map_err(refused)?;
            Secret::from_slice(&stored).ok_or_else(|| {
                VaultError::Malformed("the keyring holds something else than our key".to_owned())
            })
        })
        .await
    }
}

/// Asks on a thread of its own: the service blocks, and one that never answers must not hold up the end of the program.
async fn ask<T: Send + 'static>(
    limit: Duration,
    question: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (answer, answered) = oneshot::channel();
    thread::spawn(move || {
        // Nobody waits for it any more once the limit has passed.
        let _ = answer.send(question());
    });
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) | Err(_) => {
            Err(VaultError::Unavailable { reason: "the keyring does not answer", source: None })
        }
    }
}

fn account(handle: &KeyHandle) -> Result<String, VaultError> {
    String::from_utf8(handle.0.clone())
        .map_err(|_| VaultError::Malformed("the stored name of the keyring entry is damaged".to_owned()))
}

fn entry(account: &str) -> Result<Entry, VaultError> {
    Entry::new(SERVICE, account).map_err(refused)
}

/// Passes on what the desktop said, but never the bytes that some of its errors carry.
fn refused(error: Error) -> VaultError {
    match error {
        Error::NoEntry => VaultError::Gone("the keyring has no entry of this profile".to_owned()),
        Error::NoStorageAccess(source) => VaultError::unavailable("the keyring is locked", source),
        Error::PlatformFailure(source) => VaultError::unavailable("the keyring failed", source),
        Error::NoDefaultStore => {
            VaultError::Unavailable { reason: "this desktop has no keyring", source: None }
        }
        _ => VaultError::Unavailable { reason: "the keyring cannot hold our key", source: None },
    }
}

#[async_trait]
impl KeyVault for KeyringVault {
    fn kind(&self) -> &str {
        Self::KIND
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    async fn create(&self, _label: &str) -> Result<KeyHandle, VaultError> {
        let mut name = [0; 16];
        fill_random(&mut name)?;
        let account: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let handle = KeyHandle(account.clone().into_bytes());
        ask(PROMPT, move || {
            let key = Secret::<32>::random()?;
            entry(&account)?.set_secret(key.expose()).map_err(refused)
        })
        .await?;
        Ok(handle)
    }

    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError> {
        envelope::wrap_key(&Self::key(handle).await?, handle, secret, aad)
    }

    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        envelope::unwrap_key(&Self::key(handle).await?, handle, wrapped, aad)
    }

    async fn destroy(&self, handle: &KeyHandle) -> Result<(), VaultError> {
        let account = account(handle)?;
        ask(PROBE, move || match entry(&account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(error)),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_keyring_that_never_answers_is_given_up() {
        let begun = Instant::now();
        let result = ask(Duration::from_millis(20), || {
            thread::park();
            Ok(())
        });
        assert!(matches!(result.await, Err(VaultError::Unavailable { .. })));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test]
    async fn where_there_is_a_keyring_a_key_comes_back_and_goes() {
        let begun = Instant::now();
        let found = KeyringVault::probe().await;
        assert!(begun.elapsed() < Duration::from_secs(4));
        // A machine without a desktop has none: then the probe's answer is all there is to see.
        let Ok(vault) = found else { return };
        let Ok(handle) = vault.create("test").await else { return };
        let secret = Secret::random().unwrap();
        let wrapped = vault.wrap(&handle, &secret, b"p").await.unwrap();
        assert_eq!(vault.unwrap(&handle, &wrapped, b"p").await.unwrap(), secret);
        vault.destroy(&handle).await.unwrap();
        assert!(matches!(vault.unwrap(&handle, &wrapped, b"p").await, Err(VaultError::Gone(_))));
    }
}
