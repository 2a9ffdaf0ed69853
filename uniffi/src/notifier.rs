//! One event for a notification, in a process of its own beside the one that has the profile.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use qroc_core::client::{self as core, Error};
use tokio::sync::RwLock;

use crate::error::QrocError;
use crate::platform;
use crate::records::notification::Notification;
use crate::records::policy::PolicyLine;
use crate::runtime::{change, read};
use crate::vault::Vault;

/// Shows single events of one account in a process of its own, as a notification extension does: it reads beside the
/// process that has the profile, and leaves it what it fetched. Where nobody has the profile and a key is missing, it
/// syncs for a moment.
#[derive(uniffi::Object)]
pub struct Notifier {
    core: Arc<RwLock<Option<core::Notifier>>>,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

#[uniffi::export]
impl Notifier {
    /// Opens a profile for reading, beside its owner or alone. No network is touched. A read: it ends with its caller.
    ///
    /// # Errors
    /// `SignIn` where nobody is signed in, `Locked` by the vault or where the profile is sealed, `Storage`.
    #[uniffi::constructor]
    pub async fn open(profile: String, vault: Arc<Vault>) -> Result<Arc<Self>, QrocError> {
        let options = platform::options()?;
        read(async move {
            let ready = vault.ready().await?;
            let notifier = core::Notifier::open(&PathBuf::from(profile), &*ready, options).await?;
            Ok::<_, QrocError>(Arc::new(Self { core: Arc::new(RwLock::new(Some(notifier))) }))
        })
        .await
    }

    /// Fetches and decrypts one event, and leaves it for the owner. Waits up to `patience` for a key that is on its way;
    /// without it the notification says why it has no text. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound` for the room or the event, `Locked` while contents are hidden, `Network`, `SignIn`, `Closed`, `Storage`.
    pub async fn fetch(
        &self,
        room_id: String,
        event_id: String,
        patience: Duration,
    ) -> Result<Notification, QrocError> {
        let shared = self.core.clone();
        read(async move {
            let core = shared.read().await;
            let core = core.as_ref().ok_or(Error::Closed)?;
            Ok::<_, Error>(core.fetch(&room_id, &event_id, patience).await?.into())
        })
        .await
    }

    /// Tells what holds for each key of the policy, and who says so. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn policy(&self) -> Result<Vec<PolicyLine>, QrocError> {
        let shared = self.core.clone();
        read(async move {
            let core = shared.read().await;
            let lines = core.as_ref().ok_or(Error::Closed)?.policy_lines();
            Ok::<_, Error>(lines.into_iter().map(PolicyLine::from).collect())
        })
        .await
    }

    /// Closes the database and frees the keys; later calls fail. Closing twice is closing once. A change: it runs to its
    /// end.
    ///
    /// # Errors
    /// `Internal`.
    pub async fn shut_down(&self) -> Result<(), QrocError> {
        let shared = self.core.clone();
        change(async move {
            if let Some(core) = shared.write().await.take() {
                core.close().await;
            }
            Ok::<_, Error>(())
        })
        .await
    }
}
