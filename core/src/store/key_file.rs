//! The device-level key file of a profile (`device.key`): what is readable before any database opens, and what a wipe
//! destroys first. Described field by field in `docs/key-file.md`.

mod attempts;
mod body;
mod crash;
mod disk;
mod error;
mod frame;
mod header;
mod pin;
mod session;
mod share;
mod unlocked;
mod vault_keys;
mod wipe;

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::ports::key_vault::{KeyVault, VaultError};
use crate::secret::{Secret, fill_random};
use attempts::Attempts;
use body::Body;
use disk::DirLock;
use frame::Frame;
use header::Header;

pub use body::AccountKeys;
pub use disk::FILE_NAME;
pub use error::KeyFileError;
pub use frame::VERSION;
pub use header::{LockKind, LockPolicy, OfflineClock, OnMaxAttempts, Slot, SlotKind, VaultRef};
pub use pin::{NewPin, PinRecord};
pub use share::SharePlace;
pub use unlocked::Unlocked;
pub use vault_keys::{destroy_vault_keys, vaults_with_keys};
pub use wipe::{begin_wipe, finish_wipe, set_wipe_intent};

/// Returns the directory of an account's database and files inside the profile. It is not made here.
pub fn account_dir(profile: &Path, number: u32) -> PathBuf {
    profile.join("accounts").join(number.to_string())
}

/// The doors to a profile's key file.
#[derive(Debug)]
pub enum KeyFile {}

impl KeyFile {
    /// Makes the key file of a new profile with one slot, which `vault` opens; the directory is made if need be, and
    /// closed to others. `label` is what the platform shows beside the vault's key; it holds no user's name.
    ///
    /// # Errors
    /// `Exists`, `WipePending`, those of the vault and of the file system; then nothing is left behind.
    pub async fn create(dir: &Path, vault: &dyn KeyVault, label: &str) -> Result<Unlocked, KeyFileError> {
        match disk::read(dir) {
            Err(KeyFileError::Missing) => {}
            Err(error) => return Err(error),
            Ok(bytes) => return Err(Self::occupied(&bytes)),
        }
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        std::fs::set_permissions(dir, Permissions::from_mode(0o700))?;

        let mut file_id = [0; 16];
        fill_random(&mut file_id)?;
        let device_key = Secret::random()?;
        let mut header = Header {
            generation: 0,
            file_id: hex::encode(file_id),
            slots: Vec::new(),
            lock: LockPolicy::default(),
            offline: OfflineClock::default(),
        };
        let handle = vault.create(label).await?;
        let aad = header.slot_aad(&SlotKind::Vault);
        let made = match vault.wrap(&handle, &device_key, &aad).await {
            Ok(wrapped) => {
                let vault = VaultRef { kind: vault.kind().to_owned(), parameters: vault.parameters() };
                let handle = handle.clone();
                header.slots.push(Slot {
                    kind: SlotKind::Vault,
                    vault,
                    handle,
                    wrapped,
                    parameters: Default::default(),
                });
                Self::write_first(dir, header, device_key)
            }
            Err(error) => Err(error.into()),
        };
        if made.is_err() {
            // A key without a profile is of no use; the first error is the one to tell.
            let _ = vault.destroy(&handle).await;
        }
        made
    }

    fn write_first(dir: &Path, header: Header, device_key: Secret<32>) -> Result<Unlocked, KeyFileError> {
        let attempts_start = Secret::random()?;
        let state = Attempts::none(&attempts_start).encode()?;
        let body = Body { attempts_start, next_account: 1, accounts: Vec::new(), policy: None, pin: None };
        let header_bytes = encode_header(&header)?;
        let sealed = body.seal(&device_key, &header_bytes)?;
        let bytes = Frame { header: header_bytes, state, body: sealed }.encode()?;
        let _lock = DirLock::exclusive(dir)?;
        match disk::read(dir) {
            Err(KeyFileError::Missing) => disk::replace(dir, &bytes)?,
            Err(error) => return Err(error),
            Ok(bytes) => return Err(Self::occupied(&bytes)),
        }
        Ok(Unlocked::new(dir, device_key, header, body))
    }

    fn occupied(bytes: &[u8]) -> KeyFileError {
        match Frame::decode(bytes) {
            Err(KeyFileError::WipePending) => KeyFileError::WipePending,
            Ok(_) | Err(_) => KeyFileError::Exists,
        }
    }

    /// Reads what can be read without a key.
    ///
    /// # Errors
    /// `Missing`, `WipePending` (call `finish_wipe`), `NotAKeyFile`, `NewerVersion`, `Truncated`, `Damaged`.
    pub fn read(dir: &Path) -> Result<Locked, KeyFileError> {
        let lock = DirLock::shared(dir)?;
        let bytes = disk::read(dir)?;
        drop(lock);
        Locked::decode(dir, &bytes)
    }
}

fn encode_header(header: &Header) -> Result<Vec<u8>, KeyFileError> {
    serde_json::to_vec(header).map_err(|_| KeyFileError::Damaged("header"))
}

