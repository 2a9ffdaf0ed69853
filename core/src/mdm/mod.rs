//! The policy of a profile while it is open: kept in the key file, asked by everything that can be forbidden,
//! replaced while it runs.

mod standing;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::kind::ErrorKind;
use crate::log::Ceiling;
use crate::policy::{Action, BundleError, Denied, Feedback, Key, Order, Policy, Reader, Source, Value};
use crate::store::audit::{self, Denial};
use crate::store::changes::Change;
use crate::store::key_file::{KeyFileError, LockKind, LockPolicy, OnMaxAttempts, Unlocked};
use crate::store::{Durability, Store, StoreError};
pub use standing::{InPlace, Standing};

/// Screens that fall further behind read the whole policy again.
const LAG: usize = 16;
/// A save that another process got in front of is tried again.
const TRIES: usize = 5;

/// Says why a policy is not put in place.
#[derive(Debug, thiserror::Error)]
pub enum MdmError {
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl MdmError {
    /// Sorts the error by what the caller can do; nothing for the key file's own.
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::KeyFile(_) => None,
            Self::Bundle(_) => Some(ErrorKind::BadFile),
        }
    }
}

/// One key that changed, for a screen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Which key.
    pub key: &'static str,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub value: Option<Value>,
    /// Who set it, as in `policy show`.
    pub source: String,
}

/// All that changed at once.
pub type PolicyChange = Arc<Vec<Changed>>;

/// The policy of an open profile.
#[derive(Debug)]
pub struct Mdm {
    keys: Mutex<Unlocked>,
    clock: Arc<dyn Clock>,
    on_server: Mutex<String>,
    current: RwLock<Arc<Policy>>,
    changes: broadcast::Sender<PolicyChange>,
    /// How detailed the log may be meanwhile.
    log: Ceiling,
}

impl Mdm {
    /// Takes over what the key file keeps.
    pub fn new(keys: Unlocked, clock: Arc<dyn Clock>) -> Self {
        let policy = Standing::read(keys.policy()).policy();
        let (changes, _) = broadcast::channel(LAG);
        let log = Ceiling::new(policy.log_level());
        Self {
            keys: Mutex::new(keys),
            clock,
            on_server: Mutex::default(),
            current: RwLock::new(Arc::new(policy)),
            changes,
            log,
        }
    }

    /// Returns the policy that holds now.
    pub fn policy(&self) -> Arc<Policy> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listens to every later change.
    pub fn subscribe(&self) -> broadcast::Receiver<PolicyChange> {
        self.changes.subscribe()
    }

    /// Returns what sources said last.
    pub fn standing(&self) -> Standing {
        Standing::read(self.keys().policy())
    }

    /// Tells each source what became of each of its keys.
    pub fn feedback(&self) -> Vec<Feedback> {
        let policy = self.policy();
        self.standing().layers.iter().flat_map(|layer| policy.feedback(layer)).collect()
    }

    /// Takes what a source says now, durably. It holds when this returns.
    ///
    /// # Errors
    /// Those of the key file; then what held goes on to hold.
    pub fn take(
        &self,
        source: &Source,
        said: &[(String, serde_json::Value)],
    ) -> Result<PolicyChange, MdmError> {
        self.change(|standing| {
            standing.take(source.clone(), said.iter().map(|(key, value)| (key.as_str(), value)));
            Ok(())
        })
        .map(|(changed, ())| changed)
    }

    /// Takes what a source said back, durably: it says nothing any more.
    ///
    /// # Errors
    /// Those of the key file.
    pub fn forget(&self, source: &Source) -> Result<PolicyChange, MdmError> {
        if self.standing().layers.iter().all(|layer| layer.source != *source) {
            return Ok(PolicyChange::default());
        }
        let changed = self.change(|standing| {
            standing.layers.retain(|layer| layer.source != *source);
            Ok(())
        })?;
        Ok(changed.0)
    }

    /// Takes a signed bundle, durably, with the orders in it for this device.
    ///
    /// # Errors
    /// Those of the bundle and of the key file; then what held goes on to hold.
    pub fn take_bundle(&self, bytes: &[u8], reader: Reader<'_>) -> Result<PolicyChange, MdmError> {
        self.change(|standing| Ok(standing.take_bundle(bytes, reader)?)).map(|(changed, ())| changed)
    }

    /// Says whether the server's word about policy is another one than the last time this was asked.
    pub fn is_new_on_server(&self, content: &str) -> bool {
        let mut last = self.on_server.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *last != content;
        content.clone_into(&mut last);
        is_new
    }

    /// Returns the orders that wait to be carried out.
    pub fn pending(&self) -> Vec<Order> {
        self.standing().pending
    }

    /// Notes durably that an order was carried out.
    ///
    /// # Errors
    /// Those of the key file.
    pub fn finish(&self, order: &Order) -> Result<(), MdmError> {
        self.change(|standing| {
            standing.note_done(order);
            Ok(())
        })
        .map(drop)
    }

    /// Looks whether another process changed the key file, and lets what it says hold.
    ///
    /// # Errors
    /// Those of reading the key file.
    pub fn refresh(&self) -> Result<PolicyChange, MdmError> {
        let mut keys = self.keys();
        if keys.reload()? {
            let policy = Standing::read(keys.policy()).policy();
            return Ok(self.replace(policy));
        }
        Ok(PolicyChange::default())
    }

