//! Files on their way out and in: prepared and sealed into the account's media directory, fetched and opened.

mod apart;
mod cache;
mod fetch;
pub mod original;
mod seal;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::kind::ErrorKind;
use crate::media::{self, Limits, Trim};
use crate::net::NetError;
use crate::policy::Denied;
use crate::ports::image_decoder::DecoderFault;
use crate::store::StoreError;

pub use apart::{Apart, serve};
pub use cache::{Cache, CacheRules, Pin, Wanted, prove};
pub use fetch::{Fetched, fetch};
pub use seal::{seal, seal_decoded};

/// How a file is to be treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreatAs {
    /// By its content: photos and clips are prepared, recordings lose their tags, everything else goes as it is.
    #[default]
    Auto,
    /// As it is. Not for photos, clips and recordings, whose metadata would go along: it is removed first.
    File,
    /// As a photo, or not at all.
    Image,
    /// As a clip, or not at all.
    Video,
    /// As a voice message, or not at all.
    Voice,
}

/// A file to be prepared and sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Where sealed files go.
    pub media_dir: PathBuf,
    /// The file.
    pub path: PathBuf,
    /// A text for it.
    pub caption: Option<String>,
    /// As what.
    pub treat_as: TreatAs,
    /// The part of a clip that is wanted.
    pub trim: Option<Trim>,
    /// Whether the unchanged bytes go along, after what is prepared.
    pub original: bool,
    /// Whether time, place and camera go along, in the encrypted event.
    pub capture_info: bool,
    /// What it may be and cost.
    pub limits: Limits,
    /// What the names of its sealed files begin with.
    pub prefix: String,
}

impl Job {
    /// A job for a file, by its content, under the limits of a device without policy.
    ///
    /// # Errors
    /// `Own` where there is no randomness.
    pub fn new(media_dir: &Path, path: &Path) -> Result<Self, AttachmentError> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random)
            .map_err(|_| AttachmentError::Own(std::io::Error::other("no randomness")))?;
        Ok(Self {
            media_dir: media_dir.to_owned(),
            path: path.to_owned(),
            caption: None,
            treat_as: TreatAs::default(),
            trim: None,
            original: false,
            capture_info: false,
            limits: Limits::default(),
            prefix: hex::encode(random),
        })
    }

    /// Takes away what was sealed for it: the keys are lost with the error.
    pub fn forget(&self) {
        let Ok(entries) = std::fs::read_dir(&self.media_dir) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
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
    #[error("{}: {bytes} bytes; at most {limit} may be sent", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Policy forbids sending it.
    #[error(transparent)]
    Denied(#[from] Box<Denied>),
    /// The process that prepared the file said so.
    #[error("{message}")]
    Apart {
        /// As it sorted its error.
        kind: ErrorKind,
        /// Its words.
        message: String,
        /// The seconds that are too many, where it is that.
        too_long_s: Option<u64>,
    },
    /// The process that prepared the file ended without a word: the file made it crash.
    #[error("{}: the file cannot be prepared: what decodes it crashed", path.display())]
    Crashed {
        /// Which file.
        path: PathBuf,
    },
    /// The platform's decoder of pictures gave none.
    #[error(transparent)]
    Decoder(#[from] DecoderFault),
    /// The process or thread that prepares files cannot be started.
    #[error("what prepares files cannot be started: {0}")]
    NoWorker(std::io::Error),
    /// The event has nothing to fetch.
    #[error("there is no file attached to this message")]
    NoAttachment,
    /// The attachment is not encrypted as the room demands, or its keys make no sense.
    #[error("the attachment's keys make no sense")]
    BadKeys,
    /// It is larger than what may be kept of received files, on the disk or in memory.
    #[error(
        "the file is too large to be shown here: at most {limit} bytes are kept (data.cache_mb, data.local_media)"
    )]
    TooLargeToShow {
        /// Bytes allowed.
        limit: u64,
    },
    /// The network or the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no room for the sealed file.
    #[error("the disk is full; nothing was queued")]
    DiskFull,
    /// The profile's own directory.
    #[error("the media directory cannot be used: {0}")]
    Own(std::io::Error),
}

impl AttachmentError {
    /// Returns how many seconds a clip or a recording lasts that is longer than allowed.
    pub fn too_long_s(&self) -> Option<u64> {
        match self {
            Self::File { error: media::Error::TooLong { seconds, .. }, .. } => Some(*seconds),
            Self::Apart { too_long_s, .. } => *too_long_s,
            _ => None,
        }
    }

    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { error: media::Error::Exists, .. } => ErrorKind::BadInput,
            Self::File { error: media::Error::Cancelled, .. } => ErrorKind::Cancelled,
            Self::File { .. }
            | Self::TooLarge { .. }
            | Self::TooLargeToShow { .. }
            | Self::BadKeys
            | Self::Crashed { .. } => ErrorKind::BadFile,
            Self::Apart { kind, .. } => *kind,
            Self::NoWorker(_) | Self::Decoder(_) => ErrorKind::Internal,
            Self::Denied(_) => ErrorKind::Policy,
            Self::NoAttachment => ErrorKind::NotFound,
            Self::Net(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::DiskFull | Self::Own(_) => ErrorKind::Storage,
        }
    }
}

/// A file ready to be queued.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// Milliseconds that it lasts.
    pub duration_ms: Option<u64>,
    /// The unchanged file, where it was wanted.
    pub original: Option<original::SealedOriginal>,
    /// Whether it may still name its author: not every document can be taken apart.
    pub metadata_left: bool,
    /// Bytes of memory that the process which prepared it took at most, where that was another one.
    pub peak_bytes: Option<u64>,
}
