//! Whether the two layers that are written by hand, Kotlin's and Swift's, have all that the library exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use uniffi_meta::{Metadata, MetadataGroup};

struct Layer {
    language: &'static str,
    folder: &'static str,
    extension: &'static str,
}

const LAYERS: [Layer; 2] = [
    Layer { language: "Kotlin", folder: "android/bridge/src/main/kotlin", extension: "kt" },
    Layer { language: "Swift", folder: "ios/Sources/Qroc", extension: "swift" },
];

const BESIDE: &str = "on Android one process has the profile and shows its notifications; Swift has it";

/// What a layer need not show, each with its reason.
const INTERNAL: &[(&str, &str)] = &[
    ("ConnectionStates.restart", "each loop may take one of its own"),
    ("ConnectionStates.end", "it ends with its loop"),
    ("RecoveryStates.restart", "each loop may take one of its own"),
    ("Reaction", "a map from reaction to users, in languages that have maps"),
    ("Reaction.key", "a key of that map"),
    ("Reaction.senders", "a value of that map"),
    ("Notifier", BESIDE),
    ("Notifier.open", BESIDE),
    ("Notifier.fetch", BESIDE),
    ("Notifier.policy", BESIDE),
    ("Notifier.shut_down", BESIDE),
    ("Notification", BESIDE),
    ("Notification.room_id", BESIDE),
    ("Notification.room_name", BESIDE),
    ("Notification.event_id", BESIDE),
    ("Notification.sender", BESIDE),
    ("Notification.sender_name", BESIDE),
    ("Notification.time", BESIDE),
    ("Notification.body", BESIDE),
    ("Notification.attention", BESIDE),
    ("Notification.unreadable", BESIDE),
    ("Attention", BESIDE),
    ("Attention.Nothing", BESIDE),
    ("Attention.Unread", BESIDE),
    ("Attention.Highlight", BESIDE),
    ("PortFault", "what a log throws is dropped"),
    ("PortFault.Failed", "what a log throws is dropped"),
];

/// Lists what is missing: an exported item that a layer neither wraps nor has as internal, and a mark without an item.
///
/// # Errors
/// When a layer's folder cannot be read.
pub(super) fn missing(group: &MetadataGroup) -> Result<Vec<String>> {
    let items = exported(group);
    let mut faults: Vec<String> = INTERNAL
        .iter()
        .filter(|(marked, _)| !items.iter().any(|item| item.path() == *marked))
        .map(|(marked, _)| format!("{marked} is marked as internal and does not exist"))
        .collect();
    for layer in &LAYERS {
        let mut files = Vec::new();
        read(&crate::root().join(layer.folder), layer.extension, &mut files)?;
        let shown = items.iter().filter(|item| !INTERNAL.iter().any(|(marked, _)| *marked == item.path()));
        faults.extend(shown.filter(|item| !is_wrapped(item, &files)).map(|item| {
            format!("{} is neither wrapped in {} nor marked as internal", item.path(), layer.language)
        }));
    }
    Ok(faults)
}

/// An exported item: a function or a type, or a member of a type.
struct Item {
    owner: Option<String>,
    name: String,
}

impl Item {
    fn path(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{owner}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

fn exported(group: &MetadataGroup) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |owner: Option<&str>, name: &str| {
        items.push(Item { owner: owner.map(str::to_owned), name: name.to_owned() });
    };
    for item in &group.items {
        match item {
            Metadata::Func(item) => add(None, &item.name),
            Metadata::Object(item) => add(None, &item.name),
            Metadata::CallbackInterface(item) => add(None, &item.name),
            Metadata::CustomType(item) => add(None, &item.name),
            Metadata::Constructor(item) => add(Some(&item.self_name), &item.name),
            Metadata::Method(item) => add(Some(&item.self_name), &item.name),
            Metadata::TraitMethod(item) => add(Some(&item.trait_name), &item.name),
            Metadata::Record(item) => {
                add(None, &item.name);
                item.fields.iter().for_each(|field| add(Some(&item.name), &field.name));
            }
            Metadata::Enum(item) => {
                add(None, &item.name);
                for variant in &item.variants {
                    add(Some(&item.name), &variant.name);
                    variant.fields.iter().for_each(|field| add(Some(&item.name), &field.name));
                }
            }
            Metadata::Namespace(_)
            | Metadata::UdlFile(_)
            | Metadata::UniffiTrait(_)
            | Metadata::ObjectTraitImpl(_) => {}
        }
    }
    items
}

/// The item's name is in a file, for a member in one that has its type's name too.
fn is_wrapped(item: &Item, files: &[BTreeSet<String>]) -> bool {
    let name = normal(&item.name);
    let owner = item.owner.as_deref().map(normal);
    files.iter().any(|words| has(words, &name) && owner.as_deref().is_none_or(|owner| has(words, owner)))
}

fn has(words: &BTreeSet<String>, word: &str) -> bool {
    // Kotlin's errors are exceptions.
    words.contains(word)
        || word.strip_suffix("error").is_some_and(|stem| words.contains(&format!("{stem}exception")))
}

/// Names are written differently in each language: `load_older`, `loadOlder`; `MissingKey`, `MISSING_KEY`.
fn normal(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| {
        let line = line.trim_start();
        !(line.starts_with("//") || line.starts_with('*') || line.starts_with("/*"))
    });
    let part = |letter: char| !letter.is_alphanumeric() && letter != '_';
    code.flat_map(|line| line.split(part)).filter(|word| !word.is_empty()).map(normal).collect()
}

fn read(folder: &Path, extension: &str, files: &mut Vec<BTreeSet<String>>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, extension, files)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(words(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Item, is_wrapped, words};

    #[test]
    fn a_member_is_wrapped_beside_its_type_and_not_in_a_comment() {
        let files = [
            words("/// loadMore\nfinal class Timeline {\n    func loadOlder() {}\n}"),
            words("class RoomList { fun loadMore() }"),
            words("throw QrocException.RATE_LIMITED"),
        ];
        let item = |owner: &str, name: &str| Item { owner: Some(owner.to_owned()), name: name.to_owned() };
        assert!(is_wrapped(&item("Timeline", "load_older"), &files));
        assert!(is_wrapped(&item("RoomList", "load_more"), &files));
        assert!(!is_wrapped(&item("Timeline", "load_more"), &files));
        assert!(is_wrapped(&item("QrocError", "RateLimited"), &files));
        assert!(!is_wrapped(&Item { owner: None, name: "wipe".to_owned() }, &files));
    }
}