    /// Notes that the server was reached, where somebody counts that; often enough for the limit, seldom enough for
    /// the disk.
    ///
    /// # Errors
    /// Those of the key file.
    pub fn contact(&self) -> Result<(), MdmError> {
        let mut keys = self.keys();
        let (known, now) = (keys.offline_clock(), self.clock.moment());
        let Some(hours) = known.limit_h else { return Ok(()) };
        let often = (u64::from(hours) * 3_600_000 / 24).min(3_600_000);
        if known.last_contact_ms != 0 && known.without_contact_ms(&now) < often {
            return Ok(());
        }
        keys.reload()?;
        keys.contact(&now);
        // Another process saved at the same moment: the next contact is noted.
        match keys.save() {
            Err(KeyFileError::Changed) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Says whether the server was out of reach for longer than policy allows, and keeps what was counted.
    ///
    /// # Errors
    /// Those of the key file.
    pub fn is_out_of_reach(&self) -> Result<bool, MdmError> {
        let mut keys = self.keys();
        let (known, now) = (keys.offline_clock(), self.clock.moment());
        let Some(hours) = known.limit_h else { return Ok(false) };
        if known.is_over_at(&now) {
            return Ok(true);
        }
        let counted = known.without_contact_ms(&now).saturating_sub(known.spent_ms);
        if counted > (u64::from(hours) * 3_600_000 / 24).min(3_600_000) {
            keys.reload()?;
            keys.carry(&now);
            if let Err(error) = keys.save()
                && !matches!(error, KeyFileError::Changed)
            {
                return Err(error.into());
            }
        }
        Ok(false)
    }

    /// Takes an account out of the key file, durably: from then on its database key is in memory alone.
    ///
    /// # Errors
    /// Those of the key file; then it is still there.
    pub fn forget_account(&self, number: u32) -> Result<(), MdmError> {
        let mut keys = self.keys();
        for left in (0..TRIES).rev() {
            keys.reload()?;
            let mut without = keys.clone();
            match without.remove_account(number) {
                Err(KeyFileError::NoSuchAccount) => return Ok(()),
                other => other?,
            }
            match without.save() {
                Err(KeyFileError::Changed) if left > 0 => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    *keys = without;
                    return Ok(());
                }
            }
        }
        Err(KeyFileError::Changed.into())
    }

    /// Says whether a PIN or password protects the key file.
    pub fn has_lock(&self) -> bool {
        self.keys().has_lock()
    }

    /// Runs with the key file's keys.
    pub fn with_keys<T>(&self, work: impl FnOnce(&mut Unlocked) -> T) -> T {
        work(&mut self.keys())
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Unlocked> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(
        &self,
        mut work: impl FnMut(&mut Standing) -> Result<T, MdmError>,
    ) -> Result<(PolicyChange, T), MdmError> {
        let mut keys = self.keys();
        for left in (0..TRIES).rev() {
            keys.reload()?;
            let mut standing = Standing::read(keys.policy());
            let value = work(&mut standing)?;
            let policy = standing.policy();
            let (bytes, lock) = (standing.to_bytes(), lock_policy(&policy));
            if keys.policy() == Some(bytes.as_slice()) && *keys.lock_policy() == lock {
                return Ok((self.replace(policy), value));
            }
            keys.set_policy(Some(bytes), lock, policy.offline_wipe_h());
            if keys.offline_clock().last_contact_ms == 0 {
                // Nobody counted until now.
                keys.contact(&self.clock.moment());
            }
            match keys.save() {
                Err(KeyFileError::Changed) if left > 0 => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok((self.replace(policy), value)),
            }
        }
        Err(KeyFileError::Changed.into())
    }

    fn replace(&self, policy: Policy) -> PolicyChange {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed = policy.changed_since(&current).into_iter().map(|key| told(key, &current, &policy));
        let changed: PolicyChange = Arc::new(changed.collect());
        self.log.set(policy.log_level());
        *current = Arc::new(policy);
        drop(current);
        if !changed.is_empty() {
            // Nobody listening is fine.
            let _ = self.changes.send(changed.clone());
        }
        changed
    }

    /// Asks the gate; a denial is kept in the local audit where this process can write.
    ///
    /// # Errors
    /// `Denied`.
    pub async fn permit(&self, store: &Store, now_ms: i64, action: Action<'_>) -> Result<(), Box<Denied>> {
        let Err(denied) = self.policy().decide(action).permit(action) else { return Ok(()) };
        self.note(store, now_ms, &denied).await;
        Err(denied)
    }

    /// Keeps a denial in the local audit, where policy wants it and this process can write.
    pub async fn note(&self, store: &Store, now_ms: i64, denied: &Denied) {
        if store.is_owner() && self.policy().keeps_audit() {
            let denial = Denial::new(now_ms, &denied.action, &denied.key, &denied.origin, &denied.value);
            let kept = store.write(Durability::Normal, move |tx, changes| {
                changes.note(Change::Account);
                audit::insert(tx, &denial)
            });
            // The answer is no, whether or not it can be noted.
            if let Err(error) = kept.await {
                let error: StoreError = error;
                tracing::warn!(kind = error.kind().code(), "a denial is not in the audit");
            }
        }
    }
}

fn told(key: Key, before: &Policy, now: &Policy) -> Changed {
    Changed {
        key: key.name(),
        before: before.value(key).cloned(),
        value: now.value(key).cloned(),
        source: now.entry(key).origin.to_string(),
    }
}

/// The part that has to be known before anything is unlocked.
fn lock_policy(policy: &Policy) -> LockPolicy {
    let rules = policy.lock();
    LockPolicy {
        required: rules.required,
        kind: if rules.password { LockKind::Password } else { LockKind::Pin },
        biometric: rules.biometric,
        max_attempts: rules.max_attempts,
        on_max_attempts: if rules.wipe { OnMaxAttempts::Wipe } else { OnMaxAttempts::Logout },
        offline_grace_min: rules.offline_grace_min,
    }
}

#[cfg(test)]
mod tests;
