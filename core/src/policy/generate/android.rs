//! Android: the restrictions that consoles show, with their strings in every language.

use super::super::key::{Definition, Initial, Key, Type};
use super::super::text::{Language, Words};
use super::xml::escape;
use super::{File, limits, plain};

/// Returns `xml/app_restrictions.xml` and a `values` folder per language.
pub fn android() -> Vec<File> {
    let mut files = vec![File { path: "xml/app_restrictions.xml".to_owned(), text: restrictions() }];
    for language in Language::ALL {
        let folder = match language {
            Language::English => "values".to_owned(),
            other => format!("values-{}", other.code()),
        };
        files.push(File { path: format!("{folder}/policy.xml"), text: strings(language) });
    }
    files
}

fn name(key: Key) -> String {
    format!("policy_{}", key.name().replace('.', "_"))
}

/// A number beyond what Android's integers hold is asked for as a text; no key has one today.
fn kind(definition: &Definition) -> &'static str {
    match definition.kind {
        Type::Flag => "bool",
        Type::Number { most, .. } if i32::try_from(most).is_ok() => "integer",
        Type::Choice(_) => "choice",
        Type::Number { .. } | Type::Text(_) | Type::List(_) => "string",
    }
}

fn restrictions() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <!-- Generated: qroc policy schema -->\n\
         <restrictions xmlns:android=\"http://schemas.android.com/apk/res/android\">\n",
    );
    for key in Key::ALL {
        let (definition, name) = (key.definition(), name(*key));
        text.push_str("    <restriction\n");
        let mut attribute = |name: &str, value: &str| {
            text.push_str(&format!("        android:{name}=\"{}\"\n", escape(value)));
        };
        attribute("key", key.name());
        attribute("title", &format!("@string/{name}_title"));
        attribute("description", &format!("@string/{name}_description"));
        attribute("restrictionType", kind(definition));
        if let Type::Choice(_) = definition.kind {
            attribute("entries", &format!("@array/{name}_entries"));
            attribute("entryValues", &format!("@array/{name}_values"));
            if definition.default == Initial::Unset {
                // Android wants a choice to have one; the word for none of them stands first.
                attribute("defaultValue", "");
            }
        }
        if let Some(default) = plain(definition.default).filter(|default| !default.is_empty()) {
            attribute("defaultValue", &default);
        }
        text.truncate(text.trim_end().len());
        text.push_str(" />\n");
    }
    text.push_str("</restrictions>\n");
    text
}

fn strings(language: Language) -> String {
    let words = language.words();
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Generated: qroc policy schema -->\n<resources>\n",
    );
    for key in Key::ALL {
        let (definition, name) = (key.definition(), name(*key));
        let description = format!("{} {}", words.description(*key), limits(definition));
        for (part, said) in [("title", words.title(*key)), ("description", &description)] {
            text.push_str(&format!("    <string name=\"{name}_{part}\">{}</string>\n", resource(said)));
        }
        if let Type::Choice(choices) = definition.kind {
            array(&mut text, &name, choices, definition.default == Initial::Unset, words, language);
        }
    }
    text.push_str("</resources>\n");
    text
}

fn array(
    text: &mut String,
    name: &str,
    choices: &'static [&'static str],
    may_be_unset: bool,
    words: &Words,
    language: Language,
) {
    let mut list = |kind: &str, attributes: &str, items: Vec<&str>| {
        text.push_str(&format!("    <string-array name=\"{name}_{kind}\"{attributes}>\n"));
        for item in items {
            text.push_str(&format!("        <item>{}</item>\n", resource(item)));
        }
        text.push_str("    </string-array>\n");
    };
    let unset = may_be_unset.then_some("—");
    list("entries", "", unset.into_iter().chain(choices.iter().map(|word| words.choice(word))).collect());
    if language == Language::English {
        let unset = may_be_unset.then_some("");
        list("values", " translatable=\"false\"", unset.into_iter().chain(choices.iter().copied()).collect());
    }
}

/// What Android's resource compiler takes for itself is escaped for it, then for XML.
fn resource(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\\\"");
    let text = match text.chars().next() {
        Some('@' | '?') => format!("\\{text}"),
        _ => text,
    };
    escape(&text).replace("&quot;", "\"")
}
