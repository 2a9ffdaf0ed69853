//! The other half of a slot's key, which a server holds: where it is, what shows that the PIN is known, and the copy that is
//! kept in memory for a while.

use serde::{Deserialize, Serialize};

use super::error::KeyFileError;
use super::header::SlotKind;
use super::pin::{self, count_ms};
use super::{Locked, Unlocked, session};
use crate::clock::Moment;
use crate::ports::key_vault::KeyVault;
use crate::secret::{Secret, SecretBytes, fill_random};
use crate::store::vault::{Cost, derive};

/// Where a share is, readable before anything is unlocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharePlace {
    /// Address of the service.
    pub url: String,
    /// 32 hexadecimal digits by which the service knows it.
    pub id: String,
    /// Certificates (PEM) that are believed besides the system's.
    pub authorities: Vec<String>,
    /// SHA-256 of public keys (SPKI), hexadecimal, one of which the service has to have; nothing: any.
    pub pins: Option<Vec<String>>,
    /// TLS 1.3 and nothing older.
    pub newest_only: bool,
    /// Address of the proxy on the way there.
    pub proxy: Option<String>,
    /// 32 hexadecimal digits, of what shows that the PIN is known.
    salt: String,
}

impl SharePlace {
    /// Names a new share at a service.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn new(url: &str) -> Result<Self, KeyFileError> {
        let random = || {
            let mut bytes = [0; 16];
            fill_random(&mut bytes).map(|()| hex::encode(bytes))
        };
        Ok(Self {
            url: url.to_owned(),
            id: random()?,
            authorities: Vec::new(),
            pins: None,
            newest_only: false,
            proxy: None,
            salt: random()?,
        })
    }

    /// Makes what shows the service that the PIN is known: 32 bytes of Argon2id, with another salt than the key's.
    ///
    /// # Errors
    /// `Damaged`; without memory to derive.
    pub async fn proof(&self, pin: &SecretBytes, cost: Cost) -> Result<Secret<32>, KeyFileError> {
        let salt = hex::decode(&self.salt).map_err(|_| KeyFileError::Damaged("slot"))?;
        Ok(derive(pin, &salt, cost).await?)
    }
}

/// Puts two halves together, or takes one off: neither says anything of the whole.
pub(super) fn combine(one: &Secret<32>, other: &Secret<32>) -> Secret<32> {
    let filled = Secret::filled(|whole: &mut [u8; 32]| {
        for ((byte, one), other) in whole.iter_mut().zip(one.expose()).zip(other.expose()) {
            *byte = one ^ other;
        }
        Ok::<_, std::convert::Infallible>(())
    });
    match filled {
        Ok(whole) => whole,
        Err(never) => match never {},
    }
}

fn aad(file_id: &str) -> Vec<u8> {
    format!("eu.qroc.share 1\0{file_id}").into_bytes()
}

impl Unlocked {
    /// Says whether the PIN opens the file with a server's share alone.
    pub fn has_share(&self) -> bool {
        self.header.slots.iter().any(|slot| slot.kind == SlotKind::VaultPinShare)
    }
}

impl Locked {
    /// Returns where the share is that the PIN needs, and what a guess costs; nothing where it needs none.
    ///
    /// # Errors
    /// `Damaged`.
    pub fn share(&self) -> Result<Option<(SharePlace, Cost)>, KeyFileError> {
        match self.pin_slot().filter(|slot| slot.kind == SlotKind::VaultPinShare) {
            None => Ok(None),
            Some(slot) => Ok(Some((pin::read(slot, pin::SHARE)?, pin::read(slot, pin::COST)?))),
        }
    }

    /// Says whether another attempt may be made now.
    ///
    /// # Errors
    /// `Exhausted`, `TooEarly`.
    pub fn may_try(&self, now: &Moment) -> Result<(), KeyFileError> {
        if self.attempts_left() == Some(0) {
            return Err(KeyFileError::Exhausted);
        }
        match self.wait_ms(now) {
            0 => Ok(()),
            wait_ms => Err(KeyFileError::TooEarly { wait_ms }),
        }
    }

    /// Counts an attempt that the service found wrong, durably, and says how it ended.
    pub fn refuse(&mut self, now: &Moment) -> KeyFileError {
        match self.count_attempt_at(now) {
            Err(error) => error,
            Ok(()) => self.was_wrong(),
        }
    }

    /// Keeps a share for the time without the service: wrapped by the vault, in memory that is empty after a restart. Where
    /// there is no such memory, or no such time, it is not kept.
    ///
    /// # Errors
    /// Those of the vault and of the file system.
    pub async fn remember_share(
        &self,
        vault: &dyn KeyVault,
        share: &Secret<32>,
        now: &Moment,
    ) -> Result<(), KeyFileError> {
        self.forget_share()?;
        let Some(slot) = self.pin_slot().filter(|_| self.header.lock.offline_grace_min > 0) else {
            return Ok(());
        };
        let wrapped = vault.wrap(&slot.handle, share, &aad(&self.header.file_id)).await?;
        session::SHARE.write(&self.dir, &self.header.file_id, &slot.handle, &wrapped)?;
        session::SHARE.stamp(&self.dir, &self.header.file_id, count_ms(now))?;
        Ok(())
    }

    /// Returns the share that was kept, where its time is not over; else it is removed.
    ///
    /// # Errors
    /// Those of the vault and of the file system.
    pub async fn remembered_share(
        &self,
        vault: &dyn KeyVault,
        now: &Moment,
    ) -> Result<Option<Secret<32>>, KeyFileError> {
        let grace_ms = u64::from(self.header.lock.offline_grace_min).saturating_mul(60_000);
        let kept = session::SHARE.stamped(&self.dir, &self.header.file_id);
        // Before it was kept there was no time: the device was restarted, or its clock turned back.
        let is_good = |kept: u64| count_ms(now).checked_sub(kept).is_some_and(|age_ms| age_ms < grace_ms);
        if !kept.is_some_and(is_good) {
            self.forget_share()?;
            return Ok(None);
        }
        let Some((handle, wrapped)) = session::SHARE.read(&self.dir, &self.header.file_id) else {
            return Ok(None);
        };
        Ok(Some(vault.unwrap(&handle, &wrapped, &aad(&self.header.file_id)).await?))
    }

    /// Removes the share that was kept.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn forget_share(&self) -> Result<(), KeyFileError> {
        session::SHARE.remove(&self.dir, &self.header.file_id).map(drop)
    }
}
