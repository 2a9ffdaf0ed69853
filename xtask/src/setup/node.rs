//! What `make bench` compares photos with, from Node's registry, pinned by version and hash.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::output;

const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// Makes the cache hold exactly what the list of the checkout names. Without Node nothing is installed, and photos are not
/// compared.
pub(super) fn install() -> Result<()> {
    let folder = qroc_fixtures::cache::dir().join("bench").join("sharp");
    let lists = crate::root().join("bench").join("peer").join("sharp");
    let stamp = folder.join("lock.sha256");
    let wanted = hex::encode(Sha256::digest(fs::read(lists.join("package-lock.json"))?));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if output(Command::new("npm").arg("--version")).is_err()
        || output(Command::new("node").arg("--version")).is_err()
    {
        println!("note: node or npm is missing (20.9 or newer): photos are not compared");
        return Ok(());
    }
    println!("Installing the peer for photos into {} …", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for list in LISTS {
        fs::copy(lists.join(list), folder.join(list))?;
    }
    // No package runs anything here.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    output(Command::new("npm").args(arguments).current_dir(&folder))
        .context("cannot install the peer for photos")?;
    fs::write(stamp, wanted)?;
    Ok(())
}
