//! What people do with messages besides sending them: forward, mark, pin, look at their history and threads, see who
//! has read them; texts that are not sent yet.

use clap::{Args, ValueEnum};
use qroc_core::client::{Action, Compose, MarkAs, Talk};
use qroc_core::kind::ErrorKind;
use qroc_core::model::Item;

use super::delivery::{Delivery, new_txn};
use super::saying::Saying;
use super::timeline;
use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What names a message.
#[derive(Debug, Args)]
pub(crate) struct MessageArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// Ask the database alone
    #[arg(long)]
    offline: bool,
}

/// What `forward` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Whom it named and answered, and what its sender said of its making, stay behind. A file is neither fetched nor sent
again. What was withdrawn or superseded is not sent on.

Example:
  qroc forward 'Operation Tejo' '$event' --from Harbour")]
pub(crate) struct ForwardArgs {
    /// Id, alias or name of the room that it goes to
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// Id, alias or name of the room that it is in
    #[arg(long, value_name = "ROOM")]
    from: String,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn forward(args: ForwardArgs, session: &Session) -> Result<(), Failure> {
    let ForwardArgs { room, event, from, saying, delivery } = args;
    let action = Action::Talk { room, talk: Talk::Forward { from, event }, txn: new_txn()? };
    delivery.perform(saying.with(action), session).await
}

/// What `mark` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Only the sender and moderators can. Everybody in the room sees it.

Example:
  qroc mark 'Operation Tejo' '$event' withdrawn --reason 'Not the same man'
  qroc mark 'Operation Tejo' '$event' superseded --by '$newer'")]
pub(crate) struct MarkArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// What is said of it
    mark: As,
    /// What takes its place
    #[arg(long, value_name = "EVENT")]
    by: Option<String>,
    /// Why; encrypted like the message
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    delivery: Delivery,
}

/// What can be said of a message later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// Something newer takes its place
    Superseded,
    /// It holds no more
    Withdrawn,
    /// It holds, whatever was said before
    Valid,
}

pub(crate) async fn mark(args: MarkArgs, session: &Session) -> Result<(), Failure> {
    let MarkArgs { room, event, mark, by, reason, delivery } = args;
    let mark = match mark {
        As::Superseded => MarkAs::Superseded,
        As::Withdrawn => MarkAs::Withdrawn,
        As::Valid => MarkAs::Valid,
    };
    perform(room, Talk::Mark { event, mark, replaced_by: by, reason }, &delivery, session).await
}

/// What `pin` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  qroc pin 'Operation Tejo' '$event'\n  qroc pin 'Operation Tejo' '$event' --remove"
)]
pub(crate) struct PinArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
    /// Take it down
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn pin(args: PinArgs, session: &Session) -> Result<(), Failure> {
    let PinArgs { room, event, remove, delivery } = args;
    perform(room, Talk::Pin { event, on: !remove }, &delivery, session).await
}

/// What names a room.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Id, alias or name of the room
    room: String,
    /// Ask the database alone
    #[arg(long)]
    offline: bool,
}

pub(crate) async fn pins(args: PlaceArgs, session: &Session) -> Result<(), Failure> {
    let PlaceArgs { room, offline } = args;
    let pins = async |client: &qroc_core::client::Client| Ok(client.pins(&room, offline).await?);
    let items = if offline { session.reading(pins).await? } else { session.owning(pins).await? };
    timeline::show(&items, session)
}

pub(crate) async fn message(args: MessageArgs, session: &Session) -> Result<(), Failure> {
    let MessageArgs { room, event, offline } = args;
    let read = async |client: &qroc_core::client::Client| Ok(client.message(&room, &event, offline).await?);
    let item = if offline { session.reading(read).await? } else { session.owning(read).await? };
    timeline::show(&[item], session)
}

pub(crate) async fn history(args: MessageArgs, session: &Session) -> Result<(), Failure> {
    let MessageArgs { room, event, offline } = args;
    let read = async |client: &qroc_core::client::Client| Ok(client.history(&room, &event, offline).await?);
    let versions = if offline { session.reading(read).await? } else { session.owning(read).await? };
    session.output.list(&versions, &["When", "Text", "Event"], |version| {
        let text = version.body.clone().unwrap_or_else(|| "(removed)".to_owned());
        vec![
            Value::Time(version.ts),
            if version.current { Value::Strong(text) } else { Value::Faint(text) },
            Value::Id(version.event_id.clone().unwrap_or_default()),
        ]
    })
}

/// What `threads` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
`qroc timeline ROOM --thread EVENT` shows one of them.

Example:
  qroc threads 'Operation Tejo'")]
