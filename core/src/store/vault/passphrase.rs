//! A vault that is what a person knows: Argon2id makes the key-encryption key, its costs and salt are the handle.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::envelope;
use crate::ports::key_vault::{KeyHandle, KeyVault, VaultError, Wrapped};
use crate::secret::{Secret, SecretBytes, fill_random};

/// What one guess costs. Stored beside the salt, so that later versions can ask for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes; they are computed one after the other here.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB, 3 passes: the second recommendation of RFC 9106, with one lane.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

/// A handle that was changed by hand must not make this process ask for all memory there is.
const DEAREST: Cost = Cost { memory_kib: 1024 * 1024, passes: 32, lanes: 16 };

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handle {
    salt: String,
    cost: Cost,
}

/// Wraps with a key derived from a passphrase.
#[derive(Debug)]
pub struct PassphraseVault {
    passphrase: SecretBytes,
    cost: Cost,
}

impl PassphraseVault {
    /// Name of this vault in the key file.
    pub const KIND: &str = "passphrase";

    /// Uses the bytes as they are. New handles get the default cost.
    pub fn new(passphrase: SecretBytes) -> Self {
        Self::with_cost(passphrase, Cost::default())
    }

    /// Uses the bytes as they are. New handles get `cost`; those that exist keep their own.
    pub fn with_cost(passphrase: SecretBytes, cost: Cost) -> Self {
        Self { passphrase, cost }
    }

    async fn derive(&self, handle: &KeyHandle) -> Result<Secret<32>, VaultError> {
        let Handle { salt, cost } = serde_json::from_slice(&handle.0).map_err(|_| malformed())?;
        let salt = hex::decode(salt).map_err(|_| malformed())?;
        derive(&self.passphrase, &salt, cost).await
    }
}

/// Makes a key of what a person knows, on a thread of its own.
///
/// # Errors
/// `Malformed` for costs that make no sense, `Unavailable` where the thread does not come to its end.
pub async fn derive(secret: &SecretBytes, salt: &[u8], cost: Cost) -> Result<Secret<32>, VaultError> {
    if cost.memory_kib > DEAREST.memory_kib || cost.passes > DEAREST.passes || cost.lanes > DEAREST.lanes {
        return Err(malformed());
    }
    let (secret, salt) = (secret.clone(), salt.to_vec());
    let derived = tokio::task::spawn_blocking(move || argon2id(&secret, &salt, cost)).await;
    derived.map_err(|error| VaultError::unavailable("the key could not be derived", error))?
}

fn argon2id(passphrase: &SecretBytes, salt: &[u8], cost: Cost) -> Result<Secret<32>, VaultError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| malformed())?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let derived = Secret::filled(|key: &mut [u8; 32]| {
        argon2.hash_password_into_with_memory(passphrase.expose(), salt, key, &mut memory)
    });
    for block in &mut memory {
        block.as_mut().zeroize();
    }
    derived.map_err(|_| malformed())
}

fn malformed() -> VaultError {
    VaultError::Malformed("the stored parameters of the passphrase are damaged".to_owned())
}

#[async_trait]
impl KeyVault for PassphraseVault {
    fn kind(&self) -> &str {
        Self::KIND
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    async fn create(&self, _label: &str) -> Result<KeyHandle, VaultError> {
        if self.passphrase.is_empty() {
            return Err(VaultError::Unavailable { reason: "the passphrase is empty", source: None });
        }
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        let handle = Handle { salt: hex::encode(salt), cost: self.cost };
        serde_json::to_vec(&handle).map(KeyHandle).map_err(|_| malformed())
    }

    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError> {
        envelope::wrap_key(&self.derive(handle).await?, handle, secret, aad)
    }

    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        envelope::unwrap_key(&self.derive(handle).await?, handle, wrapped, aad)
    }

    /// Nothing is kept, so nothing is destroyed.
    async fn destroy(&self, _handle: &KeyHandle) -> Result<(), VaultError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    fn vault(passphrase: &str) -> PassphraseVault {
        PassphraseVault::with_cost(passphrase.to_owned().into(), QUICK)
    }

    #[tokio::test]
    async fn the_right_passphrase_opens_and_a_wrong_one_says_so() {
        let secret = Secret::random().unwrap();
        let lisbon = vault("seven hills");
        let handle = lisbon.create("test").await.unwrap();
        let wrapped = lisbon.wrap(&handle, &secret, b"p").await.unwrap();
        // The stored cost counts, not that of the process that opens.
        let later = PassphraseVault::new("seven hills".to_owned().into());
        assert_eq!(later.unwrap(&handle, &wrapped, b"p").await.unwrap(), secret);
        for wrong in ["seven hill", "seven hills\n", "Seven hills", ""] {
            let refused = vault(wrong).unwrap(&handle, &wrapped, b"p").await;
            assert!(matches!(refused, Err(VaultError::WrongSecret)), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn a_new_handle_costs_64_mib_and_three_passes() {
        let handle = PassphraseVault::new("x".to_owned().into()).create("test").await.unwrap();
        let stored: Handle = serde_json::from_slice(&handle.0).unwrap();
        assert_eq!(stored.cost, Cost { memory_kib: 65536, passes: 3, lanes: 1 });
        assert!(vault("").create("test").await.is_err());
    }

    #[tokio::test]
    async fn a_changed_handle_is_an_error_and_asks_for_no_memory() {
        let vault = vault("x");
        let dear = br#"{"salt":"00112233445566778899aabbccddeeff","cost":{"memory_kib":4294967295,"passes":1,"lanes":1}}"#;
        for handle in [&dear[..], b"", b"{}", b"\xff\xff"] {
            let result = vault.unwrap(&KeyHandle(handle.to_vec()), &Wrapped(vec![0; 80]), b"").await;
            assert!(matches!(result, Err(VaultError::Malformed(_))));
        }
    }
}
