//! A profile that nothing outlives (`data.persistence`): the key of its database is in no file, and with the process that
//! has it everything ends.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::policy::before_profile;
use super::{Error, Inner, Managed, handover};
use crate::mdm::Standing;
use crate::session;
use crate::store::key_file::{AccountKeys, KeyFileError, Unlocked, account_dir, begin_wipe, finish_wipe};
use crate::store::{Store, StoreError};

/// Says in an account's directory that its key is in no file. Without it such an account cannot be opened either; with it
/// what a killed process left is removed before anything asks for a key.
const MARK: &str = "ephemeral";
/// How long the server may take to hear that the sign-in is over.
pub(super) const FAREWELL: Duration = Duration::from_secs(4);

/// The account's keys, and whether this process alone has them.
#[derive(Debug)]
pub(super) struct Held {
    keys: AccountKeys,
    alone: AtomicBool,
}

impl Held {
    pub(super) fn new(keys: AccountKeys, alone: bool) -> Self {
        Self { keys, alone: AtomicBool::new(alone) }
    }

    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(Ordering::SeqCst)
    }

    /// Lets somebody else see to the end.
    pub(super) fn release(&self) {
        self.alone.store(false, Ordering::SeqCst);
    }
}

/// Says whether the device's management lets nothing outlive the process that signs in.
pub fn keeps_nothing(managed: &[Managed]) -> bool {
    before_profile(managed).keeps_nothing()
}

/// Says whether policy lets nothing of a profile outlive a process: what was kept of it, or what management says now.
pub(super) fn is_demanded(keys: &Unlocked, managed: &[Managed]) -> bool {
    Standing::read(keys.policy()).policy().keeps_nothing() || keeps_nothing(managed)
}

/// Notes, durably, that the account's key is in no file.
pub(super) fn mark(dir: &Path) -> Result<(), Error> {
    let marked = || {
        let mut file = OpenOptions::new();
        file.write(true).create(true).truncate(false).mode(0o600);
        file.open(dir.join(MARK))?.sync_all()?;
        File::open(dir)?.sync_all()
    };
    Ok(marked().map_err(StoreError::from)?)
}

pub(super) fn is_marked(dir: &Path) -> bool {
    dir.join(MARK).exists()
}

/// Removes what a process left that had the only key and did not come to its own end. Says whether there was anything.
pub(super) fn clear_remains(profile: &Path) -> Result<bool, Error> {
    let dir = account_dir(profile, 1);
    if !is_marked(&dir) || Store::is_owned(&dir) {
        return Ok(false);
    }
    end(profile)?;
    Ok(true)
}

/// Destroys the profile, however far somebody else has come with it.
pub(super) fn end(profile: &Path) -> Result<(), Error> {
    match begin_wipe(profile) {
        Ok(_) | Err(KeyFileError::WipePending | KeyFileError::Missing) => {}
        Err(error) => return Err(error.into()),
    }
    finish_wipe(profile)?;
    Ok(())
}

/// Finds the account's keys: in the key file, else with the process that alone has them.
pub(super) async fn find_keys(
    profile: &Path,
    unlocked: &Unlocked,
    managed: &[Managed],
) -> Result<AccountKeys, Error> {
    let dir = account_dir(profile, 1);
    let Some(known) = unlocked.accounts().first() else {
        let sealed = handover::keys(&dir).await.ok_or(Error::NotSignedIn)?;
        return Ok(unlocked.open_account(&sealed)?);
    };
    if is_demanded(unlocked, managed) && !Store::is_owned(&dir) {
        // It came while nobody had the profile open: what is there goes.
        end(profile)?;
        return Err(Error::Ended);
    }
    Ok(known.clone())
}

impl Inner {
    /// Takes the key out of its file, once policy lets nothing outlive this process. What is there can be read until
    /// this process ends.
    pub(super) fn mind_persistence(&self) -> Result<(), Error> {
        if self.owner.is_none() || self.held.is_alone() || !self.mdm.policy().keeps_nothing() {
            return Ok(());
        }
        mark(&self.dir)?;
        self.remove_map()?;
        self.mdm.forget_account(self.held.keys.number)?;
        self.held.alone.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Gives the keys to another process that can open the key file, where it cannot find them there.
    pub(super) fn sealed_keys(&self) -> Result<Vec<u8>, Error> {
        if self.owner.is_none() || !self.held.is_alone() {
            return Err(Error::NotSignedIn);
        }
        self.check_sealed()?;
        Ok(self.mdm.with_keys(|keys| keys.seal_account(&self.held.keys))?)
    }

    /// Ends the sign-in where nothing outlives this process: tells the server, and destroys what lets others in.
    pub(super) async fn take_leave(&self) -> bool {
        let Some(owner) = self.owner.as_ref().filter(|_| self.held.is_alone()) else { return false };
        // Whoever is offline leaves a device on the server that nobody has the keys of.
        let _ = tokio::time::timeout(FAREWELL, session::sign_out(&owner.http)).await;
        // What stands in the way is met again once the database is closed.
        let _ = begin_wipe(&self.profile);
        true
    }
}
