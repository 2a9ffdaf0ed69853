//! Items of a timeline.

use std::time::SystemTime;

use qroc_core::model;
use qroc_core::store::codes::SendState;

use super::change::RoomChange;
use super::talk::{ForwardedFrom, MessageMark, QuotedMessage, TextBlock, ThreadSummary, blocks};
use super::time;

/// Where an own message or action is on its way.
#[uniffi::remote(Enum)]
pub enum SendState {
    /// The server has it; so do all messages of others.
    Sent,
    /// Waits for its turn, the network, or a limit.
    Queued,
    /// Under way.
    Sending,
    /// Refused; waits for the user.
    Failed,
}

/// One item of a timeline.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct TimelineItem {
    /// Names the item; stays the same from local echo to sent event.
    pub cursor: String,
    /// The server's id, once it has one.
    pub event_id: Option<String>,
    /// Ours, where this device sent it.
    pub txn_id: Option<String>,
    /// User id of who sent it.
    pub sender: String,
    /// What the sender is called in this room.
    pub sender_name: Option<String>,
    /// When it was sent.
    pub time: SystemTime,
    /// What it says.
    pub content: ItemContent,
    /// Where it is on its way.
    pub state: SendState,
    /// Whether its text was replaced.
    pub edited: bool,
    /// Event id of what it answers.
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    pub thread: Option<String>,
    /// Who reacted with what.
    pub reactions: Vec<Reaction>,
    /// User ids of those who read up to here.
    pub read_by: Vec<String>,
    /// Whether it came end-to-end encrypted.
    pub encrypted: bool,
    /// Whether older items may be missing right before this one.
    pub gap_before: bool,
    /// The text with its formatting; empty where it has none.
    pub formatted: Vec<TextBlock>,
    /// User ids of those who are named so that they notice.
    pub mentions: Vec<String>,
    /// Whether everybody in the room is.
    pub mentions_room: bool,
    /// What it answers.
    pub quoted: Option<QuotedMessage>,
    /// The thread under it.
    pub replies: Option<ThreadSummary>,
    /// What was said about it later: a screen shows it with the message.
    pub mark: Option<MessageMark>,
    /// Where it comes from, where it was sent on.
    pub forwarded: Option<ForwardedFrom>,
}

/// What an item says.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum ItemContent {
    /// A text.
    Text {
        /// The text.
        body: String,
        /// How it is meant.
        kind: TextKind,
    },
    /// A file, to be fetched with `download`.
    Media {
        /// How it is shown.
        kind: MediaKind,
        /// The file.
        attachment: Attachment,
        /// The text beside it.
        caption: Option<String>,
    },
    /// A position.
    Place {
        /// Where.
        location: Location,
        /// The words for those who see no map.
        body: String,
    },
    /// The content was removed.
    Removed,
    /// It cannot be read, or not yet.
    Locked {
        /// Why.
        reason: Unreadable,
    },
    /// No message: something happened to the room.
    Change {
        /// What.
        change: RoomChange,
    },
    /// Anything else.
    Other {
        /// The event's type.
        event_type: String,
        /// Its text, where it has one.
        body: Option<String>,
    },
}

/// How a text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TextKind {
    /// Somebody says it.
    Plain,
    /// A program says it.
    Notice,
    /// Somebody does it: shown after the name.
    Emote,
}

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Anything else.
    File,
}

/// Why an item cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Unreadable {
    /// The key has not come; it may yet.
    MissingKey,
    /// The sender does not share the key with this device.
    Withheld,
    /// What came is damaged or forged.
    Damaged,
    /// The way it is encrypted is not known.
    Unsupported,
}

/// One reaction and who reacted with it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Reaction {
    /// With what.
    pub key: String,
    /// User ids.
    pub senders: Vec<String>,
}

/// A file that is attached to a message.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Attachment {
    /// As the sender called it; not safe as a path.
    pub name: String,
    /// As the sender said.
    pub mime: Option<String>,
    /// Length in bytes, as the sender said.
    pub bytes: Option<u64>,
    /// SHA-256 of the sealed bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// Pixels.
    pub width: Option<u64>,
    /// Pixels.
    pub height: Option<u64>,
    /// How long it plays.
    pub duration: Option<std::time::Duration>,
    /// Whether it is a voice message.
    pub voice: bool,
    /// How loud a voice message is, in order, as the sender said: 0 to 1024, at most 200 of them.
    pub waveform: Vec<u16>,
}

