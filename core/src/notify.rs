//! One event for a notification, in a process beside the owner: fetched over a sync connection of its own, which takes
//! nothing that the owner's connection needs. It never has the to-device extension: the server deletes what it gave.

use std::time::Duration;

use serde_json::json;
use serde_json::value::RawValue;

use crate::net::{Call, Http, NetError, part};
use crate::sliding::Answer;

/// The server keeps positions by this name, apart from the owner's.
const CONN: &str = "notify";
/// An event is looked for among so many of the newest of its room.
const NEWEST: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// Fetches one event as the server has it; `None` where it does not show one to this account.
///
/// # Errors
/// The network's.
pub async fn fetch(
    http: &Http,
    stable_path: bool,
    room_id: &str,
    event_id: &str,
) -> Result<Option<Box<RawValue>>, NetError> {
    let base = if stable_path {
        "/_matrix/client/v4"
    } else {
        "/_matrix/client/unstable/org.matrix.simplified_msc3575"
    };
    let mut subscriptions = serde_json::Map::new();
    subscriptions.insert(room_id.to_owned(), json!({ "timeline_limit": NEWEST, "required_state": [] }));
    let body = json!({ "conn_id": CONN, "lists": {}, "room_subscriptions": subscriptions, "extensions": {} });
    let path = format!("{base}/sync?timeout=0");
    match http.call(Call::post(&path, &body).within(PATIENCE)).await {
        Ok(bytes) => {
            let answer = Answer::read(&bytes).unwrap_or_default();
            let events = answer.rooms.into_iter().filter(|room| room.room_id == room_id);
            if let Some(found) = events.flat_map(|room| room.timeline).find(|event| is(event, event_id)) {
                return Ok(Some(found));
            }
        }
        // Asked for in another way below.
        Err(NetError::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let path = format!("/_matrix/client/v3/rooms/{}/event/{}", part(room_id), part(event_id));
    match http.json(Call::get(&path).within(PATIENCE)).await {
        Ok(event) => Ok(Some(event)),
        Err(NetError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is(event: &RawValue, event_id: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        event_id: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str::<Id<'_>>(event.get()).is_ok_and(|id| id.event_id == event_id)
}
