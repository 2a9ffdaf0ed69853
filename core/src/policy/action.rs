//! What somebody wants to do, as the gate is asked about it.

use super::form::EXECUTABLES;

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
    /// Send a clip or a voice message that lasts so long.
    SendClip {
        /// Whether it is a voice message.
        voice: bool,
        /// Seconds.
        seconds: u64,
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
    /// Share contents with a room.
    Share {
        /// Whether somebody there is of another network.
        foreign: bool,
        /// Whether a reason is given with it.
        stated: bool,
        /// Whether the room has one.
        known: bool,
    },
    /// Give this reason.
    StatePurpose {
        /// The reason.
        purpose: &'a str,
    },
    /// Write or send what is classified so.
    Classify {
        /// The level.
        level: &'a str,
    },
    /// Give contents to people of this server.
    Release {
        /// The server.
        server: &'a str,
    },
    /// Send a received message on; `foreign` where somebody there is of another network.
    Forward {
        /// Whether somebody there is of another network.
        foreign: bool,
    },
    /// Send something from a device that nothing of the account has confirmed.
    SendUnconfirmed,
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
    /// Let guest accounts into a room.
    AdmitGuests,
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
    /// Change the own name that others see.
    ChangeProfile,
    /// Fetch messages; `metered` over a connection that costs by volume.
    Fetch {
        /// Whether it costs by volume.
        metered: bool,
    },
    /// Fetch received files that nobody asked for yet.
    FetchFiles {
        /// Whether the connection costs by volume.
        metered: bool,
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
    /// Unlock the screen by a fingerprint or a face in place of the PIN.
    ShowPresence,
    /// Use a device with this system.
    RunOn {
        /// Which.
        system: System,
        /// Its version; nothing where the platform does not say.
        version: &'a str,
    },
    /// Use a device whose system was, or was not, tampered with.
    Trust {
        /// Whether it was.
        tampered: bool,
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

/// An operating system that a key speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum System {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// Any other: no key speaks of it.
    #[default]
    Other,
}

/// The names of the actions, as `policy explain` takes them, each with an example of what may follow a colon.
pub const ACTIONS: &[(&str, &str)] = &[
    ("send_file", "image/png"),
    ("send_video", "60"),
    ("send_voice", "60"),
    ("save", ""),
    ("open_external", ""),
    ("export", ""),
    ("print", ""),
    ("screenshot", ""),
    ("copy", ""),
    ("share", "foreign"),
    ("state_purpose", "prevention"),
    ("classify", "secret"),
    ("release", "police.example"),
    ("forward", "foreign"),
    ("send_unconfirmed", ""),
    ("send_position", ""),
    ("share_position", "60"),
    ("stop_position", ""),
    ("create_room", ""),
    ("create_broadcast", ""),
    ("invite", "police.example"),
    ("admit_guests", ""),
    ("call", "video"),
    ("sign_in", "https://police.example"),
    ("add_account", "3"),
    ("add_device", "5"),
    ("change_profile", ""),
    ("fetch", "metered"),
    ("fetch_files", "metered"),
    ("send_receipt", ""),
    ("send_typing", ""),
    ("send_clear", ""),
    ("unlocked", ""),
    ("show_presence", ""),
    ("run_on_android", "14"),
    ("run_on_ios", "17.2"),
    ("trust", "tampered"),
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
            "send_video" | "send_voice" => {
                Self::SendClip { voice: name == "send_voice", seconds: about.parse().unwrap_or(1) }
            }
            "save" => Self::Save,
            "open_external" => Self::OpenExternal,
            "export" => Self::Export,
            "print" => Self::Print,
            "screenshot" => Self::Screenshot,
            "copy" => Self::Copy { inside: false },
            "share" => Self::Share { foreign: about == "foreign", stated: false, known: false },
            "state_purpose" => Self::StatePurpose { purpose: about },
            "classify" => Self::Classify { level: about },
            "release" => Self::Release { server: about },
            "forward" => Self::Forward { foreign: about == "foreign" },
            "send_unconfirmed" => Self::SendUnconfirmed,
            "send_position" => Self::SendPosition,
            "share_position" if about.is_empty() => Self::SharePosition { minutes: Some(1) },
            "share_position" => Self::SharePosition { minutes: Some(about.parse().ok()?) },
            "stop_position" => Self::StopPosition,
            "create_room" => Self::CreateRoom,
            "create_broadcast" => Self::CreateBroadcast,
            "invite" => {
                Self::Invite { server: about.rsplit_once('@').map_or(about, |(_, user)| user), own: "" }
            }
            "admit_guests" => Self::AdmitGuests,
            "call" => Self::Call { video: about == "video", group: about == "group" },
            "sign_in" => Self::SignIn { server: about, user: "" },
            "add_account" => Self::AddAccount { present: about.parse().unwrap_or(0) },
            "add_device" => Self::AddDevice { devices: about.parse().unwrap_or(1) },
            "change_profile" => Self::ChangeProfile,
            "fetch" => Self::Fetch { metered: about == "metered" },
            "fetch_files" => Self::FetchFiles { metered: about == "metered" },
            "send_receipt" => Self::SendReceipt,
            "send_typing" => Self::SendTyping,
            "send_clear" => Self::SendClear,
            "unlocked" => Self::Unlocked { protected: false },
            "show_presence" => Self::ShowPresence,
            "run_on_android" => Self::RunOn { system: System::Android, version: about },
            "run_on_ios" => Self::RunOn { system: System::Ios, version: about },
            "trust" => Self::Trust { tampered: about == "tampered" },
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
            Self::SendClip { voice: false, .. } => "send_video",
            Self::SendClip { voice: true, .. } => "send_voice",
            Self::Save => "save",
            Self::OpenExternal => "open_external",
            Self::Export => "export",
            Self::Print => "print",
            Self::Screenshot => "screenshot",
            Self::Copy { .. } => "copy",
            Self::Share { .. } => "share",
            Self::StatePurpose { .. } => "state_purpose",
            Self::Classify { .. } => "classify",
            Self::Release { .. } => "release",
            Self::Forward { .. } => "forward",
            Self::SendUnconfirmed => "send_unconfirmed",
            Self::SendPosition => "send_position",
            Self::SharePosition { .. } => "share_position",
            Self::StopPosition => "stop_position",
            Self::CreateRoom => "create_room",
            Self::CreateBroadcast => "create_broadcast",
            Self::Invite { .. } => "invite",
            Self::AdmitGuests => "admit_guests",
            Self::Call { .. } => "call",
            Self::SignIn { .. } => "sign_in",
            Self::AddAccount { .. } => "add_account",
            Self::AddDevice { .. } => "add_device",
            Self::ChangeProfile => "change_profile",
            Self::Fetch { .. } => "fetch",
            Self::FetchFiles { .. } => "fetch_files",
            Self::SendReceipt => "send_receipt",
            Self::SendTyping => "send_typing",
            Self::SendClear => "send_clear",
            Self::Unlocked { .. } => "unlocked",
            Self::ShowPresence => "show_presence",
            Self::RunOn { system: System::Android, .. } => "run_on_android",
            Self::RunOn { system: System::Ios, .. } => "run_on_ios",
            Self::RunOn { system: System::Other, .. } => "run_on",
            Self::Trust { .. } => "trust",
            Self::Run { .. } => "run",
            Self::ExportLog => "export_log",
            Self::BackUpKeys => "back_up_keys",
            Self::RecoveryPassphrase { .. } => "recovery_passphrase",
        }
    }
}
