//! A key file with its keys in memory: accounts, policy, clock, and saving what changed.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::attempts::Attempts;
use super::body::{AccountKeys, Body};
use super::disk::{self, DirLock};
use super::error::KeyFileError;
use super::frame::Frame;
use super::header::{Header, LockPolicy, OfflineClock, SlotKind};
use super::{KeyFile, Locked, encode_header};
use crate::clock::Moment;
use crate::secret::{DbKey, Secret};

/// An unlocked key file: keys in memory, zeroed on drop. Changes reach the disk with `save`.
#[derive(Clone)]
pub struct Unlocked {
    dir: PathBuf,
    pub(super) device_key: Secret<32>,
    pub(super) header: Header,
    pub(super) body: Body,
    attempts_cleared: bool,
    /// Checksum of what the last save wrote, should it have failed after the file was in place.
    last_written: Option<[u8; 32]>,
    /// The file that was last found to say what it says here.
    seen: Option<(disk::Stamp, Header)>,
}

impl fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unlocked").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Unlocked {
    pub(super) fn new(dir: &Path, device_key: Secret<32>, header: Header, body: Body) -> Self {
        Self {
            dir: dir.to_owned(),
            device_key,
            header,
            body,
            attempts_cleared: false,
            last_written: None,
            seen: None,
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the accounts in the order of their numbers.
    pub fn accounts(&self) -> &[AccountKeys] {
        &self.body.accounts
    }

    /// Gives an account its number and a new database key.
    ///
    /// # Errors
    /// `AccountExists`, `NoRandomness`.
    pub fn add_account(&mut self, user_id: &str, homeserver: &str) -> Result<AccountKeys, KeyFileError> {
        if self.body.accounts.iter().any(|account| account.user_id == user_id) {
            return Err(KeyFileError::AccountExists);
        }
        let account = AccountKeys {
            number: self.body.next_account,
            user_id: user_id.to_owned(),
            homeserver: homeserver.to_owned(),
            db: DbKey::random()?,
        };
        self.body.next_account = self.body.next_account.checked_add(1).ok_or(KeyFileError::TooLarge)?;
        self.body.accounts.push(account.clone());
        Ok(account)
    }

    /// Forgets an account and its database key; after `save` its database cannot be opened by anybody.
    ///
    /// # Errors
    /// `NoSuchAccount`.
    pub fn remove_account(&mut self, number: u32) -> Result<(), KeyFileError> {
        let before = self.body.accounts.len();
        self.body.accounts.retain(|account| account.number != number);
        if self.body.accounts.len() == before { Err(KeyFileError::NoSuchAccount) } else { Ok(()) }
    }

    /// Seals an account's keys for another process that can open this file.
    ///
    /// # Errors
    /// `NoRandomness`, `TooLarge`.
    pub fn seal_account(&self, account: &AccountKeys) -> Result<Vec<u8>, KeyFileError> {
        account.seal(&self.device_key, &self.account_aad())
    }

    /// Opens what `seal_account` made.
    ///
    /// # Errors
    /// `Tampered` for what is of another file.
    pub fn open_account(&self, sealed: &[u8]) -> Result<AccountKeys, KeyFileError> {
        AccountKeys::open(sealed, &self.device_key, &self.account_aad())
    }

    fn account_aad(&self) -> Vec<u8> {
        format!("eu.qroc.account 1\0{}", self.header.file_id).into_bytes()
    }

    /// Returns the last good policy, as it was given.
    pub fn policy(&self) -> Option<&[u8]> {
        self.body.policy.as_deref()
    }

    /// Remembers the last good policy, sealed, and what of it is needed before the next unlock, readable.
    pub fn set_policy(&mut self, policy: Option<Vec<u8>>, lock: LockPolicy, offline_wipe_h: Option<u32>) {
        self.body.policy = policy;
        self.header.lock = lock;
        self.header.offline.limit_h = offline_wipe_h;
    }

    /// Says whether a PIN or password is needed to open the file.
    pub fn has_lock(&self) -> bool {
        self.header.slots.iter().any(|slot| matches!(slot.kind, SlotKind::VaultPin | SlotKind::VaultPinShare))
    }

    /// Reads the file again where another process changed it, and says whether it did. Changes that were not saved
    /// are given up then.
    ///
    /// # Errors
    /// As `KeyFile::read`; `Tampered` where the file is not one of this key any more.
    pub fn reload(&mut self) -> Result<bool, KeyFileError> {
        let stamp = disk::Stamp::of(&self.dir);
        if self.seen.as_ref().is_some_and(|(then, said)| Some(*then) == stamp && *said == self.header) {
            return Ok(false);
        }
        let found = KeyFile::read(&self.dir)?;
        if found.header == self.header {
            self.seen = stamp.map(|stamp| (stamp, found.header));
            return Ok(false);
        }
        let fresh = found.open_with(self.device_key.clone())?;
        *self = fresh;
        Ok(true)
    }

    /// Returns what the policy asks at the lock.
    pub fn lock_policy(&self) -> &LockPolicy {
        &self.header.lock
    }

    /// Returns when the server was last reached, and how long that may be ago.
    pub fn offline_clock(&self) -> OfflineClock {
        self.header.offline
    }

    /// Notes that the server was reached.
    pub fn note_contact(&mut self, now_ms: i64) {
        self.header.offline.last_contact_ms = now_ms;
    }

    /// Notes that the server was reached, by the device's own clock too.
    pub fn contact(&mut self, now: &Moment) {
        self.header.offline.contact(now);
    }

    /// Notes how much time has passed without the server.
    pub fn carry(&mut self, now: &Moment) {
        self.header.offline.carry(now);
    }

    /// Forgets the attempts, with the next `save`.
    pub fn clear_attempts(&mut self) {
        self.attempts_cleared = true;
    }

    /// Writes all changes, atomically and durably. On an error they stay here, and may be saved again.
    ///
    /// # Errors
    /// `Changed` where another process saved in between, `WipePending`, `Missing` (wiped), those of writing.
    pub fn save(&mut self) -> Result<(), KeyFileError> {
        let _lock = DirLock::exclusive(&self.dir)?;
        let bytes = disk::read(&self.dir)?;
        let present = Locked::decode(&self.dir, &bytes)?;
        let ours = present.header.generation == self.header.generation
            || self.last_written == Some(Sha256::digest(&bytes).into());
        if !ours || present.header.file_id != self.header.file_id {
            return Err(KeyFileError::Changed);
        }

        let mut header = self.header.clone();
        header.generation =
            present.header.generation.checked_add(1).ok_or(KeyFileError::Damaged("generation"))?;
        let mut body = self.body.clone();
        let mut state = present.frame.state;
        if self.attempts_cleared {
            body.attempts_start = Secret::random()?;
            state = Attempts::none(&body.attempts_start).encode()?;
        }
        let header_bytes = encode_header(&header)?;
        let sealed = body.seal(&self.device_key, &header_bytes)?;
        let bytes = Frame { header: header_bytes, state, body: sealed }.encode()?;
        self.last_written = Some(Sha256::digest(&bytes).into());
        disk::replace(&self.dir, &bytes)?;
        self.header = header;
        self.body = body;
        self.attempts_cleared = false;
        Ok(())
    }
}
