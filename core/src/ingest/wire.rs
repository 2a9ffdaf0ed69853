//! Reads an event as it came, whatever it is: what has an id is kept even when nothing else of it makes sense.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Type of what has an id and makes no other sense, such as what is nested deeper than a parser goes.
const MALFORMED: &str = "eu.qroc.malformed";

/// An event's envelope and parsed content.
#[derive(Clone, Debug)]
pub(super) struct WireEvent {
    /// The server's id; absent in stripped state.
    pub(super) event_id: Option<String>,
    /// Who sent it.
    pub(super) sender: String,
    /// Type.
    pub(super) kind: String,
    /// Milliseconds since 1970.
    pub(super) ts: i64,
    /// Of a state event.
    pub(super) state_key: Option<String>,
    /// Content.
    pub(super) content: Value,
    /// What it redacts.
    pub(super) redacts: Option<String>,
    /// Our transaction id.
    pub(super) txn_id: Option<String>,
    /// Came with its content removed.
    pub(super) redacted: bool,
    /// Whether a member is in the room as before: only their name or picture is new.
    pub(super) stays: bool,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    event_id: Option<String>,
    sender: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    origin_server_ts: f64,
    state_key: Option<String>,
    content: serde_json::Map<String, Value>,
    redacts: Option<String>,
    #[serde(borrow)]
    unsigned: Option<&'a RawValue>,
}

/// What is wanted of `unsigned`. Most have neither, and most of what they have is long.
#[derive(Default)]
struct Unsigned {
    txn_id: Option<String>,
    redacted: bool,
    membership_before: Option<String>,
}

impl Unsigned {
    fn read(raw: Option<&RawValue>) -> Self {
        let text = raw.map(RawValue::get).unwrap_or_default();
        // A key that is written with escapes is no server's; it is as if it were not there.
        if !["\"transaction_id\"", "\"redacted_because\"", "\"prev_content\""]
            .iter()
            .any(|key| text.contains(key))
        {
            return Self::default();
        }
        let unsigned: Value = serde_json::from_str(text).unwrap_or_default();
        Self {
            txn_id: unsigned.get("transaction_id").and_then(Value::as_str).map(str::to_owned),
            redacted: unsigned.get("redacted_because").is_some_and(Value::is_object),
            membership_before: unsigned
                .pointer("/prev_content/membership")
                .and_then(Value::as_str)
                .map(str::to_owned),
        }
    }
}

/// Reads an event; `None` where it does not even have an id.
pub(super) fn read(raw: &RawValue) -> Option<WireEvent> {
    match serde_json::from_str::<Envelope<'_>>(raw.get()) {
        Ok(envelope) => Some(WireEvent::of(envelope)),
        Err(_) => malformed(raw),
    }
}

impl WireEvent {
    fn of(envelope: Envelope<'_>) -> Self {
        let unsigned = Unsigned::read(envelope.unsigned);
        let membership = envelope.content.get("membership").and_then(Value::as_str);
        let member = envelope.kind == "m.room.member" && envelope.state_key.is_some();
        Self {
            stays: member && membership.is_some() && membership == unsigned.membership_before.as_deref(),
            event_id: envelope.event_id,
            sender: envelope.sender,
            kind: envelope.kind,
            ts: milliseconds(envelope.origin_server_ts),
            state_key: envelope.state_key,
            redacts: envelope
                .redacts
                .or_else(|| envelope.content.get("redacts").and_then(Value::as_str).map(str::to_owned)),
            txn_id: unsigned.txn_id,
            redacted: unsigned.redacted,
            content: Value::Object(envelope.content),
        }
    }
}

/// The whole of it as text, so that nothing is lost and nothing can break a reader.
fn malformed(raw: &RawValue) -> Option<WireEvent> {
    #[derive(Deserialize)]
    struct Id {
        event_id: String,
        #[serde(default)]
        sender: Box<RawValue>,
    }
    let id: Id = serde_json::from_str(raw.get()).ok()?;
    Some(WireEvent {
        event_id: Some(id.event_id),
        sender: serde_json::from_str(id.sender.get()).unwrap_or_default(),
        kind: MALFORMED.to_owned(),
        ts: 0,
        state_key: None,
        content: serde_json::json!({ "raw": raw.get() }),
        redacts: None,
        txn_id: None,
        redacted: false,
        stays: false,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "bounded before the cast")]
fn milliseconds(number: f64) -> i64 {
    // Beyond this a double no longer counts single milliseconds.
    if number.is_finite() { number.clamp(0.0, 9_007_199_254_740_991.0) as i64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn read(text: &str) -> Option<super::WireEvent> {
        super::read(&RawValue::from_string(text.to_owned()).expect("json"))
    }

    #[test]
    fn what_has_an_id_is_kept() {
        let good = read(
            r#"{"event_id":"$1","sender":"@a:x","type":"m.room.message","origin_server_ts":1.5e3,
                "content":{"body":"hi"},"unsigned":{"transaction_id":"t"}}"#,
        )
        .expect("event");
        assert_eq!(
            (good.ts, good.txn_id.as_deref(), good.kind.as_str()),
            (1500, Some("t"), "m.room.message")
        );
        let odd = read(r#"{"event_id":"$2","sender":"@a:x","type":7,"content":[]}"#).expect("kept");
        assert_eq!(
            (odd.event_id.as_deref(), odd.sender.as_str(), odd.kind.as_str()),
            (Some("$2"), "@a:x", super::MALFORMED)
        );
        let deep = format!(
            r#"{{"event_id":"$3","sender":"@a:x","type":"x","content":{{"a":{}{}}}}}"#,
            "[".repeat(500),
            "]".repeat(500)
        );
        assert_eq!(read(&deep).expect("kept").kind, super::MALFORMED);
        for (before, stays) in [("join", true), ("invite", false), ("", false)] {
            let named = read(&format!(
                r#"{{"event_id":"$4","sender":"@a:x","type":"m.room.member","state_key":"@a:x",
                    "content":{{"membership":"join"}},"unsigned":{{"prev_content":{{"membership":"{before}"}}}}}}"#
            ));
            assert_eq!(named.expect("event").stays, stays, "{before}");
        }
        assert!(read(r#"{"sender":"@a:x"}"#).is_none());
        assert!(read("7").is_none());
    }

    proptest! {
        #[test]
        fn no_number_is_a_bad_time(ts in any::<f64>()) {
            let ts = super::milliseconds(ts);
            prop_assert!((0..=9_007_199_254_740_991).contains(&ts));
        }
    }
}
