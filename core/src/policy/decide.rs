//! The only gate: may this be done, which key says so, and what would have to be otherwise.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::effective::{LocationMode, Origin, Policy};
use super::form::{EXECUTABLES, covers, version};
use super::key::Key;
use super::value::{List, Value};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Send a file of this kind, by its content, with so many bytes.
    SendFile {
        /// MIME type.
        mime: &'a str,
        /// Whether it runs when it is opened.
        executable: bool,
        /// Length of what is to be sent.
        bytes: u64,
    },
    /// Put a received file where other programs find it.
    Save,
    /// Open a received file with another program.
    OpenExternal,
    /// Write messages out of the database.
    Export,
    /// Print.
    Print,
    /// Show contents while the system may take pictures of the screen.
    Screenshot,
    /// Copy a text; `inside` where it stays within the application.
    Copy {
        /// Whether it stays within the application.
        inside: bool,
    },
    /// Send a received message on; `foreign` where somebody there is of another network.
    Forward {
        /// Whether somebody there is of another network.
        foreign: bool,
    },
    /// Send one position.
    SendPosition,
    /// Share positions for so many minutes; nothing: without an end.
    SharePosition {
        /// Minutes.
        minutes: Option<u64>,
    },
    /// Stop sharing positions.
    StopPosition,
    /// Make a room.
    CreateRoom,
    /// Make a room in which few send to many.
    CreateBroadcast,
    /// Invite somebody.
    Invite {
        /// The server of the invited.
        server: &'a str,
        /// The own server.
        own: &'a str,
    },
    /// Call.
    Call {
        /// With pictures.
        video: bool,
        /// More than two.
        group: bool,
    },
    /// Sign in at a server.
    SignIn {
        /// Its address.
        server: &'a str,
        /// `name` or `@name:server`.
        user: &'a str,
    },
    /// Sign in with one more account on this device, which has so many.
    AddAccount {
        /// How many there are.
        present: u64,
    },
    /// Have one more device in the account, which then has so many.
    AddDevice {
        /// How many there are with it.
        devices: u64,
    },
    /// Tell others what was read.
    SendReceipt,
    /// Tell others that one writes.
    SendTyping,
    /// Send something to a room that is not encrypted.
    SendClear,
    /// See contents on a device whose application has a lock of its own, or has none.
    Unlocked {
        /// Whether it has one.
        protected: bool,
    },
    /// Use this version of the application.
    Run {
        /// Its version.
        version: &'a str,
    },
    /// Send the log to somebody.
    ExportLog,
    /// Back message keys up at the server.
    BackUpKeys,
    /// Protect the backup with a passphrase of so many letters.
    RecoveryPassphrase {
        /// How many.
        letters: u64,
    },
}

/// The names of the actions, as `policy explain` takes them, each with an example of what may follow a colon.
pub const ACTIONS: &[(&str, &str)] = &[
    ("send_file", "image/png"),
    ("save", ""),
    ("open_external", ""),
    ("export", ""),
    ("print", ""),
    ("screenshot", ""),
    ("copy", ""),
    ("forward", "foreign"),
    ("send_position", ""),
    ("share_position", "60"),
    ("stop_position", ""),
    ("create_room", ""),
    ("create_broadcast", ""),
    ("invite", "police.example"),
    ("call", "video"),
    ("sign_in", "https://police.example"),
    ("add_account", "3"),
    ("add_device", "5"),
    ("send_receipt", ""),
    ("send_typing", ""),
    ("send_clear", ""),
    ("unlocked", ""),
    ("run", "0.1.0"),
    ("export_log", ""),
    ("back_up_keys", ""),
    ("recovery_passphrase", "12"),
];

