//! One file per command or family of commands: what it takes, what it asks of the core, what it prints.

pub(crate) mod account;
pub(crate) mod delivery;
pub(crate) mod devices;
pub(crate) mod download;
pub(crate) mod export;
pub(crate) mod location;
pub(crate) mod lock;
pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod name;
pub(crate) mod net;
pub(crate) mod notification;
pub(crate) mod policy;
pub(crate) mod queue;
pub(crate) mod recovery;
pub(crate) mod room;
pub(crate) mod rooms;
pub(crate) mod saying;
pub(crate) mod search;
pub(crate) mod send_file;
pub(crate) mod shell;
pub(crate) mod sync;
pub(crate) mod talk;
pub(crate) mod timeline;
pub(crate) mod verify;

use crate::args::Command;
use crate::failure::Failure;
use crate::session::Session;

/// Runs one command.
pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::Login(args) => account::login(args, session).await,
        Command::Logout(_) => account::logout(session).await,
        Command::Wipe(args) => account::wipe(args, session).await,
        Command::Status(_) => account::status(session).await,
        Command::Sync(args) => sync::run(args, session).await,
        Command::Rooms(args) => rooms::run(args, session).await,
        Command::Room(command) => room::run(command, session).await,
        Command::Timeline(args) => timeline::run(args, session).await,
        Command::Send(args) => message::send(args, session).await,
        Command::Edit(args) => message::edit(args, session).await,
        Command::React(args) => message::react(args, session).await,
        Command::Redact(args) => message::redact(args, session).await,
        Command::Read(args) => message::read(args, session).await,
        Command::Forward(args) => talk::forward(args, session).await,
        Command::Mark(args) => talk::mark(args, session).await,
        Command::Pin(args) => talk::pin(args, session).await,
        Command::Pins(args) => talk::pins(args, session).await,
        Command::Message(args) => talk::message(args, session).await,
        Command::History(args) => talk::history(args, session).await,
        Command::Threads(args) => talk::threads(args, session).await,
        Command::Seen(args) => talk::seen(args, session).await,
        Command::Typing(args) => talk::typing(args, session).await,
        Command::Draft(args) => talk::draft(args, session).await,
        Command::Drafts(args) => talk::drafts(args, session).await,
        Command::Queue(args) => queue::run(args, session).await,
        Command::SendFile(args) => send_file::run(args, session).await,
        Command::Download(args) => download::run(args, session).await,
        Command::Export(args) => export::run(args, session).await,
        Command::Name(args) => name::run(args, session).await,
        Command::Media(args) => media::run(args, session).await,
        Command::Lock(args) => lock::lock(args, session).await,
        Command::Unlock(args) => lock::unlock(args, session).await,
        Command::Policy(command) => policy::run(command, session).await,
        Command::Notification(args) => notification::run(args, session).await,
        Command::Search(args) => search::run(args, session).await,
        Command::Location(command) => location::run(command, session).await,
        Command::Devices(args) => devices::run(args, session).await,
        Command::Verify(args) => verify::run(args, session).await,
        Command::Recovery(command) => recovery::run(command, session).await,
        Command::Net(command) => net::run(command, session).await,
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}
