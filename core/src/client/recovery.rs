//! Backup and recovery key as screens and scripts use them, and what goes on by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use zeroize::Zeroizing;

use super::{Client, Error, Inner, Owner, Wish};
use crate::crypto::NewKey;
use crate::kind::ErrorKind;
use crate::model::{RecoveryStatus, Restored};
use crate::net::{Backoff, NetError};
use crate::policy::Policy;
use crate::recovery::{self, Next, RecoveryError, Rule};
use crate::store::changes::{Change, Published};
use crate::store::codes::IdentityState;
use crate::store::{Durability, StoreError, account};

/// How often it is looked how far the keys are, while they move and somebody follows that.
const LOOK: Duration = Duration::from_millis(500);

impl Client {
    /// Says how backup and recovery key stand.
    ///
    /// # Errors
    /// `Held`; faults of the store.
    pub fn recovery(&self) -> Result<RecoveryStatus, Error> {
        self.gate()?;
        let (overview, identity) = self.inner.store.read(|connection| {
            Ok::<_, StoreError>((recovery::overview(connection)?, account::load(connection)?.identity))
        })?;
        let rule = rule(&self.inner.mdm.policy());
        Ok(RecoveryStatus {
            recovery: overview.recovery,
            backup: if rule == Rule::Off { "off" } else { overview.backup },
            version: overview.version,
            keys: overview.keys,
            waiting: overview.waiting,
            verified: identity == IdentityState::Owned,
            required: rule == Rule::Forced,
        })
    }

    /// Waits until backup and recovery key stand otherwise than `known`, and says how. Nothing once the client is closed.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// As `recovery`.
    pub async fn recovery_changes(
        &self,
        known: Option<&RecoveryStatus>,
    ) -> Result<Option<RecoveryStatus>, Error> {
        let mut ended = self.inner.ended.subscribe();
        let mut changes = self.inner.store.subscribe();
        loop {
            if *ended.borrow() {
                return Ok(None);
            }
            let now = self.recovery()?;
            if known != Some(&now) {
                return Ok(Some(now));
            }
            // That a key came or was uploaded is no news of the account.
            let moves = matches!(now.backup, "restoring" | "pending");
            tokio::select! {
                () = of_account(&mut changes) => {}
                () = tokio::time::sleep(LOOK), if moves => {}
                _ = ended.changed() => {}
            }
        }
    }

    /// Makes the recovery key and the backup, and returns the key for the user to write down. It is not shown again:
    /// `recovery_key_shown` notes that it was. With `replace` an older one and its backup are worthless from then on.
    /// Not undone by giving up waiting; made again, it goes on.
    ///
    /// # Errors
    /// Policy's; `Exists` without `replace`; `NotVerified`; a passphrase that is too short; the network's.
    pub async fn create_recovery_key(
        &self,
        passphrase: Option<&str>,
        replace: bool,
    ) -> Result<Zeroizing<String>, Error> {
        self.gate()?;
        let owner = self.owner()?;
        self.inner.permit(Wish::BackUpKeys).await?;
        if let Some(passphrase) = passphrase {
            let letters = u64::try_from(passphrase.chars().count()).unwrap_or(u64::MAX);
            self.inner.permit(Wish::RecoveryPassphrase { letters }).await?;
        }
        let came = |keys: Vec<NewKey>| owner.sync.keys_came(keys);
        let made = owner.recovery.create(passphrase, replace, &came).await;
        Ok(self.inner.judged(owner, made).await?.to_text())
    }

    /// Notes that the recovery key was shown to the user.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn recovery_key_shown(&self) -> Result<(), Error> {
        Ok(self.owner()?.recovery.shown().await?)
    }

    /// Verifies this device with the recovery key or passphrase, and brings back the keys of the history. What could
    /// not be fetched at once is fetched by the sync.
    ///
    /// # Errors
    /// What is wrong with the key; `NoRecovery`; the network's.
    pub async fn restore(&self, typed: &str) -> Result<Restored, Error> {
        self.gate()?;
        let owner = self.owner()?;
        let restored = owner.recovery.restore(typed).await;
        let restored = self.inner.judged(owner, restored).await?;
        self.inner.note_standing(owner).await?;
        let mut keys: usize = 0;
        self.inner.mind_keys(owner)?;
        if restored.history && rule(&self.inner.mdm.policy()) != Rule::Off {
            keys = self.inner.tend_recovery(owner).await?.keys;
        }
        Ok(Restored { verified: restored.verified, history: restored.history, keys })
    }
}

/// What one look at backup and secrets came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    pub(super) next: Next,
    /// Keys that became known.
    pub(super) keys: usize,
}

impl Inner {
    /// Says that somebody looks at a room: where keys are being brought back, its own come first.
    pub(super) fn looks_at(&self, room_id: &str) {
        if let Some(owner) = &self.owner {
            owner.recovery.looks_at(room_id);
        }
    }

