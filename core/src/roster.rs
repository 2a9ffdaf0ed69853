//! Who is in a room, completely: what an encrypted message must know before it is sent. Fetched once, kept by sync.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

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

/// Returns the joined and invited members of a room, asking the server where they are not all stored.
///
/// # Errors
/// The network's, the first time; faults of the store.
pub async fn members(store: &Arc<Store>, http: &Http, room: &Room) -> Result<Vec<String>, RosterError> {
    if !room.members_complete {
        let path = format!("/_matrix/client/v3/rooms/{}/members?not_membership=leave", part(&room.room_id));
        let answer: Answer = http.json(Call::get(&path).within(PATIENCE)).await?;
        let found: Vec<(String, Membership, Option<String>)> =
            answer.chunk.iter().filter_map(member).collect();
        let id = room.id;
        store
            .write(Durability::Normal, move |tx, _| {
                for (user_id, membership, name) in &found {
                    let user = events::user(tx, user_id)?;
                    rooms::set_member(tx, id, user, *membership, name.as_deref())?;
                }
                rooms::set_members_complete(tx, id, true)
            })
            .await?;
    }
    let list = store.read(|connection| rooms::members(connection, room.id))?;
    Ok(list.into_iter().map(|member| member.user_id).collect())
}

fn member(event: &Value) -> Option<(String, Membership, Option<String>)> {
    let content = event.get("content")?;
    Some((
        event.get("state_key")?.as_str()?.to_owned(),
        Membership::from_word(content.get("membership")?.as_str()?),
        content.get("displayname").and_then(Value::as_str).map(str::to_owned),
    ))
}
