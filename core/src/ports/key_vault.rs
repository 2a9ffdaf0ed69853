//! Where the key that opens the key file is kept: Android Keystore, iOS Keychain, a desktop's secret service, a
//! passphrase, a file. A vault never sees what the key protects.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Debug;

use async_trait::async_trait;
use thiserror::Error;

use crate::secret::{NoRandomness, Secret};

/// Names a key inside a vault: a Keystore alias, a Keychain label, the costs and salt of a passphrase. Not secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHandle(pub Vec<u8>);

/// A key that only the vault can open again. Opaque to all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped(pub Vec<u8>);

/// Keeps key-encryption keys and wraps a 32-byte key with them.
#[async_trait]
pub trait KeyVault: Debug + Send + Sync {
    /// Returns the stable name that the key file remembers, such as `keyring`, `passphrase`, `file`.
    fn kind(&self) -> &str;

    /// Returns what a later start needs to find this vault again, such as a path. Stored readable: nothing secret.
    fn parameters(&self) -> BTreeMap<String, String>;

    /// Says whether `unwrap` answers only when the platform has seen that its owner is there: by a finger or a face.
    fn proves_presence(&self) -> bool {
        false
    }

    /// Makes a new key-encryption key. `label` is shown where the platform lists keys; it holds no user's name.
    async fn create(&self, label: &str) -> Result<KeyHandle, VaultError>;

    /// Seals `secret`, bound to `aad`: `unwrap` with any other `aad` fails.
    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError>;

    /// Opens what `wrap` sealed. May wait for a person (a prompt of the platform); dropping the future is safe.
    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError>;

    /// Destroys the key-encryption key; a key that is gone already is no error.
    async fn destroy(&self, handle: &KeyHandle) -> Result<(), VaultError>;
}

/// Says why a vault did not answer with a key. Texts name paths and reasons, never contents.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The person has to be present (fingerprint, face, device code); the call may then be repeated.
    #[error("the device asks for the person's presence first")]
    UserPresenceNeeded,
    /// The device was restarted and not unlocked since.
    #[error("the device has not been unlocked since it was started")]
    LockedUntilFirstUnlock,
    /// The key is not there any more, and what it wrapped cannot be opened by anybody.
    #[error("the key is gone: {0}")]
    Gone(String),
    /// The passphrase is wrong, the key belongs to another profile, or the wrapped bytes were changed.
    #[error("wrong passphrase or key")]
    WrongSecret,
    /// The key file can be read by others than its owner.
    #[error("{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    Exposed {
        /// Path of the key file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The handle, or the file that holds the key, is not what this vault writes.
    #[error("{0}")]
    Malformed(String),
    /// The vault cannot be used here and now.
    #[error("{reason}")]
    Unavailable {
        /// What is missing, in words for a person.
        reason: &'static str,
        /// What the platform said.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

impl VaultError {
    /// Makes an `Unavailable` that carries what the platform said.
    pub fn unavailable(reason: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable { reason, source: Some(source.into()) }
    }
}

impl From<NoRandomness> for VaultError {
    fn from(error: NoRandomness) -> Self {
        Self::unavailable("no random bytes", error)
    }
}
