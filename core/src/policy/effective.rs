//! The policy that holds: for each key one value, and where it comes from. What the core asks of it has a name here.

use std::collections::BTreeMap;
use std::fmt;

use super::form;
use super::key::{Key, Merge, Type};
use super::merge::Merged;
use super::order::stricter;
use super::source::{Layer, Source, State};
use super::value::{List, Value};

/// Said of a key whose feature is not there yet, instead of `applied`.
pub const NOT_ENFORCED: &str = "not enforced by this version";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The table: no source says anything about it.
    Default,
    /// The user, who may choose.
    User,
    /// Sources, strongest first: the user cannot change it.
    Sources(Vec<Source>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::User => f.write_str("user"),
            Self::Sources(sources) => {
                for (place, source) in sources.iter().enumerate() {
                    write!(f, "{}{source}", if place == 0 { "" } else { "+" })?;
                }
                Ok(())
            }
        }
    }
}

/// What holds for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub key: Key,
    /// Its value; nothing: unset.
    pub value: Option<Value>,
    /// Where it comes from.
    pub origin: Origin,
    /// Two sources of equal strength contradict each other; the last good value holds.
    pub conflict: bool,
}

impl Entry {
    /// Says whether a source holds it fast.
    pub fn is_locked(&self) -> bool {
        matches!(self.origin, Origin::Sources(_))
    }
}

/// What a source is told about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Who set it.
    pub source: Source,
    /// The key, as the source spells it.
    pub key: String,
    /// What became of it.
    pub state: State,
    /// Why, unless it is applied.
    pub reason: Option<String>,
}

/// What the user chose, where the user may.
pub type Choices = BTreeMap<Key, Value>;

/// The policy that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    managed: bool,
    entries: Vec<Entry>,
}

impl Default for Policy {
    /// A device without any source.
    fn default() -> Self {
        Self::resolve(&Merged::default(), &Choices::new(), &Choices::new())
    }
}

impl Policy {
    /// Works out what holds. `kept` are the values that held before, for keys about which sources contradict each
    /// other; `chosen` is what the user chose.
    pub fn resolve(merged: &Merged, kept: &Choices, chosen: &Choices) -> Self {
        let entry = |key: &Key| {
            let definition = key.definition();
            let default = if merged.managed { definition.default } else { definition.unmanaged }.value();
            if let Some(settled) = merged.settled.get(key) {
                let mut sources: Vec<Source> = settled.sources.iter().cloned().collect();
                sources
                    .sort_by(|one, other| other.rank.cmp(&one.rank).then_with(|| one.name.cmp(&other.name)));
                let conflict = settled.value.is_none();
                let value = settled.value.clone().or_else(|| kept.get(key).cloned()).or(default);
                return Entry { key: *key, value, origin: Origin::Sources(sources), conflict };
            }
            match chosen.get(key) {
                None => Entry { key: *key, value: default, origin: Origin::Default, conflict: false },
                Some(choice) => {
                    let value = match default {
                        Some(default) if definition.tighten_only => stricter(definition, &default, choice),
                        _ => choice.clone(),
                    };
                    Entry { key: *key, value: Some(value), origin: Origin::User, conflict: false }
                }
            }
        };
        Self { managed: merged.managed, entries: Key::ALL.iter().map(entry).collect() }
    }

    /// Says whether any source is there.
    pub fn is_managed(&self) -> bool {
        self.managed
    }

    /// Returns what holds for each key, in the order of the table.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns what holds for a key.
    pub fn entry(&self, key: Key) -> &Entry {
        const NOWHERE: &Entry =
            &Entry { key: Key::LockRequired, value: None, origin: Origin::Default, conflict: false };
        // The entries are made from the same list, in its order.
        self.entries.get(key as usize).unwrap_or(NOWHERE)
    }

    /// Says whether keys go to verified devices only.
    pub fn excludes_unverified(&self) -> bool {
        self.flag(Key::E2eeExcludeUnverified)
    }

