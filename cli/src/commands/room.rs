//! Making, joining, leaving and looking at one room.

use clap::{Args, Subcommand, ValueEnum};
use qroc_core::client::{self, Action, NewRoom, Talk, Verb};
use qroc_core::model::Room;
use qroc_core::store::codes::RoomKind;
use serde_json::json;

use super::delivery::{Delivery, new_txn};
use super::talk;
use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `room` does.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  qroc room create 'Operation Tejo' --invite @madrid:example.org")]
pub(crate) enum RoomCommand {
    /// Make an encrypted room
    Create(CreateArgs),
    /// Join a room, or accept an invitation
    #[command(after_help = "Example:\n  qroc room join '#ops:example.org'")]
    Join(RoomArgs),
    /// Leave a room, or decline an invitation
    #[command(after_help = "Example:\n  qroc room leave 'Operation Tejo'")]
    Leave(LeaveArgs),
    /// Invite somebody
    #[command(after_help = "Example:\n  qroc room invite 'Operation Tejo' @madrid:example.org")]
    Invite(PersonArgs),
    /// Remove somebody
    #[command(after_help = "Example:\n  qroc room kick 'Operation Tejo' @madrid:example.org")]
    Kick(PersonArgs),
    /// List who is in a room
    #[command(after_help = "Example:\n  qroc room members 'Operation Tejo' --filter lis --limit 20")]
    Members(MembersArgs),
    /// Say what of a room asks for attention
    #[command(after_help = "Example:\n  qroc room notify 'Operation Tejo' mentions")]
    Notify(NotifyArgs),
    /// Keep a room at hand
    #[command(
        after_help = "Example:\n  qroc room favourite 'Operation Tejo'\n  qroc room favourite 'Operation Tejo' --off"
    )]
    Favourite(TagArgs),
    /// Give a room low priority
    #[command(after_help = "Example:\n  qroc room low-priority 'Operation Tejo'")]
    LowPriority(TagArgs),
    /// Let guest accounts in that are invited, or no more
    #[command(
        after_help = "Example:\n  qroc room guests 'Operation Tejo'\n  qroc room guests 'Operation Tejo' --off"
    )]
    Guests(GuestsArgs),
    /// Say what a room is for: one of the reasons that policy lists
    #[command(after_help = "Example:\n  qroc room purpose 'Operation Tejo' detection")]
    Purpose(SaidArgs),
    /// Say how everything in a room is classified
    #[command(after_help = "Example:\n  qroc room classify 'Operation Tejo' restricted")]
    Classify(SaidArgs),
    /// Show what is known of a room
    #[command(after_help = "Example:\n  qroc room info 'Operation Tejo' --json")]
    Info(RoomArgs),
}

/// What `room create` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc room create 'Operation Tejo' --invite @madrid:example.org --invite @porto:example.org
  qroc room create Madrid --kind direct --invite @madrid:example.org")]
pub(crate) struct CreateArgs {
    /// Name of the room, which the server can read
    name: String,
    /// Whom to invite; may be repeated
    #[arg(long, value_name = "USER")]
    invite: Vec<String>,
    /// What the room is for
    #[arg(long, default_value = "group")]
    kind: Kind,
}

/// What a new room is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// People talk
    Group,
    /// Two people talk
    Direct,
    /// Few send to many
    Broadcast,
}

/// What names a room.
#[derive(Debug, Args)]
pub(crate) struct RoomArgs {
    /// Id, alias or name of the room
    room: String,
}

/// What names a room and a person.
#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// Id, alias or name of the room
    room: String,
    /// @name:server
    user: String,
    #[command(flatten)]
    delivery: Delivery,
}

/// What `room guests` takes.
#[derive(Debug, Args)]
pub(crate) struct GuestsArgs {
    /// Id, alias or name of the room
    room: String,
    /// Let none in any more
    #[arg(long)]
    off: bool,
}

