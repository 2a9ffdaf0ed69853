//! Makes the Kotlin and Swift sides of the library, from the library itself, into a build folder.

mod swift;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate_with_bindgen_paths};
use uniffi_bindgen::{BindgenPaths, BindgenPathsLayer};

/// The library's crate, as its symbols call it.
pub(crate) const CRATE: &str = "qroc_ffi";
const MARK: &[u8] = b"qroc-library:";

/// A language that bindings are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// For Android and desktop.
    Kotlin,
    /// For iOS.
    Swift,
}

/// Makes the bindings of `library` (by default the one of the test build) in the folder `out`.
///
/// # Errors
/// When the library cannot be built or is none of ours, or files cannot be written.
pub fn run(language: Language, library: Option<PathBuf>, out: &Path) -> Result<()> {
    let library = library.map_or_else(|| test_build()?.library(), Ok)?;
    let version = version_in(&library)?;
    // Swift's files are put into place afterwards, those that have changed.
    let aside = tempfile::tempdir()?;
    let made = match language {
        Language::Kotlin => out,
        Language::Swift => aside.path(),
    };
    let options = GenerateOptions {
        languages: vec![match language {
            Language::Kotlin => TargetLanguage::Kotlin,
            Language::Swift => TargetLanguage::Swift,
        }],
        source: utf8(&library)?.into(),
        out_dir: utf8(made)?.into(),
        crate_filter: Some(CRATE.to_owned()),
        ..GenerateOptions::default()
    };
    generate_with_bindgen_paths(options, paths())?;
    match language {
        Language::Kotlin => finish_kotlin(out, &version),
        Language::Swift => swift::finish(made, out, &version),
    }
}

/// What the build of the tests made.
#[derive(Debug)]
pub struct TestBuild(Vec<serde_json::Value>);

/// Builds what the tests use, so that nothing is compiled twice.
///
/// # Errors
/// When it cannot be built.
pub fn test_build() -> Result<TestBuild> {
    let output = crate::cargo()
        .args(["test", "--quiet", "--locked", "--workspace", "--no-run", "--message-format=json"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo test --no-run failed ({})", output.status);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(TestBuild(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()))
}

impl TestBuild {
    /// Returns the shared library.
    ///
    /// # Errors
    /// When there is none.
    pub fn library(&self) -> Result<PathBuf> {
        let suffixes = [".so", ".dylib", ".dll"];
        let ours =
            self.0.iter().filter(|message| message.pointer("/target/name").is_some_and(|name| name == CRATE));
        ours.filter_map(|message| {
            let files = message.get("filenames")?.as_array()?;
            let mut files = files.iter().filter_map(serde_json::Value::as_str);
            files.find(|file| suffixes.iter().any(|suffix| file.ends_with(suffix))).map(PathBuf::from)
        })
        .next_back()
        .context("the build made no shared library")
    }

    /// Returns a program.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        let is_program = |message: &&serde_json::Value| {
            message.pointer("/target/name").is_some_and(|found| found == name)
                && message.pointer("/target/kind/0").is_some_and(|kind| kind == "bin")
                && message.pointer("/profile/test").is_some_and(|test| test == false)
        };
        let found = self.0.iter().filter(is_program).find_map(|message| message.get("executable")?.as_str());
        found.map(PathBuf::from).with_context(|| format!("the build made no program {name}"))
    }
}

/// Reads version and fingerprint out of the library, without loading it.
fn version_in(library: &Path) -> Result<String> {
    let bytes = fs::read(library).with_context(|| format!("cannot read {}", library.display()))?;
    let found = bytes.windows(MARK.len()).position(|window| window == MARK);
    let version = found
        .and_then(|at| bytes.get(at + MARK.len()..))
        .and_then(|rest| rest.split(|byte| *byte == 0).next());
    match version.map(std::str::from_utf8) {
        Some(Ok(version)) => Ok(version.to_owned()),
        _ => bail!("{} is not a library of this project: it names no version", library.display()),
    }
}

struct Here;

impl BindgenPathsLayer for Here {
    fn get_crate_root(&self, name: &str) -> Option<camino::Utf8PathBuf> {
        let root = crate::root().join("uniffi");
        (name == CRATE).then(|| camino::Utf8PathBuf::from_path_buf(root).ok()).flatten()
    }
}

pub(crate) fn paths() -> BindgenPaths {
    let mut paths = BindgenPaths::default();
    paths.add_layer(Here);
    paths
}

pub(crate) fn utf8(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

/// Nobody but the bridge sees the generated code.
fn finish_kotlin(out: &Path, version: &str) -> Result<()> {
    let folder = out.join("eu/qroc/bridge/generated");
    let file = folder.join("qroc.kt");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::write(&file, internal(&text))?;
    let constant = format!(
        "package eu.qroc.bridge.generated\n\n/** The library that these bindings were made from. */\n\
         internal const val BINDINGS_VERSION: String = \"{version}\"\n"
    );
    fs::write(folder.join("BindingsVersion.kt"), constant)?;
    Ok(())
}

/// Makes each top-level declaration internal.
fn internal(text: &str) -> String {
    const DECLARATIONS: &[&str] = &[
        "abstract class ",
        "class ",
        "data class ",
        "enum class ",
        "fun ",
        "inline fun ",
        "interface ",
        "object ",
        "open class ",
        "sealed class ",
        "suspend fun ",
        "typealias ",
        "value class ",
    ];
    let mut made = String::with_capacity(text.len() + 4096);
    let mut depth = 0_i32;
    for line in text.lines() {
        let code = line.rsplit_once("*/").map_or(line, |(_, code)| code);
        let bare = line.strip_prefix("public ").unwrap_or(line);
        let is_comment = code.trim_start().starts_with(['*', '/']);
        let function = ["suspend fun `", "fun `"].into_iter().find_map(|start| line.find(start));
        if depth == 0
            && !is_comment
            && let Some((before, declaration)) = function.and_then(|at| line.split_at_checked(at))
        {
            made.push_str(before);
            made.push_str("internal ");
            made.push_str(declaration);
        } else if DECLARATIONS.iter().any(|start| bare.starts_with(start)) {
            made.push_str("internal ");
            made.push_str(bare);
        } else {
            made.push_str(line);
        }
        made.push('\n');
        if !is_comment {
            for letter in code.chars() {
                depth += i32::from(letter == '{') - i32::from(letter == '}');
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::internal;

    #[test]
    fn what_is_generated_is_internal() {
        let text = "public interface A {\n    fun `b`()\n}\n@Throws(E::class) suspend fun `c`() {\n  x { \"${y}\" }\n}\n\
                    private fun d()\n   */ fun `e`()\ninternal object F";
        let made = "internal interface A {\n    fun `b`()\n}\n@Throws(E::class) internal suspend fun `c`() {\n  x { \"${y}\" }\n}\n\
                    private fun d()\n   */ internal fun `e`()\ninternal object F\n";
        assert_eq!(internal(text), made);
    }
}
