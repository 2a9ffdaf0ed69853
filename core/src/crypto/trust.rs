//! Who is believed to be who: trust in people and devices, in words, and what a person says about it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use matrix_sdk_crypto::{Device, LocalTrust, UserIdentity};
use ruma::{OwnedUserId, UserId};

use super::CryptoError;
use super::engine::{Crypto, users};
use crate::net::Http;

/// What is believed of a person or a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// The device in use.
    This,
    /// The keys were compared, by this device or by one that it trusts.
    Verified,
    /// The keys are taken as the server gives them.
    Unverified,
    /// The keys are others than before, and nobody has looked at that.
    Changed,
}

impl Trust {
    /// Returns the word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Changed => "changed",
        }
    }
}

/// How this device stands to the account's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account has an identity.
    pub exists: bool,
    /// The identity vouches for this device, and this device trusts it.
    pub verified: bool,
    /// Its private keys are all here.
    pub complete: bool,
}

impl Crypto {
    /// Has keys given to verified devices only, and nothing sent to whom a changed identity is not confirmed of.
    pub fn exclude_unverified(&self, exclude: bool) {
        self.excludes_unverified.store(exclude, Ordering::Relaxed);
    }

    /// Says how this device stands to the account's identity.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn standing(&self) -> Result<Standing, CryptoError> {
        let user = self.machine.user_id();
        let identity = self.machine.get_identity(user, None).await?.and_then(|identity| identity.own());
        let device = self.machine.get_device(user, self.machine.device_id(), None).await?;
        let trusted = identity.as_ref().is_some_and(|identity| identity.is_verified());
        Ok(Standing {
            exists: identity.is_some(),
            verified: trusted && device.is_some_and(|device| device.is_cross_signed_by_owner()),
            complete: self.machine.cross_signing_status().await.is_complete(),
        })
    }

    /// Signs this device as the account, whose private keys are here.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn sign_own_device(&self, http: &Http) -> Result<(), CryptoError> {
        let user = self.machine.user_id();
        let Some(device) = self.machine.get_device(user, self.machine.device_id(), None).await? else {
            return Ok(());
        };
        let upload = device.verify().await.map_err(|error| CryptoError::Signature(error.to_string()))?;
        let _one_at_a_time = self.outgoing.lock().await;
        self.deliver_signatures(http, upload).await
    }

    /// Lists the known devices of a user with what is believed of them, and how they are called.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn devices_of(
        &self,
        user_id: &str,
    ) -> Result<Vec<(String, Option<String>, Trust)>, CryptoError> {
        let Ok(user) = UserId::parse(user_id) else { return Ok(Vec::new()) };
        let changed = self.trust_of(&user).await? == Trust::Changed;
        let known = self.machine.get_user_devices(&user, None).await?;
        let mut list: Vec<_> = known
            .devices()
            .map(|device| {
                let name = device.display_name().map(str::to_owned);
                (device.device_id().to_string(), name, trust_of_device(&device, changed))
            })
            .collect();
        list.sort();
        Ok(list)
    }

    /// Says what is believed of people.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn trust_of_all(&self, user_ids: &[String]) -> Result<BTreeMap<String, Trust>, CryptoError> {
        let mut all = BTreeMap::new();
        for user in users(user_ids) {
            let trust = self.trust_of(&user).await?;
            all.insert(user.to_string(), trust);
        }
        Ok(all)
    }

    async fn trust_of(&self, user: &UserId) -> Result<Trust, CryptoError> {
        Ok(match self.machine.get_identity(user, None).await? {
            None => Trust::Unverified,
            Some(UserIdentity::Own(own)) => match (own.is_verified(), own.has_verification_violation()) {
                (true, _) => Trust::Verified,
                (false, true) => Trust::Changed,
                (false, false) => Trust::Unverified,
            },
            Some(UserIdentity::Other(other)) if other.is_verified() => Trust::Verified,
            Some(UserIdentity::Other(other))
                if other.has_verification_violation() || other.identity_needs_user_approval() =>
            {
                Trust::Changed
            }
            Some(UserIdentity::Other(_)) => Trust::Unverified,
        })
    }

    /// Takes a changed identity as it is now, without comparing anything. Returns whether there was a change.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn accept_change(&self, user_id: &str) -> Result<bool, CryptoError> {
        let Ok(user) = UserId::parse(user_id) else { return Ok(false) };
        if self.trust_of(&user).await? != Trust::Changed {
            return Ok(false);
        }
        match self.machine.get_identity(&user, None).await? {
            // Pins the new one as well.
            Some(UserIdentity::Other(other)) if other.has_verification_violation() => {
                other.withdraw_verification().await?;
            }
            Some(UserIdentity::Other(other)) => other.pin_current_master_key().await?,
            Some(UserIdentity::Own(own)) => own.withdraw_verification().await?,
            None => {}
        }
        self.forget_compared(&user).await?;
        self.news.trust();
        Ok(true)
    }

    /// Forgets that devices were compared which the identity that their owner has now did not sign: they were another's.
    async fn forget_compared(&self, user: &UserId) -> Result<(), CryptoError> {
        for device in self.machine.get_user_devices(user, None).await?.devices() {
            if device.is_locally_trusted()
                && !device.is_our_own_device()
                && !device.is_cross_signed_by_owner()
            {
                device.set_local_trust(LocalTrust::Unset).await?;
            }
        }
        Ok(())
    }

    /// Of people whose identity was compared, only what that identity signed counts as verified from now on.
    pub(super) async fn follow_identities(&self, among: &[OwnedUserId]) -> Result<(), CryptoError> {
        for user in among {
            let identity = self.machine.get_identity(user, None).await?;
            if identity.is_some_and(|identity| identity.is_verified()) {
                self.forget_compared(user).await?;
            }
        }
        Ok(())
    }

    /// Looks up the devices and the identity of a user at the server.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn look_up_user(&self, http: &Http, user_id: &str) -> Result<(), CryptoError> {
        self.look_up(http, &users(&[user_id.to_owned()])).await
    }

    /// Lists those of whom another identity was verified than they have now.
    pub(super) async fn violators(&self, among: &[OwnedUserId]) -> Result<Vec<OwnedUserId>, CryptoError> {
        let mut found = Vec::new();
        for user in among {
            let identity = self.machine.get_identity(user, None).await?;
            if identity.is_some_and(|identity| identity.has_verification_violation()) {
                found.push(user.clone());
            }
        }
        Ok(found)
    }

    pub(super) fn is_excluding(&self) -> bool {
        self.excludes_unverified.load(Ordering::Relaxed)
    }
}

fn trust_of_device(device: &Device, changed: bool) -> Trust {
    if device.is_our_own_device() {
        Trust::This
    } else if device.is_verified() {
        Trust::Verified
    } else if changed {
        Trust::Changed
    } else {
        Trust::Unverified
    }
}
