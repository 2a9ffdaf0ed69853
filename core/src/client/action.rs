//! What a user sends, as data: performed by the owner of the profile, or handed to it by another process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::compose::{Compose, Talk};
use super::content::{content_of, edit, named};
use super::files::original_txn;
use super::rooms::check_user;
use super::transfers::new_txn_id;
use super::{Client, Error, Owner, Wish, files, handover};
use crate::attachments::TreatAs;
use crate::geo::Place;
use crate::ids::RoomRow;
use crate::media::Trim;
use crate::model::{Said, Sent, SentFile};
use crate::outbox::{Cancelled, OutboxError, Outgoing, Queue, Reason, Ticket, Verb};
use crate::progress::Progress;
use crate::session;
use crate::store::codes::{AccountState, SendState};
use crate::store::{Durability, StoreError, events, outbox};

/// Something that a user sends. Rooms are given by id, alias or name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// A text.
    Send {
        /// Where.
        room: String,
        /// What.
        body: String,
        /// Event id of what it answers.
        reply: Option<String>,
        /// Event id of its thread's root.
        thread: Option<String>,
        /// The same id twice is one message.
        txn: Option<String>,
    },
    /// Another text for an own message.
    Edit {
        /// Where.
        room: String,
        /// Which message.
        event: String,
        /// The new text.
        body: String,
        /// The same id twice is one edit.
        txn: Option<String>,
    },
    /// A reaction.
    React {
        /// Where.
        room: String,
        /// To which message.
        event: String,
        /// With what.
        key: String,
        /// The same id twice is one reaction.
        #[serde(default)]
        txn: Option<String>,
    },
    /// The removal of a message's content.
    Redact {
        /// Where.
        room: String,
        /// Of which message.
        event: String,
        /// The same id twice is one removal.
        #[serde(default)]
        txn: Option<String>,
    },
    /// Having read everything.
    Read {
        /// Where.
        room: String,
        /// The same id twice is one receipt.
        #[serde(default)]
        txn: Option<String>,
    },
    /// A file.
    SendFile {
        /// Where.
        room: String,
        /// Which file.
        path: PathBuf,
        /// A text for it.
        caption: Option<String>,
        /// As what.
        treat_as: TreatAs,
        /// The part of a clip that is wanted.
        #[serde(default)]
        trim: Option<Trim>,
        /// Whether the unchanged bytes go along, signed.
        #[serde(default)]
        original: bool,
        /// Whether time, place and camera go along, encrypted.
        #[serde(default)]
        capture_info: bool,
        /// The same id twice is one message.
        txn: Option<String>,
    },
    /// A change of who is in a room.
    Membership {
        /// Which room.
        room: String,
        /// What is done.
        verb: Verb,
        /// To whom; not for leaving.
        user: Option<String>,
        /// The same id twice is one change.
        #[serde(default)]
        txn: Option<String>,
    },
    /// A position.
    Location {
        /// Where to.
        room: String,
        /// Degrees.
        lat: f64,
        /// Degrees.
        lon: f64,
        /// Metres; none for a place that was chosen, not measured.
        accuracy_m: Option<f64>,
        /// The same id twice is one message.
        #[serde(default)]
        txn: Option<String>,
    },
    /// One version of an area, as the content of its event.
    Area {
        /// Where.
        room: String,
        /// What `geo::area::Area::to_content` wrote.
        content: Value,
        /// The same id twice is one version.
        #[serde(default)]
        txn: Option<String>,
    },
    /// Anything else that is said or set in a room.
    Talk {
        /// Where.
        room: String,
        /// What.
        talk: Talk,
        /// The same id twice is one.
        #[serde(default)]
        txn: Option<String>,
    },
    /// Something that is sent, with what is said of it.
    Stated {
        /// What is said.
        said: Said,
        /// What is sent.
        what: Box<Self>,
    },
    /// The end of sharing the own position live.
    StopSharing {
        /// Where.
        room: String,
        /// Of no meaning: stopping twice is an error.
        #[serde(default)]
        txn: Option<String>,
    },
}

/// What came of an action.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// A message or anything else without a file.
    Sent(Sent),
    /// A file.
    File(SentFile),
}

impl Outcome {
    /// Returns what became of the message.
    pub fn sent(&self) -> &Sent {
        match self {
            Self::Sent(sent) => sent,
            Self::File(file) => &file.sent,
        }
    }

    fn with(self, sent: Sent) -> Self {
        match self {
            Self::Sent(_) => Self::Sent(sent),
            Self::File(file) => Self::File(SentFile { sent, ..file }),
        }
    }
}

impl Client {
    /// Queues an action durably, and waits up to `wait` for the server to have it.
    ///
    /// Where another process owns the profile, that one does it. Not undone by giving up waiting.
    ///
    /// # Errors
    /// What is wrong with the action itself; not the network's: then it stays queued, and the outcome says so.
    pub async fn perform(&self, mut action: Action, wait: Option<Duration>) -> Result<Outcome, Error> {
        self.inner.gate_of_duty()?;
        action.txn().get_or_insert_with(new_txn_id);
        match &self.inner.owner {
            Some(owner) => self.inner.carry_out(owner, action, wait, Progress::default()).await,
            None => {
                if let Some(path) = action.path() {
                    *path = std::path::absolute(&*path).map_err(StoreError::from)?;
                }
                handover::hand_over(&self.inner, &action, wait).await
            }
        }
    }
}

