//! A policy as a file: one flat JSON object with dotted keys. Knows where each key stands.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, MapAccess, Visitor};
use serde_json::Value as Json;

/// A key of the file with what stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// As it is spelt.
    pub key: String,
    /// What stands behind it.
    pub value: Json,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// The file is not one JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct Broken {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// Reads a file, keys in their order, also those that come twice.
///
/// # Errors
/// Where the text is not one JSON object.
pub fn parse(text: &str) -> Result<Vec<Line>, Broken> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let pairs: Pairs = serde_json::from_str(text).map_err(|error| Broken {
        line: error.line().max(1),
        column: error.column().max(1),
        reason: reason(&error),
    })?;
    let mut places = places(text).into_iter();
    let line = |(key, value)| {
        let (line, column) = places.next().unwrap_or((1, 1));
        Line { key, value, line, column }
    };
    Ok(pairs.0.into_iter().map(line).collect())
}

/// Without the place, which is told apart from it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

struct Pairs(Vec<(String, Json)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object with dotted keys")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if pairs.len() >= 10_000 {
                return Err(de::Error::custom("too many keys"));
            }
            pairs.push((key, map.next_value()?));
        }
        Ok(Pairs(pairs))
    }
}

/// Where the keys of the outermost object stand. The text is known to be JSON.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let (mut line, mut column) = (1, 0);
    let (mut depth, mut inside, mut escaped, mut wants_key) = (0_usize, false, false, false);
    for letter in text.chars() {
        column += 1;
        if inside {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
        } else {
            match letter {
                '"' => {
                    inside = true;
                    if depth == 1 && wants_key {
                        places.push((line, column));
                        wants_key = false;
                    }
                }
                '{' | '[' => {
                    depth += 1;
                    wants_key = depth == 1;
                }
                '}' | ']' => depth = depth.saturating_sub(1),
                ',' if depth == 1 => wants_key = true,
                _ => {}
            }
        }
        if letter == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    places
}