impl<'a> Action<'a> {
    /// Reads an action's name, and after a colon what it is about.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, about) = text.split_once(':').unwrap_or((text, ""));
        Some(match name {
            "send_file" => {
                let executable = about == EXECUTABLES;
                let mime = if about.is_empty() || executable { "application/octet-stream" } else { about };
                Self::SendFile { mime, executable, bytes: 1 }
            }
            "save" => Self::Save,
            "open_external" => Self::OpenExternal,
            "export" => Self::Export,
            "print" => Self::Print,
            "screenshot" => Self::Screenshot,
            "copy" => Self::Copy { inside: false },
            "forward" => Self::Forward { foreign: about == "foreign" },
            "send_position" => Self::SendPosition,
            "share_position" if about.is_empty() => Self::SharePosition { minutes: Some(1) },
            "share_position" => Self::SharePosition { minutes: Some(about.parse().ok()?) },
            "stop_position" => Self::StopPosition,
            "create_room" => Self::CreateRoom,
            "create_broadcast" => Self::CreateBroadcast,
            "invite" => {
                Self::Invite { server: about.rsplit_once('@').map_or(about, |(_, user)| user), own: "" }
            }
            "call" => Self::Call { video: about == "video", group: about == "group" },
            "sign_in" => Self::SignIn { server: about, user: "" },
            "add_account" => Self::AddAccount { present: about.parse().unwrap_or(0) },
            "add_device" => Self::AddDevice { devices: about.parse().unwrap_or(1) },
            "send_receipt" => Self::SendReceipt,
            "send_typing" => Self::SendTyping,
            "send_clear" => Self::SendClear,
            "unlocked" => Self::Unlocked { protected: false },
            "run" => Self::Run { version: if about.is_empty() { env!("CARGO_PKG_VERSION") } else { about } },
            "export_log" => Self::ExportLog,
            "back_up_keys" => Self::BackUpKeys,
            "recovery_passphrase" => Self::RecoveryPassphrase { letters: about.parse().unwrap_or(0) },
            _ => return None,
        })
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendFile { .. } => "send_file",
            Self::Save => "save",
            Self::OpenExternal => "open_external",
            Self::Export => "export",
            Self::Print => "print",
            Self::Screenshot => "screenshot",
            Self::Copy { .. } => "copy",
            Self::Forward { .. } => "forward",
            Self::SendPosition => "send_position",
            Self::SharePosition { .. } => "share_position",
            Self::StopPosition => "stop_position",
            Self::CreateRoom => "create_room",
            Self::CreateBroadcast => "create_broadcast",
            Self::Invite { .. } => "invite",
            Self::Call { .. } => "call",
            Self::SignIn { .. } => "sign_in",
            Self::AddAccount { .. } => "add_account",
            Self::AddDevice { .. } => "add_device",
            Self::SendReceipt => "send_receipt",
            Self::SendTyping => "send_typing",
            Self::SendClear => "send_clear",
            Self::Unlocked { .. } => "unlocked",
            Self::Run { .. } => "run",
            Self::ExportLog => "export_log",
            Self::BackUpKeys => "back_up_keys",
            Self::RecoveryPassphrase { .. } => "recovery_passphrase",
        }
    }
}

/// What would allow a denied action: words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// Nothing: it is allowed.
    Nothing,
    /// Another value of the key.
    Value(&'static str),
    /// At most so many of these.
    AtMost(u64, &'static str),
    /// One of these.
    OneOf(Vec<String>),
    /// None of these.
    NoneOf(Vec<String>),
    /// This one.
    Exactly(String),
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Value(value) => f.write_str(value),
            Self::AtMost(most, "") => write!(f, "at most {most}"),
            Self::AtMost(most, unit) => write!(f, "at most {most} {unit}"),
            Self::OneOf(list) if list.is_empty() => f.write_str("nothing"),
            Self::OneOf(list) => write!(f, "one of {}", list.join(", ")),
            Self::NoneOf(list) => write!(f, "anything but {}", list.join(", ")),
            Self::Exactly(text) => f.write_str(text),
        }
    }
}

/// An answer of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'p> {
    /// Whether it may be done.
    pub allowed: bool,
    /// The key that decided.
    pub key: Key,
    /// Where its value comes from.
    pub source: &'p Origin,
    /// Its value; nothing: unset.
    pub value: Option<&'p Value>,
    /// What would be allowed instead.
    pub needed: Needed,
}

impl Decision<'_> {
    /// Turns a denial into an error that can travel.
    ///
    /// # Errors
    /// `Denied`, where it is not allowed.
    pub fn permit(&self, action: Action<'_>) -> Result<(), Box<Denied>> {
        if self.allowed {
            return Ok(());
        }
        Err(Box::new(Denied {
            action: action.name().to_owned(),
            key: self.key.name().to_owned(),
            origin: self.source.to_string(),
            value: self.value.map_or_else(|| "unset".to_owned(), Value::to_string),
            needed: self.needed.to_string(),
        }))
    }
}

/// Something that policy forbids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("forbidden by policy: {key} is {value} (from {origin}); allowed: {needed}")]
pub struct Denied {
    /// What was to be done.
    pub action: String,
    /// The key that forbids it.
    pub key: String,
    /// Who set it.
    pub origin: String,
    /// Its value.
    pub value: String,
    /// What would be allowed instead.
    pub needed: String,
}

