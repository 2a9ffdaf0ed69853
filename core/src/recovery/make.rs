//! What a person begins: making a recovery key, restoring with it.

use super::{Recovery, RecoveryError, Restored, Sink, State};
use crate::crypto::{BackupKey, RecoveryKey};

impl Recovery {
    /// Makes a recovery key and, where there is none, the backup. With `replace` both are made anew: what was written
    /// down before opens nothing any more. The key is to be shown, and that noted with `shown`.
    ///
    /// # Errors
    /// `Exists` without `replace`; `NotVerified`; the network's; faults of the store. Made again, it goes on.
    pub async fn create(
        &self,
        passphrase: Option<&str>,
        replace: bool,
        came: Sink<'_>,
    ) -> Result<RecoveryKey, RecoveryError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let standing = self.crypto.standing().await?;
        if !standing.complete || !standing.verified {
            return Err(RecoveryError::NotVerified);
        }
        let mut state = self.state()?;
        let lock = self.crypto.lock(&self.http).await?;
        let unshown = state.unshown && lock.as_ref().map(|lock| &lock.id) == state.key.as_ref();
        if lock.is_some() && !replace && !unshown {
            return Err(RecoveryError::Exists);
        }
        self.look(&mut state).await?;
        match self.crypto.backup_in_use().await? {
            Some(_) if !replace || lock.is_none() => {}
            Some((old, _)) => {
                // What only the old backup holds goes into the new one.
                state.restore = Some(old.clone());
                self.fetch(&mut state, came).await?;
                state.retired.push(old);
                self.make_backup(&mut state).await?;
            }
            None => self.make_backup(&mut state).await?,
        }
        let made = passphrase.map(str::to_owned);
        // Making one from a passphrase is slow on purpose.
        let key = tokio::task::spawn_blocking(move || RecoveryKey::generate(made.as_deref()))
            .await
            .map_err(|_| crate::store::StoreError::Closed)?;
        self.crypto.put_lock(&self.http, &key).await?;
        // Until the new key is the account's, the old one opens everything.
        self.crypto.put_secrets(&self.http, &key, true).await?;
        state.key = Some(key.id().to_owned());
        state.unshown = true;
        self.save(&state).await?;
        self.crypto.put_default(&self.http, &key).await?;
        self.crypto.put_secrets(&self.http, &key, false).await?;
        self.crypto.look_at_backup();
        Ok(key)
    }

    /// Notes that the recovery key was shown.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn shown(&self) -> Result<(), RecoveryError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        Ok(self.save(&State { unshown: false, ..self.state()? }).await?)
    }

    /// Takes the account's private keys with the recovery key, verifies this device with them, and has the history's
    /// keys fetched, by `tend`.
    ///
    /// # Errors
    /// `NoRecovery`, `Empty`; in `Crypto` what is wrong with the key; the network's; faults of the store.
    pub async fn restore(&self, typed: &str) -> Result<Restored, RecoveryError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let lock = self.crypto.lock(&self.http).await?.ok_or(RecoveryError::NoRecovery)?;
        let (with, typed) = (lock.clone(), zeroize::Zeroizing::new(typed.to_owned()));
        let key = tokio::task::spawn_blocking(move || with.open(&typed))
            .await
            .map_err(|_| crate::store::StoreError::Closed)?
            .map_err(crate::crypto::CryptoError::from)?;
        let opened = self.crypto.open_secrets(&self.http, &key).await?;
        let complete = self.crypto.take_identity(&self.http, &opened).await?;
        let backup = opened.backup.as_deref().and_then(|text| BackupKey::from_base64(text));
        if !complete && backup.is_none() {
            return Err(RecoveryError::Empty);
        }
        let mut state = self.state()?;
        self.look(&mut state).await?;
        let server = self.crypto.server_backup(&self.http).await?;
        let mut history = false;
        if let (Some(server), Some(key)) = (server, backup)
            && server.is_opened_by(&key)
        {
            self.adopt(&mut state, &server.version, &key).await?;
            history = true;
        }
        state.key = Some(lock.id);
        state.unshown = false;
        self.save(&state).await?;
        let verified = self.crypto.standing().await?.verified;
        Ok(Restored { verified, history })
    }
}
