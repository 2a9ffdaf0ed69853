//! Leaving, inviting and removing people, as queued actions. They are queued because they are decisions, not views:
//! made without a network they hold, keep their place among the messages of the room (who is invited first can read
//! what is written next, who is removed first cannot), and happen when the network is back. Joining and making rooms
//! are not queued: there is nothing to show or to write to before the server has answered.

use reqwest::Method;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OutboxError;
use crate::net::{Call, Http, NetError, part};
use crate::store::codes::Membership;
use crate::store::outbox::Queued;
use crate::store::rooms::{self, Room};
use crate::store::{StoreError, events};

/// What is done to a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The user leaves, or declines an invitation.
    Leave,
    /// Somebody is invited.
    Invite,
    /// Somebody is removed.
    Kick,
}

impl Verb {
    fn path(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Invite => "invite",
            Self::Kick => "kick",
        }
    }

    /// What the membership is afterwards.
    fn wanted(self) -> Membership {
        match self {
            Self::Invite => Membership::Invite,
            Self::Leave | Self::Kick => Membership::Leave,
        }
    }
}

/// A change as it waits in the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) verb: Verb,
    pub(super) user_id: String,
    /// What the membership was before; the protocol's word.
    before: String,
}

impl Payload {
    pub(super) fn of(queued: &Queued) -> Result<Self, OutboxError> {
        serde_json::from_str(&queued.payload).map_err(|_| OutboxError::Malformed)
    }
}

/// Does it locally, and returns what has to be queued.
pub(super) fn apply(
    tx: &Transaction<'_>,
    room: &Room,
    own: &str,
    verb: Verb,
    user_id: &str,
) -> Result<String, OutboxError> {
    let user = events::user(tx, user_id)?;
    let before = rooms::membership(tx, room.id, user)?;
    let before = match verb {
        Verb::Leave => room.membership,
        Verb::Invite | Verb::Kick => before.unwrap_or(Membership::Leave),
    };
    let payload = Payload { verb, user_id: user_id.to_owned(), before: before.as_str().to_owned() };
    set(tx, room, own, verb.wanted(), user_id)?;
    serde_json::to_string(&payload).map_err(|_| OutboxError::Malformed)
}

/// Does it again locally, after it was taken back.
pub(super) fn redo(tx: &Transaction<'_>, own: &str, queued: &Queued) -> Result<(), OutboxError> {
    let payload = Payload::of(queued)?;
    set(tx, &rooms::get(tx, queued.room)?, own, payload.verb.wanted(), &payload.user_id)
}

/// Takes back what it did locally, unless the server has said something else since.
pub(super) fn undo(tx: &Transaction<'_>, queued: &Queued) -> Result<(), StoreError> {
    let Ok(payload) = Payload::of(queued) else { return Ok(()) };
    let before = Membership::from_word(&payload.before);
    match payload.verb {
        Verb::Leave => {
            if rooms::get(tx, queued.room)?.membership == Membership::Leave {
                rooms::set_membership(tx, queued.room, before)?;
            }
        }
        Verb::Invite | Verb::Kick => {
            let user = events::user(tx, &payload.user_id)?;
            if rooms::membership(tx, queued.room, user)? == Some(payload.verb.wanted()) {
                rooms::change_member(tx, queued.room, user, before)?;
            }
        }
    }
    Ok(())
}

fn set(
    tx: &Transaction<'_>,
    room: &Room,
    own: &str,
    wanted: Membership,
    user_id: &str,
) -> Result<(), OutboxError> {
    let user = events::user(tx, user_id)?;
    if user_id == own {
        return Ok(rooms::set_membership(tx, room.id, wanted)?);
    }
    // Who is in the room already stays shown as such: the server refuses the invitation.
    if wanted == Membership::Invite && rooms::membership(tx, room.id, user)? == Some(Membership::Join) {
        return Ok(());
    }
    Ok(rooms::change_member(tx, room.id, user, wanted)?)
}

/// Tells the server. A change that is made already, by a try whose answer was lost, is made.
pub(super) async fn send(http: &Http, room_id: &str, payload: &Payload) -> Result<(), NetError> {
    let path = format!("/_matrix/client/v3/rooms/{}/{}", part(room_id), payload.verb.path());
    let body = match payload.verb {
        Verb::Leave => json!({}),
        Verb::Invite | Verb::Kick => json!({ "user_id": payload.user_id }),
    };
    match http.done(Call { method: Method::POST, ..Call::post(&path, &body) }).await {
        Err(error @ NetError::Refused { .. }) => {
            match now(http, room_id, &payload.user_id).await {
                Ok(Some(found)) if found == payload.verb.wanted() => Ok(()),
                // Whoever was banned is removed as well.
                Ok(Some(Membership::Ban)) if payload.verb != Verb::Invite => Ok(()),
                // A room that does not know us any more is left.
                Ok(None) if payload.verb == Verb::Leave => Ok(()),
                Ok(_) | Err(_) => Err(error),
            }
        }
        other => other,
    }
}

/// Asks the server how a user stands in a room; `None` where it does not tell.
pub(super) async fn now(http: &Http, room_id: &str, user_id: &str) -> Result<Option<Membership>, NetError> {
    let path = format!("/_matrix/client/v3/rooms/{}/state/m.room.member/{}", part(room_id), part(user_id));
    match http.json::<Value>(Call::get(&path)).await {
        Ok(content) => Ok(content.get("membership").and_then(Value::as_str).map(Membership::from_word)),
        Err(NetError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
