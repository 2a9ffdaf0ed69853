//! The organisation's policy, as screens show and ask it.

use qroc_core::mdm::Changed;
use qroc_core::policy::{Action, List, Value};
use qroc_core::{client, model};
use serde_json::Value as Json;

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PolicyValue {
    /// True or false.
    Flag {
        /// Which.
        flag: bool,
    },
    /// A number.
    Number {
        /// Which.
        number: u64,
    },
    /// A text, or one of the key's words.
    Text {
        /// Which.
        text: String,
    },
    /// A list. Everything is the text `all`.
    Items {
        /// What is in it.
        items: Vec<String>,
    },
}

impl From<Value> for PolicyValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Flag(flag) => Self::Flag { flag },
            Value::Number(number) => Self::Number { number },
            Value::Choice(word) => Self::Text { text: word.to_owned() },
            Value::Text(text) => Self::Text { text },
            Value::List(List::All) => Self::Text { text: "all".to_owned() },
            Value::List(List::Only(items)) => Self::Items { items },
        }
    }
}

impl From<PolicyValue> for Json {
    fn from(value: PolicyValue) -> Self {
        match value {
            PolicyValue::Flag { flag } => flag.into(),
            PolicyValue::Number { number } => number.into(),
            PolicyValue::Text { text } => text.into(),
            PolicyValue::Items { items } => items.into(),
        }
    }
}

/// One key and value that the device's management says.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ManagedValue {
    /// Its name, dotted.
    pub key: String,
    /// Its value.
    pub value: PolicyValue,
}

/// What the device's management says: managed configuration of Android or iOS, as the platform found it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ManagedConfig {
    /// Which administrator, where there can be several; else empty.
    #[uniffi(default)]
    pub administrator: String,
    /// All that it says; without it, it says nothing any more.
    pub values: Option<Vec<ManagedValue>>,
}

impl From<ManagedConfig> for client::Managed {
    fn from(config: ManagedConfig) -> Self {
        let said = config.values.map(|values| {
            values.into_iter().map(|ManagedValue { key, value }| (key, Json::from(value))).collect()
        });
        Self { name: config.administrator, said }
    }
}

/// What became of what sources said about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PolicyState {
    /// Nobody said anything.
    BuiltIn,
    /// It holds.
    Applied,
    /// Another source is stricter, or the key is not known here.
    Ignored,
    /// It cannot be read.
    Faulty,
}

/// What holds for a key.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PolicyLine {
    /// Its name, dotted.
    pub key: String,
    /// Its value; without one it is unset.
    pub value: Option<PolicyValue>,
    /// Who says so: `default`, `user`, `mdm`, `bundle`, or several with a `+`.
    pub source: String,
    /// Whether the user cannot change it.
    pub locked: bool,
    /// What became of what was said.
    pub state: PolicyState,
    /// Why it is not applied; in English, for an administrator.
    pub reason: Option<String>,
}

impl From<model::PolicyLine> for PolicyLine {
    fn from(line: model::PolicyLine) -> Self {
        Self {
            key: line.key,
            value: line.value.map(PolicyValue::from),
            source: line.source,
            locked: line.locked,
            state: match line.state {
                "applied" => PolicyState::Applied,
                "ignored" => PolicyState::Ignored,
                "error" => PolicyState::Faulty,
                _ => PolicyState::BuiltIn,
            },
            reason: line.error,
        }
    }
}

/// A key that has changed.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PolicyChange {
    /// Its name, dotted.
    pub key: String,
    /// What it was.
    pub before: Option<PolicyValue>,
    /// What it is.
    pub value: Option<PolicyValue>,
    /// Who says so.
    pub source: String,
}

impl From<&Changed> for PolicyChange {
    fn from(changed: &Changed) -> Self {
        Self {
            key: changed.key.to_owned(),
            before: changed.before.clone().map(PolicyValue::from),
            value: changed.value.clone().map(PolicyValue::from),
            source: changed.source.clone(),
        }
    }
}

/// What a screen is about to offer or to do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PolicyAction {
    /// Send a file.
    SendFile {
        /// MIME type, by its content.
        mime: String,
        /// Length of what is to be sent.
        bytes: u64,
    },
    /// Send a voice message.
    SendVoice {
        /// How long it lasts.
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
    /// Copy a text.
    Copy {
        /// Whether it stays within the application.
        inside: bool,
    },
    /// Send a received message on.
    Forward {
        /// Whether somebody there is of another network.
        foreign: bool,
    },
    /// Send one position.
    SendPosition,
    /// Share positions.
    SharePosition {
        /// For how many minutes; without it, without an end.
        minutes: Option<u64>,
    },
    /// Make a room.
    CreateRoom,
    /// Make a room in which few send to many.
    CreateBroadcast,
    /// Call.
    Call {
        /// With pictures.
        video: bool,
        /// More than two.
        group: bool,
    },
    /// Tell others what was read.
    SendReceipt,
    /// Tell others that one writes.
    SendTyping,
    /// Send the log to somebody.
    ExportLog,
}

impl PolicyAction {
    /// Says it as the core asks its policy.
    pub(crate) fn wish(&self) -> Action<'_> {
        match self {
            Self::SendFile { mime, bytes } => Action::SendFile { mime, executable: false, bytes: *bytes },
            Self::SendVoice { seconds } => Action::SendClip { voice: true, seconds: *seconds },
            Self::Save => Action::Save,
            Self::OpenExternal => Action::OpenExternal,
            Self::Export => Action::Export,
            Self::Print => Action::Print,
            Self::Screenshot => Action::Screenshot,
            Self::Copy { inside } => Action::Copy { inside: *inside },
            Self::Forward { foreign } => Action::Forward { foreign: *foreign },
            Self::SendPosition => Action::SendPosition,
            Self::SharePosition { minutes } => Action::SharePosition { minutes: *minutes },
            Self::CreateRoom => Action::CreateRoom,
            Self::CreateBroadcast => Action::CreateBroadcast,
            Self::Call { video, group } => Action::Call { video: *video, group: *group },
            Self::SendReceipt => Action::SendReceipt,
            Self::SendTyping => Action::SendTyping,
            Self::ExportLog => Action::ExportLog,
        }
    }
}

/// Whether something may be done, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PolicyDecision {
    /// The answer.
    pub allowed: bool,
    /// The key that decided.
    pub key: String,
    /// Who set it.
    pub source: String,
    /// Its value.
    pub value: Option<PolicyValue>,
    /// What would be allowed instead; in English, for an administrator.
    pub needed: Option<String>,
}

impl From<model::Explained> for PolicyDecision {
    fn from(explained: model::Explained) -> Self {
        Self {
            allowed: explained.allowed,
            key: explained.because.to_owned(),
            source: explained.source,
            value: explained.value.map(PolicyValue::from),
            needed: explained.needed,
        }
    }
}
