//! Who is believed to be who.

use std::sync::Arc;

use qroc_core::client::Error;

use crate::client::Client;
use crate::error::QrocError;
use crate::records::account::Device;
use crate::records::trust::UserTrust;
use crate::runtime::{change, read};
use crate::verification::{Verification, VerificationRequests};

#[uniffi::export]
impl Client {
    /// Begins a verification: of `@name:server`, of one of their devices as `@name:server/DEVICE`, of an own device by
    /// its id, or of the own account by all its other devices. Takes up the one that they have asked for, where they
    /// have. The client has to sync meanwhile. A change: it runs to its end; one that nobody waited for is cancelled.
    ///
    /// # Errors
    /// `BadInput` for this device, `NotFound` where there is nobody, or no way to them: name one device then. `Network`,
    /// `RateLimited`, `Locked`, `Closed`, `Storage`.
    pub async fn verify(&self, who: String) -> Result<Arc<Verification>, QrocError> {
        let life = self.life().clone();
        change(async move {
            let verifying = life.client()?.verify(&who).await?;
            Ok::<_, Error>(Verification::follow(verifying, life.link()))
        })
        .await
    }

    /// Follows the verifications that others ask for. From memory.
    pub fn verification_requests(&self) -> Arc<VerificationRequests> {
        VerificationRequests::new(self.life(), self.found())
    }

    /// Says what is believed of a person. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn trust(&self, user_id: String) -> Result<UserTrust, QrocError> {
        let life = self.life().clone();
        read(async move { life.client()?.trust(&user_id).await.map(UserTrust::from) }).await
    }

    /// Takes a person's changed identity as it is now, without comparing anything: they count as not verified then. A
    /// change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` where nothing changed, `Locked`, `Closed`, `Storage`.
    pub async fn accept_change(&self, user_id: String) -> Result<UserTrust, QrocError> {
        let life = self.life().clone();
        change(async move { life.client()?.accept_change(&user_id).await.map(UserTrust::from) }).await
    }

    /// Lists the devices of another user that have keys, asked for now. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` for what is no user id, `Network`, `Locked`, `SignIn`, `Closed`.
    pub async fn devices_of(&self, user_id: String) -> Result<Vec<Device>, QrocError> {
        let life = self.life().clone();
        read(async move {
            let devices = life.client()?.devices_of(&user_id).await?;
            Ok::<_, Error>(devices.into_iter().map(Device::from).collect())
        })
        .await
    }

    /// Says whether this device is verified and has all that the account's devices share: its private keys, and the
    /// backup's with what that held. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn has_secrets(&self) -> Result<bool, QrocError> {
        let life = self.life().clone();
        read(async move { life.client()?.has_secrets().await }).await
    }
}