/// What `room purpose` and `room classify` take.
#[derive(Debug, Args)]
pub(crate) struct SaidArgs {
    /// Id, alias or name of the room
    room: String,
    /// The word, which the server can read
    word: String,
}

/// What `room notify` takes.
#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// Id, alias or name of the room
    room: String,
    /// What asks for attention
    level: Level,
    #[command(flatten)]
    delivery: Delivery,
}

/// What of a room asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Everything
    All,
    /// What names you
    Mentions,
    /// Nothing
    None,
}

/// What `room favourite` and `room low-priority` take.
#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// Id, alias or name of the room
    room: String,
    /// Not any more
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    delivery: Delivery,
}

/// What `room members` takes.
#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    /// Id, alias or name of the room
    room: String,
    /// Only whose name or id contains TEXT
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only those behind this one, which --json shows; in the order in which this device met them
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// At most so many; all without
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// What `room leave` takes.
#[derive(Debug, Args)]
pub(crate) struct LeaveArgs {
    /// Id, alias or name of the room
    room: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(crate) async fn run(command: RoomCommand, session: &Session) -> Result<(), Failure> {
    match command {
        RoomCommand::Create(args) => create(args, session).await,
        RoomCommand::Join(RoomArgs { room }) => {
            let room_id = session.owning(async |client| Ok(client.join(&room).await?)).await?;
            let change = json!({"room_id": room_id, "membership": "join"});
            session.output.one(&change, |_| format!("Joined {room_id}"))
        }
        RoomCommand::Leave(LeaveArgs { room, delivery }) => {
            let room = find(&room, session).await?;
            let words = format!("Left {}", room.name);
            change(room, Verb::Leave, None, words, &delivery, session).await
        }
        RoomCommand::Invite(PersonArgs { room, user, delivery }) => {
            let room = find(&room, session).await?;
            let words = format!("Invited {user} to {}", room.name);
            change(room, Verb::Invite, Some(user), words, &delivery, session).await
        }
        RoomCommand::Kick(PersonArgs { room, user, delivery }) => {
            let room = find(&room, session).await?;
            let words = format!("Removed {user} from {}", room.name);
            change(room, Verb::Kick, Some(user), words, &delivery, session).await
        }
        RoomCommand::Notify(NotifyArgs { room, level, delivery }) => {
            let level = match level {
                Level::All => "all",
                Level::Mentions => "mentions",
                Level::None => "none",
            };
            talk::perform(room, Talk::Notify { level: level.to_owned() }, &delivery, session).await
        }
        RoomCommand::Favourite(TagArgs { room, off, delivery }) => {
            talk::perform(room, Talk::Favourite { on: !off }, &delivery, session).await
        }
        RoomCommand::LowPriority(TagArgs { room, off, delivery }) => {
            talk::perform(room, Talk::LowPriority { on: !off }, &delivery, session).await
        }
        RoomCommand::Purpose(SaidArgs { room, word }) => {
            session.owning(async |client| Ok(client.set_room_purpose(&room, &word).await?)).await?;
            session.output.one(&json!({"room": room, "purpose": word}), |_| format!("{room} is for {word}"))
        }
        RoomCommand::Classify(SaidArgs { room, word }) => {
            session.owning(async |client| Ok(client.classify_room(&room, &word).await?)).await?;
            session
                .output
                .one(&json!({"room": room, "classification": word}), |_| format!("{room} is {word}"))
        }
        RoomCommand::Guests(GuestsArgs { room, off }) => guests(&room, !off, session).await,
        RoomCommand::Members(args) => members(args, session).await,
        RoomCommand::Info(RoomArgs { room }) => info(&room, session).await,
    }
}

async fn find(room: &str, session: &Session) -> Result<Room, Failure> {
    session.reading(async |client| Ok(client.room(room)?)).await
}

async fn change(
    room: Room,
    verb: Verb,
    user: Option<String>,
    words: String,
    delivery: &Delivery,
    session: &Session,
) -> Result<(), Failure> {
    let membership = match verb {
        Verb::Leave | Verb::Kick => "leave",
        Verb::Invite => "invite",
    };
    let mut change = json!({"room_id": room.room_id, "membership": membership});
    if let Some(user) = &user {
        change = json!({"room_id": room.room_id, "user_id": user, "membership": membership});
    }
    let action = Action::Membership { room: room.room_id, verb, user, txn: new_txn()? };
    delivery.change(action, change, words, session).await
}

async fn create(args: CreateArgs, session: &Session) -> Result<(), Failure> {
    let CreateArgs { name, invite, kind } = args;
    let kind = match kind {
        Kind::Group => RoomKind::Group,
        Kind::Direct => RoomKind::Direct,
        Kind::Broadcast => RoomKind::Broadcast,
    };
    let words = format!("Made {name}: ");
    let room = NewRoom { name, invite, kind };
    let made = session.owning(async |client| Ok(client.create_room(room).await)).await?;
    let (room_id, refused) = match made {
        Ok(room_id) => (room_id, Vec::new()),
        Err(client::Error::NotInvited { room_id, refused }) => (room_id, refused),
        Err(error) => return Err(error.into()),
    };
    if refused.is_empty() {
        return session.output.one(&json!({"room_id": room_id}), |_| format!("{words}{room_id}"));
    }
    let people: Vec<_> =
        refused.iter().map(|(user, error)| json!({"user_id": user, "error": error})).collect();
    session.output.one(&json!({"room_id": room_id, "refused": people}), |_| format!("{words}{room_id}"))?;
    let error = client::Error::NotInvited { room_id, refused };
    Err(Failure::new(error.kind(), format!("{error}; `qroc room invite ROOM USER` tries again")))
}

async fn guests(room: &str, on: bool, session: &Session) -> Result<(), Failure> {
    session.owning(async |client| Ok(client.admit_guests(room, on).await?)).await?;
    let words = if on { "Guests may come in where they are invited" } else { "No guests" };
    session.output.one(&json!({"room": room, "guests": on}), |_| words.to_owned())
}

async fn members(args: MembersArgs, session: &Session) -> Result<(), Failure> {
    let MembersArgs { room, filter, after, limit } = args;
    let members = session
        .reading(async |client| {
            Ok(if filter.is_none() && after.is_none() && limit.is_none() {
                client.members(&room).await?
            } else {
                let limit = limit.unwrap_or(usize::MAX);
                client.members_page(&room, after.as_deref(), filter.as_deref(), limit).await?
            })
        })
        .await?;
    session.output.list(&members, &["User", "Name", "Membership", "Power", "Trust"], |member| {
        let trust = match member.trust {
            "changed" => Value::Warning("changed".to_owned()),
            word => Value::Plain(word.to_owned()),
        };
        vec![
            Value::Plain(member.user_id.clone()),
            Value::Plain(member.display_name.clone().unwrap_or_default()),
            Value::Plain(member.membership.to_owned()),
            Value::Plain(member.power.to_string()),
            trust,
        ]
    })
}

async fn info(room: &str, session: &Session) -> Result<(), Failure> {
    let room = session.reading(async |client| Ok(client.room(room)?)).await?;
    session.output.details(&room, |room| {
        let encrypted = match room.encrypted {
            true => Value::Plain("yes".to_owned()),
            false => Value::Warning("no".to_owned()),
        };
        let unread = format!("{}{}", room.unread, if room.at_least { " or more" } else { "" });
        vec![
            ("Room", Value::Strong(room.name.clone())),
            ("Id", Value::Plain(room.room_id.clone())),
            ("Alias", Value::Plain(room.alias.clone())),
            ("Topic", Value::Plain(room.topic.clone())),
            ("Kind", Value::Plain(room.kind.to_owned())),
            ("Membership", Value::Plain(room.membership.to_owned())),
            ("Encrypted", encrypted),
            ("Members", Value::Plain(room.members.to_string())),
            ("Unread", Value::Plain(unread)),
            ("Last message", Value::Time(room.last_ts)),
        ]
    })
}