    /// Says what becomes of the key backup: `off`, `user` or `forced`.
    pub fn key_backup(&self) -> &'static str {
        self.word(Key::DataKeyBackup)
    }

    /// Returns the value of a key; nothing: unset.
    pub fn value(&self, key: Key) -> Option<&Value> {
        self.entry(key).value.as_ref()
    }

    /// Returns the values of keys that could be contested, to be kept for that case.
    pub fn to_keep(&self) -> Choices {
        let contested = |entry: &&Entry| entry.is_locked() && entry.key.definition().merge == Merge::Top;
        let entries = self.entries.iter().filter(contested);
        entries.filter_map(|entry| Some((entry.key, entry.value.clone()?))).collect()
    }

    /// Returns the keys whose values differ.
    pub fn changed_since(&self, before: &Self) -> Vec<Key> {
        let pairs = self.entries.iter().zip(&before.entries);
        pairs.filter(|(now, then)| now.value != then.value).map(|(now, _)| now.key).collect()
    }

    /// Tells a source what became of each of its keys.
    pub fn feedback(&self, layer: &Layer) -> Vec<Feedback> {
        let tell = |key: &str, state, reason: Option<String>| Feedback {
            source: layer.source.clone(),
            key: key.to_owned(),
            state,
            reason,
        };
        let mut told: Vec<Feedback> =
            layer.notes.iter().map(|note| tell(&note.key, note.state, Some(note.reason.clone()))).collect();
        for key in layer.values.keys() {
            if layer.notes.iter().any(|note| note.key == key.name()) {
                continue;
            }
            let entry = self.entry(*key);
            let ours = matches!(&entry.origin, Origin::Sources(sources) if sources.contains(&layer.source));
            told.push(if entry.conflict && ours {
                let reason = format!("contradicts {}; the last good value stays", entry.origin);
                tell(key.name(), State::Error, Some(reason))
            } else if key.definition().since.is_none() {
                tell(key.name(), State::Ignored, Some(NOT_ENFORCED.to_owned()))
            } else if ours {
                tell(key.name(), State::Applied, None)
            } else {
                let value = entry.value.as_ref().map(Value::to_string).unwrap_or_default();
                let reason = format!("{} holds, from {}", value, entry.origin);
                tell(key.name(), State::Ignored, Some(reason))
            });
        }
        told
    }

    pub(super) fn flag(&self, key: Key) -> bool {
        match self.value(key) {
            Some(Value::Flag(flag)) => *flag,
            _ => false,
        }
    }

    pub(super) fn number(&self, key: Key) -> Option<u64> {
        match self.value(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn small(&self, key: Key) -> Option<u32> {
        self.number(key).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(super) fn word(&self, key: Key) -> &'static str {
        match self.value(key) {
            Some(Value::Choice(word)) => word,
            _ => "",
        }
    }

    pub(super) fn text(&self, key: Key) -> Option<&str> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Nothing where it is unset or everything.
    pub(super) fn list(&self, key: Key) -> Option<&[String]> {
        match self.value(key) {
            Some(Value::List(List::Only(items))) => Some(items),
            _ => None,
        }
    }
}

/// What the core does without being asked, and what it may not pass.
impl Policy {
    /// Returns how photos are prepared: longer side in pixels, JPEG quality, and whether metadata has to go.
    pub fn photo(&self) -> PhotoRules {
        PhotoRules {
            max_px: self.small(Key::MediaImageMaxPx),
            quality: self.number(Key::MediaImageQuality).and_then(|quality| u8::try_from(quality).ok()),
            strip_metadata: self.flag(Key::ShareStripMetadata),
        }
    }

    /// Returns how clips and recordings are prepared.
    pub fn clips(&self) -> ClipRules {
        ClipRules {
            max_height: self.small(Key::MediaVideoMaxHeight),
            kbps: self.small(Key::MediaVideoKbps),
            max_s: self.small(Key::MediaVideoMaxS),
            voice_max_s: self.small(Key::MediaVoiceMaxS),
        }
    }

    /// Returns the bytes that one file may have, and whether a source says so.
    pub fn max_upload_bytes(&self) -> (Option<u64>, bool) {
        let most = self.number(Key::ShareMaxUploadMb).map(|most| most.saturating_mul(1 << 20));
        (most, self.entry(Key::ShareMaxUploadMb).is_locked())
    }

    /// Returns whether the unchanged file always follows a prepared one, and what becomes of facts of the camera: `off`,
    /// `ask`, `always`.
    pub fn evidence(&self) -> (bool, &'static str) {
        (self.flag(Key::ShareKeepOriginal), self.word(Key::ShareCaptureInfo))
    }

    /// Returns how many bytes of received files may be kept on the disk (0: none may), and when they are fetched without
    /// being asked for.
    pub fn received_files(&self) -> (u64, AutoDownload) {
        let most = match self.word(Key::DataLocalMedia) {
            "stream" => 0,
            _ => self.number(Key::DataCacheMb).map_or(u64::MAX, |most| most.saturating_mul(1 << 20)),
        };
        let auto = match self.word(Key::MediaAutoDownload) {
            "always" => AutoDownload::Always,
            "never" => AutoDownload::Never,
            _ => AutoDownload::Unmetered,
        };
        (most, auto)
    }

    /// Returns what holds for positions.
    pub fn location(&self) -> LocationRules {
        LocationRules {
            mode: match self.word(Key::LocationMode) {
                "off" => LocationMode::Off,
                "forced" => LocationMode::Forced,
                _ => LocationMode::User,
            },
            min_interval_s: self.small(Key::LocationMinIntervalS),
            max_duration_min: self.small(Key::LocationMaxDurationMin),
            precision_m: self.small(Key::LocationPrecisionM),
            background: self.flag(Key::LocationBackground),
            officer_down_min: self.small(Key::LocationOfficerDownMin),
        }
    }

    /// Returns what holds for the application lock.
    pub fn lock(&self) -> LockRules {
        LockRules {
            required: self.flag(Key::LockRequired),
            password: self.word(Key::LockKind) == "password",
            min_length: self.small(Key::LockMinLength).unwrap_or(0),
            block_simple: self.flag(Key::LockBlockSimple),
            biometric: self.flag(Key::LockBiometric),
            max_attempts: self.small(Key::LockMaxAttempts),
            wipe: self.word(Key::LockOnMaxAttempts) != "logout",
            max_age_days: self.small(Key::LockMaxAgeDays),
            history: self.small(Key::LockHistory).unwrap_or(0),
            offline_grace_min: self.small(Key::LockOfflineGraceMin).unwrap_or(0),
        }
    }

    /// Returns the hours without the server after which the device is wiped.
    pub fn offline_wipe_h(&self) -> Option<u32> {
        self.small(Key::DataOfflineWipeH)
    }

    /// Returns the certificates (PEM) of the organisation's authorities, the pinned keys (SHA-256; nothing: any), and
    /// whether TLS 1.3 is asked for.
    pub fn server_trust(&self) -> (&[String], Option<Vec<[u8; 32]>>, bool) {
        let authorities = self.list(Key::ServerCaCertificates).unwrap_or_default();
        let pins = self
            .list(Key::ServerSpkiPins)
            .map(|pins| pins.iter().filter_map(|pin| form::decode(pin)?.try_into().ok()).collect());
        (authorities, pins, self.word(Key::NetMinTls) == "1.3")
    }

    /// Returns how long messages and files stay.
    pub fn retention(&self) -> Retention {
        Retention {
            message_days: self.small(Key::DataMessageDays),
            file_days: self.small(Key::DataFileDays),
            floor_days: self.small(Key::DataFloorDays),
            honour_rooms: self.flag(Key::DataHonourRoomRetention),
        }
    }

    /// Returns who is given power over each new room.
    pub fn room_admins(&self) -> &[String] {
        self.list(Key::RoomsAdmins).unwrap_or_default()
    }

    /// Returns the keys whose signed bundles are believed, 32 bytes each.
    pub fn policy_keys(&self) -> Vec<[u8; 32]> {
        let keys = self.list(Key::OrgPolicyKeys).unwrap_or_default();
        keys.iter().filter_map(|key| form::decode(key)?.try_into().ok()).collect()
    }

    /// Returns the organisation's name.
    pub fn org_name(&self) -> Option<&str> {
        self.text(Key::OrgName)
    }

    /// Says whether what was refused is kept in the local audit.
    pub fn keeps_audit(&self) -> bool {
        self.flag(Key::AuditEnabled)
    }
}

/// When received files are fetched without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoDownload {
    /// Never.
    Never,
    /// Where bytes cost nothing.
    Unmetered,
    /// Always.
    Always,
}