/// A position that somebody shared.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Location {
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// Metres around it that hold the truth.
    pub accuracy_m: Option<f64>,
    /// When it was measured.
    pub time: Option<SystemTime>,
    /// Whether a person chose it on a map: nobody was measured there.
    pub picked: bool,
}

/// Reads the model's word.
pub(super) fn state(word: &str) -> SendState {
    let all = [SendState::Queued, SendState::Sending, SendState::Failed];
    all.into_iter().find(|state| state.as_str() == word).unwrap_or(SendState::Sent)
}

impl From<model::Item> for TimelineItem {
    fn from(mut item: model::Item) -> Self {
        let reactions = std::mem::take(&mut item.reactions);
        Self {
            content: content(&mut item),
            cursor: item.cursor,
            event_id: item.event_id,
            txn_id: item.txn_id,
            sender: item.sender,
            sender_name: item.sender_name,
            time: time(item.ts),
            state: state(item.state),
            edited: item.edited,
            reply_to: item.reply_to,
            thread: item.thread,
            reactions: reactions.into_iter().map(|(key, senders)| Reaction { key, senders }).collect(),
            read_by: item.receipts,
            encrypted: item.encrypted,
            gap_before: item.gap_before,
            formatted: blocks(item.formatted),
            mentions: item.mentions,
            mentions_room: item.mentions_room,
            quoted: item.quote.map(QuotedMessage::from),
            replies: item.replies.map(ThreadSummary::from),
            mark: item.mark.map(MessageMark::from),
            forwarded: item.forwarded.map(ForwardedFrom::from),
        }
    }
}

fn content(item: &mut model::Item) -> ItemContent {
    if item.redacted {
        return ItemContent::Removed;
    }
    if let Some(why) = item.undecryptable {
        return ItemContent::Locked { reason: unreadable(why) };
    }
    if let Some(change) = item.change.take().and_then(RoomChange::of) {
        return ItemContent::Change { change };
    }
    let msgtype = item.msgtype.take().unwrap_or_default();
    let body = item.body.take();
    if let Some(attachment) = item.attachment.take() {
        let kind = match msgtype.as_str() {
            "m.image" => MediaKind::Image,
            "m.video" => MediaKind::Video,
            "m.audio" => MediaKind::Audio,
            _ => MediaKind::File,
        };
        let caption = body.filter(|body| *body != attachment.name);
        return ItemContent::Media { kind, attachment: attachment.into(), caption };
    }
    if let Some(location) = item.location.take() {
        return ItemContent::Place { location: location.into(), body: body.unwrap_or_default() };
    }
    let kind = match msgtype.as_str() {
        "m.text" => TextKind::Plain,
        "m.notice" => TextKind::Notice,
        "m.emote" => TextKind::Emote,
        _ => return ItemContent::Other { event_type: std::mem::take(&mut item.kind), body },
    };
    ItemContent::Text { body: body.unwrap_or_default(), kind }
}

pub(crate) fn unreadable(word: &str) -> Unreadable {
    match word {
        "withheld" => Unreadable::Withheld,
        "damaged" => Unreadable::Damaged,
        "unsupported" => Unreadable::Unsupported,
        _ => Unreadable::MissingKey,
    }
}

impl From<model::Attachment> for Attachment {
    fn from(file: model::Attachment) -> Self {
        Self {
            name: file.name,
            mime: file.mime,
            bytes: file.bytes,
            sha256: file.sha256,
            width: file.width,
            height: file.height,
            duration: file.duration_ms.map(std::time::Duration::from_millis),
            voice: file.voice,
            waveform: file.waveform,
        }
    }
}

impl From<model::Location> for Location {
    fn from(place: model::Location) -> Self {
        let model::Location { lat, lon, accuracy_m, ts, picked } = place;
        Self { lat, lon, accuracy_m, time: ts.map(time), picked }
    }
}
