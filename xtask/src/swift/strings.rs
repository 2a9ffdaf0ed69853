//! The words of the screens for Swift, from Android's: a string catalogue, and a property or a function for each text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

/// Android's folders of resources, and the language of each; the first is the one that the others are held against.
const LANGUAGES: [(&str, &str); 4] =
    [("values", "en"), ("values-de", "de"), ("values-fr", "fr"), ("values-el", "el")];

/// One text of one language: its forms by quantity, or one form without.
#[derive(Debug, PartialEq, Eq)]
struct Text(BTreeMap<String, String>);

type Texts = BTreeMap<String, Text>;

/// Writes catalogue, properties and the policy's own words into `target`, where they differ from what is there.
///
/// # Errors
/// Where a language lacks a text, has one too many, or has other arguments than English; where files cannot be read or
/// written.
pub(super) fn generate(root: &Path, target: &Path) -> Result<()> {
    let mut languages = BTreeMap::new();
    for (folder, language) in LANGUAGES {
        let file = root.join("android/ui/src/main/res").join(folder).join("strings.xml");
        let xml = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        languages.insert(language, read(&xml).with_context(|| file.display().to_string())?);
    }
    check(&languages)?;
    let english = languages.get("en").context("no English")?;
    let catalogue = target.join("Catalogue");
    fs::create_dir_all(&catalogue)?;
    let text = serde_json::to_string_pretty(&catalog(&languages))?;
    write(&catalogue.join("Localizable.xcstrings"), &text)?;
    for (_, language) in LANGUAGES {
        let words = root.join("core/src/policy/text").join(format!("{language}.txt"));
        write(&catalogue.join(format!("policy-{language}.txt")), &fs::read_to_string(words)?)?;
    }
    write(&target.join("Texts.swift"), &properties(english))
}

