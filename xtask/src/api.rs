//! The summary of the API, made from the library: kept in git, so that a change of the API is seen in review.

mod coverage;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use uniffi_bindgen::{BindgenLoader, GlobalConfig};
use uniffi_meta::MetadataGroup;

use crate::bindgen;

const FILE: &str = "docs/api.md";

/// Writes the summary, or with `check` only says whether it is up to date. In both cases each exported item must have
/// its docs, and be wrapped by the layers that are written by hand.
///
/// # Errors
/// Items without docs or not wrapped, each named; a summary that is out of date; a library that cannot be built or read.
pub fn run(library: Option<PathBuf>, check: bool) -> Result<()> {
    let library = library.map_or_else(|| bindgen::test_build()?.library(), Ok)?;
    let group = metadata(&library)?;
    let bare = text::without_docs(&group);
    if !bare.is_empty() {
        bail!("without docs: {}", bare.join(", "));
    }
    let missing = coverage::missing(&group)?;
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    let wanted = text::summary(&group);
    let file = crate::root().join(FILE);
    if !check {
        fs::write(&file, wanted)?;
        return Ok(());
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found != wanted {
        let line = found.lines().zip(wanted.lines()).position(|(old, new)| old != new);
        let line = line.unwrap_or_else(|| found.lines().count().min(wanted.lines().count())) + 1;
        bail!(
            "{FILE} is out of date from line {line} on: run `cargo run -p xtask --features bindings -- api` and review the change"
        );
    }
    Ok(())
}

/// Reads what the library says about itself.
///
/// # Errors
/// When it is no library of ours.
pub fn metadata(library: &Path) -> Result<MetadataGroup> {
    let loader = BindgenLoader::new(bindgen::paths(), GlobalConfig::default());
    let mut groups = loader.load_metadata(bindgen::utf8(library)?.as_ref())?;
    groups.remove(bindgen::CRATE).context("the library exports nothing of ours")
}
