//! The table for people.

use super::super::effective::NOT_ENFORCED;
use super::super::key::{Definition, Key};
use super::super::text::Language;
use super::{File, categories};

const HEAD: &str = "\
# Policy keys

<!-- Generated: qroc policy schema --format md. Change core/src/policy/table.rs and core/src/policy/text instead. -->

How sources work together, how to enter keys into a console and how to see that they took is in [mdm.md](mdm.md);
signed bundles are in [policy-bundle.md](policy-bundle.md).

*Default* holds on a managed device where nobody sets the key; in brackets what holds on a device without any
source. *Merge* is how two sources that set the key become one. **M**: accepted from the device's MDM alone.
**T**: where no source sets it, the user may only make it stricter. The test named for a key shows that it stops what it
should, through the public interface; a key without one has no feature yet that it could stop, and whoever sets it is
told so.
";

/// Returns `policy.md`.
pub fn markdown() -> File {
    let words = Language::English.words();
    let mut text = HEAD.to_owned();
    let enforced = Key::ALL.iter().filter(|key| key.definition().since.is_some()).count();
    text.push_str(&format!("\n{} keys, {enforced} of them enforced.\n", Key::ALL.len()));
    for (category, keys) in categories() {
        text.push_str(&format!("\n## {}\n\n", words.category(category)));
        text.push_str("| Key | May be | Default | Merge | | What it does | Enforced | Test |\n|---|---|---|---|---|---|---|---|\n");
        for key in keys {
            text.push_str(&row(key.definition(), words.description(key)));
        }
    }
    File { path: "policy.md".to_owned(), text }
}

fn row(definition: &Definition, description: &str) -> String {
    let shown = |initial: super::Initial| {
        initial.value().map_or_else(|| "unset".to_owned(), |value| value.to_string())
    };
    let mut default = shown(definition.default);
    if definition.unmanaged != definition.default {
        default.push_str(&format!(" [{}]", shown(definition.unmanaged)));
    }
    let marks = match (definition.mdm_only, definition.tighten_only) {
        (true, true) => "**M** **T**",
        (true, false) => "**M**",
        (false, true) => "**T**",
        (false, false) => "",
    };
    let test = definition.key.test().map(|test| format!("`{test}`")).unwrap_or_default();
    let since = definition.since.map_or_else(|| NOT_ENFORCED.to_owned(), |since| format!("since {since}"));
    format!(
        "| `{}` | {} | {default} | {} | {marks} | {description} | {since} | {test} |\n",
        definition.name,
        definition.key.allowed(),
        definition.merge.as_str(),
    )
}
