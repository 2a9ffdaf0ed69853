//! Files on their way out and in: prepared and sealed into the account's media directory, fetched and opened.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Cursor, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use futures_util::stream;
use ruma::events::room::EncryptedFile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use tokio_util::io::{StreamReader, SyncIoBridge};

use crate::kind::ErrorKind;
use crate::media::{self, HEAD_BYTES, Kind, Opened, Photo, PhotoOptions, SealKey, SealedInfo};
use crate::net::{Http, NetError, part};

/// Nothing larger is sent (policy `share.max_upload_mb`).
const LARGEST: u64 = 100 * 1024 * 1024;

/// A server that sends nothing for so long has stopped.
const STALLED: std::time::Duration = std::time::Duration::from_secs(60);

/// How a file is to be treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreatAs {
    /// By its content: photos are prepared, everything else goes as it is.
    #[default]
    Auto,
    /// As it is. Not for photos, whose metadata would go along: it is removed first.
    File,
    /// As a photo, or not at all.
    Image,
}

/// Says why a file could not be sent or fetched.
#[derive(Debug, Error)]
pub enum AttachmentError {
    /// The file cannot be read or is not what it should be.
    #[error("{}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: media::Error,
    },
    /// The file is larger than allowed.
    #[error("{}: {bytes} bytes; at most {LARGEST} may be sent", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The event has nothing to fetch.
    #[error("there is no file attached to this message")]
    NoAttachment,
    /// The attachment is not encrypted as the room demands, or its keys make no sense.
    #[error("the attachment's keys make no sense")]
    BadKeys,
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The profile's own directory.
    #[error("the media directory cannot be used: {0}")]
    Own(std::io::Error),
}

impl AttachmentError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { error: media::Error::Exists, .. } => ErrorKind::BadInput,
            Self::File { .. } | Self::TooLarge { .. } | Self::BadKeys => ErrorKind::BadFile,
            Self::NoAttachment => ErrorKind::NotFound,
            Self::Net(error) => error.kind(),
            Self::Own(_) => ErrorKind::Storage,
        }
    }
}

/// A file ready to be queued.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Content of the message, with empty addresses.
    pub content: Value,
    /// What must be on the server first: JSON pointer, file in the media directory, length.
    pub uploads: Vec<(String, String, i64)>,
    /// MIME type by content.
    pub mime: String,
    /// Length of the file.
    pub source_bytes: u64,
    /// Length of what is sent, before sealing.
    pub sent_bytes: u64,
    /// Length of the preview, before sealing.
    pub thumbnail_bytes: Option<u64>,
    /// SHA-256 of what is sent, before sealing, in hexadecimal.
    pub sha256: String,
    /// Coarse colours.
    pub blurhash: Option<String>,
    /// Pixels.
    pub size: Option<(u32, u32)>,
}

/// Prepares and seals a file into `media_dir`. Blocking; streams, but for photos.
///
/// # Errors
/// `File` naming what is wrong with it, `TooLarge`, `Own`. Nothing is left behind.
pub fn seal(
    media_dir: &Path,
    path: &Path,
    caption: Option<&str>,
    treat_as: TreatAs,
) -> Result<Sealed, AttachmentError> {
    let wrong = |error: media::Error| AttachmentError::File { path: path.to_owned(), error };
    let found = std::fs::metadata(path).map_err(|error| wrong(error.into()))?;
    if !found.is_file() {
        return Err(wrong(media::Error::NotAFile));
    }
    if found.len() == 0 {
        return Err(wrong(media::Error::Empty));
    }
    if found.len() > LARGEST {
        return Err(AttachmentError::TooLarge { path: path.to_owned(), bytes: found.len() });
    }
    let mut file = File::open(path).map_err(|error| wrong(error.into()))?;
    let probed = media::probe_reader(&mut file).map_err(wrong)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = media::safe_name(&name, probed.mime);
    let wants_photo = match treat_as {
        TreatAs::Image => true,
        TreatAs::Auto | TreatAs::File => matches!(probed.kind, Kind::Image(_)),
    };
    if wants_photo {
        match media::prepare_photo_file(path, &PhotoOptions::default()) {
            Ok(photo) => return seal_photo(media_dir, &photo, &name, caption),
            // A picture that this build cannot decode would take its metadata along.
            Err(error) => return Err(wrong(error)),
        }
    }
    let mut reader = BufReader::new(file);
    let (file_name, info) = seal_into(media_dir, &mut reader).map_err(wrong)?;
    let msgtype = match probed.kind {
        Kind::Video => "m.video",
        Kind::Audio => "m.audio",
        _ => "m.file",
    };
    let content = json!({
        "msgtype": msgtype,
        "body": caption.unwrap_or(&name),
        "filename": name,
        "file": addressless(&info.key)?,
        "info": { "mimetype": probed.mime, "size": info.plain_bytes },
    });
    Ok(Sealed {
        content,
        uploads: vec![("/file/url".to_owned(), file_name, length(info.sealed_bytes))],
        mime: probed.mime.to_owned(),
        source_bytes: found.len(),
        sent_bytes: info.plain_bytes,
        thumbnail_bytes: None,
        sha256: info.sha256,
        blurhash: None,
        size: None,
    })
}

