//! The definition of all keys, as management consoles and people read it.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use qroc_core::kind::ErrorKind;
use qroc_core::policy::generate;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Android's restrictions with their strings.
    Android,
    /// The AppConfig specfile for iOS.
    Ios,
    /// A JSON Schema of the flat file.
    Json,
    /// A table for people.
    Md,
}

/// What `policy schema` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  qroc policy schema --format md\n  qroc policy schema --format android --to res"
)]
pub(crate) struct SchemaArgs {
    /// For whom
    #[arg(long)]
    format: Format,
    /// Write files into this directory instead of standard output
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Written {
    path: String,
}

pub(super) fn run(args: &SchemaArgs, session: &Session) -> Result<(), Failure> {
    let files = match args.format {
        Format::Android => generate::android(),
        Format::Ios => vec![generate::ios()],
        Format::Json => vec![generate::json_schema()],
        Format::Md => vec![generate::markdown()],
    };
    let Some(dir) = &args.to else {
        // Only Android has several files; the first is the one that names the others.
        return files.first().map_or(Ok(()), |file| Output::raw(file.text.as_bytes()));
    };
    let mut written = Vec::new();
    for file in files {
        let path = dir.join(&file.path);
        write(&path, &file.text).map_err(|error| {
            Failure::new(ErrorKind::BadFile, format!("cannot write {}: {error}", path.display()))
        })?;
        written.push(Written { path: path.display().to_string() });
    }
    session.output.list(&written, &[], |written| vec![crate::output::Value::Plain(written.path.clone())])
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}
