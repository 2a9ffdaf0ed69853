//! What the stripped library without FFmpeg, as phones get it, weighs, and what takes the room.
#![allow(clippy::print_stdout, reason = "a command that talks to developers")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::setup::output;

/// What the design wants, in bytes.
const WANTED: u64 = 12_000_000;
/// More than this it has not had since it was first measured, in bytes.
const MOST: u64 = 38_000_000;
/// Lines of the table.
const SHOWN: usize = 24;

/// Builds the library where no file is named, and tells sizes in bytes: of the file without symbols, of its sections, and of
/// functions and data by the package that they come from.
///
/// # Errors
/// Where it is larger than it may be, was built with FFmpeg, or cannot be built or read.
pub fn run(library: Option<PathBuf>) -> Result<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| crate::root().join("target"), PathBuf::from)
        .join("phone");
    let library = match library {
        Some(library) => library,
        None => {
            let built = crate::cargo()
                .args(["build", "--quiet", "--locked", "--profile", "phone", "-p", "qroc-ffi", "--lib"])
                .status()?;
            if !built.success() {
                bail!("the library cannot be built ({built})");
            }
            target.join("libqroc_ffi.so")
        }
    };
    let needed = output(Command::new("readelf").arg("-d").arg(&library))?;
    if needed.lines().any(|line| line.contains("NEEDED") && line.contains("libav")) {
        bail!("{} was built with FFmpeg; phones get it without", library.display());
    }
    let folder = tempfile::tempdir()?;
    let stripped = folder.path().join("stripped");
    output(Command::new("strip").arg("--strip-unneeded").arg("-o").arg(&stripped).arg(&library))?;
    let bytes = fs::metadata(&stripped)?.len();
    println!("{bytes} bytes, stripped; {WANTED} are wanted");
    let sections = output(Command::new("size").args(["-A", "-d"]).arg(&stripped))?;
    table("section", sections.lines().filter_map(section).collect(), 8);
    let symbols = output(Command::new("nm").args(["-p", "-S", "-C", "--defined-only"]).arg(&library))?;
    let raw = output(Command::new("nm").args(["-p", "-S", "--defined-only"]).arg(&library))?;
    let origins = origins(&target)?;
    table("package", by_package(&symbols, &raw, &origins), SHOWN);
    if bytes > MOST {
        bail!("the library has {bytes} bytes, not {MOST} at most");
    }
    Ok(())
}

fn section(line: &str) -> Option<(String, u64)> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| name.starts_with('.'))?;
    Some((name.to_owned(), words.next()?.parse().ok()?))
}

fn table(what: &str, sizes: BTreeMap<String, u64>, shown: usize) {
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    println!("\n{:>10}  {what}", "bytes");
    for (name, bytes) in sizes.into_iter().take(shown) {
        println!("{bytes:>10}  {name}");
    }
}

/// Sums what symbols take. Those of C are known by the archive that defines them.
fn by_package(demangled: &str, raw: &str, origins: &BTreeMap<String, String>) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for (line, raw) in demangled.lines().zip(raw.lines()) {
        let Some((bytes, name)) = symbol(line) else { continue };
        let owner = match symbol(raw).and_then(|(_, name)| origins.get(name)) {
            Some(archive) => format!("{archive} (C)"),
            None => package(name).unwrap_or("(other)").to_owned(),
        };
        let sum: &mut u64 = sizes.entry(owner).or_default();
        *sum = sum.saturating_add(bytes);
    }
    sizes
}

/// Reads `address size kind name`.
fn symbol(line: &str) -> Option<(u64, &str)> {
    let mut parts = line.splitn(4, ' ');
    let size = parts.nth(1).filter(|size| size.len() == 16)?;
    Some((u64::from_str_radix(size, 16).ok()?, parts.nth(1)?))
}

/// The package of `<dyn a::B as c::D>::e` is `a`.
fn package(name: &str) -> Option<&str> {
    let from = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let from = from.strip_prefix("mut ").or_else(|| from.strip_prefix("dyn ")).unwrap_or(from);
    let end = from.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (package, rest) = from.split_at_checked(end)?;
    rest.starts_with("::").then_some(package).filter(|package| !package.is_empty())
}

/// Which package's build made which symbol of C.
fn origins(target: &Path) -> Result<BTreeMap<String, String>> {
    let mut origins = BTreeMap::new();
    let mut folders = vec![target.join("build")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "a") {
                let of_build = path.strip_prefix(target.join("build"))?;
                let first = of_build.iter().next().unwrap_or_default().to_string_lossy();
                let package = first.rsplit_once('-').map_or(&*first, |(package, _)| package).to_owned();
                let names = output(Command::new("nm").args(["-j", "--defined-only"]).arg(&path))?;
                origins.extend(names.lines().map(|name| (name.to_owned(), package.clone())));
            }
        }
    }
    Ok(origins)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{by_package, package, symbol};

    #[test]
    fn a_symbol_is_its_packages() {
        assert_eq!(package("<&mut serde_json::Value as core::fmt::Debug>::fmt"), Some("serde_json"));
        assert_eq!(package("<dyn qroc_core::ports::KeyVault>::wrap"), Some("qroc_core"));
        assert_eq!(package("ruma_events::room::x"), Some("ruma_events"));
        assert_eq!(package("sqlite3_open"), None);
        assert_eq!(symbol("0000000000001000 00000000000000ff t a::b c"), Some((255, "a::b c")));
        assert_eq!(symbol("0000000000001000 T no_size"), None);
    }

    #[test]
    fn what_c_takes_is_known_by_its_archive() {
        let lines = "0000000000001000 0000000000000010 t a::b\n0000000000001010 0000000000000003 t walRead\n\
                     0000000000001020 0000000000000002 t strange\n";
        let origins = BTreeMap::from([("walRead".to_owned(), "libsqlite3-sys".to_owned())]);
        let sizes = by_package(lines, lines, &origins);
        let wanted = [("(other)", 2), ("a", 16), ("libsqlite3-sys (C)", 3)];
        assert_eq!(
            sizes.into_iter().collect::<Vec<_>>(),
            wanted.map(|(name, bytes)| (name.to_owned(), bytes))
        );
    }
}
