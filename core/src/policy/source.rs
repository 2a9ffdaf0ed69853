//! Who says what: a source, the values that it set, and what was wrong with the others.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;

use super::key::Key;
use super::suggest;
use super::value::{self, Reading, Value};

/// How strong a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// A bundle that the organisation signed.
    Bundle,
    /// The device's management: Android's managed configuration, iOS's, a file that only root can write.
    Mdm,
}

/// A source of policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// How strong it is.
    pub rank: Rank,
    /// Which of several, such as an administrator's package; empty where there is one.
    pub name: String,
}

impl Source {
    /// The device's management, where there is only one.
    pub fn mdm() -> Self {
        Self { rank: Rank::Mdm, name: String::new() }
    }

    /// The organisation's signed bundle.
    pub fn bundle() -> Self {
        Self { rank: Rank::Bundle, name: String::new() }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.rank {
            Rank::Bundle => "bundle",
            Rank::Mdm => "mdm",
        })?;
        if self.name.is_empty() { Ok(()) } else { write!(f, ":{}", self.name) }
    }
}

/// What became of a key that a source sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds, alone or together with others.
    Applied,
    /// It has no effect, for a reason that is no mistake of the value.
    Ignored,
    /// It cannot be used; the last good value stays.
    Error,
}

impl State {
    /// Returns the word that consoles and scripts know.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Error => "error",
        }
    }
}

/// What there is to say about one key of a source, beside that it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The key, as the source spells it.
    pub key: String,
    /// Never `Applied`.
    pub state: State,
    /// Why, in words for an administrator.
    pub reason: String,
}

/// All that one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Who.
    pub source: Source,
    /// The values that are good, or were the last time they were.
    pub values: BTreeMap<Key, Value>,
    /// What is to be said about keys.
    pub notes: Vec<Note>,
}

impl Layer {
    /// Makes a source that says nothing.
    pub fn empty(source: Source) -> Self {
        Self { source, values: BTreeMap::new(), notes: Vec::new() }
    }

    /// Reads what a source says now. `before` is what the same source said last: a key whose value makes no sense
    /// keeps the value that it had. A key that is not there any more is not set any more.
    pub fn read<'a>(
        source: Source,
        said: impl IntoIterator<Item = (&'a str, &'a Json)>,
        before: Option<&Self>,
    ) -> Self {
        let mut layer = Self::empty(source);
        let mut readings: BTreeMap<Key, (Json, Reading)> = BTreeMap::new();
        for (name, json) in said {
            let Some(key) = Key::find(name.trim()) else {
                layer.note(name, State::Ignored, suggest::unknown(name));
                continue;
            };
            let definition = key.definition();
            if definition.mdm_only && layer.source.rank != Rank::Mdm {
                let reason = "only the device's MDM may set this key".to_owned();
                layer.note(name, State::Ignored, reason);
                continue;
            }
            let reading = value::read(definition, json);
            let twice = readings.get(&key).is_some_and(|(_, earlier)| *earlier != reading);
            let reading =
                if twice { Reading::Malformed("is set twice, differently".to_owned()) } else { reading };
            readings.insert(key, (json.clone(), reading));
        }
        for (key, (json, reading)) in readings {
            match reading {
                Reading::Value(value) => {
                    layer.values.insert(key, value);
                }
                Reading::Unset => {
                    layer.note(key.name(), State::Ignored, "is empty, and so not set".to_owned());
                }
                Reading::Malformed(why) => {
                    let kept = before.and_then(|before| before.values.get(&key));
                    let stays = match kept {
                        Some(value) => format!("the last good value stays: {}", short(&value.to_string())),
                        None => "there is no earlier value, so this source does not set it".to_owned(),
                    };
                    let reason = format!("{} {why}; {stays}", short(&json.to_string()));
                    layer.values.extend(kept.map(|value| (key, value.clone())));
                    layer.note(key.name(), State::Error, reason);
                }
            }
        }
        layer
    }

    fn note(&mut self, key: &str, state: State, reason: String) {
        self.notes.push(Note { key: short(key), state, reason });
    }

    /// Returns the values as a flat object, as a source writes them.
    pub fn to_json(&self) -> serde_json::Map<String, Json> {
        let values = self.values.iter();
        values
            .map(|(key, value)| (key.name().to_owned(), serde_json::to_value(value).unwrap_or_default()))
            .collect()
    }
}

/// Cuts what strangers wrote to a length that fits on a line.
fn short(text: &str) -> String {
    const MOST: usize = 80;
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if line.chars().count() <= MOST { line } else { line.chars().take(MOST).chain(['…']).collect() }
}