impl Policy {
    /// Says whether something may be done, and why. Takes less than a microsecond.
    pub fn decide(&self, action: Action<'_>) -> Decision<'_> {
        match action {
            Action::SendFile { mime, executable, bytes } => self.send_file(mime, executable, bytes),
            Action::Save => self.allowed_by(Key::ShareSaveToDevice),
            Action::OpenExternal => self.allowed_by(Key::ShareOpenExternal),
            Action::Export => self.allowed_by(Key::ShareExport),
            Action::Print => self.allowed_by(Key::SharePrint),
            Action::Screenshot => self.allowed_by(Key::ShareScreenshots),
            Action::Copy { inside } => {
                let allowed = match self.word(Key::ShareClipboard) {
                    "none" => false,
                    "app" => inside,
                    _ => true,
                };
                self.answer(Key::ShareClipboard, allowed, || {
                    Needed::Value("inside the application, if at all")
                })
            }
            Action::Forward { foreign } => {
                let allowed = match self.word(Key::ShareForward) {
                    "none" => false,
                    "network" => !foreign,
                    _ => true,
                };
                self.answer(Key::ShareForward, allowed, || Needed::Value("the own network, if at all"))
            }
            Action::SendPosition => self.position(),
            Action::SharePosition { minutes } => self.share_position(minutes),
            Action::StopPosition => {
                let allowed = self.location().mode != LocationMode::Forced;
                self.answer(Key::LocationMode, allowed, || Needed::Value("user or off"))
            }
            Action::CreateRoom => self.allowed_by(Key::RoomsCreate),
            Action::CreateBroadcast => match self.allowed_by(Key::RoomsCreate) {
                denied if !denied.allowed => denied,
                _ => self.allowed_by(Key::RoomsBroadcastCreate),
            },
            Action::Invite { server, own } => self.invite(server, own),
            Action::Call { video, group } => {
                let keys = [(Key::CallsAllowed, true), (Key::CallsVideo, video), (Key::CallsGroup, group)];
                let mut asked = keys.into_iter().filter(|(_, asked)| *asked).map(|(key, _)| key);
                let first = asked.find(|key| !self.flag(*key));
                self.allowed_by(first.unwrap_or(Key::CallsAllowed))
            }
            Action::SignIn { server, user } => self.sign_in(server, user),
            Action::AddAccount { present } => {
                self.at_most(Key::AccountMaxAccounts, present.saturating_add(1), "")
            }
            Action::AddDevice { devices } => self.at_most(Key::AccountMaxDevices, devices, "devices"),
            Action::SendReceipt => self.allowed_by(Key::MessagesReadReceipts),
            Action::SendTyping => self.allowed_by(Key::MessagesTyping),
            Action::SendClear => self.answer(Key::E2eeRequire, !self.flag(Key::E2eeRequire), || {
                Needed::Value("an encrypted room")
            }),
            Action::Unlocked { protected } => {
                // A default asks for a lock; only a source demands it.
                let demanded = self.flag(Key::LockRequired) && self.entry(Key::LockRequired).is_locked();
                let allowed = protected || !demanded;
                self.answer(Key::LockRequired, allowed, || {
                    Needed::Value("a PIN or password, set by `lock set`")
                })
            }
            Action::Run { version: running } => {
                let allowed = match self.text(Key::AppMinVersion) {
                    Some(least) => version(running) >= version(least),
                    None => true,
                };
                self.answer(Key::AppMinVersion, allowed, || {
                    let store = self.text(Key::AppStoreUrl).map(|url| format!(", from {url}"));
                    Needed::Exactly(format!(
                        "version {} or later{}",
                        self.text(Key::AppMinVersion).unwrap_or_default(),
                        store.unwrap_or_default()
                    ))
                })
            }
            Action::ExportLog => self.allowed_by(Key::LogExport),
            Action::BackUpKeys => {
                let allowed = self.word(Key::DataKeyBackup) != "off";
                self.answer(Key::DataKeyBackup, allowed, || Needed::Value("user or forced"))
            }
            Action::RecoveryPassphrase { letters } => {
                let least = self.number(Key::DataRecoveryMinLength);
                let allowed = least.is_none_or(|least| letters >= least);
                self.answer(Key::DataRecoveryMinLength, allowed, || {
                    Needed::Exactly(format!("at least {} letters", least.unwrap_or_default()))
                })
            }
        }
    }

    fn answer(&self, key: Key, allowed: bool, needed: impl FnOnce() -> Needed) -> Decision<'_> {
        let entry = self.entry(key);
        let needed = if allowed { Needed::Nothing } else { needed() };
        Decision { allowed, key, source: &entry.origin, value: entry.value.as_ref(), needed }
    }

