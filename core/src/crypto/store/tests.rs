//! The crypto crate's conformance suites on our database, and what they do not ask for.

// The suites ask for features of the crypto crate by the names of ours.
#![allow(unexpected_cfgs)]

mod caches;
mod machine;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use tempfile::TempDir;

use super::SqlCryptoStore;
use crate::clock::SystemClock;
use crate::secret::{DbKey, Secret};
use crate::store::Store;

static PROFILES: LazyLock<Mutex<HashMap<String, TempDir>>> = LazyLock::new(Mutex::default);

fn key() -> DbKey {
    DbKey::new(Secret::from_slice(&[3; 32]).expect("32 bytes"), [5; 16])
}

fn create(dir: &Path) -> Arc<Store> {
    Arc::new(Store::create(dir, &key()).expect("create"))
}

fn on(store: &Arc<Store>) -> SqlCryptoStore {
    SqlCryptoStore::new(store.clone(), Arc::new(SystemClock))
}

/// What the suites call; a name is a profile that lasts as long as the process.
async fn get_store(name: &str, passphrase: Option<&str>, clear_data: bool) -> SqlCryptoStore {
    let name = format!("{name}{}", passphrase.unwrap_or_default());
    let mut profiles = PROFILES.lock().expect("profiles");
    if clear_data {
        profiles.remove(&name);
    }
    if let Some(dir) = profiles.get(&name) {
        return on(&Arc::new(Store::open(dir.path(), &key()).expect("open")));
    }
    let dir = tempfile::tempdir().expect("dir");
    let store = on(&create(dir.path()));
    profiles.insert(name, dir);
    store
}

matrix_sdk_crypto::cryptostore_integration_tests!();
matrix_sdk_crypto::cryptostore_integration_tests_time!();
