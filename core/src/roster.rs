//! Who is in a room, completely: what an encrypted message must know before it is sent. Fetched once, kept by sync.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::ids::RoomRow;
use crate::net::{Call, Http, NetError, part};
use crate::store::codes::Membership;
use crate::store::rooms::Room;
use crate::store::{Durability, Store, StoreError, events, rooms};

/// A long list takes the server a while.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says why the members are not known.
#[derive(Debug, Error)]
pub enum RosterError {
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Deserialize)]
struct Answer {
    chunk: Vec<Value>,
}

/// Returns who may read what is sent to a room now: the joined members, and the invited ones where the room shows
/// them what was said before they came. Asks the server where the members are not all stored.
///
/// # Errors
/// The network's, the first time; faults of the store.
pub async fn readers(store: &Arc<Store>, http: &Http, room: &Room) -> Result<Vec<String>, RosterError> {
    if !room.members_complete {
        let path = format!("/_matrix/client/v3/rooms/{}/members?not_membership=leave", part(&room.room_id));
        let answer: Answer = http.json(Call::get(&path).within(PATIENCE)).await?;
        let found: Vec<(String, Membership, Option<String>)> =
            answer.chunk.iter().filter_map(member).collect();
        let id = room.id;
        store
            .write(Durability::Normal, move |tx, _| {
                // Whoever is not in the answer is not in the room: no key goes there any more.
                rooms::forget_members(tx, id)?;
                for (user_id, membership, name) in &found {
                    let user = events::user(tx, user_id)?;
                    rooms::set_member(tx, id, user, *membership, name.as_deref())?;
                }
                rooms::set_members_complete(tx, id, true)
            })
            .await?;
    }
    store.read(|connection| stored(connection, room.id)).map_err(RosterError::from)
}

/// Returns who may read what is sent to a room, where all its members are stored.
///
/// # Errors
/// Faults of the store.
pub fn known(connection: &Connection, room: &Room) -> Result<Option<Vec<String>>, StoreError> {
    if room.members_complete { stored(connection, room.id).map(Some) } else { Ok(None) }
}

fn stored(connection: &Connection, room: RoomRow) -> Result<Vec<String>, StoreError> {
    let visibility = rooms::state(connection, room, "m.room.history_visibility", "")?;
    let visibility: Value =
        visibility.and_then(|content| serde_json::from_str(&content).ok()).unwrap_or_default();
    let joined_only = visibility.get("history_visibility").and_then(Value::as_str) == Some("joined");
    let reads = |member: &rooms::Member| !joined_only || member.membership == Membership::Join;
    let list = rooms::members(connection, room)?;
    Ok(list.into_iter().filter(reads).map(|member| member.user_id).collect())
}

fn member(event: &Value) -> Option<(String, Membership, Option<String>)> {
    let content = event.get("content")?;
    Some((
        event.get("state_key")?.as_str()?.to_owned(),
        Membership::from_word(content.get("membership")?.as_str()?),
        content.get("displayname").and_then(Value::as_str).map(str::to_owned),
    ))
}
