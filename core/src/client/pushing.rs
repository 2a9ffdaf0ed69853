//! Being woken while the app sleeps: through the gateway that policy names, and no other.

use std::time::Duration;

use super::{Client, Error, Inner, Owner, PushState, Registration};
use crate::store::key_file::{KeyFile, KeyFileError};

/// How long a server may hold up that something is destroyed.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

impl Client {
    /// Wants push messages for what the platform gave the app to be woken by, or none any more. Kept when this returns,
    /// also while the profile is sealed or the server is out of reach; the server is told while the client runs, and with
    /// the next sync. Another token replaces the one before. Saying the same again costs nothing.
    ///
    /// # Errors
    /// `BadInput` for an app id or token that no server takes; `InUse` where another process owns the profile; faults of
    /// the store.
    pub async fn set_push(&self, registration: Option<Registration>) -> Result<(), Error> {
        if let Some(registration) = &registration {
            registration.check().map_err(Error::BadInput)?;
        }
        Ok(self.owner()?.push.want(registration).await?)
    }

    /// Says how it stands with push messages.
    ///
    /// # Errors
    /// `InUse` where another process owns the profile.
    pub fn push_state(&self) -> Result<PushState, Error> {
        Ok(self.owner()?.push.state_with(self.policy().push_gateway()))
    }
}

impl Inner {
    /// Tells the server what it should know, for as long as it is polled.
    pub(super) async fn keep_pushing(&self, owner: &Owner) -> Error {
        let mut policies = self.mdm.subscribe();
        let mut wants = owner.push.wants();
        loop {
            let again = match self.tend_push(owner).await {
                Ok(again) => again,
                Err(error) => return error,
            };
            tokio::select! {
                _ = policies.recv() => {}
                _ = wants.changed() => {}
                () = owner.returned.notified() => {}
                () = tokio::time::sleep(again) => {}
            }
        }
    }

    /// Does what is due, once.
    pub(super) async fn tend_push(&self, owner: &Owner) -> Result<Duration, Error> {
        Ok(owner.push.tend(self.mdm.policy().push_gateway()).await?)
    }

    /// Another process wiped the profile: what this one still knows is enough to say that nobody is to be woken here.
    /// A profile that is sealed goes on to be woken.
    pub(super) async fn withdraw_push_if_wiped(&self, owner: &Owner) {
        if matches!(KeyFile::read(&self.profile), Err(KeyFileError::Missing | KeyFileError::WipePending)) {
            owner.push.withdraw(PATIENCE).await;
        }
    }
}
