//! What is made from the table for others: consoles, editors, people. Texts only; nothing is written here.

mod android;
mod ios;
mod json_schema;
mod markdown;
mod xml;

pub use android::android;
pub use ios::ios;
pub use json_schema::json_schema;
pub use markdown::markdown;

use super::key::{Definition, Initial, Key, Type};
use super::value::{List, Value};

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it belongs, below the directory that was asked for.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The default of a key as consoles write it: a list is one text.
fn plain(initial: Initial) -> Option<String> {
    Some(match initial.value()? {
        Value::List(List::Only(items)) => items.join(","),
        value => value.to_string(),
    })
}

/// What a console's field says about itself beside the description: bounds and default.
fn limits(definition: &Definition) -> String {
    let default = definition.default.value().map_or_else(|| "—".to_owned(), |value| value.to_string());
    match definition.kind {
        Type::Number { .. } | Type::Text(_) | Type::List(_) => {
            format!("[{}; {default}]", definition.key.allowed())
        }
        Type::Flag | Type::Choice(_) => format!("[{default}]"),
    }
}

/// The categories in the order of the table, each with its keys.
fn categories() -> Vec<(&'static str, Vec<Key>)> {
    let mut categories: Vec<(&'static str, Vec<Key>)> = Vec::new();
    for key in Key::ALL {
        let category = key.definition().category();
        match categories.iter_mut().find(|(known, _)| *known == category) {
            Some((_, keys)) => keys.push(*key),
            None => categories.push((category, vec![*key])),
        }
    }
    categories
}
