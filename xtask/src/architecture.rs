//! The architecture as a check: layers and cycles of the core's modules, file lengths, unsafe code, and floors on
//! what was scanned, so that it cannot pass on nothing.

mod imports;
pub mod layers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};

use layers::{CORE_FLOOR, FLOOR, LAYERS, LONGEST, WITHIN};

const FOLDERS: &[&str] =
    &["core", "uniffi", "cli", "fixtures", "tests", "xtask", "server", "bench", "android", "ios"];
const EXTENSIONS: &[&str] = &["rs", "py", "kt", "kts", "swift"];
const SKIPPED: &[&str] = &["target", "build", "generated", "Generated", "node_modules"];
const UNSAFE_HEADING: &str = "## Unsafe code";

/// A source file: its path from the top of the checkout, with `/`, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Such as `core/src/store/pool.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Checks this checkout, floors included, and returns one line per fault.
///
/// # Errors
/// When files cannot be read.
pub fn check_checkout() -> Result<Vec<String>> {
    let root = crate::root();
    let mut sources = Vec::new();
    for folder in FOLDERS {
        read(&root.join(folder), folder, &mut sources)?;
    }
    let document = fs::read_to_string(root.join("ARCHITECTURE.md")).context("cannot read ARCHITECTURE.md")?;
    let mut faults = check(&sources, &document);
    let core = sources.iter().filter(|source| core_module(&source.path).is_some()).count();
    for (what, found, floor) in [("the core", core, CORE_FLOOR), ("the project", sources.len(), FLOOR)] {
        if found < floor {
            faults.push(format!("only {found} files of {what} were scanned, not {floor} or more"));
        }
    }
    Ok(faults)
}

/// Checks sources against the layers and against the table of unsafe code in the document.
pub fn check(sources: &[Source], document: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut unsafe_files = BTreeSet::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{}: {lines} lines, more than {LONGEST}: split it", source.path));
        }
        if !source.path.ends_with(".rs") {
            continue;
        }
        match source.text.parse::<TokenStream>() {
            Ok(tokens) => {
                if names_unsafe(tokens) {
                    unsafe_files.insert(source.path.as_str());
                }
            }
            Err(error) => faults.push(format!("{}: {error}", source.path)),
        }
        if let Some(module) = core_module(&source.path) {
            match imports::of(module, &source.path, &source.text) {
                Ok(imports) => check_imports(source, module, &imports, &mut edges, &mut faults),
                Err(error) => faults.push(format!("{}: {error}", source.path)),
            }
        }
    }
    check_unsafe(&unsafe_files, document, &mut faults);
    if let Some(cycle) = cycle(&edges) {
        faults.push(format!("modules import each other in a circle: {}", cycle.join(" → ")));
    }
    faults
}

fn read(folder: &Path, name: &str, sources: &mut Vec<Source>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{name}/{file_name}");
        if entry.file_type()?.is_dir() {
            if !file_name.starts_with('.') && !SKIPPED.contains(&file_name.as_str()) {
                read(&path, &name, sources)?;
            }
        } else if path.extension().is_some_and(|found| EXTENSIONS.iter().any(|known| found == *known)) {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
            sources.push(Source { path: name, text });
        }
    }
    Ok(())
}

/// The top-level module that a file of the core belongs to; `lib` for the crate's root.
fn core_module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("core/src/")?;
    let first = inside.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn check_imports(
    source: &Source,
    module: &str,
    imports: &[imports::Import],
    edges: &mut BTreeMap<String, BTreeSet<String>>,
    faults: &mut Vec<String>,
) {
    if module == "lib" {
        return;
    }
    let Some(own) = layer(module) else {
        faults.push(format!("{}: module {module} is in no layer: add it to the table", source.path));
        return;
    };
    for import in imports {
        edges.entry(module.to_owned()).or_default().insert(import.module.clone());
        // A name of the crate's root that is no module, such as a re-export, hides the layer it comes from.
        let Some(theirs) = layer(&import.module) else {
            let place = format!("{}:{}", source.path, import.line);
            faults.push(format!("{place}: crate::{} is in no layer: name its module", import.module));
            continue;
        };
        if theirs >= own && !WITHIN.contains(&(module, import.module.as_str())) {
            let place = format!("{}:{}", source.path, import.line);
            faults
                .push(format!("{place}: {module} (layer {own}) imports {} (layer {theirs})", import.module));
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn cycle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit<'a>(
        module: &'a str,
        edges: &'a BTreeMap<String, BTreeSet<String>>,
        trail: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(start) = trail.iter().position(|seen| *seen == module) {
            let circle = trail.iter().skip(start).chain([&module]);
            return Some(circle.map(|name| (*name).to_owned()).collect());
        }
        if !done.contains(module) {
            trail.push(module);
            for next in edges.get(module).into_iter().flatten() {
                if let Some(found) = visit(next, edges, trail, done) {
                    return Some(found);
                }
            }
            trail.pop();
            done.insert(module);
        }
        None
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|module| visit(module, edges, &mut Vec::new(), &mut done))
}

fn names_unsafe(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "unsafe",
        TokenTree::Group(group) => names_unsafe(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn check_unsafe(found: &BTreeSet<&str>, document: &str, faults: &mut Vec<String>) {
    let section = document.split(UNSAFE_HEADING).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    for path in found.difference(&listed) {
        faults.push(format!("{path}: unsafe code that the table in ARCHITECTURE.md does not list"));
    }
    for path in listed.difference(found) {
        faults.push(format!("ARCHITECTURE.md: {path} is listed, but has no unsafe code"));
    }
}
