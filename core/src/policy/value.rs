//! Values, and reading them: lenient about how a console spells them, strict about what they mean.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::form;
use super::key::{Definition, Merge, Type};

/// Longest text, in bytes, and most texts of a list: more is a mistake, or an attack.
const LONGEST: usize = 65_536;
const MOST: usize = 1000;

/// A value that a key can have. That a key has none is said by the absence of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// A number within the key's bounds.
    Number(u64),
    /// One of the key's words.
    Choice(&'static str),
    /// A text in its canonical form.
    Text(String),
    /// A list in its canonical form: sorted, but where the order means something.
    List(List),
}

/// A list; it may be everything, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// Without a bound.
    All,
    /// These and no others.
    Only(Vec<String>),
}

impl List {
    /// Returns what is in it; nothing for `all`.
    pub fn items(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::Only(items) => items,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Choice(word) => to.serialize_str(word),
            Self::Text(text) => to.serialize_str(text),
            Self::List(List::All) => to.serialize_str("all"),
            Self::List(List::Only(items)) => to.collect_seq(items),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Choice(word) => f.write_str(word),
            Self::Text(text) => f.write_str(text),
            Self::List(List::All) => f.write_str("all"),
            Self::List(List::Only(items)) if items.is_empty() => f.write_str("none"),
            Self::List(List::Only(items)) => f.write_str(&items.join(", ")),
        }
    }
}

/// What a source says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A value.
    Value(Value),
    /// Nothing: the console sends an empty field for what nobody filled in.
    Unset,
    /// Something that has no meaning for this key, and why.
    Malformed(String),
}

/// Reads what a console says about a key.
pub fn read(definition: &Definition, said: &Json) -> Reading {
    if is_empty(said) {
        return Reading::Unset;
    }
    let read = match definition.kind {
        Type::Flag => flag(said).map(Value::Flag),
        Type::Number { least, most, .. } => number(said, least, most).map(Value::Number),
        Type::Choice(words) => choice(said, words).map(Value::Choice),
        Type::Text(wanted) => text(said).and_then(|text| form::canonical(wanted, &text)).map(Value::Text),
        Type::List(wanted) => list(said)
            .and_then(|items| match items {
                None => Ok(List::All),
                Some(items) => {
                    let items = items.iter().map(|item| form::canonical(wanted, item));
                    Ok(List::Only(normal(definition.merge, items.collect::<Result<_, _>>()?)))
                }
            })
            .map(Value::List),
    };
    read.map_or_else(Reading::Malformed, Reading::Value)
}

fn is_empty(said: &Json) -> bool {
    match said {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

/// Brings a list into the one form in which equal lists are equal.
pub(super) fn normal(merge: Merge, mut items: Vec<String>) -> Vec<String> {
    match merge {
        Merge::Meet | Merge::Join => {
            items.sort();
            items.dedup();
            let all = items.clone();
            items.retain(|item| !all.iter().any(|other| other != item && form::covers(other, item)));
        }
        Merge::Top | Merge::Or | Merge::And | Merge::Min | Merge::Max | Merge::Stricter => {
            let mut seen = std::collections::BTreeSet::new();
            items.retain(|item| seen.insert(item.clone()));
        }
    }
    items
}

fn flag(said: &Json) -> Result<bool, String> {
    let known = match said {
        Json::Bool(flag) => Some(*flag),
        Json::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            Some(_) | None => None,
        },
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    known.ok_or_else(|| "is neither true nor false".to_owned())
}

fn number(said: &Json, least: u64, most: u64) -> Result<u64, String> {
    let known = match said {
        Json::Number(number) => match number.as_i128() {
            Some(whole) => Some(whole),
            None => number.as_f64().and_then(whole),
        },
        Json::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.strip_suffix(".0").and_then(|text| text.parse().ok()))
        }
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    let number: i128 = known.ok_or_else(|| "is not a whole number".to_owned())?;
    match u64::try_from(number) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        Ok(_) => Err(format!("is not between {least} and {most}")),
        Err(_) => Err(format!(
            "is not between {least} and {most}; no number means \"no limit\": leave the key out for that"
        )),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "checked to be whole and small before")]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i128)
}

fn choice(said: &Json, words: &'static [&'static str]) -> Result<&'static str, String> {
    let text = match said {
        Json::String(text) => text.trim().to_lowercase().replace(['-', ' '], "_"),
        Json::Number(number) => number.to_string(),
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    };
    let found = words.iter().find(|word| **word == text);
    found.copied().ok_or_else(|| format!("is none of {}", words.join(", ")))
}

fn text(said: &Json) -> Result<String, String> {
    match said {
        Json::String(text) if text.len() > LONGEST => Err("is too long".to_owned()),
        Json::String(text) => Ok(text.trim().to_owned()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => Err("is not a text".to_owned()),
    }
}

/// An array, an array written as a text, or texts with commas or lines between them; nothing for `all`.
fn list(said: &Json) -> Result<Option<Vec<String>>, String> {
    let items = match said {
        Json::Array(items) => items.clone(),
        Json::String(said) => {
            let said = said.trim();
            match said.to_ascii_lowercase().as_str() {
                "all" | "*" => return Ok(None),
                "none" => Vec::new(),
                _ if said.starts_with('[') => match serde_json::from_str(said) {
                    Ok(Json::Array(items)) => items,
                    Ok(_) | Err(_) => return Err("is not a list: the JSON in the text is broken".to_owned()),
                },
                _ if said.starts_with("-----BEGIN") => vec![Json::String(said.to_owned())],
                _ => said
                    .split([',', '\n', ';'])
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Json::String(item.to_owned()))
                    .collect(),
            }
        }
        Json::Bool(_) | Json::Number(_) | Json::Null | Json::Object(_) => {
            return Err("is not a list of texts".to_owned());
        }
    };
    if items.len() > MOST {
        return Err(format!("has more than {MOST} entries"));
    }
    items.iter().map(text).collect::<Result<Vec<_>, _>>().map(Some)
}

impl Value {
    /// Returns how strict a choice is: the place of its word.
    pub(super) fn place(&self, definition: &Definition) -> Option<usize> {
        let (Self::Choice(word), Type::Choice(words)) = (self, definition.kind) else { return None };
        words.iter().position(|known| known == word)
    }
}
