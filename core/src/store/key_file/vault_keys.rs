//! Keys that vaults still hold for a profile that was wiped: remembered beside it until the vaults have destroyed them
//! too, also where the wipe was interrupted. What they wrapped is gone either way.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::header::{Slot, VaultRef, encoded};
use super::{KeyFile, KeyFileError};
use crate::ports::key_vault::{KeyHandle, KeyVault};
use crate::store::vault::KEEP_NOTHING;

/// Name of the list in the profile's directory.
const FILE_NAME: &str = "vault-keys.json";

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct VaultKey {
    vault: VaultRef,
    #[serde(with = "encoded")]
    handle: KeyHandle,
}

/// Remembers the vaults' keys of these slots. Best effort: nothing stops a wipe.
pub(super) fn remember(dir: &Path, slots: &[Slot]) {
    let mut list = read(dir);
    for slot in slots.iter().filter(|slot| !KEEP_NOTHING.contains(&slot.vault.kind.as_str())) {
        let key = VaultKey { vault: slot.vault.clone(), handle: slot.handle.clone() };
        if !list.contains(&key) {
            list.push(key);
        }
    }
    write(dir, &list);
}

/// Lists the vaults that hold a key of a wiped profile in `dir`.
pub fn vaults_with_keys(dir: &Path) -> Vec<VaultRef> {
    orphans(dir).into_iter().map(|key| key.vault).collect()
}

/// Has a vault destroy its keys of wiped profiles in `dir`, and forgets those that it destroyed. Returns how many.
pub async fn destroy_vault_keys(dir: &Path, vault: &dyn KeyVault) -> usize {
    let list = orphans(dir);
    if list.is_empty() {
        return 0;
    }
    let mut left = Vec::new();
    let mut destroyed = 0_usize;
    for key in list {
        if key.vault.kind == vault.kind() && vault.destroy(&key.handle).await.is_ok() {
            destroyed = destroyed.saturating_add(1);
        } else {
            left.push(key);
        }
    }
    write(dir, &left);
    destroyed
}

/// A wipe that died before its first step has left its list, and the keys in use.
fn orphans(dir: &Path) -> Vec<VaultKey> {
    let list = read(dir);
    if list.is_empty() {
        return list;
    }
    let used = match KeyFile::read(dir) {
        Ok(locked) => locked.slots().to_vec(),
        Err(KeyFileError::Missing | KeyFileError::WipePending) => Vec::new(),
        Err(_) => return Vec::new(),
    };
    list.into_iter().filter(|key| !used.iter().any(|slot| slot.handle == key.handle)).collect()
}

fn read(dir: &Path) -> Vec<VaultKey> {
    let bytes = fs::read(dir.join(FILE_NAME)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn write(dir: &Path, list: &[VaultKey]) {
    let path = dir.join(FILE_NAME);
    if list.is_empty() {
        let _ = fs::remove_file(path);
        return;
    }
    let written = serde_json::to_vec(list).map_err(std::io::Error::other).and_then(|bytes| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        File::open(dir)?.sync_all()
    });
    if written.is_err() {
        tracing::warn!("the vault's key cannot be remembered; it stays in the vault and opens nothing");
    }
}
