//! The policy of a profile: what holds and why, and putting another one in place.

use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::broadcast;

use super::{Client, Error, Inner, Wish, handover};
use crate::mdm::{InPlace, PolicyChange};
use crate::model::{Explained, PolicyLine, Receipt};
use crate::policy::{Entry, Feedback, NOT_ENFORCED, Policy, Reader, Source, State};
use crate::store::audit::{self, Denial};

/// What the device's management says, as the platform found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed {
    /// Which administrator, where there can be several.
    pub name: String,
    /// Keys and values; nothing where this administrator says nothing any more.
    pub said: Option<Vec<(String, Json)>>,
}

impl Managed {
    fn source(&self) -> Source {
        Source { name: self.name.clone(), ..Source::mdm() }
    }
}

impl Client {
    /// Returns the policy that holds now.
    pub fn policy(&self) -> Arc<Policy> {
        self.inner.mdm.policy()
    }

    /// Listens to changes of the policy: one message for all keys that changed at once.
    pub fn policy_changes(&self) -> broadcast::Receiver<PolicyChange> {
        self.inner.mdm.subscribe()
    }

    /// Tells what holds for each key, and what became of what sources said. Works while contents are held back.
    pub fn policy_lines(&self) -> Vec<PolicyLine> {
        let (policy, told) = (self.policy(), self.inner.mdm.feedback());
        let mut lines: Vec<_> = policy.entries().iter().map(|entry| line(entry, &told)).collect();
        let unknown = told.iter().filter(|line| crate::policy::Key::find(&line.key).is_none());
        lines.extend(unknown.map(|line| PolicyLine {
            key: line.key.clone(),
            value: None,
            source: line.source.to_string(),
            locked: false,
            state: line.state.as_str(),
            error: line.reason.clone(),
        }));
        lines
    }

    /// Tells each source what became of each of its keys, for the platform's feedback.
    pub fn policy_feedback(&self) -> Vec<Feedback> {
        self.inner.mdm.feedback()
    }

    /// Returns the signed bundle in place.
    pub fn policy_bundle(&self) -> Option<InPlace> {
        self.inner.mdm.standing().bundle
    }

    /// Says whether an action is allowed now, and which key says so.
    pub fn explain(&self, wish: Wish<'_>) -> Explained {
        let policy = self.policy();
        explained(&policy, wish)
    }

    /// Asks for something that a program does itself, such as copying a text or writing a file of positions. What is
    /// refused is kept in the audit.
    ///
    /// # Errors
    /// `Denied`, `Held`.
    pub async fn permit(&self, wish: Wish<'_>) -> Result<(), Error> {
        self.gate()?;
        self.inner.permit(wish).await
    }

    /// Returns what policy refused lately, newest first.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn denials(&self, limit: usize) -> Result<Vec<Denial>, Error> {
        Ok(self.inner.store.read(|connection| audit::newest(connection, limit))?)
    }

    /// Takes what the device's management says now. It holds, also in the process that owns the profile, when this
    /// returns.
    ///
    /// # Errors
    /// Those of the key file; then what held goes on to hold.
    pub async fn take_managed(&self, managed: &Managed) -> Result<PolicyChange, Error> {
        let changed = self.inner.take_managed(managed)?;
        match self.owner() {
            Ok(owner) => {
                self.inner.mind_persistence()?;
                self.inner.mind_keys(owner)?;
                self.inner.tend_cache(owner).await?;
                self.inner.keep_for_a_moment(owner).await?;
            }
            Err(_) => self.tell_owner().await,
        }
        Ok(changed)
    }

    /// Takes a bundle that the organisation signed. It holds, also in the process that owns the profile, when this
    /// returns. Orders in it are carried out by that process: here, with their receipts, or there. After a wipe the
    /// profile is gone.
    ///
    /// # Errors
    /// Those of the bundle and of the key file; then what held goes on to hold.
    pub async fn take_bundle(&self, bytes: &[u8]) -> Result<(PolicyChange, Vec<Receipt>), Error> {
        let changed = self.inner.take_bundle(bytes)?;
        if let Ok(owner) = self.owner() {
            self.inner.mind_persistence()?;
            self.inner.mind_keys(owner)?;
            self.inner.tend_cache(owner).await?;
        }
        let receipts = match self.owner() {
            Ok(owner) => {
                let receipts = self.inner.carry_out_orders(owner).await?;
                if receipts.iter().all(|receipt| receipt.order != "wipe") {
                    self.inner.keep_for_a_moment(owner).await?;
                }
                receipts
            }
            Err(_) => {
                self.tell_owner().await;
                Vec::new()
            }
        };
        Ok((changed, receipts))
    }

    async fn tell_owner(&self) {
        handover::tell_policy(&self.inner.dir).await;
    }
}

impl Inner {
    pub(super) fn take_managed(&self, managed: &Managed) -> Result<PolicyChange, Error> {
        Ok(match &managed.said {
            Some(said) => self.mdm.take(&managed.source(), said)?,
            None => self.mdm.forget(&managed.source())?,
        })
    }

    pub(super) fn take_bundle(&self, bytes: &[u8]) -> Result<PolicyChange, Error> {
        let reader = Reader {
            user: &self.account.user_id,
            device: &self.account.device_id,
            now_ms: self.clock.now_ms(),
        };
        Ok(self.mdm.take_bundle(bytes, reader)?)
    }
}

/// Says whether an action is allowed under a policy, and which key says so.
pub fn explained(policy: &Policy, wish: Wish<'_>) -> Explained {
    let decision = policy.decide(wish);
    Explained {
        action: wish.name().to_owned(),
        allowed: decision.allowed,
        because: decision.key.name(),
        source: decision.source.to_string(),
        value: decision.value.cloned(),
        needed: (!decision.allowed).then(|| decision.needed.to_string()),
    }
}

fn line(entry: &Entry, told: &[Feedback]) -> PolicyLine {
    let name = entry.key.name();
    let about = told.iter().filter(|line| line.key == name);
    // A mistake of one source is more to know than that another was heard.
    let heaviest = about.max_by_key(|line| match line.state {
        State::Error => 2,
        State::Applied => 1,
        State::Ignored => 0,
    });
    let (state, error) = match heaviest {
        None => ("default", None),
        Some(line) => (line.state.as_str(), line.reason.clone()),
    };
    PolicyLine {
        key: name.to_owned(),
        value: entry.value.clone(),
        source: entry.origin.to_string(),
        locked: entry.is_locked(),
        state,
        error: error.or_else(|| {
            let idle = entry.is_locked() && entry.key.definition().since.is_none();
            idle.then(|| NOT_ENFORCED.to_owned())
        }),
    }
}

/// Works out what the device's management alone says, before there is a profile.
pub(super) fn before_profile(managed: &[Managed]) -> Policy {
    let mut standing = crate::mdm::Standing::default();
    for managed in managed {
        if let Some(said) = &managed.said {
            standing.take(managed.source(), said.iter().map(|(key, value)| (key.as_str(), value)));
        }
    }
    standing.policy()
}
