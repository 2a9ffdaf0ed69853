//! The application lock: sealed, the keys are in no memory and nothing but the PIN brings them back.

use std::path::Path;
use std::time::Duration;

use super::{Client, Error, Inner, ephemeral, handover, open, share, wipe};
use crate::clock::Clock;
use crate::model::LockStatus;
use crate::ports::key_vault::KeyVault;
use crate::secret::SecretBytes;
use crate::store::Store;
use crate::store::key_file::{
    KeyFile, KeyFileError, NewPin, OnMaxAttempts, Unlocked, account_dir, begin_wipe, finish_wipe,
};
use crate::store::vault::Cost;

/// How long an owner has to let go of its keys.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says how the lock of a profile stands. Needs no key.
///
/// # Errors
/// `NotSignedIn`; a key file that cannot be read.
pub fn lock_status(profile: &Path, clock: &dyn Clock) -> Result<LockStatus, Error> {
    let locked = open::read_key_file(profile, clock)?;
    let now = clock.moment();
    let wait_ms = i64::try_from(locked.wait_ms(&now)).unwrap_or(i64::MAX);
    let state = match (locked.has_pin(), locked.is_unlocked()) {
        (false, _) => "none",
        (true, true) => "unlocked",
        (true, false) => "sealed",
    };
    Ok(LockStatus {
        state,
        attempts_left: if locked.has_pin() { locked.attempts_left() } else { None },
        retry_at: (locked.has_pin() && wait_ms > 0).then(|| now.now_ms.saturating_add(wait_ms)),
        required: locked.lock_policy().required,
    })
}

/// Seals a profile: the keys leave every process, and nothing but the PIN brings them back.
///
/// # Errors
/// `NoPin`; `InUse` where a process that has the keys does not end; `Ended` where nothing outlives it; what the file
/// system says.
pub async fn seal(profile: &Path, clock: &dyn Clock) -> Result<LockStatus, Error> {
    open::read_key_file(profile, clock)?;
    KeyFile::seal(profile)?;
    let dir = account_dir(profile, 1);
    let ends = ephemeral::is_marked(&dir);
    handover::tell_gone(&dir).await;
    let patience = if ends { PATIENCE + ephemeral::FAREWELL } else { PATIENCE };
    let deadline = tokio::time::Instant::now() + patience;
    while Store::is_owned(&dir) {
        if tokio::time::Instant::now() >= deadline {
            return Err(Error::Handover("it still has the keys in its memory; end it".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if ends {
        // No PIN brings back what was in the memory of that process alone.
        ephemeral::end(profile)?;
        return Err(Error::Ended);
    }
    lock_status(profile, clock)
}

/// Opens a sealed profile for this device, until it is sealed again or the device restarts. The attempt is counted
/// durably before it is made; after the last one all keys and data are destroyed.
///
/// # Errors
/// `NoPin`, `WrongPin`, `TooEarly`; `DestroyedByAttempts` where this was the last one; `ShareRevoked`, `ShareOutOfReach`.
pub async fn unlock(
    profile: &Path,
    vault: &dyn KeyVault,
    pin: &SecretBytes,
    clock: &dyn Clock,
) -> Result<LockStatus, Error> {
    try_pin(profile, vault, pin, clock).await?.stay_open(vault).await?;
    KeyFile::note_use(profile, &clock.moment())?;
    lock_status(profile, clock)
}

/// Tries a PIN. The last wrong one costs all keys and data.
pub(super) async fn try_pin(
    profile: &Path,
    vault: &dyn KeyVault,
    pin: &SecretBytes,
    clock: &dyn Clock,
) -> Result<Unlocked, Error> {
    let mut locked = open::read_key_file(profile, clock)?;
    let wipes = locked.lock_policy().on_max_attempts == OnMaxAttempts::Wipe;
    let tried = match share::fetch(&mut locked, vault, pin, clock).await {
        Ok(share) => locked.unlock_with(vault, pin, share.as_ref(), &clock.moment()).await,
        Err(Error::KeyFile(error)) => Err(error),
        Err(error) => return Err(error),
    };
    match tried {
        Err(KeyFileError::Exhausted) => {
            // Signing out without the tokens, which are sealed as well, is destroying what is here.
            wipe(profile).await?;
            Err(Error::DestroyedByAttempts { wipes })
        }
        other => Ok(other?),
    }
}

impl Client {
    /// Sets the PIN or password of the application lock, or another one. It is not asked for until the profile is
    /// sealed.
    ///
    /// # Errors
    /// `Denied` with the rule that it breaks; those of the vault and of the key file; the network's where policy has a server
    /// hold half of the key.
    pub async fn set_pin(&self, vault: &dyn KeyVault, pin: &str) -> Result<(), Error> {
        self.set_pin_at_cost(vault, pin, Cost::default()).await
    }

    /// As `set_pin`, with another price of a guess.
    ///
    /// # Errors
    /// As `set_pin`.
    pub async fn set_pin_at_cost(&self, vault: &dyn KeyVault, pin: &str, cost: Cost) -> Result<(), Error> {
        let policy = self.policy();
        let judged = policy.judge_pin(pin);
        if let Err(denied) = judged {
            self.inner.note_denied(&denied).await;
            return Err(denied.into());
        }
        let secret = SecretBytes::from(pin.to_owned());
        let mut keys = self.inner.mdm.with_keys(|keys| keys.reload().map(|_| keys.clone()))?;
        let most = usize::try_from(policy.lock().history).unwrap_or(usize::MAX);
        if keys.was_used(&secret, most).await? {
            let denied = policy.refuse_used();
            self.inner.note_denied(&denied).await;
            return Err(denied.into());
        }
        let length = u32::try_from(pin.chars().count()).unwrap_or(u32::MAX);
        let digits = pin.chars().all(|letter| letter.is_ascii_digit());
        let given = self.give_share(&secret, cost).await?;
        let share = given.as_ref().map(|(place, share)| (place, share));
        let new = NewPin { pin: &secret, length, digits, cost, share };
        keys.protect(vault, new, self.inner.clock.now_ms()).await?;
        KeyFile::note_use(&self.inner.profile, &self.inner.clock.moment())?;
        self.inner.mdm.refresh()?;
        Ok(())
    }
}

impl Inner {
    /// Sees that the profile was sealed, or that its PIN is not what the policy asks for any more.
    pub(super) fn check_lock(&self) -> Result<(), Error> {
        let record = self.mdm.with_keys(|keys| {
            let pin = keys.pin()?;
            Some((pin.length, pin.digits, pin.set_ms, keys.is_unlocked(), keys.has_share()))
        });
        let Some((length, digits, set_ms, unlocked, has_share)) = record else { return Ok(()) };
        if !unlocked {
            return Err(KeyFileError::Sealed.into());
        }
        let age_ms = self.clock.now_ms().saturating_sub(set_ms);
        let policy = self.mdm.policy();
        policy.judge_share(has_share)?;
        Ok(policy.judge_present(length, digits, age_ms)?)
    }

    /// Destroys the profile where the server was out of reach for too long.
    pub(super) fn check_reach(&self) -> Result<(), Error> {
        if self.mdm.is_out_of_reach()? {
            begin_wipe(&self.profile)?;
            finish_wipe(&self.profile)?;
            return Err(Error::DestroyedOffline);
        }
        Ok(())
    }

    /// Sees that the profile was sealed.
    pub(super) fn check_sealed(&self) -> Result<(), Error> {
        if self.mdm.has_lock() && !KeyFile::read(&self.profile)?.is_unlocked() {
            return Err(KeyFileError::Sealed.into());
        }
        Ok(())
    }
}
