//! The generated files are what the table says now. `make policy` writes them again.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::*;

fn checkout(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_files_in_the_tree_are_what_the_table_says() {
    let mut files = vec![("docs", generate::markdown())];
    files.extend([("docs/policy", generate::json_schema()), ("docs/policy", generate::ios())]);
    files.extend(generate::android().into_iter().map(|file| ("docs/policy/android", file)));
    for (folder, file) in files {
        let path = format!("{folder}/{}", file.path);
        assert!(checkout(&path) == file.text, "{path} is out of date: run `make policy`");
    }
}

/// An element of XML: name, attributes, text, children.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    inside: Vec<Element>,
}

impl Element {
    fn child(&self, name: &str) -> &Self {
        self.inside
            .iter()
            .find(|child| child.name == name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.name))
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.inside.iter().filter(move |child| child.name == name)
    }
}

/// Reads what the generators write, and nothing else.
fn parse_xml(text: &str) -> Element {
    let mut stack = vec![Element::default()];
    let mut rest = text
        .strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
        .or_else(|| text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        .expect("a declaration");
    while let Some((said, tagged)) = rest.split_once('<') {
        stack.last_mut().unwrap().text.push_str(&unescape(said.trim()));
        if let Some(after) = tagged.strip_prefix("!--") {
            rest = after.split_once("-->").expect("a comment's end").1;
            continue;
        }
        let (tag, after) = tagged.split_once('>').expect("a tag's end");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let done = stack.pop().unwrap();
            assert_eq!(done.name, name);
            stack.last_mut().unwrap().inside.push(done);
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        let mut pieces = attributes.split('"');
        while let (Some(name), Some(value)) = (pieces.next(), pieces.next()) {
            let name = name.trim().strip_suffix('=').expect("name=").to_owned();
            assert!(element.attributes.insert(name, unescape(value)).is_none());
        }
        if closed { stack.last_mut().unwrap().inside.push(element) } else { stack.push(element) }
    }
    assert_eq!(stack.len(), 1, "unclosed");
    stack.pop().unwrap().inside.pop().expect("a root")
}

fn unescape(text: &str) -> String {
    assert!(!text.contains('<'));
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn android_is_given_every_key_with_words_in_every_language() {
    let files = generate::android();
    assert_eq!(files.len(), 1 + Language::ALL.len());
    let restrictions = parse_xml(&files[0].text);
    assert_eq!(restrictions.inside.len(), Key::ALL.len());
    let tables: Vec<_> = files[1..].iter().map(|file| (file.path.as_str(), parse_xml(&file.text))).collect();
    for (key, element) in Key::ALL.iter().zip(&restrictions.inside) {
        let attribute = |name: &str| element.attributes.get(&format!("android:{name}"));
        assert_eq!(attribute("key").unwrap(), key.name());
        let kind = attribute("restrictionType").unwrap().as_str();
        let expected = match key.definition().kind {
            Type::Flag => "bool",
            Type::Number { .. } => "integer",
            Type::Choice(_) => "choice",
            Type::Text(_) | Type::List(_) => "string",
        };
        assert_eq!(kind, expected);
        for name in ["title", "description"] {
            let reference = attribute(name).unwrap().strip_prefix("@string/").unwrap().to_owned();
            for (path, table) in &tables {
                let found = table.named("string").filter(|string| string.attributes["name"] == reference);
                assert_eq!(found.count(), 1, "{path}: {reference}");
            }
        }
        if kind == "choice" {
            let entries = attribute("entries").unwrap().strip_prefix("@array/").unwrap();
            let values = attribute("entryValues").unwrap().strip_prefix("@array/").unwrap();
            let size = |table: &Element, name: &str| {
                let array = table.named("string-array").find(|array| array.attributes["name"] == name);
                array.map(|array| array.inside.len())
            };
            let expected = size(&tables[0].1, values).expect("values");
            for (path, table) in &tables {
                assert_eq!(size(table, entries), Some(expected), "{path}: {entries}");
            }
        }
        if let Some(default) = attribute("defaultValue").filter(|default| !default.is_empty()) {
            let read = read(key.definition(), &serde_json::Value::String(default.clone()));
            assert_eq!(read, Reading::Value(key.definition().default.value().unwrap()), "{}", key.name());
        }
    }
}

/// The rules of the AppConfig specfile: which elements stand where, that every field has its key and every key its
/// field, that labels have the default locale.
#[test]
fn ios_is_given_a_specfile_by_the_rules() {
    let root = parse_xml(&generate::ios().text);
    assert_eq!(root.name, "managedAppConfiguration");
    let parts: Vec<_> = root.inside.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(parts, ["version", "bundleId", "dict", "presentation"]);
    let dict = root.child("dict");
    assert_eq!(dict.inside.len(), Key::ALL.len());
    let mut kinds = BTreeMap::new();
    for element in &dict.inside {
        assert!(
            ["string", "boolean", "integer", "stringArray"].contains(&element.name.as_str()),
            "{}",
            element.name
        );
        assert!(kinds.insert(element.attributes["keyName"].clone(), element.name.clone()).is_none());
        let inside: Vec<_> = element.inside.iter().map(|child| child.name.as_str()).collect();
        assert!(inside == ["constraint"] || inside == ["defaultValue", "constraint"], "{inside:?}");
        for value in element.named("defaultValue").flat_map(|default| &default.inside) {
            assert_eq!(value.name, "value");
            match element.name.as_str() {
                "boolean" => assert!(value.text == "true" || value.text == "false"),
                "integer" => assert!(value.text.parse::<u64>().is_ok()),
                _ => {}
            }
        }
    }
    let presentation = root.child("presentation");
    assert_eq!(presentation.attributes["defaultLocale"], "en-US");
    let mut fields = 0;
    for group in &presentation.inside {
        assert_eq!((group.name.as_str(), group.inside[0].name.as_str()), ("fieldGroup", "name"));
        has_locales(group.child("name"));
        for field in group.named("field") {
            let kind = kinds[&field.attributes["keyName"]].as_str();
            let shown = field.attributes["type"].as_str();
            let fits = matches!(
                (kind, shown),
                ("boolean", "checkbox")
                    | ("integer" | "string", "input")
                    | ("string", "select")
                    | ("stringArray", "list")
            );
            assert!(fits, "{kind} is shown as {shown}");
            has_locales(field.child("label"));
            has_locales(field.child("description"));
            let options: Vec<_> = field.named("options").flat_map(|options| &options.inside).collect();
            assert_eq!(options.is_empty(), shown != "select");
            for option in options {
                assert!(!option.attributes["value"].is_empty());
                has_locales(option);
            }
            fields += 1;
        }
    }
    assert_eq!(fields, Key::ALL.len());
}

fn has_locales(element: &Element) {
    let locales: Vec<_> =
        element.inside.iter().map(|language| language.attributes["value"].as_str()).collect();
    assert_eq!(locales, ["en-US", "de", "fr", "el"]);
    assert!(element.inside.iter().all(|language| language.name == "language" && !language.text.is_empty()));
}

#[test]
fn the_json_schema_knows_the_keys_and_every_default_fits_it() {
    let schema: serde_json::Value = serde_json::from_str(&generate::json_schema().text).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), Key::ALL.len());
    for key in Key::ALL {
        let property = &properties[key.name()];
        let default = property.get("default").cloned();
        assert_eq!(
            default,
            key.definition().default.value().map(|value| serde_json::to_value(value).unwrap())
        );
        if let (Type::Number { .. }, Some(default)) = (key.definition().kind, default) {
            assert!(
                property["minimum"].as_u64() <= default.as_u64()
                    && default.as_u64() <= property["maximum"].as_u64()
            );
        }
    }
}

#[test]
fn every_enforced_key_names_its_test() {
    for key in Key::ALL {
        assert_eq!(key.test().is_some(), key.definition().since.is_some(), "{}", key.name());
        let Some((module, name)) = key.test().and_then(|test| test.split_once("::")) else { continue };
        let file = checkout(&format!("tests/tests/it/{module}.rs"));
        assert!(
            file.contains(&format!("fn {name}()")),
            "{} is said to be shown by {module}::{name}",
            key.name()
        );
    }
}

#[test]
fn the_examples_are_without_a_mistake() {
    for example in ["patrol", "investigation", "guest"] {
        let text = checkout(&format!("fixtures/policies/{example}.json"));
        let lines = parse(&text).unwrap();
        let said = lines.iter().map(|line| (line.key.as_str(), &line.value));
        let layer = Layer::read(Source::mdm(), said, None);
        assert_eq!(layer.notes, [], "{example}");
        assert!(layer.values.len() >= 20, "{example}");
    }
}
