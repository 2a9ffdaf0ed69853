//! First messages of verifications as they come: who asks, and what has to wait until the sender's device is known.

use std::sync::PoisonError;

use ruma::events::{AnyMessageLikeEvent, AnyToDeviceEvent};
use ruma::serde::Raw;
use ruma::{OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::CryptoError;
use super::super::engine::Crypto;
use super::super::news::MOST_ASKED;
use super::{Flow, Stage};
use crate::net::Http;

/// What is read of the first messages of a verification.
#[derive(Deserialize)]
struct Opening {
    sender: String,
    #[serde(rename = "type")]
    kind: String,
    event_id: Option<String>,
    content: OpeningContent,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpeningContent {
    from_device: Option<String>,
    transaction_id: Option<String>,
    msgtype: Option<String>,
    to: Option<String>,
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
        matches!(
            self.kind.as_str(),
            "m.key.verification.request" | "m.key.verification.start" | "m.key.verification.ready"
        ) || self.is_room_request()
    }

    fn is_room_request(&self) -> bool {
        self.content.msgtype.as_deref() == Some("m.key.verification.request")
    }
}

/// A first message that came before its device is known.
#[derive(Debug)]
pub(in crate::crypto) enum Early {
    Device(OwnedUserId, Raw<AnyToDeviceEvent>),
    Room(OwnedUserId, Box<AnyMessageLikeEvent>),
}

impl Early {
    fn user(&self) -> &OwnedUserId {
        match self {
            Self::Device(user, _) | Self::Room(user, _) => user,
        }
    }
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
        if opening.is_room_request() {
            // What is over must not stand in the way of what begins.
            self.nudge(Vec::new()).await?;
        }
        if opening.needs_device()
            && let Some(user) = self.unknown_device(&opening).await?
        {
            self.hold(Early::Room(user, Box::new(event)));
            return Ok(());
        }
        self.machine.receive_verification_event(&event).await?;
        self.note_opening(&opening);
        Ok(())
    }

    /// Takes out what opens a verification with a device that is not known yet: the machine would pass it over.
    pub(in crate::crypto) async fn hold_early(
        &self,
        events: &[Box<RawValue>],
    ) -> Result<Vec<Raw<AnyToDeviceEvent>>, CryptoError> {
        let mut known = Vec::with_capacity(events.len());
        for raw in events {
            let opening = Opening::read(raw).filter(Opening::needs_device);
            let event = Raw::from_json(raw.clone());
            match opening {
                Some(opening) => match self.unknown_device(&opening).await? {
                    Some(user) => self.hold(Early::Device(user, event)),
                    None => known.push(event),
                },
                None => known.push(event),
            }
        }
        Ok(known)
    }

    async fn unknown_device(&self, opening: &Opening) -> Result<Option<OwnedUserId>, CryptoError> {
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
            early.iter().map(|it| it.user().clone()).collect()
        };
        if users.is_empty() {
            return Ok(());
        }
        self.look_up(http, &users).await?;
        let held = std::mem::take(&mut *self.news.early.lock().unwrap_or_else(PoisonError::into_inner));
        let mut messages = Vec::new();
        for early in held {
            match early {
                Early::Device(_, raw) => messages.push(raw),
                Early::Room(_, event) => {
                    self.machine.receive_verification_event(&event).await?;
                    if let Ok(raw) = serde_json::value::to_raw_value(&RoomOpening::of(&event))
                        && let Some(opening) = Opening::read(&raw)
                    {
                        self.note_opening(&opening);
                    }
                }
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
            }
        }
    }

    fn note_opening(&self, opening: &Opening) {
        let opens = opening.is_room_request()
            || matches!(opening.kind.as_str(), "m.key.verification.request" | "m.key.verification.start");
        let id = opening.content.transaction_id.as_ref().or(opening.event_id.as_ref());
        if let (true, Some(id)) = (opens, id) {
            let flow = Flow { user_id: opening.sender.clone(), id: id.clone() };
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

/// What `Opening` reads of an event that was read before.
#[derive(serde::Serialize)]
struct RoomOpening {
    sender: String,
    #[serde(rename = "type")]
    kind: String,
    event_id: String,
    content: Value,
}

impl RoomOpening {
    fn of(event: &AnyMessageLikeEvent) -> Self {
        Self {
            sender: event.sender().to_string(),
            kind: event.event_type().to_string(),
            event_id: event.event_id().to_string(),
            content: serde_json::json!({ "msgtype": "m.key.verification.request" }),
        }
    }
}
