//! The command line's options and its list of commands. What each command takes is defined beside it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    account, devices, download, export, location, lock, media, message, name, net, notification, policy,
    queue, recovery, room, rooms, search, send_file, shell, sync, talk, timeline, verify,
};

/// Secure messages, files and positions over Matrix, from the command line.
#[derive(Debug, Parser)]
#[command(name = "qroc", version, propagate_version = false, max_term_width = 100)]
#[command(after_help = "\
Example:
  qroc login https://matrix.example.org lisbon
  qroc sync --once
  qroc send 'Operation Tejo' 'On my way'

Exit status: 0 done, 1 failed, 2 usage, 3 forbidden by policy, 4 network, 5 not signed in, 6 bad input file, 7 profile in use, 130 interrupted.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that may stand before or after the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Directory of the account's encrypted database and files
    #[arg(long, global = true, value_name = "DIR", env = "QROC_PROFILE", hide_env_values = true)]
    pub(crate) profile: Option<PathBuf>,
    /// One JSON object per line on standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where the profile's key is kept: keyring, passphrase, or file=PATH; chosen at login and remembered
    #[arg(long, global = true, value_name = "V")]
    pub(crate) vault: Option<VaultChoice>,
    /// Read the vault's passphrase from FILE
    #[arg(long, global = true, value_name = "FILE", env = "QROC_PASSPHRASE_FILE", hide_env_values = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Say more on standard error; repeat for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Which vault keeps the key of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VaultChoice {
    /// The desktop's secret service.
    Keyring,
    /// What a person knows.
    Passphrase,
    /// A key file.
    File(PathBuf),
}

impl FromStr for VaultChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "keyring" => Ok(Self::Keyring),
            None if text == "passphrase" => Ok(Self::Passphrase),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(_) | None => Err("a vault is keyring, passphrase, or file=PATH".to_owned()),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in and make the profile
    Login(account::LoginArgs),
    /// Sign out and destroy keys and data
    Logout(account::LogoutArgs),
    /// Destroy keys and data at once, offline too
    Wipe(account::WipeArgs),
    /// Show account, device, sync, queue and storage
    Status(account::StatusArgs),
    /// Fetch what is new and send what waits
    Sync(sync::SyncArgs),
    /// List rooms, newest first, invites included
    Rooms(rooms::RoomsArgs),
    /// Make, join, leave and look at rooms
    #[command(subcommand)]
    Room(room::RoomCommand),
    /// Show a room's messages, oldest first
    Timeline(timeline::TimelineArgs),
    /// Send a message
    Send(message::SendArgs),
    /// Replace the text of a message
    Edit(message::EditArgs),
    /// React to a message
    React(message::ReactArgs),
    /// Remove the content of a message
    Redact(message::RedactArgs),
    /// Mark a room as read
    Read(message::ReadArgs),
    /// Send a message on to another room
    Forward(talk::ForwardArgs),
    /// Say that a message is superseded or withdrawn
    Mark(talk::MarkArgs),
    /// Pin a message, or take it down
    Pin(talk::PinArgs),
    /// List what is pinned in a room
    #[command(after_help = "Example:\n  qroc pins 'Operation Tejo'")]
    Pins(talk::PlaceArgs),
    /// Show one message, also an old one
    #[command(after_help = "Example:\n  qroc message 'Operation Tejo' '$event'")]
    Message(talk::MessageArgs),
    /// List the versions of a message
    #[command(after_help = "Example:\n  qroc history 'Operation Tejo' '$event'")]
    History(talk::MessageArgs),
    /// List the threads of a room
    Threads(talk::ThreadsArgs),
    /// List who has read a message
    Seen(talk::SeenArgs),
    /// Tell the others that you write
    Typing(talk::TypingArgs),
    /// Keep, show or send a text that is being written
    Draft(talk::DraftArgs),
    /// List the texts that are being written
    Drafts(talk::DraftsArgs),
    /// Show what waits to be sent, and why
    Queue(queue::QueueArgs),
    /// Send a file or a photo
    SendFile(send_file::SendFileArgs),
    /// Fetch and decrypt an attached file
    Download(download::DownloadArgs),
    /// Write messages and files out in plain, if policy allows
    Export(export::ExportArgs),
    /// Show or change the name that others see
    Name(name::NameArgs),
    /// Prepare a photo or file as it would be sent, offline
    Media(media::MediaArgs),
    /// Show one event, as a notification does
    Notification(notification::NotificationArgs),
    /// Find messages by their words, offline
    Search(search::SearchArgs),
    /// Send positions
    #[command(subcommand)]
    Location(location::LocationCommand),
    /// Seal the profile: nothing opens it but its PIN or password
    Lock(lock::LockArgs),
    /// Open a sealed profile
    Unlock(lock::UnlockArgs),
    /// What administrators demand: show, explain, check, sign and apply it
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// List the account's devices or another user's, or sign one out
    Devices(devices::DevicesArgs),
    /// Compare signs with another device or person, so that nobody is in between
    Verify(verify::VerifyArgs),
    /// Make or use the recovery key, which brings everything back on a new device
    #[command(subcommand)]
    Recovery(recovery::RecoveryCommand),
    /// Look at the way to the server
    #[command(subcommand)]
    Net(net::NetCommand),
    /// Print the completions of a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page of qroc or of a command
    Man(shell::ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_that_works() {
        let mut command = Cli::command();
        command.build();
        let mut found = 0;
        visit(&command, "qroc", &mut found);
        assert!(found >= 30, "only {found} examples");
    }

    fn visit(command: &clap::Command, path: &str, found: &mut usize) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            visit(sub, &format!("{path} {}", sub.get_name()), found);
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  qroc ")).collect();
        assert!(!examples.is_empty(), "{path} has no example");
        for example in examples {
            let example = example.split(" | ").next().unwrap().trim();
            if command.get_subcommands().next().is_none() {
                assert!(example.starts_with(path), "{path}: {example}");
            }
            if let Err(error) = Cli::try_parse_from(words(example)) {
                panic!("{example}: {error}");
            }
            *found += 1;
        }
    }

    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('\'').enumerate();
        quoted.fold(vec![String::new()], |mut words, (position, part)| {
            if position % 2 == 1 {
                words.last_mut().unwrap().push_str(part);
            } else {
                let mut parts = part.split(' ');
                words.last_mut().unwrap().push_str(parts.next().unwrap());
                words.extend(parts.map(str::to_owned));
            }
            words
        })
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in ["qroc --json --profile p -vv rooms", "qroc rooms --json --profile p -vv"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.global.json);
            assert_eq!(cli.global.profile, Some("p".into()));
            assert_eq!(cli.global.verbose, 2);
        }
    }

    #[test]
    fn a_vault_is_one_of_three() {
        assert_eq!("keyring".parse(), Ok(VaultChoice::Keyring));
        assert_eq!("file=a=b".parse(), Ok(VaultChoice::File("a=b".into())));
        for wrong in ["", "file", "file=", "keychain", "passphrase=x"] {
            assert!(wrong.parse::<VaultChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_southern_latitude_is_not_an_option() {
        let cli = Cli::try_parse_from(["qroc", "location", "send", "ops", "-33.9,18.4", "--accuracy", "5"]);
        assert!(matches!(cli.unwrap().command, Command::Location(_)));
        let error = Cli::try_parse_from(["qroc", "location", "send", "ops", "-91,0"]).unwrap_err();
        assert!(error.to_string().contains("latitude -91 is outside"), "{error}");
    }

    #[test]
    fn a_password_is_never_an_argument() {
        for line in ["qroc login s u secret", "qroc login s u --password secret"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err());
        }
    }
}