/// How long messages and files stay. The floor bounds all of it from below, what a room says as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days after which messages go.
    pub message_days: Option<u32>,
    /// Days after which files go.
    pub file_days: Option<u32>,
    /// Days before which nothing goes.
    pub floor_days: Option<u32>,
    /// Whether what a room says counts.
    pub honour_rooms: bool,
}

/// How photos are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoRules {
    /// Longer side, in pixels.
    pub max_px: Option<u32>,
    /// JPEG quality, 1 to 100.
    pub quality: Option<u8>,
    /// Whether metadata has to go.
    pub strip_metadata: bool,
}

/// How clips and recordings are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipRules {
    /// Shorter side of the picture, in pixels.
    pub max_height: Option<u32>,
    /// Thousands of bits a second.
    pub kbps: Option<u32>,
    /// Longest clip, in seconds.
    pub max_s: Option<u32>,
    /// Longest recording, in seconds.
    pub voice_max_s: Option<u32>,
}

/// Whether positions are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationMode {
    /// Never.
    Off,
    /// As the user likes.
    User,
    /// Always.
    Forced,
}

/// What holds for positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationRules {
    /// Whether they are shared.
    pub mode: LocationMode,
    /// Seconds between two, at least.
    pub min_interval_s: Option<u32>,
    /// Longest share, in minutes.
    pub max_duration_min: Option<u32>,
    /// Nothing finer leaves the device, in metres.
    pub precision_m: Option<u32>,
    /// Whether it goes on in the background.
    pub background: bool,
    /// Minutes without a sign of life before an alarm.
    pub officer_down_min: Option<u32>,
}

