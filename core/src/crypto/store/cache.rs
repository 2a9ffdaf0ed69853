//! What is kept in memory so that decrypting does not read the database: only what was read from it.
//! A save puts nothing in; it takes out what it touched, whether it succeeds, fails, or nobody waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use matrix_sdk_crypto::olm::{InboundGroupSession, StaticAccountData};
use matrix_sdk_crypto::{DeviceData, LocalTrust, UserIdentityData};
use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};

use super::lru::Lru;

// In memory a room key takes about 7 kB, a device 4.5 kB, an identity 13 kB: 7 MB when all are full.
const ROOM_KEYS: usize = 128;
const USERS: usize = 256;
/// A user weighs one and one for each device, so that a few users with many devices stay bounded too.
const USERS_AND_DEVICES: usize = 3 * USERS;

/// Values of the crypto crate share their flags between all clones: a caller who changes one and does not save it
/// would change ours. What was changed since it was read is not handed out again. (A pinned key cannot be seen from
/// here; pinning saves at once, and a save that fails makes us forget.)
pub(super) trait Intact {
    fn is_intact(&self) -> bool;

    fn weight(&self) -> usize {
        1
    }
}

#[derive(Clone)]
pub(super) struct RoomKey {
    pub(super) session: InboundGroupSession,
    backed_up: bool,
}

impl RoomKey {
    pub(super) fn new(session: InboundGroupSession) -> Self {
        Self { backed_up: session.backed_up(), session }
    }
}

impl Intact for RoomKey {
    fn is_intact(&self) -> bool {
        self.session.backed_up() == self.backed_up
    }
}

#[derive(Clone)]
pub(super) struct Device {
    pub(super) data: DeviceData,
    flags: (LocalTrust, bool, bool),
}

impl Device {
    pub(super) fn new(data: DeviceData) -> Self {
        Self { flags: Self::flags(&data), data }
    }

    fn flags(data: &DeviceData) -> (LocalTrust, bool, bool) {
        (data.local_trust_state(), data.is_deleted(), data.was_withheld_code_sent())
    }
}

/// All devices of a user, also none.
pub(super) type Devices = Arc<BTreeMap<OwnedDeviceId, Device>>;

impl Intact for Devices {
    fn is_intact(&self) -> bool {
        self.values().all(|device| Device::flags(&device.data) == device.flags)
    }

    fn weight(&self) -> usize {
        1 + self.len()
    }
}

/// The identity of a user, also that there is none.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) data: Option<UserIdentityData>,
    flags: Option<(bool, bool)>,
}

impl Identity {
    pub(super) fn new(data: Option<UserIdentityData>) -> Self {
        Self { flags: Self::flags(data.as_ref()), data }
    }

    fn flags(data: Option<&UserIdentityData>) -> Option<(bool, bool)> {
        data.map(|data| (data.own().is_some_and(|own| own.is_verified()), data.was_previously_verified()))
    }
}

impl Intact for Identity {
    fn is_intact(&self) -> bool {
        Self::flags(self.data.as_ref()) == self.flags
    }
}

/// What a cache knows of a key: the value, or when it was asked.
pub(super) enum Found<V> {
    Here(V),
    Missing(Ticket),
}

/// Says as of when a value is read: before the read begins.
#[derive(Clone, Copy)]
pub(super) struct Ticket(u64);

pub(super) struct Cache<K, V>(Mutex<Inner<K, V>>);

struct Inner<K, V> {
    generation: u64,
    kept: Lru<K, V>,
}

impl<K: Ord + Clone, V: Clone + Intact> Cache<K, V> {
    fn new(bound: usize) -> Self {
        Self(Mutex::new(Inner { generation: 0, kept: Lru::new(bound) }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: &K) -> Found<V> {
        let mut inner = self.lock();
        match inner.kept.get(key) {
            Some(value) if value.is_intact() => return Found::Here(value.clone()),
            Some(_) => inner.kept.remove(key),
            None => {}
        }
        Found::Missing(Ticket(inner.generation))
    }

    /// Keeps what was read from the database, unless something was saved since the read began.
    pub(super) fn put(&self, ticket: Ticket, key: K, value: V) {
        let mut inner = self.lock();
        if inner.generation == ticket.0 {
            let weight = value.weight();
            inner.kept.put(key, value, weight);
        }
    }

    fn forget<'a>(&self, keys: impl IntoIterator<Item = &'a K>)
    where
        K: 'a,
    {
        let mut keys = keys.into_iter().peekable();
        if keys.peek().is_none() {
            return;
        }
        let mut inner = self.lock();
        inner.generation += 1;
        for key in keys {
            inner.kept.remove(key);
        }
    }

    fn clear(&self) {
        let mut inner = self.lock();
        inner.generation += 1;
        inner.kept.clear();
    }
}

/// The room and the id of a Megolm session.
pub(super) type RoomKeyId = (OwnedRoomId, String);

pub(super) struct Caches {
    account: Mutex<Option<StaticAccountData>>,
    pub(super) room_keys: Cache<RoomKeyId, RoomKey>,
    pub(super) devices: Cache<OwnedUserId, Devices>,
    pub(super) identities: Cache<OwnedUserId, Identity>,
}

impl Caches {
    pub(super) fn new() -> Self {
        Self {
            account: Mutex::new(None),
            room_keys: Cache::new(ROOM_KEYS),
            devices: Cache::new(USERS_AND_DEVICES),
            identities: Cache::new(USERS),
        }
    }

    pub(super) fn account(&self) -> Option<StaticAccountData> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_account(&self, account: StaticAccountData) {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = Some(account);
    }

    pub(super) fn clear(&self) {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.room_keys.clear();
        self.devices.clear();
        self.identities.clear();
    }
}

/// What a save touches.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) room_keys: BTreeSet<RoomKeyId>,
    pub(super) every_room_key: bool,
    pub(super) devices_of: BTreeSet<OwnedUserId>,
    pub(super) identities: BTreeSet<OwnedUserId>,
}

/// Forgets what a save touched when it goes. It travels with the transaction and comes back with its result, so it
/// goes after the commit, and on the writer's thread when nobody waits any more.
pub(super) struct Forget {
    pub(super) caches: Arc<Caches>,
    pub(super) touched: Touched,
}

impl Drop for Forget {
    fn drop(&mut self) {
        if self.touched.every_room_key {
            self.caches.room_keys.clear();
        } else {
            self.caches.room_keys.forget(&self.touched.room_keys);
        }
        self.caches.devices.forget(&self.touched.devices_of);
        self.caches.identities.forget(&self.touched.identities);
    }
}
