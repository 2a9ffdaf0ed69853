//! How far files are on their way, for whoever looks: prepared, queued, uploaded, fetched.

use tokio::sync::watch;

use super::contents::Place;
use super::{Action, Client, Error, Outcome, Part};
use crate::attachments::AttachmentError;
use crate::progress::{Progress, Report};
use crate::store::codes::SendState;
use crate::store::outbox;

/// How a queued action stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It waits for its turn, the network, or a limit.
    Queued {
        /// Names it to cancel.
        id: i64,
        /// What the last try ran into.
        error: Option<String>,
    },
    /// It is under way.
    Uploading {
        /// Names it to cancel.
        id: i64,
        /// How far its files are.
        report: Report,
    },
    /// It was refused; it waits for the user.
    Failed {
        /// Names it to retry or cancel.
        id: i64,
        /// Why.
        error: Option<String>,
    },
    /// The server has it.
    Sent,
    /// It was taken back.
    Gone,
}

/// Makes a transaction id that no other action has.
pub fn new_txn_id() -> String {
    format!("qroc-{}", ruma::TransactionId::new())
}

impl Client {
    /// As `perform`, for a file: tells how far preparing it is, and stops where `progress` says so, as long as nothing is
    /// queued.
    ///
    /// # Errors
    /// As `perform`; `Cancelled` where it was stopped.
    pub async fn send_file(&self, mut action: Action, progress: Progress) -> Result<Outcome, Error> {
        let Some(owner) = &self.inner.owner else { return self.perform(action, None).await };
        self.inner.gate_of_duty()?;
        action.txn().get_or_insert_with(new_txn_id);
        self.inner.carry_out(owner, action, None, progress).await
    }

    /// Waits until an action that was queued stands otherwise than `known`, and says how. Nothing once the client is
    /// closed. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `NoSuchRoom`, `InUse`; faults of the store.
    pub async fn sending_changes(
        &self,
        room: &str,
        txn_id: &str,
        known: Option<&Sending>,
    ) -> Result<Option<Sending>, Error> {
        let owner = self.owner()?;
        let room = self.inner.resolve(room)?.id;
        let mut ended = self.inner.ended.subscribe();
        let mut changes = self.inner.store.subscribe();
        let mut uploads = owner.sender.uploads();
        loop {
            if *ended.borrow() {
                return Ok(None);
            }
            let (queued, sent) = self.inner.store.read(|connection| {
                let queued = outbox::find_txn(connection, room, txn_id)?;
                Ok::<_, crate::store::StoreError>((queued, outbox::sent(connection, room, txn_id)?))
            })?;
            let now = match queued {
                Some(queued) if queued.state == SendState::Failed => {
                    Sending::Failed { id: queued.id.0, error: queued.error }
                }
                Some(queued) => match uploads.borrow_and_update().get(&queued.id) {
                    Some(report) => Sending::Uploading { id: queued.id.0, report: *report },
                    None => Sending::Queued { id: queued.id.0, error: queued.error },
                },
                None if sent.is_some() => Sending::Sent,
                None => Sending::Gone,
            };
            if known != Some(&now) {
                return Ok(Some(now));
            }
            tokio::select! {
                // Lagging behind is as good a reason to look again.
                _ = changes.recv() => {}
                _ = uploads.changed() => {}
                _ = ended.changed() => {}
            }
        }
    }

    /// Follows how far a file is that `contents` fetches just now; nothing where it is not being fetched.
    ///
    /// # Errors
    /// As `has_contents`.
    pub fn fetching(
        &self,
        room: &str,
        event_id: &str,
        part: Part,
    ) -> Result<Option<watch::Receiver<Report>>, Error> {
        self.gate()?;
        let room = self.inner.resolve(room)?;
        let (_, content) = self.inner.event_content(room.id, event_id)?;
        let place = Place::of(&content, part).ok_or(AttachmentError::NoAttachment)?;
        let mxc = place.file.get("url").and_then(serde_json::Value::as_str).unwrap_or_default();
        Ok(self.owner()?.cache.progress(mxc))
    }
}
