//! iOS: the AppConfig community's specfile, with labels in every language.

use super::super::key::{Definition, Initial, Key, Type};
use super::super::text::{Language, Words};
use super::xml::escape;
use super::{File, categories, limits, plain};

/// The application's bundle.
const BUNDLE: &str = "eu.qroc.app";

/// Returns `appconfig.xml`.
pub fn ios() -> File {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!-- Generated: qroc policy schema -->\n\
         <managedAppConfiguration>\n  <version>1</version>\n",
    );
    text.push_str(&format!("  <bundleId>{BUNDLE}</bundleId>\n  <dict>\n"));
    for key in Key::ALL {
        dict(&mut text, key.definition());
    }
    text.push_str("  </dict>\n  <presentation defaultLocale=\"en-US\">\n");
    for (category, keys) in categories() {
        text.push_str("    <fieldGroup>\n");
        said(&mut text, 6, "name", |words| words.category(category).to_owned());
        for key in keys {
            field(&mut text, key);
        }
        text.push_str("    </fieldGroup>\n");
    }
    text.push_str("  </presentation>\n</managedAppConfiguration>\n");
    File { path: "appconfig.xml".to_owned(), text }
}

/// A list is an array of texts; nothing has more structure than that.
fn kind(definition: &Definition) -> &'static str {
    match definition.kind {
        Type::Flag => "boolean",
        Type::Number { .. } => "integer",
        Type::Choice(_) | Type::Text(_) => "string",
        Type::List(_) => "stringArray",
    }
}

fn dict(text: &mut String, definition: &Definition) {
    let kind = kind(definition);
    let mut inside = String::new();
    let values: Vec<String> = match definition.default {
        Initial::List(items) => items.iter().map(|item| (*item).to_owned()).collect(),
        other => plain(other).into_iter().collect(),
    };
    if !values.is_empty() {
        inside.push_str("      <defaultValue>\n");
        for value in values {
            inside.push_str(&format!("        <value>{}</value>\n", escape(&value)));
        }
        inside.push_str("      </defaultValue>\n");
    }
    match definition.kind {
        Type::Number { least, most, .. } => {
            inside
                .push_str(&format!("      <constraint nullable=\"true\" min=\"{least}\" max=\"{most}\"/>\n"));
        }
        Type::Choice(words) => {
            inside.push_str("      <constraint nullable=\"true\">\n        <values>\n");
            for word in words {
                inside.push_str(&format!("          <value>{word}</value>\n"));
            }
            inside.push_str("        </values>\n      </constraint>\n");
        }
        Type::Flag | Type::Text(_) | Type::List(_) => {
            inside.push_str("      <constraint nullable=\"true\"/>\n");
        }
    }
    text.push_str(&format!("    <{kind} keyName=\"{}\">\n{inside}    </{kind}>\n", definition.name));
}

fn field(text: &mut String, key: Key) {
    let definition = key.definition();
    let shown = match definition.kind {
        Type::Flag => "checkbox",
        Type::Choice(_) => "select",
        Type::Number { .. } | Type::Text(_) => "input",
        Type::List(_) => "list",
    };
    text.push_str(&format!("      <field keyName=\"{}\" type=\"{shown}\">\n", definition.name));
    said(text, 8, "label", |words| words.title(key).to_owned());
    said(text, 8, "description", |words| format!("{} {}", words.description(key), limits(definition)));
    if let Type::Choice(choices) = definition.kind {
        text.push_str("        <options>\n");
        for choice in choices {
            text.push_str(&format!("          <option value=\"{choice}\">\n"));
            for language in Language::ALL {
                text.push_str(&spoken(12, language, language.words().choice(choice)));
            }
            text.push_str("          </option>\n");
        }
        text.push_str("        </options>\n");
    }
    text.push_str("      </field>\n");
}

fn said(text: &mut String, indent: usize, element: &str, words: impl Fn(&Words) -> String) {
    let space = " ".repeat(indent);
    text.push_str(&format!("{space}<{element}>\n"));
    for language in Language::ALL {
        text.push_str(&spoken(indent + 2, language, &words(language.words())));
    }
    text.push_str(&format!("{space}</{element}>\n"));
}

fn spoken(indent: usize, language: Language, words: &str) -> String {
    let locale = match language {
        Language::English => "en-US",
        other => other.code(),
    };
    format!("{}<language value=\"{locale}\">{}</language>\n", " ".repeat(indent), escape(words))
}
