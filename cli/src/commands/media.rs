//! The pipeline of files alone, offline: what would be sealed lands in a file.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use qroc_core::attachments::{AttachmentError, Job, Sealed, TreatAs};
use qroc_core::kind::ErrorKind;
use qroc_core::media::{self, SealKey, Trim};
use qroc_core::progress::{Cancel, Progress};
use serde::Serialize;

use super::send_file::{Treat, part};
use crate::failure::Failure;
use crate::output::size;
use crate::session::Session;
use crate::worker;

/// What `media` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc media photo.jpg --to prepared.jpg --json")]
pub(crate) struct MediaArgs {
    /// The file
    file: PathBuf,
    /// A directory that exists, or the name of the new file
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// What to treat it as; by its content otherwise
    #[arg(long = "as", value_name = "KIND")]
    treat_as: Option<Treat>,
    /// Take only this part of a clip, in seconds from its start: 5-20, 5- or -20
    #[arg(long, value_name = "FROM-UNTIL", value_parser = part)]
    trim: Option<Trim>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// What was made of a file.
#[derive(Debug, Serialize)]
struct Prepared {
    path: String,
    mime: String,
    source_bytes: u64,
    sent_bytes: u64,
    thumbnail_bytes: Option<u64>,
    sha256: String,
    blurhash: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    metadata_left: bool,
    took_ms: u64,
    peak_bytes: Option<u64>,
}

pub(crate) async fn run(args: MediaArgs, session: &Session) -> Result<(), Failure> {
    let busy = session.output.busy("Preparing");
    let cancel = Cancel::default();
    let mut progress = Progress::new(cancel.clone(), busy.follow());
    let prepared = async {
        let task = tokio::task::spawn_blocking(move || prepare(&args, &mut progress)).await;
        task.unwrap_or_else(|_| Err(Failure::new(ErrorKind::Internal, "the file could not be prepared")))
    };
    let prepared = session.interrupt.or(prepared).await.inspect_err(|_| cancel.cancel())?;
    drop(busy);
    session.output.one(&prepared, |prepared| {
        format!(
            "{} ({}, {} of {}, {} ms)",
            prepared.path,
            prepared.mime,
            size(prepared.sent_bytes),
            size(prepared.source_bytes),
            prepared.took_ms
        )
    })
}

/// Goes the whole way that a file goes, sealing included, and opens it again at the other end.
fn prepare(args: &MediaArgs, progress: &mut Progress) -> Result<Prepared, Failure> {
    let begun = Instant::now();
    let unusable =
        |error: std::io::Error| Failure::new(ErrorKind::Storage, format!("no place to work: {error}"));
    let work = tempfile::tempdir().map_err(unusable)?;
    let job = Job {
        treat_as: args.treat_as.map_or(TreatAs::Auto, TreatAs::from),
        trim: args.trim,
        ..Job::new(work.path(), &args.file)?
    };
    let sealed = worker::apart().seal(&job, progress)?;
    let took = begun.elapsed();
    let dest = if args.to.is_dir() { args.to.join(name(&sealed)?) } else { args.to.clone() };
    open(&sealed, work.path(), &dest, args.force)?;
    Ok(Prepared {
        path: dest.display().to_string(),
        mime: sealed.mime,
        source_bytes: sealed.source_bytes,
        sent_bytes: sealed.sent_bytes,
        thumbnail_bytes: sealed.thumbnail_bytes,
        sha256: sealed.sha256,
        blurhash: sealed.blurhash,
        width: sealed.size.map(|(width, _)| width),
        height: sealed.size.map(|(_, height)| height),
        duration_ms: sealed.duration_ms,
        metadata_left: sealed.metadata_left,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        peak_bytes: sealed.peak_bytes,
    })
}

fn name(sealed: &Sealed) -> Result<&str, Failure> {
    sealed.content.get("filename").and_then(|name| name.as_str()).ok_or_else(nameless)
}

fn nameless() -> Failure {
    Failure::new(ErrorKind::Internal, "the pipeline made something else than a file")
}

fn open(sealed: &Sealed, work: &Path, dest: &Path, force: bool) -> Result<(), Failure> {
    let key = sealed.content.get("file").cloned().ok_or_else(nameless)?;
    let key: SealKey = serde_json::from_value(key).map_err(|_| nameless())?;
    let file = sealed.uploads.iter().find(|(pointer, ..)| pointer == "/file/url");
    let (_, file, _) = file.ok_or_else(nameless)?;
    let wrong = |error: media::Error| AttachmentError::File { path: dest.to_owned(), error };
    let file = File::open(work.join(file)).map_err(|error| wrong(error.into()))?;
    media::open_to_file(&mut BufReader::new(file), &key, dest, force, &mut |_| true).map_err(wrong)?;
    Ok(())
}
