//! The policy that holds: for each key one value, and where it comes from.

use std::collections::BTreeMap;
use std::fmt;

use super::key::{Key, Merge};
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

    /// Says whether a new device has to be confirmed before it takes part.
    pub fn confirms_devices(&self) -> bool {
        self.flag(Key::AccountSecondFactor)
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
