//! Python environments in the cache, pinned by version and hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::output;

/// Makes the environment `name` hold exactly what the lists of the checkout name, one list after the other.
pub(super) fn install(name: &str, what: &str, lists: &[&str], from_source: &[&str]) -> Result<()> {
    let folder = environment(name);
    let stamp = folder.join("requirements.sha256");
    let lists: Vec<PathBuf> = lists.iter().map(|list| crate::root().join(list)).collect();
    let wanted = hash(&lists)?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) && works(&folder) {
        return Ok(());
    }
    println!("Installing {what} into {} …", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    output(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("no Python environment: install python3 (3.10 or newer) and python3-venv")?;
    for list in &lists {
        let mut pip = pip(&folder);
        pip.args(["install", "--require-hashes", "--only-binary", ":all:", "--no-build-isolation"]);
        for package in from_source {
            pip.args(["--no-binary", package]);
        }
        output(pip.arg("-r").arg(list))
            .with_context(|| format!("cannot install {what} from the package index"))?;
    }
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Returns the package installer of an environment.
pub(super) fn pip(environment: &Path) -> Command {
    let mut command = Command::new(environment.join("bin").join("python"));
    command.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]);
    command
}

/// Returns the folder of an environment.
pub(super) fn environment(name: &str) -> PathBuf {
    qroc_fixtures::cache::dir().join("python").join(name)
}

fn works(folder: &Path) -> bool {
    output(Command::new(folder.join("bin").join("python")).arg("--version")).is_ok()
}

fn hash(lists: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for list in lists {
        hash.update(fs::read(list).with_context(|| format!("cannot read {}", list.display()))?);
    }
    Ok(hex::encode(hash.finalize()))
}
