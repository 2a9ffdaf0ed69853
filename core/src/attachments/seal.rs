//! A file prepared by what it is and sealed, in this process.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Cursor, Read, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::original::{CAPTURE, SealedOriginal};
use super::{AttachmentError, Job, Sealed, TreatAs};
use crate::media::{self, CaptureInfo, Kind, Photo, Probe, SealKey, SealedInfo, Spool, Thumbnail, Video};
use crate::ports::image_decoder::Pixels;
use crate::progress::Progress;

/// Prepares and seals a file. Blocking; streams, but for photos.
///
/// # Errors
/// `File` naming what is wrong with it, `TooLarge`, `Own`. Nothing is left behind.
pub fn seal(job: &Job, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
    let (file, probed, bytes) = look(job)?;
    let mut sealing = Sealing { job, name: shown_name(&job.path, &probed), count: 0 };
    let done = match (job.treat_as, probed.kind) {
        (TreatAs::Image, _) | (TreatAs::Auto | TreatAs::File, Kind::Image(_)) => {
            sealing.prepared_photo().and_then(|photo| sealing.photo(&photo))
        }
        (TreatAs::Video, _) => sealing.video(progress),
        (TreatAs::Auto | TreatAs::File, Kind::Video) => match sealing.video(progress) {
            // A recording in the container of a clip.
            Err(AttachmentError::File { error: media::Error::NothingInside, .. }) => {
                sealing.sound(progress, false)
            }
            done => done,
        },
        (TreatAs::Voice, _) => sealing.sound(progress, true),
        (TreatAs::Auto | TreatAs::File, Kind::Audio) => sealing.sound(progress, false),
        (TreatAs::Auto | TreatAs::File, Kind::Document)
            if job.limits.strip_metadata && media::is_strippable(probed.mime) =>
        {
            sealing.document(file, &probed, bytes, progress)
        }
        (TreatAs::Auto | TreatAs::File, Kind::Document)
            if job.limits.strip_metadata && probed.mime == media::PDF =>
        {
            sealing.pdf(file, &probed, bytes, progress)
        }
        (
            TreatAs::Auto | TreatAs::File,
            Kind::Document | Kind::Archive | Kind::Executable | Kind::Text | Kind::Opaque,
        ) => sealing.as_it_is(&probed, bytes, BufReader::new(file), progress),
    };
    let done = done.and_then(|sealed| sealing.complete(sealed, &probed, bytes, progress));
    ended(job, done)
}

/// Seals a picture that the platform has decoded, where `seal` does not know its kind. Blocking.
///
/// # Errors
/// As `seal`.
pub fn seal_decoded(job: &Job, pixels: Pixels, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
    let (_, probed, bytes) = look(job)?;
    let mut sealing = Sealing { job, name: shown_name(&job.path, &probed), count: 0 };
    let Pixels { width, height, rgba } = pixels;
    let photo = media::prepare_pixels(rgba, (width, height), bytes, &job.limits.photo());
    let done = photo.map_err(|error| sealing.wrong(error)).and_then(|photo| sealing.photo(&photo));
    let done = done.and_then(|sealed| sealing.complete(sealed, &probed, bytes, progress));
    ended(job, done)
}

fn look(job: &Job) -> Result<(File, Probe, u64), AttachmentError> {
    let wrong = |error: media::Error| AttachmentError::File { path: job.path.clone(), error };
    let mut file = media::open_regular(&job.path).map_err(wrong)?;
    let probed = media::probe_reader(&mut file).map_err(wrong)?;
    let bytes = file.metadata().map_err(|error| wrong(error.into()))?.len();
    Ok((file, probed, bytes))
}

fn ended(job: &Job, done: Result<Sealed, AttachmentError>) -> Result<Sealed, AttachmentError> {
    if done.is_err() {
        job.forget();
    }
    done.map_err(full)
}

/// Reading never needs room: where there is none, it is the sealed copy that has none.
fn full(error: AttachmentError) -> AttachmentError {
    match error {
        AttachmentError::File { error: media::Error::Io(why), .. } | AttachmentError::Own(why)
            if why.kind() == std::io::ErrorKind::StorageFull =>
        {
            AttachmentError::DiskFull
        }
        other => other,
    }
}

