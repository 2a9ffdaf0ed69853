//! What an event is to a timeline: an item, a relation, or neither. Pure.

use serde_json::Value;

use crate::store::codes::RelType;
use crate::store::events::Relation;

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// An item of the timeline.
    pub shown: bool,
    /// How it stands to another event.
    pub relation: Relation,
    /// Event id of what it answers.
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
}

/// State that people are told about.
const SHOWN_STATE: [&str; 7] = [
    "m.room.create",
    "m.room.member",
    "m.room.name",
    "m.room.topic",
    "m.room.encryption",
    "m.room.tombstone",
    "m.room.avatar",
];

/// Decides by type and content. `kind` is the decrypted type, or `m.room.encrypted` while it is not.
pub fn classify(kind: &str, is_state: bool, content: &Value, redacts: Option<&str>) -> Class {
    let relates = content.get("m.relates_to");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let target = text(relates.and_then(|relates| relates.get("event_id")));
    let rel_type = relates.and_then(|relates| relates.get("rel_type")).and_then(Value::as_str);
    let in_reply_to = relates.and_then(|relates| relates.get("m.in_reply_to"));

    let relation = match (kind, rel_type, target.clone()) {
        ("m.room.redaction", _, _) => {
            Relation { kind: RelType::Redaction, to: redacts.map(str::to_owned), key: None }
        }
        ("m.reaction", Some("m.annotation"), Some(to)) => Relation {
            kind: RelType::Reaction,
            to: Some(to),
            key: text(relates.and_then(|relates| relates.get("key"))),
        },
        (_, Some("m.replace"), Some(to)) => Relation { kind: RelType::Edit, to: Some(to), key: None },
        // Some clients leave a reaction's relation outside the ciphertext.
        ("m.room.encrypted", Some("m.annotation"), Some(to)) => {
            Relation { kind: RelType::Other, to: Some(to), key: None }
        }
        (_, Some("m.thread"), _) | (_, None, _) => Relation::NONE,
        (_, Some(_), Some(to)) => Relation { kind: RelType::Other, to: Some(to), key: None },
        (_, Some(_), None) => Relation::NONE,
    };
    let thread = if rel_type == Some("m.thread") { target } else { None };
    // In a thread, `is_falling_back` says that the reply is for clients without threads.
    let falls_back = thread.is_some()
        && relates
            .and_then(|relates| relates.get("is_falling_back"))
            .and_then(Value::as_bool)
            .unwrap_or(false);
    let reply_to = if falls_back { None } else { text(in_reply_to.and_then(|reply| reply.get("event_id"))) };
    // Whoever asks for a verification is answered elsewhere; the text in it is for programs that know no better.
    let asks = content.get("msgtype").and_then(Value::as_str) == Some("m.key.verification.request");
    let shown = if is_state {
        SHOWN_STATE.contains(&kind)
    } else {
        relation.kind == RelType::None
            && !asks
            && matches!(
                kind,
                "m.room.message" | "m.room.encrypted" | "m.sticker" | "org.matrix.msc3381.poll.start"
            )
    };
    Class { shown, relation, reply_to, thread }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Class, classify};
    use crate::store::codes::RelType;

    fn message(content: serde_json::Value) -> Class {
        classify("m.room.message", false, &content, None)
    }

    #[test]
    fn messages_are_items_and_relations_are_not() {
        assert!(message(json!({ "body": "a" })).shown);
        let edit =
            message(json!({ "body": "* b", "m.relates_to": { "rel_type": "m.replace", "event_id": "$1" } }));
        assert_eq!(
            (edit.shown, edit.relation.kind, edit.relation.to.as_deref()),
            (false, RelType::Edit, Some("$1"))
        );
        let reply =
            message(json!({ "body": "c", "m.relates_to": { "m.in_reply_to": { "event_id": "$2" } } }));
        assert_eq!((reply.shown, reply.reply_to.as_deref()), (true, Some("$2")));
        let thread =
            message(json!({ "body": "d", "m.relates_to": { "rel_type": "m.thread", "event_id": "$3",
            "is_falling_back": true, "m.in_reply_to": { "event_id": "$4" } } }));
        assert_eq!((thread.shown, thread.thread.as_deref(), thread.reply_to), (true, Some("$3"), None));
        let reaction = classify(
            "m.reaction",
            false,
            &json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$5", "key": "👍" } }),
            None,
        );
        assert_eq!((reaction.shown, reaction.relation.key.as_deref()), (false, Some("👍")));
        let redaction = classify("m.room.redaction", false, &json!({}), Some("$6"));
        assert_eq!(
            (redaction.relation.kind, redaction.relation.to.as_deref()),
            (RelType::Redaction, Some("$6"))
        );
        assert!(!classify("org.example.custom", false, &json!({}), None).shown, "unknown: kept and skipped");
        assert!(!message(json!({ "msgtype": "m.key.verification.request", "body": "verify me" })).shown);
        assert!(classify("m.room.member", true, &json!({}), None).shown);
        assert!(!classify("m.room.power_levels", true, &json!({}), None).shown);
    }

    #[test]
    fn odd_relations_are_no_relations() {
        for content in
            [json!({ "m.relates_to": 7 }), json!({ "m.relates_to": { "rel_type": "m.replace" } }), json!([])]
        {
            assert_eq!(message(content).relation.kind, RelType::None);
        }
    }
}
