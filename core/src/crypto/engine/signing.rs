//! Signing as this device, and checking what another device signed.

use matrix_sdk_crypto::vodozemac::Ed25519Signature;
use ruma::UserId;
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

    /// Says whether a text was signed by a device; `None` where the device is not known here.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn is_signed(
        &self,
        text: &str,
        user_id: &str,
        device_id: &str,
        signature: &str,
    ) -> Result<Option<bool>, CryptoError> {
        let user = UserId::parse(user_id).map_err(|_| CryptoError::Account)?;
        let device = self.machine.get_device(&user, device_id.into(), None).await?;
        let Some(key) = device.and_then(|device| device.ed25519_key()) else { return Ok(None) };
        let signature = Ed25519Signature::from_base64(signature);
        Ok(Some(signature.is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())))
    }
}
