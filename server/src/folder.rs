//! The server's folder on disk: what is written into it before a start, and copies of it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::config::{self, Options};
use crate::{Result, embedded};

const LAUNCHER: &str = include_str!("../embedded/launch.py");

/// Writes all that a start needs and returns the registration secret.
pub(crate) fn prepare(dir: &Path, options: &Options, port: u16) -> Result<String> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make the server's folder {}", dir.display()))?;
    let secret = kept(dir, "secret", || Ok(hex::encode(random()?)))?;
    kept(dir, "signing.key", || Ok(format!("ed25519 a_qroc {}\n", STANDARD_NO_PAD.encode(random()?))))?;
    let database = dir.join("homeserver.db");
    let template = embedded::template();
    if !database.exists() && template.exists() {
        fs::copy(&template, &database).context("cannot copy the empty database")?;
    }
    let homeserver = options.homeserver_config(dir, port, &secret);
    fs::write(dir.join("homeserver.yaml"), format!("{homeserver:#}"))?;
    fs::write(dir.join("log.yaml"), format!("{:#}", config::log_config(dir)))?;
    fs::write(dir.join("launch.py"), LAUNCHER)?;
    Ok(secret)
}

fn kept(dir: &Path, name: &str, make: impl FnOnce() -> Result<String>) -> Result<String> {
    let path = dir.join(name);
    if !path.exists() {
        fs::write(&path, make()?)?;
    }
    Ok(fs::read_to_string(&path)?)
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

/// Makes `to` a copy of the folder `from`; what was in `to` is removed.
pub(crate) fn replace(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