impl super::Inner {
    /// Queues an action durably, and waits up to `wait` for the server to have it. `progress` tells how far preparing a file is.
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        owner: &Owner,
        action: Action,
        wait: Option<Duration>,
        progress: Progress,
    ) -> Result<Outcome, Error> {
        self.mind_keys(owner)?;
        if action.is_sending() {
            self.permit_sending().await?;
        }
        let room = self.resolve(action.room())?.id;
        if let Action::StopSharing { txn, .. } = action {
            return self.stop_sharing(owner, room, txn.unwrap_or_default(), wait).await;
        }
        let outcome = self.queue(owner, room, action, progress).await?;
        match wait {
            None => Ok(outcome),
            Some(wait) => self.see_through(owner, room, outcome, wait).await,
        }
    }

    /// Queues an action: when this returns it is on the disk.
    async fn queue(
        &self,
        owner: &Owner,
        room: RoomRow,
        action: Action,
        progress: Progress,
    ) -> Result<Outcome, Error> {
        let (said, mut action) = action.apart();
        let txn_id = action.txn().clone().unwrap_or_default();
        match (action.is_share(), action.is_forward()) {
            (true, false) => self.may_share(room, &said).await?,
            // What was said of it before is known where it is read.
            (true, true) => {}
            (false, _) if said.is_empty() => {}
            (false, _) => return Err(Error::BadInput("nothing can be said of this".to_owned())),
        }
        match action {
            Action::Send { body, reply, thread, .. } => {
                let compose = Compose { body, reply, thread, ..Compose::default() };
                self.say(owner, room, compose, &said, txn_id).await
            }
            // Taken apart above.
            Action::Stated { .. } => Err(Error::BadInput("it is said twice".to_owned())),
            Action::Edit { event, body, .. } => {
                if body.is_empty() {
                    return Err(Error::BadInput("there is no text to send".to_owned()));
                }
                let event = self.locate(room, &event)?;
                let words = self.words(room, &Compose { body, ..Compose::default() }, None)?;
                let before = content_of(self, room, &event).unwrap_or_default();
                let mut content = edit(&event, &words, &named(&before));
                if let Some(new) = content.get_mut("m.new_content") {
                    Said::of(&before).seal(new);
                }
                self.queue_event(owner, room, "m.room.message", content, txn_id).await
            }
            Action::React { event, key, .. } => {
                if key.is_empty() {
                    return Err(Error::BadInput("there is no reaction to send".to_owned()));
                }
                let event = self.locate(room, &event)?;
                let content =
                    json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": event, "key": key } });
                self.queue_event(owner, room, "m.reaction", content, txn_id).await
            }
            Action::Location { lat, lon, accuracy_m, .. } => {
                self.permit(Wish::SendPosition).await?;
                let place = Place::new(lat, lon, accuracy_m)
                    .ok_or_else(|| Error::BadInput(format!("{lat},{lon} is not a place on the earth")))?;
                let coarse = self.location_bounds().coarsen_place(place);
                let picked = accuracy_m.is_none();
                let mut content = crate::location::message::content(coarse, picked, self.clock.now_ms());
                said.seal(&mut content);
                self.queue_event(owner, room, "m.room.message", content, txn_id).await
            }
            Action::Talk { talk, .. } => self.talk(owner, room, talk, &said, txn_id).await,
            Action::Area { content, .. } => self.queue_area(owner, room, content, txn_id).await,
            Action::StopSharing { .. } => self.stop_sharing(owner, room, txn_id, None).await,
            Action::Redact { event, .. } => self.redact(owner, room, &event, txn_id).await,
            Action::Membership { verb, user, .. } => {
                let user = match (verb, user) {
                    (Verb::Leave, _) => self.account.user_id.clone(),
                    (Verb::Invite | Verb::Kick, user) => check_user(user.as_deref().unwrap_or_default())?,
                };
                if verb == Verb::Invite {
                    self.check_invite(&user).await?;
                }
                let queue = self.as_queue();
                let ticket = self
                    .store
                    .write(Durability::Full, move |tx, changes| {
                        queue.membership(tx, changes, room, verb, &user, &txn_id)
                    })
                    .await?;
                owner.sender.wake();
                Ok(Outcome::Sent(queued(ticket)))
            }
            Action::Read { .. } => {
                let mut queue = self.as_queue();
                // Not telling others is no reason not to remember it.
                queue.private_receipts = !self.mdm.policy().decide(Wish::SendReceipt).allowed;
                let txn = txn_id.clone();
                let ticket = self
                    .store
                    .write(Durability::Full, move |tx, changes| queue.read(tx, changes, room, &txn))
                    .await?;
                owner.sender.wake();
                Ok(Outcome::Sent(match ticket {
                    Some(ticket) => queued(ticket),
                    // Nothing to tell the server.
                    None => Sent { txn_id, event_id: None, state: SendState::Sent.as_str(), error: None },
                }))
            }
            Action::SendFile { path, caption, treat_as, trim, original, capture_info, .. } => {
                let wish = files::Wish { path, caption, treat_as, trim, original, capture_info, said };
                self.queue_file(owner, room, wish, txn_id, progress).await
            }
        }
    }

    pub(super) fn as_queue(&self) -> Queue {
        Queue { own: self.account.user_id.clone(), now_ms: self.clock.now_ms(), private_receipts: false }
    }

    /// Finds a message by its event id, or an own one by its transaction id, and returns by what others relate to it.
    pub(super) fn locate(&self, room: RoomRow, event: &str) -> Result<String, Error> {
        let found = self.store.read(|connection| match events::find(connection, room, event)? {
            Some(found) => Ok(Some(found)),
            None => events::find_txn(connection, room, event),
        })?;
        found.and_then(|found| found.key()).ok_or_else(|| Error::NoSuchEvent(event.to_owned()))
    }

    /// Removes a message: what the server does not have yet is taken back instead.
    async fn redact(
        &self,
        owner: &Owner,
        room: RoomRow,
        event: &str,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        let mut event_id = self.locate(room, event)?;
        if let Some(unsent) = event_id.strip_prefix(events::PLACEHOLDER) {
            let waiting = self.store.read(|connection| outbox::find_txn(connection, room, unsent))?;
            let cancelled = match waiting {
                Some(waiting) => owner.sender.cancel(waiting.id).await,
                None => Err(OutboxError::NotQueued),
            };
            match cancelled {
                Ok(Cancelled::Gone | Cancelled::Recalled) => {
                    // Nothing is to be told to the server, or only once it shows that it has it.
                    let state = SendState::Sent.as_str();
                    return Ok(Outcome::Sent(Sent { txn_id, event_id: None, state, error: None }));
                }
                // It was sent in between.
                Ok(Cancelled::Sent { .. }) | Err(OutboxError::NotQueued) => {
                    event_id = self.locate(room, event)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let queue = self.as_queue();
        let ticket = self
            .store
            .write(Durability::Full, move |tx, changes| {
                queue.redaction(tx, changes, room, &event_id, &txn_id)
            })
            .await?;
        owner.sender.wake();
        Ok(Outcome::Sent(queued(ticket)))
    }

    pub(super) async fn queue_event(
        &self,
        owner: &Owner,
        room: RoomRow,
        kind: &str,
        content: Value,
        txn_id: String,
    ) -> Result<Outcome, Error> {
        let outgoing = Outgoing { kind: kind.to_owned(), content, txn_id, uploads: Vec::new() };
        Ok(Outcome::Sent(self.put(owner, room, outgoing).await?))
    }

    pub(super) async fn put(&self, owner: &Owner, room: RoomRow, outgoing: Outgoing) -> Result<Sent, Error> {
        let queue = self.as_queue();
        let ticket = self
            .store
            .write(Durability::Full, move |tx, changes| queue.event(tx, changes, room, &outgoing))
            .await?;
        owner.sender.wake();
        Ok(queued(ticket))
    }

    /// Waits until the server has what was queued, it is refused, or the time is over; sends meanwhile.
    async fn see_through(
        self: &Arc<Self>,
        owner: &Owner,
        room: RoomRow,
        outcome: Outcome,
        wait: Duration,
    ) -> Result<Outcome, Error> {
        if outcome.sent().state == SendState::Sent.as_str() {
            return Ok(outcome);
        }
        let txn_id = outcome.sent().txn_id.clone();
        let settled = async {
            let mut changes = self.store.subscribe();
            loop {
                let sent = self.sent_state(room, &txn_id)?;
                // What follows it belongs to it, but does not make it less sent.
                let original = self.sent_state(room, &original_txn(&txn_id))?;
                if sent.state != SendState::Queued.as_str() && original.state != SendState::Queued.as_str() {
                    return Ok::<_, Error>(sent);
                }
                // Lagging behind is as good a reason to look again.
                let _ = changes.recv().await;
            }
        };
        let sent = tokio::select! {
            sent = settled => sent?,
            error = self.keep_sending(owner) => return Err(error),
            () = tokio::time::sleep(wait) => self.sent_state(room, &txn_id)?,
        };
        // What sending shows of the account is noted here too: the wait may have ended before the sender did that.
        match sent.error.as_deref().and_then(Reason::of) {
            Some(Reason::Suspended) => session::set(&self.store, AccountState::Suspended, None).await?,
            None if sent.state == SendState::Sent.as_str() => session::may_send(&self.store).await?,
            _ => {}
        }
        Ok(outcome.with(sent))
    }
}

pub(super) fn queued(ticket: Ticket) -> Sent {
    let state = if ticket.event_id.is_some() { SendState::Sent } else { SendState::Queued };
    Sent { txn_id: ticket.txn_id, event_id: ticket.event_id, state: state.as_str(), error: None }
}
