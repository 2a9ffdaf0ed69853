//! Devices and identities of people.

use std::collections::BTreeMap;
use std::sync::Arc;

use matrix_sdk_crypto::{DeviceData, TrackedUser, UserIdentityData};
use ruma::UserId;

use super::SqlCryptoStore;
use super::cache::{Device, Devices, Found, Identity, Touched};
use super::codec::unpack;
use super::error::Error;
use crate::store::crypto::device;
use crate::store::{Durability, StoreError};

impl SqlCryptoStore {
    pub(super) fn devices(&self, user_id: &UserId) -> Result<Devices, Error> {
        let id = user_id.to_owned();
        let ticket = match self.caches.devices.get(&id) {
            Found::Here(devices) => return Ok(devices),
            Found::Missing(ticket) => ticket,
        };
        let mut found = BTreeMap::new();
        self.read(|db| {
            device::of_user(db, user_id.as_str(), |bytes| {
                let data: DeviceData = unpack("device", bytes)?;
                found.insert(data.device_id().to_owned(), Device::new(data));
                Ok::<_, Error>(())
            })
        })?;
        let devices = Arc::new(found);
        self.caches.devices.put(ticket, id, devices.clone());
        Ok(devices)
    }

    pub(super) fn own_device(&self) -> Result<DeviceData, Error> {
        let account = self.static_account()?;
        let devices = self.devices(&account.user_id)?;
        let own = devices.get(&account.device_id).map(|device| device.data.clone());
        own.ok_or_else(|| StoreError::NotFound("own device").into())
    }

    pub(super) fn identity(&self, user_id: &UserId) -> Result<Option<UserIdentityData>, Error> {
        let id = user_id.to_owned();
        let ticket = match self.caches.identities.get(&id) {
            Found::Here(identity) => return Ok(identity.data),
            Found::Missing(ticket) => ticket,
        };
        let data: Option<UserIdentityData> =
            self.read(|db| device::identity(db, user_id.as_str(), |bytes| unpack("identity", bytes)))?;
        self.caches.identities.put(ticket, id, Identity::new(data.clone()));
        Ok(data)
    }

    pub(super) async fn tracked(&self) -> Result<Vec<TrackedUser>, Error> {
        self.read_many(|db| {
            let mut users = Vec::new();
            device::tracked(db, |user_id, dirty| {
                let user_id = UserId::parse(user_id).map_err(|_| StoreError::Malformed("tracked user"))?;
                users.push(TrackedUser { user_id, dirty });
                Ok::<_, Error>(())
            })?;
            Ok(users)
        })
        .await
    }

    pub(super) async fn track(&self, users: &[(&UserId, bool)]) -> Result<(), Error> {
        if users.is_empty() {
            return self.check_open();
        }
        let users: Vec<_> = users.iter().map(|(user_id, dirty)| ((*user_id).to_owned(), *dirty)).collect();
        self.write(Durability::Full, Touched::default(), move |tx| {
            for (user_id, dirty) in &users {
                device::track(tx, user_id.as_str(), *dirty)?;
            }
            Ok(())
        })
        .await
    }
}