    fn allowed_by(&self, key: Key) -> Decision<'_> {
        self.answer(key, self.flag(key), || Needed::Value("nothing of this kind"))
    }

    fn at_most(&self, key: Key, wanted: u64, unit: &'static str) -> Decision<'_> {
        let most = self.number(key);
        let allowed = most.is_none_or(|most| wanted <= most);
        self.answer(key, allowed, || Needed::AtMost(most.unwrap_or_default(), unit))
    }

    fn send_file(&self, mime: &str, executable: bool, bytes: u64) -> Decision<'_> {
        let mime = mime.split(';').next().unwrap_or(mime).trim();
        let listed = |list: &[String]| {
            list.iter().any(|pattern| if pattern == EXECUTABLES { executable } else { covers(pattern, mime) })
        };
        if self.list(Key::ShareMimeDeny).is_some_and(listed)
            || matches!(self.value(Key::ShareMimeDeny), Some(Value::List(List::All)))
        {
            return self.answer(Key::ShareMimeDeny, false, || {
                Needed::NoneOf(self.list(Key::ShareMimeDeny).unwrap_or_default().to_vec())
            });
        }
        if self.list(Key::ShareMimeAllow).is_some_and(|list| !listed(list)) {
            return self.answer(Key::ShareMimeAllow, false, || {
                Needed::OneOf(self.list(Key::ShareMimeAllow).unwrap_or_default().to_vec())
            });
        }
        // A megabyte is 1,048,576 bytes here, as everywhere in this program.
        self.at_most(Key::ShareMaxUploadMb, bytes.div_ceil(1 << 20), "MB")
    }

    fn position(&self) -> Decision<'_> {
        let allowed = self.location().mode != LocationMode::Off;
        self.answer(Key::LocationMode, allowed, || Needed::Value("no position at all"))
    }

    fn share_position(&self, minutes: Option<u64>) -> Decision<'_> {
        let position = self.position();
        if !position.allowed {
            return position;
        }
        self.at_most(Key::LocationMaxDurationMin, minutes.unwrap_or(u64::MAX), "minutes")
    }

    fn invite(&self, server: &str, own: &str) -> Decision<'_> {
        if server.eq_ignore_ascii_case(own) {
            return self.answer(Key::RoomsInviteForeign, true, || Needed::Nothing);
        }
        if !self.flag(Key::RoomsInviteForeign) {
            return self
                .answer(Key::RoomsInviteForeign, false, || Needed::Exactly(format!("people of {own}")));
        }
        let server = server.to_ascii_lowercase();
        let allowed = self
            .list(Key::RoomsFederationAllow)
            .is_none_or(|list| list.iter().any(|pattern| covers(pattern, &server)));
        self.answer(Key::RoomsFederationAllow, allowed, || {
            Needed::OneOf(self.list(Key::RoomsFederationAllow).unwrap_or_default().to_vec())
        })
    }

    fn sign_in(&self, server: &str, user: &str) -> Decision<'_> {
        let name = |user: &str| {
            user.strip_prefix('@').unwrap_or(user).split(':').next().unwrap_or_default().to_lowercase()
        };
        if let Some(fixed) = self.text(Key::AccountUsername)
            && !user.is_empty()
            && name(fixed) != name(user)
        {
            return self.answer(Key::AccountUsername, false, || Needed::Exactly(fixed.to_owned()));
        }
        if self.flag(Key::ServerAllowOther) {
            return self.answer(Key::ServerAllowOther, true, || Needed::Nothing);
        }
        match self.text(Key::ServerHomeserverUrl) {
            Some(fixed) if fixed == server.trim_end_matches('/') => {
                self.answer(Key::ServerHomeserverUrl, true, || Needed::Nothing)
            }
            Some(fixed) => self.answer(Key::ServerAllowOther, false, || Needed::Exactly(fixed.to_owned())),
            None => self.answer(Key::ServerAllowOther, false, || {
                Needed::Value("the server that server.homeserver_url names, and none is named")
            }),
        }
    }
}
