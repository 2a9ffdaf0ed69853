//! What events say: built for those that are sent, read of those that are there.

use serde_json::{Value, json};

use super::{Error, Inner, Wish};
use crate::ids::RoomRow;
use crate::media::counted_seconds;
use crate::store::timeline;
use crate::text::markdown::{self, Person};

/// A text that is to be sent, with its formatting and whom it names.
#[derive(Clone, Debug)]
pub(super) struct Words {
    body: String,
    html: Option<String>,
    named: Vec<String>,
    room: bool,
}

impl Words {
    pub(super) fn new(body: &str, named: Vec<Person>, room: bool, plain: bool) -> Self {
        Self {
            body: body.to_owned(),
            html: if plain { None } else { markdown::to_html(body, &named) },
            named: named.into_iter().map(|person| person.user_id).collect(),
            room,
        }
    }

    fn content(&self) -> Value {
        let mut content = json!({ "msgtype": "m.text", "body": self.body });
        if let (Some(html), Some(content)) = (&self.html, content.as_object_mut()) {
            content.insert("format".to_owned(), json!("org.matrix.custom.html"));
            content.insert("formatted_body".to_owned(), json!(html));
        }
        content
    }

    /// Always there: without it other clients look for names in the text.
    fn mentions(&self, but: &[String]) -> Value {
        let named: Vec<&String> = self.named.iter().filter(|user| !but.contains(user)).collect();
        let mut mentions = json!({});
        if let Some(mentions) = mentions.as_object_mut() {
            if !named.is_empty() {
                mentions.insert("user_ids".to_owned(), json!(named));
            }
            if self.room {
                mentions.insert("room".to_owned(), json!(true));
            }
        }
        mentions
    }
}

/// Finds what looks like a Matrix id in a text.
pub(super) fn ids_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(|letter: char| {
            !(letter.is_ascii_alphanumeric()
                || matches!(letter, '@' | '.' | '_' | '=' | '-' | '/' | '+' | ':' | '[' | ']'))
        });
        let id = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // What ends a sentence is not part of it.
        let id = id.trim_end_matches(['.', ':', '-', '/']);
        if ruma::UserId::parse(id).is_ok() && !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }
    found
}

pub(super) fn message(words: Words, reply: Option<String>, thread: Option<String>) -> Value {
    let mut content = words.content();
    let relates = match (thread, reply) {
        (None, None) => None,
        (None, Some(reply)) => Some(json!({ "m.in_reply_to": { "event_id": reply } })),
        (Some(root), reply) => Some(json!({
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": reply.is_none(),
            "m.in_reply_to": { "event_id": reply.unwrap_or(root) },
        })),
    };
    if let Some(content) = content.as_object_mut() {
        content.insert("m.mentions".to_owned(), words.mentions(&[]));
        content.extend(relates.map(|relates| ("m.relates_to".to_owned(), relates)));
    }
    content
}

/// Who was named before is not told again.
pub(super) fn edit(event: &str, words: &Words, named_before: &[String]) -> Value {
    let mut new = words.content();
    if let Some(new) = new.as_object_mut() {
        new.insert("m.mentions".to_owned(), words.mentions(&[]));
    }
    let mut content = json!({
        "msgtype": "m.text",
        "body": format!("* {}", words.body),
        "m.new_content": new,
        "m.mentions": words.mentions(named_before),
        "m.relates_to": { "rel_type": "m.replace", "event_id": event },
    });
    if let (Some(html), Some(content)) = (&words.html, content.as_object_mut()) {
        content.insert("format".to_owned(), json!("org.matrix.custom.html"));
        content.insert("formatted_body".to_owned(), json!(format!("* {html}")));
    }
    content
}

/// Whom a message names.
pub(super) fn named(content: &Value) -> Vec<String> {
    let named = content.pointer("/m.mentions/user_ids").and_then(Value::as_array).into_iter().flatten();
    named.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What sending a clip or a voice message means, by what its sender says of its length.
pub(super) fn clip(content: &Value) -> Option<Wish<'static>> {
    let voice = content.get("org.matrix.msc3245.voice").is_some();
    let is_clip = voice || content.get("msgtype").and_then(Value::as_str) == Some("m.video");
    let ms = content.pointer("/info/duration").and_then(Value::as_u64).filter(|_| is_clip)?;
    Some(Wish::SendClip { voice, seconds: counted_seconds(ms) })
}

/// Reads the newest content of an event.
pub(super) fn content_of(inner: &Inner, room: RoomRow, event_id: &str) -> Result<Value, Error> {
    let item = inner
        .store
        .read(|connection| timeline::by_event_id(connection, room, event_id))?
        .ok_or_else(|| Error::NoSuchEvent(event_id.to_owned()))?;
    Ok(serde_json::from_str(&item.content).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Words, clip, edit, ids_in, message};
    use crate::policy::Action;

    #[test]
    fn a_plain_text_is_nothing_but_a_text_and_a_formatted_one_says_both() {
        let plain = message(Words::new("at 5", Vec::new(), false, false), None, None);
        assert_eq!(plain, serde_json::json!({ "msgtype": "m.text", "body": "at 5", "m.mentions": {} }));
        let bold = Words::new("**at 5**", Vec::new(), true, false);
        let sent = message(bold.clone(), Some("$1".into()), None);
        assert_eq!(sent["formatted_body"], "<strong>at 5</strong>");
        assert_eq!(sent["m.mentions"]["room"], true);
        assert_eq!(sent["m.relates_to"]["m.in_reply_to"]["event_id"], "$1");
        assert_eq!(edit("$1", &bold, &[])["m.new_content"]["formatted_body"], "<strong>at 5</strong>");
        assert!(message(Words::new("**x**", Vec::new(), false, true), None, None).get("format").is_none());
    }

    #[test]
    fn a_clip_says_how_long_it_is_and_a_song_is_none() {
        let said = |content: serde_json::Value| clip(&content);
        let video = serde_json::json!({ "msgtype": "m.video", "info": { "duration": 61_500 } });
        assert_eq!(said(video), Some(Action::SendClip { voice: false, seconds: 60 }));
        let voice = serde_json::json!({
            "msgtype": "m.audio", "info": { "duration": 61_501 }, "org.matrix.msc3245.voice": {},
        });
        assert_eq!(said(voice), Some(Action::SendClip { voice: true, seconds: 61 }));
        let song = serde_json::json!({ "msgtype": "m.audio", "info": { "duration": 61_501 } });
        assert_eq!(said(song), None);
    }

    #[test]
    fn ids_are_found_where_they_stand_in_a_sentence() {
        assert_eq!(
            ids_in("ask @ana:x.eu, or (@bob:y.eu:8448). a@b.c @ana:x.eu @ @x"),
            ["@ana:x.eu", "@bob:y.eu:8448"]
        );
    }
}
