//! What is sent, what became of it, and what still waits.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use qroc_core::client::{Action, Outcome, TreatAs};
use qroc_core::store::codes::{RoomKind, SendState};
use qroc_core::{media, model};

use super::item::state;
use super::{reason, time_or_never};

/// How a file is to be treated.
#[uniffi::remote(Enum)]
pub enum TreatAs {
    /// By its content: photos and clips are prepared, recordings lose their tags, everything else goes as it is.
    Auto,
    /// As it is. Not for photos, clips and recordings, whose metadata would go along: it is removed first.
    File,
    /// As a photo, or not at all.
    Image,
    /// As a clip, or not at all.
    Video,
    /// As a voice message, or not at all.
    Voice,
}

/// The part of a clip that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Trim {
    /// What is before is left out.
    pub from: Duration,
    /// What is after is left out; without it nothing is.
    pub until: Option<Duration>,
}

impl From<Trim> for media::Trim {
    fn from(trim: Trim) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self { from_ms: millis(trim.from), until_ms: trim.until.map(millis) }
    }
}

/// A room as it is to be made. It is always encrypted.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NewRoom {
    /// What it is called; readable by the server.
    pub name: String,
    /// User ids to invite.
    #[uniffi(default)]
    pub invite: Vec<String>,
    /// What it is for.
    pub kind: RoomKind,
}

/// A text to send.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NewMessage {
    /// The text.
    pub body: String,
    /// Event id of what it answers.
    #[uniffi(default)]
    pub reply_to: Option<String>,
    /// Event id of its thread's root.
    #[uniffi(default)]
    pub thread: Option<String>,
    /// The same id twice is one message; made up where there is none.
    #[uniffi(default)]
    pub txn_id: Option<String>,
    /// User ids of those who are to notice, besides those whose id stands in the text and who is answered.
    #[uniffi(default)]
    pub mentions: Vec<String>,
    /// Whether everybody in the room is to notice.
    #[uniffi(default = false)]
    pub mentions_room: bool,
    /// Sent as it is typed, not as Markdown.
    #[uniffi(default = false)]
    pub plain: bool,
    /// The draft for this room and thread goes with it, or stays with it.
    #[uniffi(default = false)]
    pub clears_draft: bool,
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NewFile {
    /// Where it is.
    pub path: String,
    /// A text beside it.
    #[uniffi(default)]
    pub caption: Option<String>,
    /// As what.
    pub treat_as: TreatAs,
    /// The part of a clip that is wanted; without it the whole.
    #[uniffi(default)]
    pub trim: Option<Trim>,
    /// The same id twice is one message; made up where there is none.
    #[uniffi(default)]
    pub txn_id: Option<String>,
    /// Whether the unchanged file follows, signed by this device.
    #[uniffi(default = false)]
    pub original: bool,
    /// Whether time, place and camera go along, encrypted.
    #[uniffi(default = false)]
    pub capture_info: bool,
}

impl NewFile {
    pub(crate) fn into_action(self, room: String) -> Action {
        let Self { path, caption, treat_as, trim, original, capture_info, txn_id } = self;
        Action::SendFile {
            room,
            path: PathBuf::from(path),
            caption,
            treat_as,
            trim: trim.map(Into::into),
            original,
            capture_info,
            txn: txn_id,
        }
    }
}

/// A position to send.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct NewPlace {
    /// Degrees, WGS 84.
    pub lat: f64,
    /// Degrees, WGS 84.
    pub lon: f64,
    /// Metres around it that hold the truth; none for a place that was chosen.
    #[uniffi(default)]
    pub accuracy_m: Option<f64>,
    /// The same id twice is one message; made up where there is none.
    #[uniffi(default)]
    pub txn_id: Option<String>,
}

/// What became of something that was sent.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Sent {
    /// Ours; names it in the timeline and in the queue.
    pub txn_id: String,
    /// The server's, once it has it.
    pub event_id: Option<String>,
    /// Where it is on its way.
    pub state: SendState,
    /// Why it waits or failed: a word such as `network` or `forbidden`.
    pub reason: Option<String>,
}

