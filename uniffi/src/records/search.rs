//! What is searched for, and what was found.

use std::time::SystemTime;

use qroc_core::client::Search;
use qroc_core::model;
use qroc_core::store::codes::MessageKind;
use qroc_core::text::Part;

use super::{milliseconds, time};

/// Kinds of message that a search asks for.
#[uniffi::remote(Enum)]
pub enum MessageKind {
    /// Words alone.
    Text,
    /// A picture.
    Image,
    /// A clip.
    Video,
    /// A recording.
    Audio,
    /// Any other file.
    File,
    /// A position.
    Place,
}

/// What is searched for. What is not said does not matter.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SearchQuery {
    /// Words, beginnings of words (`pat*`) and phrases (`"white van"`), in texts, captions, names of files and of
    /// senders. Case and accents do not matter. May be empty where something else is asked for.
    pub text: String,
    /// Only in this room.
    #[uniffi(default = None)]
    pub room_id: Option<String>,
    /// Only from this user.
    #[uniffi(default = None)]
    pub sender: Option<String>,
    /// Only of this kind.
    #[uniffi(default = None)]
    pub kind: Option<MessageKind>,
    /// Only from this time on.
    #[uniffi(default = None)]
    pub since: Option<SystemTime>,
    /// Only before this time.
    #[uniffi(default = None)]
    pub until: Option<SystemTime>,
}

impl From<SearchQuery> for Search {
    fn from(query: SearchQuery) -> Self {
        let SearchQuery { text, room_id, sender, kind, since, until } = query;
        let (since_ts, until_ts) = (since.map(milliseconds), until.map(milliseconds));
        Self { text, room: room_id, sender, kind, since_ts, until_ts }
    }
}

/// A piece of the words around what was found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SnippetPart {
    /// As it was written.
    pub text: String,
    /// Whether it is what was searched for.
    pub hit: bool,
}

impl From<Part> for SnippetPart {
    fn from(part: Part) -> Self {
        Self { text: part.text, hit: part.hit }
    }
}

/// A hit of a search.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SearchHit {
    /// Matrix id of the room.
    pub room_id: String,
    /// The event; none while it waits to be sent.
    pub event_id: Option<String>,
    /// Its cursor in the timeline.
    pub cursor: String,
    /// When it was sent.
    pub time: SystemTime,
    /// User id of who sent it.
    pub sender: String,
    /// What the sender is called in the room.
    pub sender_name: Option<String>,
    /// What kind of message it is.
    pub kind: MessageKind,
    /// The words around the first match, in pieces.
    pub parts: Vec<SnippetPart>,
    /// The same as one line, matches in brackets.
    pub snippet: String,
    /// Larger fits better.
    pub score: f64,
}

impl From<model::SearchHit> for SearchHit {
    fn from(hit: model::SearchHit) -> Self {
        let kind = MessageKind::ALL.into_iter().find(|kind| kind.as_str() == hit.kind);
        Self {
            room_id: hit.room_id,
            event_id: hit.event_id,
            cursor: hit.cursor,
            time: time(hit.ts),
            sender: hit.sender,
            sender_name: hit.sender_name,
            kind: kind.unwrap_or(MessageKind::Text),
            parts: hit.parts.into_iter().map(SnippetPart::from).collect(),
            snippet: hit.snippet,
            score: hit.score,
        }
    }
}
