//! First messages of verifications as they come: who asks, and what has to wait until the sender's device is known.

use std::sync::PoisonError;

use ruma::events::{AnyMessageLikeEvent, AnyToDeviceEvent};
use ruma::serde::Raw;
use ruma::{OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::MutexGuard;

use super::super::CryptoError;
use super::super::engine::Crypto;
use super::super::news::MOST_ASKED;
use super::{Flow, Stage};
use crate::net::Http;

/// What is read of the messages of a verification.
#[derive(Debug, Deserialize)]
pub(super) struct Opening {
    pub(super) sender: String,
    #[serde(rename = "type")]
    kind: String,
    event_id: Option<String>,
    pub(super) origin_server_ts: Option<u64>,
    pub(super) content: OpeningContent,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OpeningContent {
    pub(super) from_device: Option<String>,
    pub(super) timestamp: Option<u64>,
    transaction_id: Option<String>,
    #[serde(rename = "m.relates_to")]
    relates_to: Option<Relation>,
    msgtype: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Relation {
    event_id: Option<String>,
}

impl Opening {
    fn read(raw: &RawValue) -> Option<Self> {
        // Most messages between devices are something else, and long.
        if !raw.get().contains("m.key.verification.") {
            return None;
        }
        serde_json::from_str(raw.get()).ok()
    }

    fn needs_device(&self) -> bool {
        matches!(self.kind.as_str(), "m.key.verification.start" | "m.key.verification.ready")
            || self.is_request()
    }

    fn is_request(&self) -> bool {
        self.kind == "m.key.verification.request" || self.is_room_request()
    }

    fn is_room_request(&self) -> bool {
        self.content.msgtype.as_deref() == Some("m.key.verification.request")
    }

    /// Names the verification: its transaction, or the event that began it.
    pub(super) fn id(&self) -> Option<&str> {
        let related = self.content.relates_to.as_ref().and_then(|relation| relation.event_id.as_ref());
        self.content.transaction_id.as_ref().or(related).or(self.event_id.as_ref()).map(String::as_str)
    }
}

/// A first message that came before its device is known.
#[derive(Debug)]
pub(in crate::crypto) struct Early {
    user: OwnedUserId,
    opening: Opening,
    event: EarlyEvent,
}

#[derive(Debug)]
enum EarlyEvent {
    Device(Raw<AnyToDeviceEvent>),
    Room(Box<AnyMessageLikeEvent>),
}

impl Crypto {
    /// Takes an event of a verification that came through a room, decrypted.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn receive_in_room(&self, room_id: &RoomId, whole: &RawValue) -> Result<(), CryptoError> {
        let Some(opening) = Opening::read(whole) else { return Ok(()) };
        let Ok(mut event) = serde_json::from_str::<Value>(whole.get()) else { return Ok(()) };
        if let Some(event) = event.as_object_mut() {
            event.insert("room_id".to_owned(), Value::from(room_id.as_str()));
        }
        let Ok(event) = serde_json::from_value::<AnyMessageLikeEvent>(event) else { return Ok(()) };
        if opening.is_room_request() && opening.content.to.as_deref() != Some(self.machine.user_id().as_str())
        {
            return Ok(());
        }
        let _no_answer_before = self.news.asking.lock().await;
        match self.unknown_device(&opening).await? {
            Some(user) => self.hold(Early { user, opening, event: EarlyEvent::Room(Box::new(event)) }),
            None => self.give_room_event(&opening, &event).await?,
        }
        Ok(())
    }

    async fn give_room_event(
        &self,
        opening: &Opening,
        event: &AnyMessageLikeEvent,
    ) -> Result<(), CryptoError> {
        if opening.is_request() {
            // What is over must not stand in the way of what begins.
            self.nudge(Vec::new()).await?;
        }
        if self.may_pass(opening)? {
            self.machine.receive_verification_event(event).await?;
        }
        self.note_opening(opening);
        Ok(())
    }

    /// Waits until a request of ours that is being sent is known here, where something may be an answer to it.
    pub(in crate::crypto) async fn after_asking(
        &self,
        events: &[Box<RawValue>],
    ) -> Option<MutexGuard<'_, ()>> {
        match events.iter().any(|raw| Opening::read(raw).is_some()) {
            true => Some(self.news.asking.lock().await),
            false => None,
        }
    }

    /// Takes out what opens a verification with a device that is not known yet: the machine would pass it over.
    pub(in crate::crypto) async fn hold_early(
        &self,
        events: &[Box<RawValue>],
    ) -> Result<Vec<Raw<AnyToDeviceEvent>>, CryptoError> {
        let mut known = Vec::with_capacity(events.len());
        for raw in events {
            let event = Raw::from_json(raw.clone());
            let Some(opening) = Opening::read(raw) else {
                known.push(event);
                continue;
            };
            if let Some(user) = self.unknown_device(&opening).await? {
                self.hold(Early { user, opening, event: EarlyEvent::Device(event) });
            } else if self.may_pass(&opening)? {
                known.push(event);
            }
        }
        Ok(known)
    }

    /// Says whether the machine is to get it.
    fn may_pass(&self, opening: &Opening) -> Result<bool, CryptoError> {
        if opening.kind == "m.key.verification.cancel" {
            let mut early = self.news.early.lock().unwrap_or_else(PoisonError::into_inner);
            early.retain(|it| it.opening.sender != opening.sender || it.opening.id() != opening.id());
        }
        Ok(!opening.is_request() || self.makes_way(opening)?)
    }

    async fn unknown_device(&self, opening: &Opening) -> Result<Option<OwnedUserId>, CryptoError> {
        if !opening.needs_device() {
            return Ok(None);
        }
        let Ok(user) = UserId::parse(&opening.sender) else { return Ok(None) };
        let Some(device) = &opening.content.from_device else { return Ok(None) };
        let known = self.machine.get_device(&user, device.as_str().into(), None).await?;
        Ok(known.is_none().then_some(user))
    }

    fn hold(&self, early: Early) {
        let mut held = self.news.early.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever floods us with them loses the later ones.
        if held.len() < MOST_ASKED {
            held.push(early);
        }
    }

    /// Looks the devices up, and gives the machine what was held back until then.
    pub(in crate::crypto) async fn take_early(&self, http: &Http) -> Result<(), CryptoError> {
        let users: Vec<OwnedUserId> = {
            let early = self.news.early.lock().unwrap_or_else(PoisonError::into_inner);
            early.iter().map(|it| it.user.clone()).collect()
        };
        if users.is_empty() {
            return Ok(());
        }
        self.look_up(http, &users).await?;
        let held = std::mem::take(&mut *self.news.early.lock().unwrap_or_else(PoisonError::into_inner));
        let mut messages = Vec::new();
        for early in held {
            match early.event {
                EarlyEvent::Device(raw) if self.may_pass(&early.opening)? => messages.push(raw),
                EarlyEvent::Device(_) => {}
                EarlyEvent::Room(event) => self.give_room_event(&early.opening, &event).await?,
            }
        }
        if !messages.is_empty() {
            self.nudge(messages).await?;
        }
        Ok(())
    }

    /// Notes which of the messages that came ask for a verification, and who is to be told.
    pub(in crate::crypto) fn note_came<'a>(&self, came: impl IntoIterator<Item = &'a Raw<AnyToDeviceEvent>>) {
        for raw in came {
            if let Some(opening) = Opening::read(raw.json()) {
                self.note_opening(&opening);
            } else if raw.json().get().contains("m.secret.send") {
                self.news.trust();
            } else if raw.json().get().contains("room_key_bundle") {
                self.news.due.notify_one();
            }
        }
    }

    fn note_opening(&self, opening: &Opening) {
        let opens = opening.is_request() || opening.kind == "m.key.verification.start";
        if let (true, Some(id)) = (opens, opening.id()) {
            let flow = Flow { user_id: opening.sender.clone(), id: id.to_owned() };
            // A start that belongs to a request is no second asking.
            let fresh =
                self.held(&flow).is_some_and(|mut held| !held.is_ours() && held.stage() == Stage::Asked);
            if fresh {
                self.news.ask(flow);
            }
        }
        self.news.tell();
    }
}
