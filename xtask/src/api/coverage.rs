//! Whether the layers that are written by hand wrap all that the library exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use uniffi_meta::{Metadata, MetadataGroup};

/// What a layer may leave out, and why.
const INTERNAL: &[(&str, &str)] = &[
    ("Reaction", "a map from reaction to users, in languages that have maps"),
    ("libraryVersion", "read before the bindings are known to fit, by its own symbol"),
];

/// A layer: what it is called, where its sources are, and how they end.
const LAYERS: &[(&str, &str, &str)] =
    &[("Kotlin", "android/bridge/src/main/kotlin", "kt"), ("Swift", "ios/Sources/Qroc", "swift")];

/// Says, one line each, what the layers leave out. A layer that is not there yet leaves out nothing.
pub(super) fn gaps(group: &MetadataGroup, root: &Path) -> Result<Vec<String>> {
    let names = names(group);
    let mut gaps = Vec::new();
    for (layer, folder, extension) in LAYERS {
        let folder = root.join(folder);
        if !folder.exists() {
            continue;
        }
        let mut words = BTreeSet::new();
        collect(&folder, extension, &mut words)?;
        for name in &names {
            let spelt = [name.clone(), shouting(name), capital(name)];
            let is_internal = INTERNAL.iter().any(|(internal, _)| internal == name);
            if !is_internal && !spelt.iter().any(|name| words.contains(name)) {
                gaps.push(format!("{layer} does not wrap {name}"));
            }
        }
    }
    Ok(gaps)
}

/// Every name that crosses, as Kotlin and Swift write it.
fn names(group: &MetadataGroup) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &group.items {
        match item {
            Metadata::Func(item) => {
                names.insert(camel(&item.name));
            }
            Metadata::Constructor(item) => {
                names.insert(camel(&item.name));
            }
            Metadata::Method(item) => {
                names.insert(camel(&item.name));
            }
            Metadata::TraitMethod(item) => {
                names.insert(camel(&item.name));
            }
            Metadata::Object(item) => {
                names.insert(item.name.clone());
            }
            Metadata::Record(item) => {
                names.insert(item.name.clone());
                names.extend(item.fields.iter().map(|field| camel(&field.name)));
            }
            Metadata::Enum(item) => {
                names.insert(if item.shape.is_error() {
                    "QrocException".to_owned()
                } else {
                    item.name.clone()
                });
                for variant in &item.variants {
                    names.insert(lower(&variant.name));
                    names.extend(variant.fields.iter().map(|field| camel(&field.name)));
                }
            }
            _ => {}
        }
    }
    // Each language has its own word for the error.
    names.remove("QrocException");
    names
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |made, part| made + &capital(part))
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn shouting(name: &str) -> String {
    let mut made = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !made.is_empty() {
            made.push('_');
        }
        made.extend(letter.to_uppercase());
    }
    made
}

fn collect(folder: &Path, extension: &str, words: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, extension, words)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = fs::read_to_string(&path)?;
            // What is only spoken of is not wrapped.
            let code = text.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
            let is_part = |letter: char| !letter.is_alphanumeric() && letter != '_';
            words.extend(code.flat_map(|line| line.split(is_part)).map(str::to_owned));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{camel, shouting};

    #[test]
    fn names_are_spelt_as_the_languages_do() {
        assert_eq!(camel("load_older"), "loadOlder");
        assert_eq!(shouting("missingKey"), "MISSING_KEY");
    }
}