pub(crate) struct ThreadsArgs {
    /// Id, alias or name of the room
    room: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

pub(crate) async fn threads(args: ThreadsArgs, session: &Session) -> Result<(), Failure> {
    let items = session.reading(async |client| Ok(client.threads(&args.room, args.limit)?)).await?;
    session.output.list(&items, &["Last", "Replies", "Who", "Message", "Event"], |item: &Item| {
        let replies = item.replies.as_ref();
        vec![
            Value::Time(replies.map_or(item.ts, |thread| thread.last_ts)),
            Value::Plain(replies.map_or(0, |thread| thread.count).to_string()),
            Value::Strong(item.sender.clone()),
            Value::Plain(timeline::words(item)),
            Value::Id(item.event_id.clone().unwrap_or_default()),
        ]
    })
}

/// What `seen` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc seen 'Operation Tejo' '$event'")]
pub(crate) struct SeenArgs {
    /// Id, alias or name of the room
    room: String,
    /// The message, as `qroc timeline` shows it
    event: String,
}

pub(crate) async fn seen(args: SeenArgs, session: &Session) -> Result<(), Failure> {
    let readers = session.reading(async |client| Ok(client.seen_by(&args.room, &args.event)?)).await?;
    session.output.list(&readers, &["When", "User", "Name"], |reader| {
        vec![
            Value::Time(reader.ts),
            Value::Plain(reader.user_id.clone()),
            Value::Plain(reader.display_name.clone().unwrap_or_default()),
        ]
    })
}

/// What `typing` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc typing 'Operation Tejo'\n  qroc typing 'Operation Tejo' --stop")]
pub(crate) struct TypingArgs {
    /// Id, alias or name of the room
    room: String,
    /// Tell that it is over
    #[arg(long)]
    stop: bool,
}

pub(crate) async fn typing(args: TypingArgs, session: &Session) -> Result<(), Failure> {
    let TypingArgs { room, stop } = args;
    session.owning(async |client| Ok(client.set_typing(&room, !stop).await?)).await?;
    session.output.one(&serde_json::json!({ "typing": !stop }), |_| {
        if stop { "The others are told that it is over".to_owned() } else { "The others are told".to_owned() }
    })
}

/// What `draft` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Without TEXT it shows what is kept. It stays on this device, encrypted like everything there.

Example:
  qroc draft 'Operation Tejo' 'Two cars at'
  qroc draft 'Operation Tejo' --send
  qroc draft 'Operation Tejo' --clear")]
pub(crate) struct DraftArgs {
    /// Id, alias or name of the room
    room: String,
    /// The text to keep
    #[arg(conflicts_with_all = ["clear", "send"])]
    text: Option<String>,
    /// For the thread of this event
    #[arg(long, value_name = "EVENT")]
    thread: Option<String>,
    /// Throw it away
    #[arg(long, conflicts_with = "send")]
    clear: bool,
    /// Send it
    #[arg(long)]
    send: bool,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn draft(args: DraftArgs, session: &Session) -> Result<(), Failure> {
    let DraftArgs { room, text, thread, clear, send, delivery } = args;
    if clear || text.is_some() {
        let body = text.unwrap_or_default();
        return perform(room, Talk::Draft { thread, body }, &delivery, session).await;
    }
    let kept = session.reading(async |client| Ok(client.draft(&room, thread.as_deref())?)).await?;
    let Some(body) = kept else {
        return Err(Failure::new(ErrorKind::NotFound, "there is no draft here".to_owned()));
    };
    if send {
        let compose = Compose { body, thread, clears_draft: true, ..Compose::default() };
        return perform(room, Talk::Say(compose), &delivery, session).await;
    }
    session.output.one(&serde_json::json!({ "body": body, "thread": thread }), |_| body.clone())
}

/// What `drafts` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc drafts")]
pub(crate) struct DraftsArgs {
    /// Only of this room
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
}

pub(crate) async fn drafts(args: DraftsArgs, session: &Session) -> Result<(), Failure> {
    let drafts = session.reading(async |client| Ok(client.drafts(args.room.as_deref())?)).await?;
    session.output.list(&drafts, &["When", "Text", "Thread", "Room"], |draft| {
        vec![
            Value::Time(draft.ts),
            Value::Plain(draft.body.clone()),
            Value::Faint(draft.thread.clone().unwrap_or_default()),
            Value::Id(draft.room_id.clone()),
        ]
    })
}

pub(super) async fn perform(
    room: String,
    talk: Talk,
    delivery: &Delivery,
    session: &Session,
) -> Result<(), Failure> {
    delivery.perform(Action::Talk { room, talk, txn: new_txn()? }, session).await
}
