//! What goes on by itself: noticing another backup, asking the other devices for its key, fetching and uploading keys.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::{Next, Recovery, RecoveryError, Sink, State, state};
use crate::crypto::{BackupKey, Standing, Uploaded};
use crate::store::StoreError;

/// Batches uploaded before others have their turn.
const BATCHES: usize = 10;
/// When the other devices are asked again, which may have to learn first that this one is verified.
const ASK_AGAIN: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(3600),
];

/// What policy says about the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// There is none.
    Off,
    /// The user decides.
    User,
    /// There is one, whoever wants it or not.
    Forced,
}

impl Recovery {
    /// Does what is due. `came` gets the keys that became known.
    ///
    /// # Errors
    /// The network's, after which it is due still; faults of the store.
    pub async fn tend(&self, rule: Rule, came: Sink<'_>) -> Result<Next, RecoveryError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let mut state = self.state()?;
        // What is there stays as it is, and gets nothing more.
        if rule == Rule::Off {
            return Ok(Next::Idle);
        }
        let (seen, key) = self.store.read(state::seen)?;
        let given = !self.crypto.given_backup_keys().await?.is_empty();
        if given || state.seen.as_ref() != Some(&seen) {
            self.look(&mut state).await?;
            state.seen = Some(seen);
            if key.is_some() {
                state.key = key;
            }
            self.save(&state).await?;
        }
        let standing = self.crypto.standing().await?;
        if rule == Rule::Forced && state.server.is_none() && standing.complete && standing.verified {
            self.make_backup(&mut state).await?;
        }
        let asked = self.ask(&state, standing).await?;
        self.fetch(&mut state, came).await?;
        let mut batches: usize = 0;
        loop {
            match self.crypto.upload_batch(&self.http).await? {
                Uploaded::Nothing => break,
                Uploaded::Some if batches >= BATCHES => return Ok(Next::More),
                Uploaded::Some => batches = batches.saturating_add(1),
                Uploaded::OtherBackup => {
                    self.look(&mut state).await?;
                    self.save(&state).await?;
                    return Ok(Next::More);
                }
            }
        }
        self.retire(&mut state).await?;
        Ok(asked)
    }

    /// Asks the server for its backup, leaves one that is no more, and uses one whose key is here.
    pub(super) async fn look(&self, state: &mut State) -> Result<(), RecoveryError> {
        let server = self.crypto.server_backup(&self.http).await?;
        state.server = server.as_ref().map(|backup| backup.version.clone());
        let in_use = self.crypto.backup_in_use().await?;
        let current = in_use.as_ref().is_some_and(|(version, _)| Some(version) == state.server.as_ref());
        if in_use.is_some() && !current {
            self.crypto.leave_backup().await?;
            state.restore = None;
            self.start_asking();
        }
        let given = self.crypto.given_backup_keys().await?;
        if let Some(server) = server
            && !current
        {
            let making = state.making.as_deref().and_then(BackupKey::from_base64);
            if let Some(key) = making.filter(|key| server.is_opened_by(key)) {
                // Made by us, before a crash: all that it can hold is here.
                self.crypto.use_backup(&server.version, &key).await?;
                state.making = None;
            } else if let Some(key) = given.iter().find(|key| server.is_opened_by(key)) {
                self.adopt(state, &server.version, key).await?;
            }
        }
        if !given.is_empty() {
            self.crypto.forget_given_backup_keys().await?;
        }
        Ok(())
    }

    /// Uses a backup that another device made, and has its keys fetched.
    pub(super) async fn adopt(
        &self,
        state: &mut State,
        version: &str,
        key: &BackupKey,
    ) -> Result<(), RecoveryError> {
        // First what is to be done: a key without that would bring nothing back.
        state.restore = Some(version.to_owned());
        self.save(state).await?;
        Ok(self.crypto.use_backup(version, key).await?)
    }

    pub(super) async fn make_backup(&self, state: &mut State) -> Result<(), RecoveryError> {
        let key = BackupKey::generate();
        // Kept before the server has it: a backup whose key died with the process would keep all devices out.
        state.making = Some(key.to_base64().to_string());
        self.save(state).await?;
        let version = self.crypto.make_backup(&self.http, &key).await?;
        self.crypto.use_backup(&version, &key).await?;
        state.server = Some(version);
        state.making = None;
        state.restore = None;
        Ok(self.save(state).await?)
    }

    pub(super) fn start_asking(&self) {
        *self.asking.lock().unwrap_or_else(PoisonError::into_inner) = super::Asking::default();
    }

    /// Asks the account's other devices for what is missing, now and then.
    async fn ask(&self, state: &State, standing: Standing) -> Result<Next, RecoveryError> {
        let no_backup_key = state.server.is_some() && self.crypto.backup_in_use().await?.is_none();
        if !standing.verified || (standing.complete && !no_backup_key) {
            self.start_asking();
            return Ok(Next::Idle);
        }
        let left = {
            let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            asking.not_before.and_then(|at| at.checked_duration_since(Instant::now()))
        };
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            return Ok(Next::Later(left));
        }
        self.crypto.ask_for_secrets().await?;
        self.crypto.flush(&self.http).await?;
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let step = usize::try_from(asking.times).unwrap_or(usize::MAX).min(ASK_AGAIN.len() - 1);
        let wait = ASK_AGAIN.get(step).copied().unwrap_or(Duration::from_secs(3600));
        asking.times = asking.times.saturating_add(1);
        asking.not_before = Some(Instant::now() + wait);
        Ok(Next::Later(wait))
    }

    /// Removes backups that nobody needs any more.
    async fn retire(&self, state: &mut State) -> Result<(), RecoveryError> {
        if state.retired.is_empty() || state.restore.is_some() || self.crypto.backup_in_use().await?.is_none()
        {
            return Ok(());
        }
        let waiting = self
            .store
            .read(|connection| Ok::<_, StoreError>(crate::store::crypto::room_key::counts(connection)?.1))?;
        if waiting > 0 {
            return Ok(());
        }
        for version in std::mem::take(&mut state.retired) {
            if Some(&version) != state.server.as_ref() {
                self.crypto.remove_backup(&self.http, &version).await?;
            }
        }
        Ok(self.save(state).await?)
    }
}
