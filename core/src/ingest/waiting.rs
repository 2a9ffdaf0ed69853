//! Events whose keys came later.

use ruma::RoomId;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::IngestError;
use super::attention::{Attention, context};
use super::prepare::{Prepared, build};
use super::wire::WireEvent;
use crate::crypto::{Crypto, Decrypted, NewKey};
use crate::ids::EventRow;
use crate::store::events::{NewEvent, Stored};
use crate::store::{Store, events, rooms};

/// Tries again what waited for keys that came by another way than the sync.
///
/// # Errors
/// Faults of the store only.
pub async fn prepare_waiting(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    keys: &[NewKey],
) -> Result<Prepared, IngestError> {
    Ok(Prepared { decrypted: retry(store, crypto, attention, keys).await?, ..Prepared::default() })
}

/// Asks the account's other devices for the keys that stored events wait for.
///
/// # Errors
/// Faults of the store only.
pub async fn ask_for_waiting(store: &Store, crypto: &Crypto) -> Result<(), IngestError> {
    for (room_id, session_id) in store.read(events::awaited)? {
        let Ok(room) = RoomId::parse(&room_id) else { continue };
        let waiting = store.read(|connection| match rooms::find(connection, &room_id)? {
            Some(room) => events::waiting_for(connection, room.id, &session_id),
            None => Ok(Vec::new()),
        })?;
        // One event names the key for all.
        let Some(first) = waiting.into_iter().next() else { continue };
        if let Some((whole, _)) = envelope(store, first)? {
            crypto.request_key_again(&room, whole.get()).await?;
        }
    }
    Ok(())
}

/// Tries again what waited for these keys.
pub(super) async fn retry(
    store: &Store,
    crypto: &Crypto,
    attention: &Attention,
    keys: &[NewKey],
) -> Result<Vec<(EventRow, NewEvent)>, IngestError> {
    let mut readable = Vec::new();
    for key in keys {
        let Ok(room) = RoomId::parse(&key.room_id) else { continue };
        let waiting = store.read(|connection| match rooms::find(connection, &key.room_id)? {
            Some(room) => events::waiting_for(connection, room.id, &key.session_id),
            None => Ok(Vec::new()),
        })?;
        if waiting.is_empty() {
            continue;
        }
        let context = context(store, attention, &key.room_id, None)?;
        for stored in waiting {
            let id = stored.id;
            let Some((whole, event)) = envelope(store, stored)? else { continue };
            if let Decrypted::Readable { kind, content, whole } = crypto.decrypt(&room, whole).await? {
                crypto.receive_in_room(&room, &whole).await?;
                let mut new = build(event, Some(Ok((kind, content))));
                if let Some(context) = &context {
                    new.notify = attention.of(&new, whole, context).await;
                }
                readable.push((id, new));
            }
        }
    }
    Ok(readable)
}

/// Puts the envelope of a stored ciphertext together again.
fn envelope(store: &Store, stored: Stored) -> Result<Option<(Box<RawValue>, WireEvent)>, IngestError> {
    let Ok(content) = serde_json::from_str::<Value>(&stored.content) else { return Ok(None) };
    let sender = store.read(|connection| events::user_id(connection, stored.sender))?;
    let whole = json!({ "type": "m.room.encrypted", "event_id": stored.event_id, "sender": sender,
        "origin_server_ts": stored.ts, "content": content });
    let event = WireEvent {
        event_id: stored.event_id,
        sender,
        kind: "m.room.encrypted".to_owned(),
        ts: stored.ts,
        state_key: None,
        content,
        redacts: None,
        txn_id: None,
        redacted: false,
        stays: false,
    };
    Ok(serde_json::value::to_raw_value(&whole).ok().map(|whole| (whole, event)))
}
