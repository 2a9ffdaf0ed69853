//! What stands around a message, as screens and scripts see it.

use serde::Serialize;

use crate::text::rich::Block;

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Event id of it.
    pub event_id: String,
    /// Whether it is known here. If not, nothing else of it is.
    pub known: bool,
    /// Who sent it.
    pub sender: Option<String>,
    /// What they are called in the room.
    pub sender_name: Option<String>,
    /// Of a message.
    pub msgtype: Option<String>,
    /// Its text, or the name of what is attached.
    pub body: Option<String>,
    /// Whether its content was removed.
    pub redacted: bool,
}

/// What happened to a room, or to who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `created`, `encrypted`, `named`, `topic`, `picture`, `closed`, `asked`, `invited`, `joined`, `left`, `removed` or `banned`.
    pub what: &'static str,
    /// Matrix id of whom it happened to, of those who come and go.
    pub user_id: Option<String>,
    /// What they are called in the room.
    pub user_name: Option<String>,
    /// The new name or topic, or why somebody was sent away.
    pub text: Option<String>,
}

/// The thread under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thread {
    /// Messages in it that are known here.
    pub count: i64,
    /// When the newest was sent, in milliseconds since 1970.
    pub last_ts: i64,
}

/// What was said about a message later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// `superseded` or `withdrawn`.
    pub state: &'static str,
    /// Event id of what takes its place.
    pub replaced_by: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Who says so: the sender, or a moderator.
    pub sender: String,
    /// When, in milliseconds since 1970.
    pub ts: i64,
}

/// Where a message that was sent on comes from, as whoever sent it on says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forwarded {
    /// Matrix id of who wrote it.
    pub sender: String,
    /// When, in milliseconds since 1970.
    pub ts: i64,
}

/// One version of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Event id of the message or edit; none while it waits to be sent.
    pub event_id: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub ts: i64,
    /// Its text.
    pub body: Option<String>,
    /// The same with its formatting, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<Vec<Block>>,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// A text that is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Matrix id of the room.
    pub room_id: String,
    /// Event id of the thread's root.
    pub thread: Option<String>,
    /// The text.
    pub body: String,
    /// When it was last changed, in milliseconds since 1970.
    pub ts: i64,
}

/// Somebody who has read a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Matrix id.
    pub user_id: String,
    /// What they are called in the room.
    pub display_name: Option<String>,
    /// When they told so, in milliseconds since 1970.
    pub ts: i64,
}

/// A hit of a search.
#[derive(Clone, Debug, Serialize)]
pub struct SearchHit {
    /// Matrix id of the room.
    pub room_id: String,
    /// The event; none while it waits to be sent.
    pub event_id: Option<String>,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// The words around the first match, matches in brackets.
    pub snippet: String,
    /// Larger fits better.
    pub score: f64,
    /// Its cursor in the timeline.
    pub cursor: String,
    /// Matrix id of who sent it.
    pub sender: String,
    /// What they are called in the room.
    pub sender_name: Option<String>,
    /// `text`, `image`, `video`, `audio`, `file` or `place`.
    pub kind: &'static str,
    /// The snippet in pieces, so that nothing in the text can look like a mark.
    pub parts: Vec<crate::text::Part>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    /// Matrix id of the room.
    pub room_id: String,
    /// Matrix id of the member.
    pub user_id: String,
    /// `join` or `invite`.
    pub membership: &'static str,
    /// Power level.
    pub power: i64,
    /// Display name.
    pub display_name: Option<String>,
    /// What is believed of their identity: `this` (own account), `verified`, `unverified`, `changed`.
    pub trust: &'static str,
    /// The next page begins behind it.
    pub cursor: String,
}
