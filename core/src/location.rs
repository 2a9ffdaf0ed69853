//! Sharing a position once, in the form that other clients read.

use serde_json::{Value, json};

use crate::geo::Place;

/// Writes the content of a message that says where this is.
///
/// A place without an accuracy was chosen, not measured, and is marked as such.
pub fn content(place: Place, ts: i64) -> Value {
    let uri = place.to_uri();
    let kind = if place.accuracy_m.is_some() { "m.self" } else { "m.pin" };
    let body = format!("Position {uri}");
    json!({
        "msgtype": "m.location",
        "body": body,
        "geo_uri": uri,
        "org.matrix.msc1767.text": body,
        "org.matrix.msc3488.location": { "uri": uri },
        "org.matrix.msc3488.asset": { "type": kind },
        "org.matrix.msc3488.ts": ts,
    })
}
