//! Where the key of a profile is kept: by the platform, or behind a passphrase.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use qroc_core::client as core;
use qroc_core::ports::key_vault::{self as port, KeyHandle, VaultError, Wrapped};
use qroc_core::secret::{Secret, SecretBytes};
use qroc_core::store::vault::{FileVault, PassphraseVault};
use thiserror::Error;
use tokio::time::timeout;

use crate::error::QrocError;

/// A prompt of the platform waits for a person; what takes longer has failed.
const PROMPT: Duration = Duration::from_secs(300);
/// What is of no use any more.
const PARTING: Duration = Duration::from_secs(5);
/// What needs nobody.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says why the platform's vault did not answer with a key.
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum VaultFault {
    /// The person has to be present (fingerprint, face, device code); the call may then be repeated.
    #[error("user presence needed")]
    UserPresenceNeeded,
    /// The device was restarted and not unlocked since.
    #[error("locked until the first unlock")]
    LockedUntilFirstUnlock,
    /// The key is not there any more, and what it wrapped cannot be opened by anybody.
    #[error("gone")]
    Gone,
    /// What is to be opened was changed, or belongs to another profile.
    #[error("wrong secret")]
    WrongSecret,
    /// The vault cannot be used here and now; also what a vault that throws anything else is taken for.
    #[error("unavailable")]
    Unavailable,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for VaultFault {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<VaultFault> for VaultError {
    fn from(fault: VaultFault) -> Self {
        match fault {
            VaultFault::UserPresenceNeeded => Self::UserPresenceNeeded,
            VaultFault::LockedUntilFirstUnlock => Self::LockedUntilFirstUnlock,
            VaultFault::Gone => Self::Gone("the platform's vault has lost it".to_owned()),
            VaultFault::WrongSecret => Self::WrongSecret,
            VaultFault::Unavailable => {
                Self::Unavailable { reason: "the platform's vault does not answer", source: None }
            }
        }
    }
}

/// Keeps keys for the core: Android's Keystore, the Keychain of iOS. Called on threads of the core; it may take its
/// time (a prompt: up to five minutes, all else a minute), and may call the core.
#[uniffi::export(foreign)]
#[async_trait]
pub trait KeyVault: Send + Sync {
    /// Returns a stable name, such as `android-keystore`: a profile remembers it and is opened by no other.
    async fn kind(&self) -> Result<String, VaultFault>;

    /// Returns what a later start needs to find this vault again. Stored readable: nothing secret.
    async fn parameters(&self) -> Result<HashMap<String, String>, VaultFault>;

    /// Makes a new key and returns its name. `label` is shown where the platform lists keys.
    async fn create(&self, label: String) -> Result<Vec<u8>, VaultFault>;

    /// Seals `secret` (32 bytes) with the key `handle`, bound to `aad`: opening it with any other `aad` fails.
    async fn wrap(&self, handle: Vec<u8>, secret: Vec<u8>, aad: Vec<u8>) -> Result<Vec<u8>, VaultFault>;

    /// Opens what `wrap` sealed.
    async fn unwrap(&self, handle: Vec<u8>, wrapped: Vec<u8>, aad: Vec<u8>) -> Result<Vec<u8>, VaultFault>;

    /// Destroys the key `handle`; one that is gone already is no error.
    async fn destroy(&self, handle: Vec<u8>) -> Result<(), VaultFault>;
}

/// Chooses where the key of a profile is kept.
#[derive(uniffi::Object)]
pub struct Vault(Kind);

enum Kind {
    Platform(Arc<dyn KeyVault>),
    Passphrase(SecretBytes),
    File(String),
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[uniffi::export]
impl Vault {
    /// The platform keeps the key.
    #[uniffi::constructor]
    pub fn platform(vault: Arc<dyn KeyVault>) -> Arc<Self> {
        Arc::new(Self(Kind::Platform(vault)))
    }

    /// A passphrase opens the key (Argon2id). The caller clears its own copy.
    #[uniffi::constructor]
    pub fn passphrase(passphrase: Vec<u8>) -> Arc<Self> {
        Arc::new(Self(Kind::Passphrase(SecretBytes::new(passphrase))))
    }

    /// A key file at this path opens the key: for bots and tests, since whoever has both files reads all.
    #[uniffi::constructor]
    pub fn key_file(path: String) -> Arc<Self> {
        Arc::new(Self(Kind::File(path)))
    }
}

impl Vault {
    /// Says whether it holds keys that outlive a profile.
    pub(crate) fn has_keys(&self) -> bool {
        match &self.0 {
            Kind::Platform(_) => true,
            Kind::Passphrase(_) | Kind::File(_) => false,
        }
    }

    /// Destroys keys of a profile that was wiped. One that stays does no harm, so nothing is waited for long.
    pub(crate) async fn destroy_keys(&self, profile: &Path) {
        let _ = timeout(PARTING, async {
            if let Ok(vault) = self.ready().await {
                core::destroy_vault_keys(profile, &*vault).await;
            }
        })
        .await;
    }

    /// Makes it ready for the core: what a platform's vault is called is asked once.
    pub(crate) async fn ready(&self) -> Result<Box<dyn port::KeyVault>, QrocError> {
        Ok(match &self.0 {
            Kind::Passphrase(passphrase) => Box::new(PassphraseVault::new(passphrase.clone())),
            Kind::File(path) => Box::new(FileVault::new(path)),
            Kind::Platform(vault) => {
                let failed = |_| QrocError::of("port_failed");
                let slow = |_| QrocError::of("port_timeout");
                let kind = timeout(PATIENCE, vault.kind()).await.map_err(slow)?.map_err(failed)?;
                let parameters =
                    timeout(PATIENCE, vault.parameters()).await.map_err(slow)?.map_err(failed)?;
                Box::new(Bridged { kind, parameters: parameters.into_iter().collect(), vault: vault.clone() })
            }
        })
    }
}

/// A platform's vault, as the core sees it.
struct Bridged {
    kind: String,
    parameters: BTreeMap<String, String>,
    vault: Arc<dyn KeyVault>,
}

impl fmt::Debug for Bridged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridged").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// No lock is held while the platform is asked, so that it may call the core; what hangs is given up.
async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, VaultFault>>,
) -> Result<T, VaultError> {
    match timeout(limit, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(VaultError::Unavailable {
            reason: "the platform's vault did not answer in time",
            source: None,
        }),
    }
}

#[async_trait]
impl port::KeyVault for Bridged {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        self.parameters.clone()
    }

    async fn create(&self, label: &str) -> Result<KeyHandle, VaultError> {
        within(PROMPT, self.vault.create(label.to_owned())).await.map(KeyHandle)
    }

    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError> {
        let answer = self.vault.wrap(handle.0.clone(), secret.expose().to_vec(), aad.to_vec());
        within(PROMPT, answer).await.map(Wrapped)
    }

    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        let answer = self.vault.unwrap(handle.0.clone(), wrapped.0.clone(), aad.to_vec());
        let secret = SecretBytes::new(within(PROMPT, answer).await?);
        Secret::from_slice(secret.expose()).ok_or(VaultError::WrongSecret)
    }

    async fn destroy(&self, handle: &KeyHandle) -> Result<(), VaultError> {
        within(PATIENCE, self.vault.destroy(handle.0.clone())).await
    }
}
