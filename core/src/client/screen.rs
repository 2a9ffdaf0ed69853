//! The lock over the screen: where nobody has used it for a while, contents are hidden until the PIN, or what may stand
//! in for it, is given. The keys stay, and duty goes on behind it. Longer without use, and the profile is sealed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Client, Error, Inner, Wish, lock};
use crate::clock::Moment;
use crate::ports::key_vault::{KeyVault, VaultError};
use crate::secret::SecretBytes;
use crate::store::key_file::{KeyFile, KeyFileError};

/// Not every touch is worth a write, in milliseconds.
const NOTED_MS: u64 = 5_000;

/// What is known of a screen that somebody guards; nothing where the program has none.
#[derive(Debug, Default)]
pub(super) struct Screen(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    used: Moment,
    noted: Option<Moment>,
    locked: bool,
}

impl Screen {
    fn with<T>(&self, work: impl FnOnce(&mut Option<Seen>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self, now: Moment, locked: bool) {
        self.with(|seen| *seen = Some(Seen { used: now, noted: None, locked }));
    }
}

/// How long ago something was, by the device's own count where there is one. A clock that was turned back is as good as
/// for ever.
fn passed_ms(then: &Moment, now: &Moment) -> u64 {
    match (&then.up, &now.up) {
        (Some(then), Some(now)) if then.boot == now.boot => now.ms.saturating_sub(then.ms),
        _ => u64::try_from(now.now_ms.saturating_sub(then.now_ms)).unwrap_or(u64::MAX),
    }
}

impl Client {
    /// Guards the screen from now on: contents are hidden where nobody has used it for `lock.timeout_s`. It begins
    /// locked where the profile was not used for so long. Only where the profile has a PIN.
    ///
    /// # Errors
    /// Those of the key file.
    pub fn guard_screen(&self) -> Result<(), Error> {
        let now = self.inner.clock.moment();
        let idle = KeyFile::idle_ms(&self.inner.profile, &now)?;
        let locked = matches!((idle, self.inner.timeout_ms()), (Some(idle), Some(most)) if idle >= most);
        self.inner.screen.begin(now, locked);
        Ok(())
    }

    /// Says that somebody uses the program: the times without use begin anew. A screen that is locked stays so.
    ///
    /// # Errors
    /// `Sealed` where the time was over; those of the key file.
    pub fn touch(&self) -> Result<(), Error> {
        self.inner.check_idle()?;
        if self.is_screen_locked() || !self.inner.mdm.has_lock() {
            return Ok(());
        }
        let now = self.inner.clock.moment();
        let is_worth_it = self.inner.screen.with(|seen| match seen {
            None => true,
            Some(seen) => {
                seen.used = now.clone();
                let fresh = seen.noted.as_ref().is_some_and(|noted| passed_ms(noted, &now) < NOTED_MS);
                if !fresh {
                    seen.noted = Some(now.clone());
                }
                !fresh
            }
        });
        if is_worth_it {
            KeyFile::note_use(&self.inner.profile, &now)?;
        }
        Ok(())
    }

    /// Says whether contents are hidden until the screen is unlocked. From memory: for a screen to ask as often as it
    /// likes.
    pub fn is_screen_locked(&self) -> bool {
        self.inner.is_screen_locked()
    }

    /// Says after how long without use the screen locks; nothing where it is locked, is not guarded, or never locks.
    pub fn screen_locks_in(&self) -> Option<Duration> {
        if self.is_screen_locked() {
            return None;
        }
        let (now, most) = (self.inner.clock.moment(), self.inner.timeout_ms()?);
        let passed = self.inner.screen.with(|seen| seen.as_ref().map(|seen| passed_ms(&seen.used, &now)))?;
        Some(Duration::from_millis(most.saturating_sub(passed)))
    }

    /// Locks the screen at once. Nothing happens where it is not guarded, or there is no PIN.
    pub fn lock_screen(&self) {
        self.inner.screen.with(|seen| {
            if let Some(seen) = seen {
                seen.locked = true;
            }
        });
    }

    /// Unlocks the screen with the PIN. Attempts are counted as when a sealed profile is opened, and the last one costs
    /// the same.
    ///
    /// # Errors
    /// As `unlock`; `Sealed`, where the PIN is asked for by that.
    pub async fn unlock_screen(&self, vault: &dyn KeyVault, pin: &SecretBytes) -> Result<(), Error> {
        self.inner.check_idle()?;
        self.inner.check_sealed()?;
        lock::try_pin(&self.inner.profile, vault, pin, &*self.inner.clock).await?;
        self.inner.mdm.refresh()?;
        self.inner.screen.begin(self.inner.clock.moment(), false);
        self.touch()
    }

    /// Unlocks the screen with a finger or a face: with a vault that opens only when it has seen its owner.
    ///
    /// # Errors
    /// `Denied` by `lock.biometric`; `UserPresenceNeeded` where the vault does not ask for anybody; `Sealed`; those of
    /// the vault.
    pub async fn unlock_screen_by_presence(&self, vault: &dyn KeyVault) -> Result<(), Error> {
        self.inner.permit(Wish::ShowPresence).await?;
        self.inner.check_idle()?;
        self.inner.check_sealed()?;
        if !vault.proves_presence() {
            return Err(KeyFileError::Vault(VaultError::UserPresenceNeeded).into());
        }
        KeyFile::read(&self.inner.profile)?.unlock(vault).await?;
        self.inner.screen.begin(self.inner.clock.moment(), false);
        self.touch()
    }
}

impl Inner {
    /// Seals the profile where nobody has used it for longer than policy allows.
    pub(super) fn check_idle(&self) -> Result<(), Error> {
        let Some(minutes) = self.mdm.policy().lock().seal_after_min else { return Ok(()) };
        let idle = KeyFile::idle_ms(&self.profile, &self.clock.moment())?;
        if idle.is_some_and(|ms| ms >= u64::from(minutes).saturating_mul(60_000)) {
            KeyFile::seal(&self.profile)?;
            return Err(KeyFileError::Sealed.into());
        }
        Ok(())
    }

    pub(super) fn is_screen_locked(&self) -> bool {
        let is_over = |seen: &Seen| {
            self.timeout_ms().is_some_and(|most| passed_ms(&seen.used, &self.clock.moment()) >= most)
        };
        self.mdm.has_lock()
            && self.screen.with(|seen| {
                seen.as_mut().is_some_and(|seen| {
                    seen.locked = seen.locked || is_over(seen);
                    seen.locked
                })
            })
    }

    fn timeout_ms(&self) -> Option<u64> {
        Some(u64::from(self.mdm.policy().lock().timeout_s?).saturating_mul(1000))
    }
}
