//! Signing as this device, for what others check later.

use serde_json::Value;

use super::{Crypto, CryptoError};

impl Crypto {
    /// Signs a text with the device's key, and with the account's where this device holds it. By user, then by key
    /// id, in unpadded base64, as everywhere in Matrix.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn sign(&self, text: &str) -> Result<Value, CryptoError> {
        Ok(serde_json::to_value(self.machine.sign(text).await?)?)
    }
}
