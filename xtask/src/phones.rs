//! Checks the types of the library for phones, where there is neither their C compilers nor their linkers: what is Rust is
//! checked whole, what is C is passed over.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::setup::output;

const TARGETS: [&str; 2] = ["aarch64-linux-android", "aarch64-apple-ios"];
/// Debian's suite that has the sources of the standard library for the pinned tool chain.
const SUITE: &str = "trixie-backports";
/// In place of a C compiler: says what a compiler is asked, and compiles nothing.
const COMPILER: &str = r#"#!/bin/sh
out= last= compiles=
for word; do
    [ "$last" = -o ] && out=$word
    [ "$word" = -c ] && compiles=yes
    last=$word
done
[ -n "$compiles" ] || exec clang "$@"
: > "$out"
"#;
/// In place of an archiver: an empty archive.
const ARCHIVER: &str = r#"#!/bin/sh
for word; do case "$word" in *.a) : > "$word" ;; esac; done
"#;

/// In place of OpenSSL's headers, of which only the version is read.
const OPENSSL: &str = "#define OPENSSL_VERSION_MAJOR 3
#define OPENSSL_VERSION_MINOR 5
#define OPENSSL_VERSION_PATCH 0
";

/// Checks the library for each kind of phone, or for the one that `only` names. Where the sources of the standard library
/// cannot be had it is passed over if `lenient`.
///
/// # Errors
/// When something does not compile there, or the sources of the standard library cannot be had.
pub fn run(only: Option<&str>, lenient: bool) -> Result<()> {
    if let Some(target) = only.filter(|target| !TARGETS.contains(target)) {
        bail!("{target} is none of {}", TARGETS.join(", "));
    }
    let library = match standard_library() {
        Err(error) if lenient => {
            println!("note: the library was not checked for phones: {error:#}");
            return Ok(());
        }
        found => found?,
    };
    let tools = tempfile::tempdir().context("cannot make a folder for the tools")?;
    let compiler = program(&tools.path().join("cc"), COMPILER)?;
    let archiver = program(&tools.path().join("ar"), ARCHIVER)?;
    let include = tools.path().join("include");
    fs::create_dir_all(include.join("openssl"))?;
    fs::write(include.join("openssl/opensslv.h"), OPENSSL)?;
    fs::write(include.join("openssl/opensslconf.h"), "")?;
    // What asks for Apple's headers is content with a folder of that name.
    let headers = tools.path().join("iPhoneOS.platform");
    fs::create_dir(&headers)?;
    // Apart from other builds: they have other features, and would wait.
    let folder = crate::root().join("target/phones");
    for target in TARGETS.into_iter().filter(|target| only.is_none_or(|only| only == *target)) {
        let variable = |name: &str| format!("{name}_{}", target.replace('-', "_"));
        let openssl = |name: &str| format!("{}_OPENSSL_{name}", target.replace('-', "_").to_uppercase());
        let status = crate::cargo()
            .args(["check", "--quiet", "--locked", "-p", "qroc-ffi", "--lib"])
            .args(["-Zbuild-std=std,panic_abort", "--target", target])
            // The pinned tool chain is a stable one, which has this way only for its own use.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &library)
            .env("CARGO_TARGET_DIR", &folder)
            .env(variable("CC"), &compiler)
            .env(variable("CXX"), &compiler)
            .env(variable("AR"), &archiver)
            .env(variable("RANLIB"), "true")
            .env("SDKROOT", &headers)
            .env("OPENSSL_NO_VENDOR", "1")
            .env("OPENSSL_STATIC", "1")
            .env(openssl("LIB_DIR"), "/usr/lib")
            .env(openssl("INCLUDE_DIR"), &include)
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("the library is not right for {target}");
        }
        println!("{target}: types are right");
    }
    Ok(())
}

fn program(path: &Path, text: &str) -> Result<PathBuf> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(path.to_owned())
}

/// Finds the sources of the standard library in the tool chain or the cache, or gets Debian's package of them.
fn standard_library() -> Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let own = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    if own.is_dir() {
        return Ok(own);
    }
    let version = output(Command::new("rustc").arg("--version"))?;
    let version = version.split(' ').nth(1).context("rustc does not say its version")?;
    let folder = qroc_fixtures::cache::dir().join(format!("rust-src-{version}"));
    let library = folder.join(format!("usr/src/rustc-{version}/library"));
    if !library.is_dir() {
        println!("Fetching the sources of Rust's standard library {version} …");
        fetch(version, &folder).with_context(|| {
            format!("no sources of Rust's standard library {version}: rustup component add rust-src")
        })?;
    }
    Ok(library)
}

/// Unpacks Debian's package, from the mirror that this machine uses, beside its place first.
fn fetch(version: &str, folder: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let at = scratch.path();
    let mirrors = output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Identifier: Packages",
    ]))?;
    let mirror = mirrors
        .lines()
        .find(|uri| uri.trim_end_matches('/').ends_with("/debian"))
        .context("apt knows no mirror of Debian")?;
    let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
    fs::write(at.join("list"), format!("deb [signed-by={key}] {mirror} {SUITE} main\n"))?;
    fs::create_dir_all(at.join("lists/partial"))?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(at).arg("-qq").args(["-o", "APT::Sandbox::User=root"]);
        for (name, value) in [("Etc::sourcelist", "list"), ("State::lists", "lists"), ("Cache", "cache")] {
            command.args(["-o", &format!("Dir::{name}={}", at.join(value).display())]);
        }
        output(command.args(["-o", "Dir::Etc::sourceparts=-"]).args(arguments))
    };
    apt(&["update"])?;
    apt(&["download", &format!("rust-src={version}*")])?;
    let package = fs::read_dir(at)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt fetched nothing")?;
    let partial = folder.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    output(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&partial))?;
    fs::rename(&partial, folder).context("cannot put it into the cache")
}
