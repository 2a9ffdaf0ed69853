//! The application lock: a slot that the vault opens only together with a PIN. Two seals lie around the device key,
//! one under a key that the vault wraps, one under what Argon2id makes of the PIN.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::crash;
use super::disk::{self, DirLock};
use super::error::KeyFileError;
use super::header::{Slot, SlotKind, VaultRef};
use super::share::{SharePlace, combine};
use super::unlocked::Unlocked;
use super::{KeyFile, Locked, session};
use crate::clock::Moment;
use crate::ports::key_vault::{KeyHandle, KeyVault, Wrapped};
use crate::secret::{Secret, SecretBytes, fill_random};
use crate::store::vault::envelope;
use crate::store::vault::{Cost, derive};

pub(super) const COST: &str = "cost";
const SALT: &str = "salt";
const SEALED: &str = "sealed";
pub(super) const SHARE: &str = "share";
/// More earlier ones are not kept, whatever policy asks.
const MOST_EARLIER: usize = 24;

/// What is known about the PIN once the file is open. Sealed in the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRecord {
    /// When it was set, in milliseconds since 1970.
    pub set_ms: i64,
    /// Its length, in characters.
    pub length: u32,
    /// Whether it is digits alone.
    pub digits: bool,
    /// Hashes of this one and of earlier ones, newest first.
    earlier: Vec<Earlier>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    salt: String,
    cost: Cost,
    hash: String,
}

/// A PIN or password that is to be set.
#[derive(Clone, Copy, Debug)]
pub struct NewPin<'a> {
    /// The PIN itself.
    pub pin: &'a SecretBytes,
    /// Its length, in characters.
    pub length: u32,
    /// Whether it is digits alone.
    pub digits: bool,
    /// What a guess costs.
    pub cost: Cost,
    /// Where a server holds half of the key, and that half.
    pub share: Option<(&'a SharePlace, &'a Secret<32>)>,
}

fn opens(kind: &SlotKind) -> bool {
    matches!(kind, SlotKind::Vault | SlotKind::VaultPin | SlotKind::VaultPinShare)
}

/// How long one has to wait after so many wrong ones, in milliseconds.
fn delay_ms(count: u32) -> u64 {
    match count {
        0..3 => 0,
        3 => 5_000,
        4 => 30_000,
        5 => 120_000,
        6 => 600_000,
        _ => 3_600_000,
    }
}

impl Unlocked {
    /// Says whether the file opens without the PIN now, by what was last read of it.
    pub fn is_unlocked(&self) -> bool {
        !self.has_lock() || session::SESSION.read(self.dir(), &self.header.file_id).is_some()
    }
}

impl Locked {
    /// Says whether a PIN or password protects the file.
    pub fn has_pin(&self) -> bool {
        self.pin_slot().is_some()
    }

    /// Says whether the file opens without the PIN now: there is none, or somebody unlocked it and nobody sealed it.
    pub fn is_unlocked(&self) -> bool {
        !self.has_pin() || session::SESSION.read(&self.dir, &self.header.file_id).is_some()
    }

    pub(super) fn pin_slot(&self) -> Option<&Slot> {
        self.header
            .slots
            .iter()
            .find(|slot| matches!(slot.kind, SlotKind::VaultPin | SlotKind::VaultPinShare))
    }

    /// Returns how many milliseconds have to pass before the next attempt. Counted by the time that the device was
    /// running, where it tells: turning the clock changes nothing.
    pub fn wait_ms(&self, now: &Moment) -> u64 {
        let delay = delay_ms(self.attempts.count);
        delay.saturating_sub(self.attempts.elapsed_ms(now))
    }

    /// Opens the file with the vault and the PIN. The attempt is counted durably before it is made; a right one
    /// clears the count.
    ///
    /// # Errors
    /// `WrongPin`, `TooEarly` (not counted), `Exhausted` where this was the last attempt or none was left; those of
    /// the vault and of the file.
    pub async fn unlock_with_pin(
        &mut self,
        vault: &dyn KeyVault,
        pin: &SecretBytes,
        now: &Moment,
    ) -> Result<Unlocked, KeyFileError> {
        self.unlock_with(vault, pin, None, now).await
    }

    /// As `unlock_with_pin`, with the share that a server holds, where the PIN needs it.
    ///
    /// # Errors
    /// As `unlock_with_pin`; `ShareNeeded` without it, `Tampered` with another one.
    pub async fn unlock_with(
        &mut self,
        vault: &dyn KeyVault,
        pin: &SecretBytes,
        share: Option<&Secret<32>>,
        now: &Moment,
    ) -> Result<Unlocked, KeyFileError> {
        self.may_try(now)?;
        let slot = self.pin_slot().cloned().ok_or(KeyFileError::NoPin)?;
        if slot.vault.kind != vault.kind() {
            return Err(KeyFileError::OtherVault(vec![slot.vault.kind]));
        }
        let aad = self.header.slot_aad(&slot.kind);
        // What the vault says tells nothing about the PIN: a prompt that was dismissed is no attempt.
        let mut outer = vault.unwrap(&slot.handle, &slot.wrapped, &aad).await?;
        if slot.kind == SlotKind::VaultPinShare {
            outer = combine(&outer, share.ok_or(KeyFileError::ShareNeeded)?);
        }
        self.count_attempt_at(now)?;
        crash::point()?;
        let key = match open(&slot, &outer, pin, &aad).await? {
            Some(key) => key,
            None => return Err(self.was_wrong()),
        };
        let mut unlocked = self.open_with(key)?;
        unlocked.clear_attempts();
        unlocked.save()?;
        Ok(unlocked)
    }

