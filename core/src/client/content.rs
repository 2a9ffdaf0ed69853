//! What events say that are sent.

use serde_json::{Value, json};

pub(super) fn message(body: String, reply: Option<String>, thread: Option<String>) -> Value {
    let mut content = json!({ "msgtype": "m.text", "body": body });
    let relates = match (thread, reply) {
        (None, None) => return content,
        (None, Some(reply)) => json!({ "m.in_reply_to": { "event_id": reply } }),
        (Some(root), reply) => json!({
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": reply.is_none(),
            "m.in_reply_to": { "event_id": reply.unwrap_or(root) },
        }),
    };
    if let Some(content) = content.as_object_mut() {
        content.insert("m.relates_to".to_owned(), relates);
    }
    content
}

pub(super) fn edit(event: &str, body: &str) -> Value {
    json!({
        "msgtype": "m.text",
        "body": format!("* {body}"),
        "m.new_content": { "msgtype": "m.text", "body": body },
        "m.relates_to": { "rel_type": "m.replace", "event_id": event },
    })
}