/// A key file before it is unlocked. Nothing it says is proven until `unlock` succeeds.
#[derive(Clone, Debug)]
pub struct Locked {
    dir: PathBuf,
    frame: Frame,
    header: Header,
    attempts: Attempts,
}

impl Locked {
    fn decode(dir: &Path, bytes: &[u8]) -> Result<Self, KeyFileError> {
        let frame = Frame::decode(bytes)?;
        let header = serde_json::from_slice(&frame.header).map_err(|_| KeyFileError::Damaged("header"))?;
        let attempts = Attempts::decode(&frame.state)?;
        Ok(Self { dir: dir.to_owned(), frame, header, attempts })
    }

    /// Says whether it was saved since it was made: only then can it know an account.
    pub fn was_saved(&self) -> bool {
        self.header.generation > 0
    }

    /// Returns the ways to the device key, and the vaults they need.
    pub fn slots(&self) -> &[Slot] {
        &self.header.slots
    }

    /// Returns what the policy asks at the lock.
    pub fn lock_policy(&self) -> &LockPolicy {
        &self.header.lock
    }

    /// Returns when the server was last reached, and how long that may be ago.
    pub fn offline_clock(&self) -> OfflineClock {
        self.header.offline
    }

    /// Returns the attempts since the last unlock that cleared them.
    pub fn attempts(&self) -> u32 {
        self.attempts.count
    }

    /// Returns the time of the last attempt, in milliseconds since 1970.
    pub fn last_attempt_ms(&self) -> Option<i64> {
        self.attempts.last_ms
    }

    /// Returns the attempts that are left, or nothing where there is no limit.
    pub fn attempts_left(&self) -> Option<u32> {
        self.header.lock.max_attempts.map(|most| most.saturating_sub(self.attempts.count))
    }

    /// Counts an attempt, durably. To be called before the PIN is tried, so that killing the process wins no guess.
    ///
    /// # Errors
    /// As `read`, and those of writing; the attempt is then not to be made.
    pub fn count_attempt(&mut self, now_ms: i64) -> Result<u32, KeyFileError> {
        let _lock = DirLock::exclusive(&self.dir)?;
        let mut fresh = Self::decode(&self.dir, &disk::read(&self.dir)?)?;
        fresh.attempts.add(now_ms)?;
        fresh.frame.state = fresh.attempts.encode()?;
        disk::replace(&self.dir, &fresh.frame.encode()?)?;
        *self = fresh;
        Ok(self.attempts.count)
    }

    /// Opens the file with the slots of `vault`. Neither the file nor the attempts are changed.
    ///
    /// # Errors
    /// Those of the vault (`WrongSecret`, `Gone` …), `OtherVault`, `UnsupportedSlot`, `Tampered`.
    pub async fn unlock(&self, vault: &dyn KeyVault) -> Result<Unlocked, KeyFileError> {
        self.open_with(self.device_key(vault).await?)
    }

    fn open_with(&self, device_key: Secret<32>) -> Result<Unlocked, KeyFileError> {
        let body = Body::open(&self.frame.body, &device_key, &self.frame.header)?;
        self.attempts.check(&body.attempts_start)?;
        Ok(Unlocked::new(&self.dir, device_key, self.header.clone(), body))
    }

    async fn device_key(&self, vault: &dyn KeyVault) -> Result<Secret<32>, KeyFileError> {
        let mut refused: Option<VaultError> = None;
        let mut unsupported = None;
        let mut sealed = false;
        for slot in self.header.slots.iter().filter(|slot| slot.vault.kind == vault.kind()) {
            match slot.kind {
                SlotKind::Vault => {}
                SlotKind::VaultPin | SlotKind::VaultPinShare => {
                    let Some((handle, wrapped)) = session::SESSION.read(&self.dir, &self.header.file_id)
                    else {
                        sealed = true;
                        continue;
                    };
                    match vault.unwrap(&handle, &wrapped, &session::aad(&self.header.file_id)).await {
                        Ok(key) => return Ok(key),
                        Err(error) => refused = Some(error),
                    }
                    continue;
                }
                SlotKind::Duress | SlotKind::Other(_) => {
                    unsupported = Some(slot.kind.to_string());
                    continue;
                }
            }
            let aad = self.header.slot_aad(&slot.kind);
            match vault.unwrap(&slot.handle, &slot.wrapped, &aad).await {
                Ok(key) => return Ok(key),
                Err(error) => refused = Some(error),
            }
        }
        if let Some(error) = refused {
            return Err(error.into());
        }
        if sealed {
            return Err(KeyFileError::Sealed);
        }
        Err(match unsupported {
            Some(kind) => KeyFileError::UnsupportedSlot(kind),
            None => KeyFileError::OtherVault(self.vault_kinds()),
        })
    }

    fn vault_kinds(&self) -> Vec<String> {
        self.header.slots.iter().map(|slot| slot.vault.kind.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