fn seal_photo(
    media_dir: &Path,
    photo: &Photo,
    name: &str,
    caption: Option<&str>,
) -> Result<Sealed, AttachmentError> {
    let own = |error: media::Error| match error {
        media::Error::Io(error) => AttachmentError::Own(error),
        other => AttachmentError::File { path: PathBuf::from(name), error: other },
    };
    // The name follows what is sent: a PNG that became a JPEG is called one.
    let name = media::safe_name(
        Path::new(name).file_stem().map_or(name, |stem| stem.to_str().unwrap_or(name)),
        photo.mime,
    );
    let (file, info) = seal_into(media_dir, &mut Cursor::new(&photo.bytes)).map_err(own)?;
    let mut uploads = vec![("/file/url".to_owned(), file, length(info.sealed_bytes))];
    let mut about = json!({
        "mimetype": photo.mime,
        "size": info.plain_bytes,
        "w": photo.width,
        "h": photo.height,
        "xyz.amorgan.blurhash": photo.blurhash,
    });
    if let (Some(thumbnail), Some(about)) = (&photo.thumbnail, about.as_object_mut()) {
        let (file, sealed) = seal_into(media_dir, &mut Cursor::new(&thumbnail.bytes)).map_err(own)?;
        about.insert("thumbnail_file".to_owned(), addressless(&sealed.key)?);
        about.insert(
            "thumbnail_info".to_owned(),
            json!({ "mimetype": "image/jpeg", "size": sealed.plain_bytes, "w": thumbnail.width, "h": thumbnail.height }),
        );
        uploads.push(("/info/thumbnail_file/url".to_owned(), file, length(sealed.sealed_bytes)));
    }
    let content = json!({
        "msgtype": "m.image",
        "body": caption.unwrap_or(&name),
        "filename": name,
        "file": addressless(&info.key)?,
        "info": about,
    });
    Ok(Sealed {
        content,
        uploads,
        mime: photo.mime.to_owned(),
        source_bytes: photo.source_bytes,
        sent_bytes: info.plain_bytes,
        thumbnail_bytes: photo
            .thumbnail
            .as_ref()
            .map(|thumbnail| u64::try_from(thumbnail.bytes.len()).unwrap_or(0)),
        sha256: info.sha256,
        blurhash: Some(photo.blurhash.clone()),
        size: Some((photo.width, photo.height)),
    })
}

/// Only ciphertext is ever written; its name says nothing.
fn seal_into<R: Read>(media_dir: &Path, reader: &mut R) -> Result<(String, SealedInfo), media::Error> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| media::Error::Io(std::io::Error::other("no randomness")))?;
    let name = hex::encode(random);
    let path = media_dir.join(&name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let sealed = media::seal(reader, &mut file, &mut |_| true).and_then(|info| {
        file.sync_all()?;
        Ok(info)
    });
    if sealed.is_err() {
        // Its key is lost with the error: ciphertext that nobody can open.
        let _ = std::fs::remove_file(&path);
    }
    Ok((name, sealed?))
}

fn addressless(key: &SealKey) -> Result<Value, AttachmentError> {
    let mut file = serde_json::to_value(key).map_err(|_| AttachmentError::BadKeys)?;
    file.as_object_mut().ok_or(AttachmentError::BadKeys)?.insert("url".to_owned(), json!(""));
    Ok(file)
}

fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Length and hash.
    pub opened: Opened,
    /// MIME type by content.
    pub mime: String,
}

/// Fetches the file attached to a message with this content, opens it, and puts it where `to` says: into that
/// directory under a safe name, or at that path. What does not match its hash never gets there.
///
/// # Errors
/// `NoAttachment`, `BadKeys`, `File` (`Exists` without `overwrite`, `Tampered`), the network's.
pub async fn fetch(
    http: &Http,
    content: &Value,
    to: &Path,
    overwrite: bool,
) -> Result<Fetched, AttachmentError> {
    let file = content.get("file").ok_or(AttachmentError::NoAttachment)?;
    let file: EncryptedFile = serde_json::from_value(file.clone()).map_err(|_| AttachmentError::BadKeys)?;
    let (server, media_id) = file.url.parts().map_err(|_| AttachmentError::BadKeys)?;
    let path = format!("/_matrix/client/v1/media/download/{}/{}", part(server.as_str()), part(media_id));
    let said =
        content.pointer("/info/mimetype").and_then(Value::as_str).unwrap_or("application/octet-stream");
    let name =
        content.get("filename").or_else(|| content.get("body")).and_then(Value::as_str).unwrap_or("file");
    let dest = if to.is_dir() { to.join(media::safe_name(name, said)) } else { to.to_owned() };
    if !overwrite && dest.symlink_metadata().is_ok() {
        return Err(AttachmentError::File { path: dest, error: media::Error::Exists });
    }
    let response = http.download(&path).await?;
    // However long the whole takes, a piece that does not come ends it.
    let stream = stream::try_unfold(response, |mut response| async move {
        let piece = tokio::time::timeout(STALLED, response.chunk()).await;
        let piece = piece.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?;
        Ok::<_, std::io::Error>(piece.map_err(std::io::Error::other)?.map(|piece| (piece, response)))
    });
    let stream = Box::pin(stream);
    let key = SealKey::from(file);
    let target = dest.clone();
    let bridge = SyncIoBridge::new(StreamReader::new(stream));
    let opened = tokio::task::spawn_blocking(move || {
        let mut reader = BufReader::with_capacity(64 * 1024, bridge);
        media::open_to_file(&mut reader, &key, &target, overwrite, &mut |_| true)
    })
    .await
    .map_err(|_| AttachmentError::Own(std::io::Error::other("the writer stopped")))?
    .map_err(|error| AttachmentError::File { path: dest.clone(), error })?;
    let mime = File::open(&dest)
        .and_then(|file| {
            let mut head = Vec::new();
            file.take(u64::try_from(HEAD_BYTES).unwrap_or(0)).read_to_end(&mut head)?;
            Ok(media::probe(&head).mime.to_owned())
        })
        .unwrap_or_else(|_| said.to_owned());
    Ok(Fetched { path: dest, opened, mime })
}