    pub(super) fn was_wrong(&self) -> KeyFileError {
        match self.attempts_left() {
            Some(0) => KeyFileError::Exhausted,
            left => KeyFileError::WrongPin { left },
        }
    }

    /// Counts an attempt, durably, before it is made.
    pub(super) fn count_attempt_at(&mut self, now: &Moment) -> Result<(), KeyFileError> {
        let _lock = DirLock::exclusive(&self.dir)?;
        let mut fresh = Self::decode(&self.dir, &disk::read(&self.dir)?)?;
        // Another process may have used up the last one meanwhile.
        if fresh.attempts_left() == Some(0) {
            return Err(KeyFileError::Exhausted);
        }
        fresh.attempts.add_at(now)?;
        fresh.frame.state = fresh.attempts.encode()?;
        disk::replace(&self.dir, &fresh.frame.encode()?)?;
        *self = fresh;
        Ok(())
    }
}

/// Reads a parameter that is JSON.
pub(super) fn read<T: serde::de::DeserializeOwned>(slot: &Slot, name: &str) -> Result<T, KeyFileError> {
    let text = slot.parameters.get(name).ok_or(KeyFileError::Damaged("slot"))?;
    serde_json::from_str(text).map_err(|_| KeyFileError::Damaged("slot"))
}

async fn open(
    slot: &Slot,
    outer: &Secret<32>,
    pin: &SecretBytes,
    aad: &[u8],
) -> Result<Option<Secret<32>>, KeyFileError> {
    let damaged = || KeyFileError::Damaged("slot");
    let text = |name: &str| slot.parameters.get(name).ok_or_else(damaged);
    let cost: Cost = read(slot, COST)?;
    let salt = hex::decode(text(SALT)?).map_err(|_| damaged())?;
    let sealed = STANDARD.decode(text(SEALED)?).map_err(|_| damaged())?;
    let inner = envelope::open(outer, &sealed, aad).ok_or(KeyFileError::Tampered)?;
    let key = derive(pin, &salt, cost).await?;
    let Some(plain) = envelope::open(&key, &inner, aad) else { return Ok(None) };
    Ok(Some(Secret::from_slice(&plain).ok_or_else(damaged)?))
}

impl Unlocked {
    /// Says what is known about the PIN.
    pub fn pin(&self) -> Option<&PinRecord> {
        self.body.pin.as_ref()
    }

