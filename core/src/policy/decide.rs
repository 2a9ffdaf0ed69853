//! The only gate: may this be done, which key says so, and what would have to be otherwise.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::action::{Action, System};
use super::effective::{Origin, Policy};
use super::form::{EXECUTABLES, covers, version};
use super::key::{Key, Type};
use super::rules::{AutoDownload, LocationMode};
use super::value::{List, Value};

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
    /// Whose rule it is, where a source set it and the organisation has said its name.
    pub organisation: Option<&'p str>,
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
        Err(self.denied(action.name()))
    }

    /// Says no to what is called so.
    pub(super) fn denied(&self, action: &str) -> Box<Denied> {
        Box::new(Denied {
            action: action.to_owned(),
            key: self.key.name().to_owned(),
            origin: self.source.to_string(),
            value: self.value.map_or_else(|| "unset".to_owned(), Value::to_string),
            needed: self.needed.to_string(),
            organisation: self.organisation.map(str::to_owned),
        })
    }
}

/// Something that policy forbids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("forbidden by policy{}: {key} is {value} (from {origin}); allowed: {needed}", whose(.organisation.as_deref()))]
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
    /// Whose rule it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

fn whose(organisation: Option<&str>) -> String {
    organisation.map(|name| format!(" of {name}")).unwrap_or_default()
}

/// Returns how high a classification is; nothing for what is none.
pub fn level_of(classification: &str) -> Option<usize> {
    let Type::Choice(words) = Key::ShareClassificationCeiling.definition().kind else { return None };
    words.iter().position(|word| *word == classification)
}

impl Policy {
    /// Says whether something may be done, and why. Takes less than a microsecond.
    pub fn decide(&self, action: Action<'_>) -> Decision<'_> {
        match action {
            Action::SendFile { mime, executable, bytes } => self.send_file(mime, executable, bytes),
            Action::SendClip { voice: false, seconds } => self.at_most(Key::MediaVideoMaxS, seconds, "s"),
            Action::SendClip { voice: true, seconds } => self.at_most(Key::MediaVoiceMaxS, seconds, "s"),
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
            Action::Share { foreign, stated, known } => self.share(foreign, stated, known),
            Action::StatePurpose { purpose } => {
                let list = self.list(Key::SharePurposes);
                let allowed = list.is_none_or(|list| list.iter().any(|known| known == purpose));
                self.answer(Key::SharePurposes, allowed, || Needed::OneOf(list.unwrap_or_default().to_vec()))
            }
            Action::Classify { level } => {
                let most = Some(self.word(Key::ShareClassificationCeiling)).filter(|most| !most.is_empty());
                let allowed = most.is_none_or(|most| {
                    matches!((level_of(level), level_of(most)), (Some(level), Some(most)) if level <= most)
                });
                self.answer(Key::ShareClassificationCeiling, allowed, || {
                    Needed::Exactly(format!("{} or lower", most.unwrap_or_default()))
                })
            }
            Action::Release { server } => {
                // Nobody is a list of the table; only a source shuts people out.
                let list = self.list(Key::ShareReleasableTo);
                let list = list.filter(|_| self.entry(Key::ShareReleasableTo).is_locked());
                let allowed = list.is_none_or(|list| list.iter().any(|known| covers(known, server)));
                self.answer(Key::ShareReleasableTo, allowed, || {
                    Needed::OneOf(list.unwrap_or_default().to_vec())
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
            Action::AdmitGuests => self.allowed_by(Key::RoomsGuests),
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
            Action::ChangeProfile => {
                let allowed = !self.flag(Key::AccountReadonlyProfile);
                self.answer(Key::AccountReadonlyProfile, allowed, || Needed::Value("only an administrator"))
            }
            Action::Fetch { metered } => {
                let allowed = !metered || self.flag(Key::NetMeteredSync);
                self.answer(Key::NetMeteredSync, allowed, || Needed::Value("a connection that costs nothing"))
            }
            Action::FetchFiles { metered } => self.fetch_files(metered),
            Action::SendReceipt => self.allowed_by(Key::MessagesReadReceipts),
            Action::SendTyping => self.allowed_by(Key::MessagesTyping),
            Action::SendUnconfirmed => {
                self.answer(Key::AccountSecondFactor, !self.confirms_devices(), || {
                    Needed::Value("a device confirmed by another one of the account or the recovery key")
                })
            }
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
            Action::ShowPresence => self.allowed_by(Key::LockBiometric),
            Action::RunOn { system: System::Android, version } => {
                self.at_least(Key::DeviceMinOsAndroid, version, None)
            }
            Action::RunOn { system: System::Ios, version } => {
                self.at_least(Key::DeviceMinOsIos, version, None)
            }
            Action::RunOn { system: System::Other, .. } => {
                self.answer(Key::DeviceMinOsAndroid, true, || Needed::Nothing)
            }
            Action::Trust { tampered } => {
                let allowed = !tampered || matches!(self.word(Key::DeviceIntegrity), "ignore" | "warn");
                self.answer(Key::DeviceIntegrity, allowed, || {
                    Needed::Value("a device with the system of its maker")
                })
            }
            Action::Run { version } => {
                self.at_least(Key::AppMinVersion, version, self.text(Key::AppStoreUrl))
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

    pub(super) fn answer(&self, key: Key, allowed: bool, needed: impl FnOnce() -> Needed) -> Decision<'_> {
        let entry = self.entry(key);
        let needed = if allowed { Needed::Nothing } else { needed() };
        let organisation = self.org_name().filter(|_| entry.is_locked());
        Decision { allowed, key, source: &entry.origin, value: entry.value.as_ref(), needed, organisation }
    }

    fn allowed_by(&self, key: Key) -> Decision<'_> {
        self.answer(key, self.flag(key), || Needed::Value("nothing of this kind"))
    }

    fn at_most(&self, key: Key, wanted: u64, unit: &'static str) -> Decision<'_> {
        let most = self.number(key);
        let allowed = most.is_none_or(|most| wanted <= most);
        self.answer(key, allowed, || Needed::AtMost(most.unwrap_or_default(), unit))
    }

    /// Asks for a version; where none is said, any is.
    fn at_least(&self, key: Key, running: &str, from: Option<&str>) -> Decision<'_> {
        let least = self.text(key);
        let allowed = least.is_none_or(|least| version(running) >= version(least));
        self.answer(key, allowed, || {
            let from = from.map(|from| format!(", from {from}")).unwrap_or_default();
            Needed::Exactly(format!("version {} or later{from}", least.unwrap_or_default()))
        })
    }

    fn fetch_files(&self, metered: bool) -> Decision<'_> {
        let allowed = match self.received_files().1 {
            AutoDownload::Always => true,
            AutoDownload::Unmetered => !metered,
            AutoDownload::Never => false,
        };
        self.answer(Key::MediaAutoDownload, allowed, || match metered {
            true => Needed::Value("a connection that costs nothing, if at all"),
            false => Needed::Value("only what somebody opens"),
        })
    }

    /// A default proposes when to ask for a reason; only a source demands one.
    fn share(&self, foreign: bool, stated: bool, known: bool) -> Decision<'_> {
        let is_enough = match self.word(Key::ShareReason) {
            "always" => stated,
            "foreign" if foreign => stated,
            "foreign" | "room" => stated || known,
            _ => true,
        };
        let allowed = is_enough || !self.entry(Key::ShareReason).is_locked();
        self.answer(Key::ShareReason, allowed, || {
            let list = self.list(Key::SharePurposes).unwrap_or_default().join(", ");
            Needed::Exactly(format!("with a reason: {list}"))
        })
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
