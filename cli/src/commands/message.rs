//! What a person says and does in a room: send, edit, react, redact, read.

use clap::Args;
use qroc_core::client::{Action, Compose, Talk};

use super::delivery::{Delivery, new_txn};
use super::saying::Saying;
use crate::failure::Failure;
use crate::session::Session;

/// What `send` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
The text is Markdown: **bold**, *italic*, `code`, [links](https://…), lists, quotes. A text that begins with a dash stands
after --.

Example:
  qroc send 'Operation Tejo' 'On my way'
  qroc send '#ops:example.org' 'Seen' --reply '$event' --queue
  qroc send ops -- '- two cars'")]
pub(crate) struct SendArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message
    text: String,
    /// Answer this event
    #[arg(long, value_name = "EVENT")]
    reply: Option<String>,
    /// Write in the thread of this event
    #[arg(long, value_name = "EVENT")]
    thread: Option<String>,
    /// Let this person notice, besides those whose @name:server stands in the text; may be repeated
    #[arg(long, value_name = "USER")]
    mention: Vec<String>,
    /// Let everybody in the room notice
    #[arg(long)]
    mention_room: bool,
    /// Send it as it is typed, not as Markdown
    #[arg(long)]
    plain: bool,
    /// Name of this sending: the same ID twice is one message
    #[arg(long, value_name = "ID")]
    txn: Option<String>,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn send(args: SendArgs, session: &Session) -> Result<(), Failure> {
    let SendArgs { room, text: body, reply, thread, mention, mention_room, plain, txn, saying, delivery } =
        args;
    let txn = if txn.is_some() { txn } else { new_txn()? };
    let compose = Compose {
        body,
        reply,
        thread,
        mentions: mention,
        mentions_room: mention_room,
        plain,
        clears_draft: false,
    };
    delivery.perform(saying.with(Action::Talk { room, talk: Talk::Say(compose), txn }), session).await
}

/// What `edit` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc edit 'Operation Tejo' '$event' 'At the bridge, north side'")]
pub(crate) struct EditArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// Its new text
    text: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn edit(args: EditArgs, session: &Session) -> Result<(), Failure> {
    let EditArgs { room, event, text: body, delivery } = args;
    delivery.perform(Action::Edit { room, event, body, txn: new_txn()? }, session).await
}

/// What `react` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc react 'Operation Tejo' '$event' 👍")]
pub(crate) struct ReactArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// The reaction, such as an emoji
    key: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn react(args: ReactArgs, session: &Session) -> Result<(), Failure> {
    let ReactArgs { room, event, key, delivery } = args;
    delivery.perform(Action::React { room, event, key, txn: new_txn()? }, session).await
}

/// What `redact` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc redact 'Operation Tejo' '$event'")]
pub(crate) struct RedactArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn redact(args: RedactArgs, session: &Session) -> Result<(), Failure> {
    let RedactArgs { room, event, delivery } = args;
    delivery.perform(Action::Redact { room, event, txn: new_txn()? }, session).await
}

/// What `read` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc read 'Operation Tejo'")]
pub(crate) struct ReadArgs {
    /// Id, alias or name of the room
    room: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn read(args: ReadArgs, session: &Session) -> Result<(), Failure> {
    let ReadArgs { room, delivery } = args;
    delivery.perform(Action::Read { room, txn: new_txn()? }, session).await
}