/// What holds for the application lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRules {
    /// Whether there has to be one.
    pub required: bool,
    /// A password instead of a PIN.
    pub password: bool,
    /// Shortest PIN or password, in characters.
    pub min_length: u32,
    /// Whether simple ones are refused.
    pub block_simple: bool,
    /// Whether a fingerprint or face may stand in.
    pub biometric: bool,
    /// Wrong ones in a row; none: no limit.
    pub max_attempts: Option<u32>,
    /// Whether everything is destroyed after the last one; the profile is signed out otherwise.
    pub wipe: bool,
    /// Days after which a new one is asked for.
    pub max_age_days: Option<u32>,
    /// How many earlier ones may not come again.
    pub history: u32,
    /// Minutes without the organisation's server.
    pub offline_grace_min: u32,
}

impl Key {
    /// Says what a value of this key may be, in words for an administrator.
    pub fn allowed(self) -> String {
        match self.definition().kind {
            Type::Flag => "true or false".to_owned(),
            Type::Number { least, most, unit } => {
                format!("{least} to {most}{}{unit}", if unit.is_empty() { "" } else { " " })
            }
            Type::Choice(words) => words.join(", "),
            Type::Text(form) => form.describe().to_owned(),
            Type::List(form) => format!("list of {}", form.describe()),
        }
    }
}
