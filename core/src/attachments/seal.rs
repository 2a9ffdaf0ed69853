//! A file prepared by what it is and sealed, in this process.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Cursor, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{AttachmentError, Job, Sealed, TreatAs};
use crate::media::{self, Kind, Photo, Probe, SealKey, SealedInfo, Thumbnail, Video};
use crate::progress::Progress;

/// Prepares and seals a file. Blocking; streams, but for photos.
///
/// # Errors
/// `File` naming what is wrong with it, `TooLarge`, `Own`. Nothing is left behind.
pub fn seal(job: &Job, progress: &mut Progress) -> Result<Sealed, AttachmentError> {
    let wrong = |error: media::Error| AttachmentError::File { path: job.path.clone(), error };
    let mut file = media::open_regular(&job.path).map_err(wrong)?;
    let probed = media::probe_reader(&mut file).map_err(wrong)?;
    let bytes = file.metadata().map_err(|error| wrong(error.into()))?.len();
    let mut sealing = Sealing { job, name: shown_name(&job.path, &probed), count: 0 };
    let done = match (job.treat_as, probed.kind) {
        (TreatAs::Image, _) | (TreatAs::Auto | TreatAs::File, Kind::Image(_)) => sealing.photo(),
        (TreatAs::Video, _) | (TreatAs::Auto | TreatAs::File, Kind::Video) => sealing.video(progress),
        (
            TreatAs::Auto | TreatAs::File,
            Kind::Audio | Kind::Document | Kind::Archive | Kind::Executable | Kind::Text | Kind::Opaque,
        ) => sealing.as_it_is(&probed, bytes, BufReader::new(file), progress),
    };
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
        let msgtype = match probed.kind {
            Kind::Audio => "m.audio",
            Kind::Image(_)
            | Kind::Video
            | Kind::Document
            | Kind::Archive
            | Kind::Executable
            | Kind::Text
            | Kind::Opaque => "m.file",
        };
        let about = json!({ "mimetype": probed.mime, "size": info.plain_bytes });
        let mut sealed = self.sealed(msgtype, probed.mime, about, file, &info)?;
        sealed.source_bytes = bytes;
        Ok(sealed)
    }

    fn photo(&mut self) -> Result<Sealed, AttachmentError> {
        let limits = &self.job.limits;
        let photo =
            media::prepare_photo_file(&self.job.path, &limits.photo()).map_err(|error| self.wrong(error))?;
        let Photo { bytes, mime, width, height, blurhash, thumbnail, source_bytes, .. } = &photo;
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