    /// Does what is due about backup and secrets.
    pub(super) async fn tend_recovery(&self, owner: &Owner) -> Result<Looked, Error> {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let came = |keys: Vec<NewKey>| {
            count.fetch_add(keys.len(), Ordering::Relaxed);
            owner.sync.keys_came(keys);
        };
        self.note_standing(owner).await?;
        self.mind_keys(owner)?;
        if owner.crypto.is_shut() {
            return Ok(Looked { next: Next::Idle, keys: 0 });
        }
        // A file that does not come must not hold the backup up.
        let taken = owner.recovery.take_histories(&came).await;
        let next = owner.recovery.tend(rule(&self.mdm.policy()), &came).await?;
        taken?;
        self.note_standing(owner).await?;
        Ok(Looked { next, keys: count.load(Ordering::Relaxed) })
    }

    /// Keeps what the account's identity says of this device where other processes read it.
    pub(super) async fn note_standing(&self, owner: &Owner) -> Result<(), Error> {
        let standing = owner.crypto.standing().await?;
        let identity = match (standing.verified, standing.exists && !standing.complete) {
            (true, _) => IdentityState::Owned,
            (false, true) => IdentityState::Foreign,
            // Nothing is published yet, or what is ours does not vouch for this device yet: the sync sees to it.
            (false, false) => return Ok(()),
        };
        if self.store.read(account::load)?.identity != identity {
            self.store
                .write(Durability::Full, move |tx, changes| {
                    changes.note(Change::Account);
                    account::set_identity(tx, identity)
                })
                .await?;
            // What it asked other devices for before was refused. Where there is a backup, keys come from there.
            if identity == IdentityState::Owned && self.store.read(recovery::overview)?.backup == "off" {
                owner.sync.confirmed();
            }
        }
        Ok(())
    }

    async fn judged<T>(&self, owner: &Owner, done: Result<T, RecoveryError>) -> Result<T, Error> {
        if let Err(error) = &done
            && let Some(net) = error.net()
        {
            self.judge(owner, Err(net)).await?;
        }
        Ok(done?)
    }

    /// Looks after backup and secrets while it is polled: at news, and when it is time again.
    pub(super) async fn keep_recovery(&self, owner: &Owner) -> Error {
        let mut changes = self.store.subscribe();
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.tend_recovery(owner).await {
                Ok(Looked { next: Next::More, .. }) => continue,
                Ok(Looked { next: Next::Idle, .. }) => {
                    backoff.reset();
                    None
                }
                Ok(Looked { next: Next::Later(wait), .. }) => {
                    backoff.reset();
                    Some(wait)
                }
                Err(error) if error.kind() == ErrorKind::Storage => return error,
                Err(Error::Recovery(error)) => Some(match error.net() {
                    Some(NetError::RateLimited { retry_after }) => *retry_after,
                    _ => backoff.wait(),
                }),
                Err(_) => Some(backoff.wait()),
            };
            tokio::select! {
                () = of_account(&mut changes) => {}
                () = owner.crypto.backup_due() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {}
            }
        }
    }

    /// Puts in force what policy says of keys. What a device waited for that is confirmed now comes with the next step
    /// of the sync.
    pub(super) fn mind_keys(&self, owner: &Owner) -> Result<(), StoreError> {
        let policy = self.mdm.policy();
        owner.crypto.exclude_unverified(policy.excludes_unverified());
        owner.crypto.give_to_confirmed(policy.confirms_devices());
        let shut = self.has_to_be_confirmed()?;
        if owner.crypto.shut(shut) && !shut {
            owner.sync.confirmed();
            owner.sender.wake();
        }
        Ok(())
    }

    /// Says whether policy has this device confirmed first.
    pub(super) fn has_to_be_confirmed(&self) -> Result<bool, StoreError> {
        let confirmed = |account: account::Account| account.identity == IdentityState::Owned;
        Ok(self.mdm.policy().confirms_devices() && !self.store.read(account::load).map(confirmed)?)
    }

    /// Asks the policy whether this device may send; what it forbids is noted.
    pub(super) async fn permit_sending(&self) -> Result<(), Error> {
        match self.has_to_be_confirmed()? {
            true => self.permit(Wish::SendUnconfirmed).await,
            false => Ok(()),
        }
    }
}

/// Waits for news of the account.
async fn of_account(changes: &mut Receiver<Published>) {
    loop {
        match changes.recv().await {
            Ok(published) if published.contains(Change::Account) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

pub(super) fn rule(policy: &Policy) -> Rule {
    match policy.key_backup() {
        "off" => Rule::Off,
        "forced" => Rule::Forced,
        _ => Rule::User,
    }
}