    /// Says whether a PIN is the present one or one of the `most` before it.
    ///
    /// # Errors
    /// Without memory to derive.
    pub async fn was_used(&self, pin: &SecretBytes, most: usize) -> Result<bool, KeyFileError> {
        let earlier = self.body.pin.iter().flat_map(|record| record.earlier.iter()).take(most);
        for known in earlier {
            let salt = hex::decode(&known.salt).map_err(|_| KeyFileError::Damaged("body"))?;
            let hash = derive(pin, &salt, known.cost).await?;
            if hex::encode(hash.expose()) == known.hash {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets the file be opened by this PIN and the vault together, and no longer by the vault alone. It stays open
    /// on this device until somebody seals it.
    ///
    /// # Errors
    /// Those of the vault, and of `save`; then what held goes on to hold.
    pub async fn set_pin(
        &mut self,
        vault: &dyn KeyVault,
        pin: &SecretBytes,
        length: u32,
        digits: bool,
        cost: Cost,
        now_ms: i64,
    ) -> Result<(), KeyFileError> {
        self.protect(vault, NewPin { pin, length, digits, cost, share: None }, now_ms).await
    }

    /// As `set_pin`, where half of the slot's key is held by a server, if one is named.
    ///
    /// # Errors
    /// As `set_pin`.
    pub async fn protect(
        &mut self,
        vault: &dyn KeyVault,
        new: NewPin<'_>,
        now_ms: i64,
    ) -> Result<(), KeyFileError> {
        let NewPin { pin, length, digits, cost, share } = new;
        let handle = self.handle(vault)?;
        let slot = self.pin_slot_of(vault, handle.clone(), pin, cost, share).await?;
        let mut earlier = vec![Earlier::of(pin, cost).await?];
        earlier.extend(self.body.pin.iter().flat_map(|record| record.earlier.iter().cloned()));
        earlier.truncate(MOST_EARLIER + 1);
        // First the way that stays open, then the slot: a crash in between locks nobody out.
        self.stay_open(vault).await?;
        let mut changed = self.clone();
        changed.header.slots.retain(|slot| !opens(&slot.kind));
        changed.header.slots.push(slot);
        changed.body.pin = Some(PinRecord { set_ms: now_ms, length, digits, earlier });
        changed.clear_attempts();
        changed.save()?;
        *self = changed;
        Ok(())
    }

    /// Lets later processes of this device open the file without the PIN until it is sealed.
    ///
    /// # Errors
    /// Those of the vault and of the file system.
    pub async fn stay_open(&self, vault: &dyn KeyVault) -> Result<(), KeyFileError> {
        let handle = self.handle(vault)?;
        let aad = session::aad(&self.header.file_id);
        let wrapped = vault.wrap(&handle, &self.device_key, &aad).await?;
        session::SESSION.write(self.dir(), &self.header.file_id, &handle, &wrapped)
    }

    fn handle(&self, vault: &dyn KeyVault) -> Result<KeyHandle, KeyFileError> {
        let ours = |slot: &&Slot| slot.vault.kind == vault.kind() && opens(&slot.kind);
        let slot = self.header.slots.iter().find(ours);
        slot.map(|slot| slot.handle.clone()).ok_or(KeyFileError::OtherVault(Vec::new()))
    }

    async fn pin_slot_of(
        &self,
        vault: &dyn KeyVault,
        handle: KeyHandle,
        pin: &SecretBytes,
        cost: Cost,
        share: Option<(&SharePlace, &Secret<32>)>,
    ) -> Result<Slot, KeyFileError> {
        let kind = if share.is_some() { SlotKind::VaultPinShare } else { SlotKind::VaultPin };
        let aad = self.header.slot_aad(&kind);
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        let outer = Secret::<32>::random()?;
        let inner = {
            let mut plain = Zeroizing::new(Vec::with_capacity(48));
            plain.extend_from_slice(self.device_key.expose());
            envelope::seal(&derive(pin, &salt, cost).await?, plain, &aad)?
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(inner.len() + 16));
        plain.extend_from_slice(&inner);
        let sealed = envelope::seal(&outer, plain, &aad)?;
        let cost = serde_json::to_string(&cost).map_err(|_| KeyFileError::TooLarge)?;
        let mut parameters = BTreeMap::from([
            (COST.to_owned(), cost),
            (SALT.to_owned(), hex::encode(salt)),
            (SEALED.to_owned(), STANDARD.encode(sealed)),
        ]);
        // The vault keeps one half, the server the other.
        let mut held = outer;
        if let Some((place, share)) = share {
            held = combine(&held, share);
            let place = serde_json::to_string(place).map_err(|_| KeyFileError::TooLarge)?;
            parameters.insert(SHARE.to_owned(), place);
        }
        Ok(Slot {
            kind,
            vault: VaultRef { kind: vault.kind().to_owned(), parameters: vault.parameters() },
            wrapped: vault.wrap(&handle, &held, &aad).await?,
            handle,
            parameters,
        })
    }
}

impl Earlier {
    async fn of(pin: &SecretBytes, cost: Cost) -> Result<Self, KeyFileError> {
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        let hash = derive(pin, &salt, cost).await?;
        Ok(Self { salt: hex::encode(salt), cost, hash: hex::encode(hash.expose()) })
    }
}

impl KeyFile {
    /// Seals a profile: from now on nothing opens it but the PIN. Says whether it was open.
    ///
    /// # Errors
    /// `NoPin` where there is none; those of reading, and of the file system.
    pub fn seal(dir: &std::path::Path) -> Result<bool, KeyFileError> {
        let locked = Self::read(dir)?;
        if !locked.has_pin() {
            return Err(KeyFileError::NoPin);
        }
        session::SESSION.remove(dir, &locked.header.file_id)
    }
}

impl KeyFile {
    /// Notes that somebody uses the profile. Nothing is noted where it is sealed, or has no PIN.
    ///
    /// # Errors
    /// Those of reading, and of the file system.
    pub fn note_use(dir: &std::path::Path, now: &Moment) -> Result<(), KeyFileError> {
        Ok(session::SESSION.stamp(dir, &Self::read(dir)?.header.file_id, count_ms(now))?)
    }

    /// Returns for how many milliseconds nobody has used the profile: by the device's own count, where it has one. A
    /// clock that was turned back, or a restart, is as good as for ever. Nothing where it is sealed, or has no PIN.
    ///
    /// # Errors
    /// Those of reading.
    pub fn idle_ms(dir: &std::path::Path, now: &Moment) -> Result<Option<u64>, KeyFileError> {
        let locked = Self::read(dir)?;
        if !locked.has_pin() {
            return Ok(None);
        }
        let used = session::SESSION.stamped(dir, &locked.header.file_id);
        Ok(used.map(|used| count_ms(now).checked_sub(used).unwrap_or(u64::MAX)))
    }
}

pub(super) fn count_ms(now: &Moment) -> u64 {
    now.up.as_ref().map_or_else(|| u64::try_from(now.now_ms).unwrap_or(0), |up| up.ms)
}

/// A key that the vault opens without the PIN: what `session` keeps.
pub(super) type Open = (KeyHandle, Wrapped);