impl From<model::Sent> for Sent {
    fn from(sent: model::Sent) -> Self {
        Self {
            txn_id: sent.txn_id,
            event_id: sent.event_id,
            state: state(sent.state),
            reason: reason(sent.error),
        }
    }
}

/// What became of a file that was sent.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SentFile {
    /// The message.
    pub sent: Sent,
    /// What is sent, by content.
    pub mime: String,
    /// Length of the file in bytes.
    pub source_bytes: u64,
    /// Length of what is sent, before sealing.
    pub sent_bytes: u64,
    /// Length of the preview, before sealing.
    pub thumbnail_bytes: Option<u64>,
    /// SHA-256 of what is sent, before sealing, in hexadecimal.
    pub sha256: String,
    /// Coarse colours for the time before the preview is there.
    pub blurhash: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// How long it plays.
    pub duration: Option<Duration>,
    /// Whether it may still name its author: not every document can be taken apart.
    pub metadata_left: bool,
}

impl SentFile {
    /// Takes the file's part of an outcome.
    pub(crate) fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Sent(_) => None,
            Outcome::File(file) => Some(Self {
                sent: file.sent.into(),
                mime: file.mime,
                source_bytes: file.source_bytes,
                sent_bytes: file.sent_bytes,
                thumbnail_bytes: file.thumbnail_bytes,
                sha256: file.sha256,
                blurhash: file.blurhash,
                width: file.width,
                height: file.height,
                duration: file.duration_ms.map(Duration::from_millis),
                metadata_left: file.metadata_left,
            }),
        }
    }
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Downloaded {
    /// Where it is now.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// By content.
    pub mime: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether these are the unchanged bytes that the sender had.
    pub original: bool,
    /// User and device that signed what is said of the original.
    pub signed_by: Option<String>,
    /// What that signature is worth.
    pub signature: Option<SignatureCheck>,
}

/// What the signature of an original is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SignatureCheck {
    /// The device signed exactly this.
    Valid,
    /// It did not, or something else.
    Invalid,
    /// The device is not known, so that nothing can be said.
    UnknownDevice,
}

impl From<model::Downloaded> for Downloaded {
    fn from(file: model::Downloaded) -> Self {
        Self {
            path: file.path,
            bytes: file.bytes,
            mime: file.mime,
            sha256: file.sha256,
            original: file.original,
            signed_by: file.signed_by,
            signature: file.signature.map(|word| match word {
                "valid" => SignatureCheck::Valid,
                "unknown_device" => SignatureCheck::UnknownDevice,
                _ => SignatureCheck::Invalid,
            }),
        }
    }
}

/// What a queued action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum QueuedKind {
    /// A message, or anything else for the room.
    Message,
    /// The removal of a message.
    Redaction,
    /// A read receipt.
    Read,
    /// A change of membership.
    Membership,
    /// How the account has a room, or what is pinned there.
    Setting,
}

/// Something that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QueueItem {
    /// Names it to retry or cancel.
    pub id: i64,
    /// Matrix id of the room.
    pub room_id: String,
    /// What it is.
    pub kind: QueuedKind,
    /// Queued, sending or failed.
    pub state: SendState,
    /// Tries so far.
    pub attempts: u32,
    /// Not tried before.
    pub next_try: Option<SystemTime>,
    /// Why the last try failed: a word such as `network` or `forbidden`.
    pub reason: Option<String>,
    /// Ours; names it in the timeline.
    pub txn_id: String,
}

impl From<model::QueueItem> for QueueItem {
    fn from(item: model::QueueItem) -> Self {
        Self {
            id: item.id,
            room_id: item.room_id,
            kind: match item.kind {
                "redaction" => QueuedKind::Redaction,
                "read" => QueuedKind::Read,
                "membership" => QueuedKind::Membership,
                "setting" => QueuedKind::Setting,
                _ => QueuedKind::Message,
            },
            state: state(item.state),
            attempts: item.attempts,
            next_try: time_or_never(item.next_ts),
            reason: reason(item.error),
            txn_id: item.txn_id,
        }
    }
}
