//! What the Kotlin side needs from Maven's registry, fetched by building a project of one test with the same poms:
//! the only way to get everything that a build asks for, so that later builds need no network.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::output;

const POMS: &[&str] = &[
    "android/pom.xml",
    "android/bridge/pom.xml",
    "android/ui/pom.xml",
    "android/desktop/pom.xml",
    "android/stubs/pom.xml",
    "android/platform/pom.xml",
    "android/app/pom.xml",
];
const MODULES: &[&str] = &["bridge", "ui", "desktop"];
/// Those whose tests are of Android, in an older form.
const ANDROID_MODULES: &[&str] = &["platform", "app"];
/// What the builds read besides.
const TEXTS: &[&str] = &[
    "android/ui/tools/GenerateStrings.java",
    "android/ui/src/main/res/values/strings.xml",
    "android/tools/MergeManifests.java",
    "android/platform/src/main/AndroidManifest.xml",
    "android/app/src/main/AndroidManifest.xml",
];
/// Resources, which are linked.
const FOLDERS: &[&str] =
    &["android/platform/src/main/res", "android/app/src/main/res", "docs/policy/android"];
const TEST: &str = "class WarmUpTest {\n    @org.junit.jupiter.api.Test\n    fun nothing() = Unit\n}\n";
const ANDROID_TEST: &str = "class WarmUpTest {\n    @org.junit.Test\n    fun nothing() = Unit\n}\n";

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
    for folder in FOLDERS {
        copy(&root.join(folder), &scratch.path().join(folder))?;
    }
    let tests = MODULES.iter().map(|module| (module, TEST));
    for (module, test) in tests.chain(ANDROID_MODULES.iter().map(|module| (module, ANDROID_TEST))) {
        let sources = scratch.path().join("android").join(module).join("src/test/kotlin");
        fs::create_dir_all(&sources)?;
        fs::write(sources.join("WarmUpTest.kt"), test)?;
    }
    fetch_programs(&root)?;
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

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// What no class path names: Robolectric's Android, which Robolectric itself loads, and R8, without which one test is passed over.
fn fetch_programs(root: &Path) -> Result<()> {
    let pom = fs::read_to_string(root.join("android/pom.xml"))?;
    let named = |name: &str| {
        let (_, rest) = pom.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(value, _)| value.to_owned())
    };
    let version = named("android.version").context("android/pom.xml has no android.version")?;
    let instrumented = named("android.instrumented.version")
        .context("android/pom.xml has no android.instrumented.version")?
        .replace("${android.version}", &version);
    get(&format!("org.robolectric:android-all-instrumented:{instrumented}"))
        .context("cannot fetch Robolectric's Android")?;
    let r8 = named("r8.version").context("android/pom.xml has no r8.version")?;
    if let Err(error) = get(&format!("com.android.tools:r8:{r8}")) {
        println!("note: R8 cannot be fetched, so the test of the shrunk library is passed over: {error:#}");
    }
    Ok(())
}

fn get(artifact: &str) -> Result<()> {
    output(Command::new("mvn").args(["-B", "-q"]).args([
        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get",
        "-Dtransitive=false",
        &format!("-Dartifact={artifact}"),
    ]))
    .map(drop)
}

fn repository() -> Option<std::path::PathBuf> {
    Some(Path::new(&std::env::var_os("HOME")?).join(".m2/repository"))
}
