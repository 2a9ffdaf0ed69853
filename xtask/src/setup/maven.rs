//! What the Kotlin side needs from Maven's registry, fetched by building a project of one test with the same poms:
//! the only way to get everything that a build asks for, so that later builds need no network.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::output;

const POMS: &[&str] =
    &["android/pom.xml", "android/bridge/pom.xml", "android/ui/pom.xml", "android/desktop/pom.xml"];
const MODULES: &[&str] = &["bridge", "ui", "desktop"];
/// What the build of `ui` reads besides.
const TEXTS: &[&str] =
    &["android/ui/tools/GenerateStrings.java", "android/ui/src/main/res/values/strings.xml"];
const TEST: &str = "class WarmUpTest {\n    @org.junit.jupiter.api.Test\n    fun nothing() = Unit\n}\n";

/// Fetches what the poms name, unless they are the ones of the last time.
pub(super) fn fetch() -> Result<()> {
    let root = crate::root();
    let mut hash = Sha256::new();
    for pom in POMS {
        hash.update(fs::read(root.join(pom)).with_context(|| format!("cannot read {pom}"))?);
    }
    let wanted = hex::encode(hash.finalize());
    let stamp = qroc_fixtures::cache::dir().join("maven.sha256");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted)
        && repository().is_some_and(|dir| dir.exists())
    {
        return Ok(());
    }
    println!("Fetching what Kotlin needs …");
    let scratch = tempfile::tempdir()?;
    for pom in POMS.iter().chain(TEXTS) {
        let to = scratch.path().join(pom);
        fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
        fs::copy(root.join(pom), to)?;
    }
    for module in MODULES {
        let sources = scratch.path().join("android").join(module).join("src/test/kotlin");
        fs::create_dir_all(&sources)?;
        fs::write(sources.join("WarmUpTest.kt"), TEST)?;
    }
    output(
        Command::new("mvn")
            .args(["-B", "-q", "-Dqroc.xtask=true", "-f"])
            .arg(scratch.path().join("android/pom.xml"))
            .arg("package"),
    )
    .context("cannot fetch what Kotlin needs: install maven and a JDK (17 or newer)")?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn repository() -> Option<std::path::PathBuf> {
    Some(Path::new(&std::env::var_os("HOME")?).join(".m2/repository"))
}
