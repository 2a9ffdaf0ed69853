//! The contents of events about positions, in the forms that other clients read and in our own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::geo::{Fix, Place};

/// Type of the state event that says that somebody shares.
pub const BEACON_INFO: &str = "org.matrix.msc3672.beacon_info";
/// Type of one live position in the standard form.
pub const BEACON: &str = "org.matrix.msc3672.beacon";
/// Type of a batch of positions.
pub const TRACK: &str = "eu.qroc.track";
/// Type of an area.
pub const AREA: &str = "eu.qroc.area";

/// Writes the content of a message that says where this is; what was picked on a map, not measured, is marked as such.
pub fn content(place: Place, picked: bool, ts: i64) -> Value {
    let uri = place.to_uri();
    let kind = if picked { "m.pin" } else { "m.self" };
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

/// Writes the state that says that this account shares, or has ended it, and from which of its devices.
pub fn beacon_info(live: bool, device_id: &str, started_ts: i64, ends_ts: i64) -> Value {
    json!({
        "eu.qroc.device": device_id,
        "live": live,
        "timeout": ends_ts.saturating_sub(started_ts).max(0),
        "org.matrix.msc3488.ts": started_ts,
        "org.matrix.msc3488.asset": { "type": "m.self" },
    })
}

/// Says whether the state was written by a device.
pub fn is_of_device(beacon_info: &str, device_id: &str) -> bool {
    serde_json::from_str::<Value>(beacon_info)
        .is_ok_and(|content| content.get("eu.qroc.device").and_then(Value::as_str) == Some(device_id))
}

/// Writes a live position in the standard form; `info` is the id of the state event that it belongs to.
pub fn beacon(info: &str, tag: &str, fix: &Fix) -> Value {
    json!({
        "m.relates_to": { "rel_type": "m.reference", "event_id": info },
        "org.matrix.msc3488.location": { "uri": fix.place().to_uri() },
        "org.matrix.msc3488.ts": fix.ts,
        "eu.qroc.share": tag,
    })
}

/// Writes a batch.
pub fn track(tag: &str, batch: &[u8]) -> Value {
    json!({ "v": 1, "share": tag, "track": STANDARD_NO_PAD.encode(batch) })
}
