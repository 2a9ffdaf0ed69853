//! What the organisation allows, and what it changes while the app runs.

use std::sync::Arc;

use qroc_core::client::{Error, Lifecycle, Link};
use qroc_core::mdm;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, broadcast, watch};

use crate::client::Client;
use crate::error::QrocError;
use crate::live::Live;
use crate::records::policy::{ManagedConfig, PolicyAction, PolicyChange, PolicyDecision, PolicyLine};
use crate::runtime::{change, read};

#[uniffi::export]
impl Client {
    /// Tells what holds for each key, and who says so; works while contents are hidden. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn policy(&self) -> Result<Vec<PolicyLine>, QrocError> {
        let life = self.life().clone();
        read(async move {
            let lines = life.client()?.policy_lines();
            Ok::<_, Error>(lines.into_iter().map(PolicyLine::from).collect())
        })
        .await
    }

    /// Says whether something is allowed now, and which key says so: for a button that explains why it is not there.
    /// What is done is asked again by the core itself. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn explain(&self, action: PolicyAction) -> Result<PolicyDecision, QrocError> {
        Ok(self.life().client()?.explain(action.wish()).into())
    }

    /// Follows changes of the policy. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn policy_changes(&self) -> Result<Arc<PolicyChanges>, QrocError> {
        let life = self.life();
        Ok(PolicyChanges::new(life, life.client()?.policy_changes()))
    }

    /// Takes what the device's management says now; it holds when this returns. To be called when the platform says
    /// that its managed configuration has changed; what it says at the start is given to `init`. Returns what has
    /// changed. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`: then what held goes on to hold.
    pub async fn take_managed(&self, config: ManagedConfig) -> Result<Vec<PolicyChange>, QrocError> {
        let life = self.life().clone();
        change(async move {
            let changed = life.client()?.take_managed(&config.into()).await?;
            Ok::<_, Error>(changed.iter().map(PolicyChange::from).collect())
        })
        .await
    }
}

/// Follows changes of the policy, whoever made them. Pulled.
#[derive(Debug, uniffi::Object)]
pub struct PolicyChanges {
    changes: Arc<Mutex<broadcast::Receiver<mdm::PolicyChange>>>,
    link: watch::Receiver<Link>,
    _live: Live,
}

impl PolicyChanges {
    fn new(life: &Arc<Lifecycle>, changes: broadcast::Receiver<mdm::PolicyChange>) -> Arc<Self> {
        Arc::new(Self { changes: Arc::new(Mutex::new(changes)), link: life.link(), _live: Live::list() })
    }
}

#[uniffi::export]
impl PolicyChanges {
    /// Waits for the next change, and tells all keys that changed at once. An empty batch says that more changed than
    /// could be kept: read the whole policy. `None` ends it: the client was closed. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Internal`.
    pub async fn next(&self) -> Result<Option<Vec<PolicyChange>>, QrocError> {
        let (changes, mut link) = (self.changes.clone(), self.link.clone());
        let pull = Live::pull();
        read(async move {
            let _pull = pull;
            let mut changes = changes.lock().await;
            let batch = tokio::select! {
                _ = link.wait_for(|link| matches!(link, Link::Ended(_))) => None,
                changed = changes.recv() => match changed {
                    Ok(changed) => Some(changed.iter().map(PolicyChange::from).collect()),
                    Err(RecvError::Lagged(_)) => Some(Vec::new()),
                    Err(RecvError::Closed) => None,
                },
            };
            Ok::<_, Error>(batch)
        })
        .await
    }
}