/// Leaves a file alone that is the same already, so that the compiler does not begin anew.
fn write(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn read(xml: &str) -> Result<Texts> {
    let document = roxmltree::Document::parse(xml)?;
    let mut texts = Texts::new();
    for node in document.root_element().children().filter(roxmltree::Node::is_element) {
        let name = node.attribute("name").context("a text without a name")?;
        let mut forms = BTreeMap::new();
        if node.has_tag_name("string") {
            forms.insert(String::new(), plain(node.text().unwrap_or_default()));
        }
        for item in node.children().filter(|child| child.has_tag_name("item")) {
            let quantity = item.attribute("quantity").with_context(|| format!("{name}: no quantity"))?;
            forms.insert(quantity.to_owned(), plain(item.text().unwrap_or_default()));
        }
        let quantities: Vec<_> = forms.keys().map(String::as_str).collect();
        if quantities != [""] && quantities != ["one", "other"] {
            bail!("{name} needs one text, or one and other");
        }
        if texts.insert(name.to_owned(), Text(forms)).is_some() {
            bail!("{name} twice");
        }
    }
    Ok(texts)
}

/// Android's way to write a text in a resource, undone.
fn plain(text: &str) -> String {
    text.replace("\\'", "'").replace("\\\"", "\"").replace("\\n", "\n").replace("\\@", "@")
}

fn check(languages: &BTreeMap<&str, Texts>) -> Result<()> {
    let english = languages.get("en").context("no English")?;
    for (language, texts) in languages {
        let (wanted, found): (BTreeSet<_>, BTreeSet<_>) = (english.keys().collect(), texts.keys().collect());
        if wanted != found {
            let lacks: Vec<_> = wanted.difference(&found).collect();
            let more: Vec<_> = found.difference(&wanted).collect();
            bail!("{language} lacks {lacks:?} and has too many {more:?}");
        }
        for (name, text) in texts {
            if english.get(name).map(Text::arguments) != Some(text.arguments()) {
                bail!("{language}: other arguments in {name}");
            }
            if text.0.values().any(|form| form.trim().is_empty()) {
                bail!("{language}: {name} is empty");
            }
        }
    }
    Ok(())
}

impl Text {
    fn counted(&self) -> bool {
        !self.0.contains_key("")
    }

    /// Whether each argument is a number, in order.
    fn arguments(&self) -> Vec<bool> {
        let mut found = BTreeMap::new();
        for form in self.0.values() {
            for part in form.split('%').skip(1) {
                let mut letters = part.chars();
                if let (Some(number @ '1'..='9'), Some('$'), Some(kind @ ('s' | 'd'))) =
                    (letters.next(), letters.next(), letters.next())
                {
                    found.insert(number, kind == 'd');
                }
            }
        }
        if self.counted() {
            found.entry('1').or_insert(true);
        }
        found.into_values().collect()
    }
}

/// The catalogue as Xcode keeps it.
fn catalog(languages: &BTreeMap<&str, Texts>) -> Value {
    let mut strings: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (language, texts) in languages {
        for (name, text) in texts {
            let unit = |form: &str| json!({ "stringUnit": { "state": "translated", "value": apple(form) } });
            let value = match text.0.get("") {
                Some(form) => unit(form),
                None => {
                    let forms: Map<_, _> =
                        text.0.iter().map(|(quantity, form)| (quantity.clone(), unit(form))).collect();
                    json!({ "variations": { "plural": forms } })
                }
            };
            strings.entry(name).or_default().insert((*language).to_owned(), value);
        }
    }
    let strings: Map<_, _> = strings
        .into_iter()
        .map(|(name, localizations)| {
            (name.to_owned(), json!({ "extractionState": "manual", "localizations": localizations }))
        })
        .collect();
    json!({ "sourceLanguage": "en", "strings": strings, "version": "1.0" })
}

/// Placeholders as Apple writes them.
fn apple(form: &str) -> String {
    let mut text = form.to_owned();
    for number in 1..=9 {
        text = text.replace(&format!("%{number}$s"), &format!("%{number}$@"));
        text = text.replace(&format!("%{number}$d"), &format!("%{number}$lld"));
    }
    text
}

/// One member for each text, so that a screen cannot ask for what is not there.
fn properties(english: &Texts) -> String {
    let mut out = String::from(
        "// Generated from Android's strings.xml by `xtask swift`.\n// swift-format-ignore-file\n\nextension Strings {\n",
    );
    for (name, text) in english {
        let shown = text.0.values().next_back().map(|form| form.replace('\n', " ")).unwrap_or_default();
        let arguments = text.arguments();
        let property = camel(name);
        let _ = writeln!(out, "    /// {shown}");
        if arguments.is_empty() {
            let _ = writeln!(out, "    public var {property}: String {{ text(\"{name}\") }}");
            continue;
        }
        let parameters: Vec<_> = arguments
            .iter()
            .enumerate()
            .map(|(index, number)| format!("_ a{}: {}", index + 1, if *number { "Int" } else { "String" }))
            .collect();
        let values: Vec<_> = arguments
            .iter()
            .enumerate()
            .map(
                |(index, number)| {
                    if *number { format!("String(a{})", index + 1) } else { format!("a{}", index + 1) }
                },
            )
            .collect();
        let count = if text.counted() { ", counting: a1" } else { "" };
        let _ = writeln!(
            out,
            "    public func {property}({}) -> String {{ text(\"{name}\", [{}]{count}) }}",
            parameters.join(", "),
            values.join(", ")
        );
    }
    out.push_str("}\n");
    out
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    for (index, word) in name.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = r#"<resources>
        <string name="back">Back</string>
        <string name="sent_at">%1$s, it\'s %2$s</string>
        <plurals name="ago_days"><item quantity="one">%1$d day</item><item quantity="other">%1$d days</item></plurals>
    </resources>"#;

    fn languages(other: &str) -> BTreeMap<&'static str, Texts> {
        BTreeMap::from([("en", read(ENGLISH).unwrap()), ("de", read(other).unwrap())])
    }

    #[test]
    fn a_text_is_a_property_and_one_with_arguments_a_function() {
        let text = properties(&read(ENGLISH).unwrap());
        assert!(text.contains("public var back: String { text(\"back\") }"), "{text}");
        assert!(text.contains("func sentAt(_ a1: String, _ a2: String)"), "{text}");
        assert!(
            text.contains(
                "func agoDays(_ a1: Int) -> String { text(\"ago_days\", [String(a1)], counting: a1) }"
            ),
            "{text}"
        );
    }

    #[test]
    fn the_catalogue_has_all_languages_and_apples_placeholders() {
        let german = ENGLISH.replace("Back", "Zurück").replace(" days<", " Tage<");
        let catalog = catalog(&languages(&german));
        let at = |path: &str| catalog.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let back = at("/strings/back/localizations/de/stringUnit/value");
        assert_eq!(back.as_deref(), Some("Zurück"));
        let days = at("/strings/ago_days/localizations/de/variations/plural/other/stringUnit/value");
        assert_eq!(days.as_deref(), Some("%1$lld Tage"));
        let sent = at("/strings/sent_at/localizations/en/stringUnit/value");
        assert_eq!(sent.as_deref(), Some("%1$@, it's %2$@"));
    }

    #[test]
    fn what_a_language_lacks_or_has_otherwise_is_named() {
        let cases = [
            (ENGLISH.replace("\"back\"", "\"forth\""), "lacks"),
            (ENGLISH.replace("%2$s", "%2$d"), "other arguments in sent_at"),
            (ENGLISH.replace(">Back<", "> <"), "back is empty"),
        ];
        for (other, wanted) in cases {
            let error = check(&languages(&other)).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(
            read("<resources><string name=\"a\">x</string><string name=\"a\">y</string></resources>")
                .is_err()
        );
    }
}
