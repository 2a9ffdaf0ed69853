//! What stands around a message: formatting, what it answers, threads, versions, marks, who has read it; drafts.

use std::time::SystemTime;

use qroc_core::client::MarkAs;
use qroc_core::model;
use qroc_core::store::codes::Loudness;
use qroc_core::text::rich::{self, BlockKind};

use super::{stored, time};

/// A piece of a formatted text that stands by itself: a paragraph, an entry of a list, code.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TextBlock {
    /// What it is.
    pub kind: BlockKind,
    /// How many quotations it stands in.
    pub quote: u8,
    /// How many lists it stands in.
    pub indent: u8,
    /// What stands before an entry of a list: `•`, or a number with a point.
    pub marker: Option<String>,
    /// The words.
    pub runs: Vec<TextRun>,
}

/// What a block is.
#[uniffi::remote(Enum)]
pub enum BlockKind {
    /// Words.
    Paragraph,
    /// A heading.
    Heading,
    /// Code: each line stands as it is.
    Code,
    /// A line across.
    Rule,
}

/// Words of one look.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TextRun {
    /// The words; line breaks are `\n`.
    pub text: String,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Struck out.
    pub strike: bool,
    /// Code within a line.
    pub code: bool,
    /// Hidden until it is asked for.
    pub spoiler: bool,
    /// Where it leads, which the words need not say: show this before it is opened. Never fetched by itself.
    pub link: Option<String>,
    /// User id of the person that it names.
    pub mention: Option<String>,
}

impl From<rich::Block> for TextBlock {
    fn from(block: rich::Block) -> Self {
        let run = |run: rich::Run| TextRun {
            text: run.text,
            bold: run.style.bold,
            italic: run.style.italic,
            underline: run.style.underline,
            strike: run.style.strike,
            code: run.style.code,
            spoiler: run.style.spoiler,
            link: run.style.link,
            mention: run.style.mention,
        };
        Self {
            kind: block.kind,
            quote: block.quote,
            indent: block.indent,
            marker: block.marker,
            runs: block.runs.into_iter().map(run).collect(),
        }
    }
}

pub(super) fn blocks(formatted: Option<Vec<rich::Block>>) -> Vec<TextBlock> {
    formatted.into_iter().flatten().map(TextBlock::from).collect()
}

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QuotedMessage {
    /// Event id of it.
    pub event_id: String,
    /// Whether it is known here; `Room.message` asks for it.
    pub known: bool,
    /// User id of who sent it.
    pub sender: Option<String>,
    /// What they are called in the room.
    pub sender_name: Option<String>,
    /// Its text, or the name of what is attached.
    pub body: Option<String>,
    /// Whether its content was removed.
    pub removed: bool,
}

impl From<model::Quote> for QuotedMessage {
    fn from(quote: model::Quote) -> Self {
        Self {
            event_id: quote.event_id,
            known: quote.known,
            sender: quote.sender,
            sender_name: quote.sender_name,
            body: quote.body,
            removed: quote.redacted,
        }
    }
}

/// The thread under a message.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ThreadSummary {
    /// Messages in it that are known here.
    pub count: u32,
    /// When the newest was sent.
    pub last_time: SystemTime,
}

impl From<model::Thread> for ThreadSummary {
    fn from(thread: model::Thread) -> Self {
        Self { count: stored(thread.count), last_time: time(thread.last_ts) }
    }
}

/// What is said of a message later.
#[uniffi::remote(Enum)]
pub enum MarkAs {
    /// Something else takes its place.
    Superseded,
    /// It holds no more.
    Withdrawn,
    /// It holds, whatever was said before.
    Valid,
}

/// What was said about a message later.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct MessageMark {
    /// Superseded or withdrawn.
    pub state: MarkAs,
    /// Event id of what takes its place.
    pub replaced_by: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// User id of who says so: the sender, or a moderator.
    pub sender: String,
    /// When.
    pub time: SystemTime,
}

impl From<model::Mark> for MessageMark {
    fn from(mark: model::Mark) -> Self {
        Self {
            state: if mark.state == "superseded" { MarkAs::Superseded } else { MarkAs::Withdrawn },
            replaced_by: mark.replaced_by,
            reason: mark.reason,
            sender: mark.sender,
            time: time(mark.ts),
        }
    }
}

/// Where a message that was sent on comes from, as whoever sent it on says.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ForwardedFrom {
    /// User id of who wrote it.
    pub sender: String,
    /// When.
    pub time: SystemTime,
}

impl From<model::Forwarded> for ForwardedFrom {
    fn from(said: model::Forwarded) -> Self {
        Self { sender: said.sender, time: time(said.ts) }
    }
}

/// One version of a message.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct MessageVersion {
    /// Event id of the message or edit; none while it waits to be sent.
    pub event_id: Option<String>,
    /// When it was sent.
    pub time: SystemTime,
    /// Its text.
    pub body: Option<String>,
    /// The same with its formatting; empty where it has none.
    pub formatted: Vec<TextBlock>,
    /// Whether it is the one that is shown.
    pub current: bool,
}

impl From<model::Version> for MessageVersion {
    fn from(version: model::Version) -> Self {
        Self {
            event_id: version.event_id,
            time: time(version.ts),
            body: version.body,
            formatted: blocks(version.formatted),
            current: version.current,
        }
    }
}

/// Somebody who has read a message.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SeenBy {
    /// User id.
    pub user_id: String,
    /// What they are called in the room.
    pub display_name: Option<String>,
    /// When they told so.
    pub time: SystemTime,
}

impl From<model::Reader> for SeenBy {
    fn from(reader: model::Reader) -> Self {
        Self { user_id: reader.user_id, display_name: reader.display_name, time: time(reader.ts) }
    }
}

/// A text that is not sent.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Draft {
    /// Matrix id of the room.
    pub room_id: String,
    /// Event id of the thread's root.
    pub thread: Option<String>,
    /// The text.
    pub body: String,
    /// When it was last changed.
    pub time: SystemTime,
}

impl From<model::Draft> for Draft {
    fn from(draft: model::Draft) -> Self {
        Self { room_id: draft.room_id, thread: draft.thread, body: draft.body, time: time(draft.ts) }
    }
}

/// What of a room asks for attention.
#[uniffi::remote(Enum)]
pub enum Loudness {
    /// Everything.
    All,
    /// What names the user.
    Mentions,
    /// Nothing.
    Nothing,
}