/// What is being made of one file.
struct Sealing<'a> {
    job: &'a Job,
    name: String,
    /// Files that it has sealed.
    count: u8,
}

impl Sealing<'_> {
    fn wrong(&self, error: media::Error) -> AttachmentError {
        AttachmentError::File { path: self.job.path.clone(), error }
    }

    fn as_it_is(
        &mut self,
        probed: &Probe,
        bytes: u64,
        mut reader: impl Read,
        progress: &mut Progress,
    ) -> Result<Sealed, AttachmentError> {
        self.check(bytes)?;
        let (file, info) = self.put(&mut reader, bytes, progress)?;
        let about = json!({ "mimetype": probed.mime, "size": info.plain_bytes });
        let mut sealed = self.sealed("m.file", probed.mime, about, file, &info)?;
        sealed.source_bytes = bytes;
        sealed.metadata_left = probed.kind == Kind::Document;
        Ok(sealed)
    }

    /// A document without its author.
    fn document(
        &mut self,
        file: std::fs::File,
        probed: &Probe,
        bytes: u64,
        progress: &mut Progress,
    ) -> Result<Sealed, AttachmentError> {
        self.check(bytes)?;
        let room = bytes.saturating_add(1 << 20);
        let spool = Spool::new(&self.job.media_dir, room).map_err(AttachmentError::Own)?;
        let mut spool = media::strip_document(BufReader::new(file), spool, probed.mime)
            .map_err(|error| self.wrong(error))?;
        spool.rewind().map_err(AttachmentError::Own)?;
        let mut sealed = self.as_it_is(probed, bytes, spool, progress)?;
        sealed.metadata_left = false;
        Ok(sealed)
    }

    /// A PDF without its author, or as it is where that would break it.
    fn pdf(
        &mut self,
        mut file: File,
        probed: &Probe,
        bytes: u64,
        progress: &mut Progress,
    ) -> Result<Sealed, AttachmentError> {
        self.check(bytes)?;
        if bytes <= self.job.limits.budget.max_source_bytes {
            let mut source = Vec::new();
            file.read_to_end(&mut source).map_err(|error| self.wrong(error.into()))?;
            if let Some(made) = media::strip_pdf(&source) {
                let mut sealed = self.as_it_is(probed, wide(made.len()), Cursor::new(made), progress)?;
                sealed.source_bytes = bytes;
                sealed.metadata_left = false;
                return Ok(sealed);
            }
            file.rewind().map_err(|error| self.wrong(error.into()))?;
        }
        self.as_it_is(probed, bytes, BufReader::new(file), progress)
    }

    fn prepared_photo(&self) -> Result<Photo, AttachmentError> {
        media::prepare_photo_file(&self.job.path, &self.job.limits.photo()).map_err(|error| self.wrong(error))
    }

    fn photo(&mut self, photo: &Photo) -> Result<Sealed, AttachmentError> {
        let Photo { bytes, mime, width, height, blurhash, thumbnail, source_bytes, .. } = photo;
        self.rename(mime);
        let length = wide(bytes.len());
        self.check(length)?;
        let (file, info) = self.put(&mut Cursor::new(bytes), length, &mut Progress::default())?;
        let about = json!({
            "mimetype": mime,
            "size": info.plain_bytes,
            "w": width,
            "h": height,
            "xyz.amorgan.blurhash": blurhash,
        });
        let mut sealed = self.sealed("m.image", mime, about, file, &info)?;
        self.add_thumbnail(&mut sealed, thumbnail.as_ref())?;
        sealed.source_bytes = *source_bytes;
        sealed.blurhash = Some(blurhash.clone());
        sealed.size = Some((*width, *height));
        Ok(sealed)
    }

    fn video(&mut self, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
        const MIME: &str = "video/mp4";
        let Job { path, media_dir, limits, trim, .. } = self.job;
        let mut video = media::prepare_video(path, media_dir, limits, *trim, progress)
            .map_err(|error| self.wrong(error))?;
        self.rename(MIME);
        self.check(video.bytes)?;
        let length = video.bytes;
        let (file, info) = self.put(&mut video, length, progress)?;
        let Video { width, height, duration_ms, blurhash, thumbnail, source_bytes, .. } = &video;
        let about = json!({
            "mimetype": MIME,
            "size": info.plain_bytes,
            "w": width,
            "h": height,
            "duration": duration_ms,
            "xyz.amorgan.blurhash": blurhash,
        });
        let mut sealed = self.sealed("m.video", MIME, about, file, &info)?;
        self.add_thumbnail(&mut sealed, thumbnail.as_ref())?;
        sealed.source_bytes = *source_bytes;
        sealed.blurhash = Some(blurhash.clone());
        sealed.size = Some((*width, *height));
        sealed.duration_ms = Some(*duration_ms);
        Ok(sealed)
    }

    fn sound(&mut self, progress: &mut Progress, voice: bool) -> Result<Sealed, AttachmentError> {
        let Job { path, media_dir, limits, .. } = self.job;
        let prepare = if voice { media::prepare_voice } else { media::prepare_sound };
        let mut sound = prepare(path, media_dir, limits, progress).map_err(|error| self.wrong(error))?;
        let mime = sound.mime;
        self.rename(mime);
        self.check(sound.bytes)?;
        let length = sound.bytes;
        let (file, info) = self.put(&mut sound, length, progress)?;
        let about = json!({ "mimetype": mime, "size": info.plain_bytes, "duration": sound.duration_ms });
        let mut sealed = self.sealed("m.audio", mime, about, file, &info)?;
        if let Some(content) = sealed.content.as_object_mut()
            && voice
        {
            let heard = json!({ "duration": sound.duration_ms, "waveform": sound.waveform });
            content.insert("org.matrix.msc1767.audio".to_owned(), heard);
            content.insert("org.matrix.msc3245.voice".to_owned(), json!({}));
        }
        sealed.source_bytes = sound.source_bytes;
        sealed.duration_ms = Some(sound.duration_ms);
        Ok(sealed)
    }

    /// Adds what was asked for beside the prepared file: facts of the camera, the unchanged bytes.
    fn complete(
        &mut self,
        mut sealed: Sealed,
        probed: &Probe,
        bytes: u64,
        progress: &mut Progress,
    ) -> Result<Sealed, AttachmentError> {
        let Job { path, limits, original, capture_info, .. } = self.job;
        let taken = if *capture_info { media::taken(path, limits, &progress.cancel()) } else { None };
        if let (Some(taken), Some(content)) = (&taken, sealed.content.as_object_mut()) {
            content.insert(CAPTURE.to_owned(), capture(taken));
        }
        if *original {
            let file = media::open_regular(path).map_err(|error| self.wrong(error))?;
            sealed.original = Some(self.original(file, probed, bytes, taken.as_ref(), progress)?);
        }
        Ok(sealed)
    }

    fn original(
        &mut self,
        file: std::fs::File,
        probed: &Probe,
        bytes: u64,
        taken: Option<&CaptureInfo>,
        progress: &mut Progress,
    ) -> Result<SealedOriginal, AttachmentError> {
        let most = self.job.limits.max_upload_bytes.max(1);
        let mut hashed = Hashed { inner: BufReader::new(file), hash: Sha256::new() };
        let (mut parts, mut uploads, mut read) = (Vec::new(), Vec::new(), 0_u64);
        loop {
            let (file, info) = self.put(&mut hashed.by_ref().take(most), bytes, progress)?;
            uploads.push((format!("/parts/{}/file/url", parts.len()), file, length(info.sealed_bytes)));
            parts.push(json!({ "file": addressless(&info.key)?, "size": info.plain_bytes }));
            read = read.saturating_add(info.plain_bytes);
            if info.plain_bytes < most {
                break;
            }
        }
        let name = shown_name(&self.job.path, probed);
        let mut statement = json!({
            "version": 1,
            "name": name,
            "mimetype": probed.mime,
            "size": read,
            "sha256": hex::encode(hashed.hash.finalize()),
        });
        if let (Some(taken), Some(statement)) = (taken, statement.as_object_mut()) {
            statement.insert("captured".to_owned(), capture(taken));
        }
        Ok(SealedOriginal { statement, parts: Value::Array(parts), uploads })
    }

    /// Nothing larger than allowed is sealed.
    fn check(&self, bytes: u64) -> Result<(), AttachmentError> {
        let limit = self.job.limits.max_upload_bytes;
        if bytes > limit {
            return Err(AttachmentError::TooLarge { path: self.job.path.clone(), bytes, limit });
        }
        Ok(())
    }

    /// The name follows what is sent: a PNG that became a JPEG is called one.
    fn rename(&mut self, mime: &str) {
        let stem = Path::new(&self.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(&self.name);
        self.name = media::safe_name(stem, mime);
    }

    fn sealed(
        &self,
        msgtype: &str,
        mime: &str,
        about: Value,
        file: String,
        info: &SealedInfo,
    ) -> Result<Sealed, AttachmentError> {
        let content = json!({
            "msgtype": msgtype,
            "body": self.job.caption.as_deref().unwrap_or(&self.name),
            "filename": self.name,
            "file": addressless(&info.key)?,
            "info": about,
        });
        Ok(Sealed {
            content,
            uploads: vec![("/file/url".to_owned(), file, length(info.sealed_bytes))],
            mime: mime.to_owned(),
            source_bytes: info.plain_bytes,
            sent_bytes: info.plain_bytes,
            thumbnail_bytes: None,
            sha256: info.sha256.clone(),
            blurhash: None,
            size: None,
            duration_ms: None,
            original: None,
            metadata_left: false,
            peak_bytes: None,
        })
    }

    /// The preview is on the server before what it stands for.
    fn add_thumbnail(
        &mut self,
        sealed: &mut Sealed,
        thumbnail: Option<&Thumbnail>,
    ) -> Result<(), AttachmentError> {
        let Some(Thumbnail { bytes, width, height }) = thumbnail else { return Ok(()) };
        let (file, info) = self.put(&mut Cursor::new(bytes), wide(bytes.len()), &mut Progress::default())?;
        let about = json!({ "mimetype": "image/jpeg", "size": info.plain_bytes, "w": width, "h": height });
        if let Some(content) = sealed.content.get_mut("info").and_then(Value::as_object_mut) {
            content.insert("thumbnail_file".to_owned(), addressless(&info.key)?);
            content.insert("thumbnail_info".to_owned(), about);
        }
        sealed.uploads.insert(0, ("/info/thumbnail_file/url".to_owned(), file, length(info.sealed_bytes)));
        sealed.thumbnail_bytes = Some(info.plain_bytes);
        Ok(())
    }

    /// Seals what `reader` has into a new file. Only ciphertext is ever written; its name says nothing.
    fn put<R: Read>(
        &mut self,
        reader: &mut R,
        all: u64,
        progress: &mut Progress,
    ) -> Result<(String, SealedInfo), AttachmentError> {
        let own = AttachmentError::Own;
        let name = format!("{}{:02x}", self.job.prefix, self.count);
        let path: PathBuf = self.job.media_dir.join(&name);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(own)?;
        self.count = self.count.saturating_add(1);
        let info = media::seal(reader, &mut file, &mut |done| progress.step(done, all))
            .map_err(|error| self.wrong(error))?;
        file.sync_all().map_err(own)?;
        // The name lies in the directory: without it the bytes are nobody's after a power cut.
        File::open(&self.job.media_dir).and_then(|dir| dir.sync_all()).map_err(own)?;
        Ok((name, info))
    }
}

/// Facts of a camera as they stand in an event. Positions are words: signed JSON has no fractions.
fn capture(taken: &CaptureInfo) -> Value {
    let CaptureInfo { lat, lon, taken_at, make, model } = taken;
    let place = lat.zip(*lon).map(|(lat, lon)| format!("geo:{lat},{lon}"));
    let mut facts = serde_json::Map::new();
    facts.insert("version".to_owned(), json!(1));
    for (key, value) in
        [("taken_at", taken_at.clone()), ("place", place), ("make", make.clone()), ("model", model.clone())]
    {
        if let Some(value) = value {
            facts.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(facts)
}

/// Hashes what is read.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn shown_name(path: &Path, probed: &Probe) -> String {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    media::safe_name(&name, probed.mime)
}

fn addressless(key: &SealKey) -> Result<Value, AttachmentError> {
    let mut file = serde_json::to_value(key).map_err(|_| AttachmentError::BadKeys)?;
    file.as_object_mut().ok_or(AttachmentError::BadKeys)?.insert("url".to_owned(), json!(""));
    Ok(file)
}

fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
