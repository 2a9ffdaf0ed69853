//! A clip on its way out: H.264 and AAC in an MP4 that plays while it loads, upright, within a height and a bit rate,
//! in standard range, without a word about where and with what it was taken.

#[cfg(feature = "ffmpeg")]
mod fast_start;
#[cfg(feature = "ffmpeg")]
mod prepare;
#[cfg(test)]
#[cfg(feature = "ffmpeg")]
mod tests;

#[cfg(feature = "ffmpeg")]
pub(super) use fast_start::FastStart;

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::limits::Limits;
use super::photo::Handling;
use super::preview::Thumbnail;
use crate::progress::Progress;

/// The part of a clip that is wanted, in milliseconds from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trim {
    /// What is before is left out.
    pub from_ms: u64,
    /// What is after is left out; nothing for all of the rest.
    pub until_ms: Option<u64>,
}

/// What became of the brightness of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DynamicRange {
    /// It was standard and is.
    Standard,
    /// It was high (PQ or HLG) and was brought down, so that it looks right on any screen.
    ToneMapped,
}

/// A clip ready to be sealed: its bytes are read once, in order, with [`Read`].
pub struct Video {
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Milliseconds that it lasts.
    pub duration_ms: u64,
    /// Whether it has sound.
    pub has_sound: bool,
    /// `Stripped` where the pictures are those of the source.
    pub handling: Handling,
    /// What became of its brightness.
    pub range: DynamicRange,
    /// A few waves of the poster's colours.
    pub blurhash: String,
    /// The picture that stands for it.
    pub thumbnail: Option<Thumbnail>,
    /// Bytes of the source.
    pub source_bytes: u64,
    /// Bytes of the clip.
    pub bytes: u64,
    reader: Box<dyn Read + Send>,
}

impl Read for Video {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.reader.read(bytes)
    }
}

impl fmt::Debug for Video {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Video")
            .field("size", &(self.width, self.height))
            .field("duration_ms", &self.duration_ms)
            .field("handling", &self.handling)
            .field("range", &self.range)
            .field("bytes", &self.bytes)
            .field("source_bytes", &self.source_bytes)
            .finish_non_exhaustive()
    }
}

/// Prepares the clip in a file: streams that fit are copied, the others coded anew; what is made lies sealed in
/// `folder`, in a file without a name, until it is read.
///
/// The result is never larger than the source, but where that is so small that the container alone is larger. Memory
/// does not grow with the length. Stops within a frame when `progress` says so.
///
/// # Errors
/// [`Error::Empty`], [`Error::NotAVideo`], [`Error::NothingInside`], [`Error::TooLong`], [`Error::NothingLeft`],
/// [`Error::TooManyPixels`], [`Error::TooLarge`], [`Error::OverBudget`], [`Error::Truncated`], [`Error::Damaged`],
/// [`Error::UnsupportedFormat`] (all of them where the build is without FFmpeg), [`Error::NoCodec`],
/// [`Error::Cancelled`], [`Error::Io`].
pub fn prepare_video(
    path: &Path,
    folder: &Path,
    limits: &Limits,
    trim: Option<Trim>,
    progress: &mut Progress,
) -> Result<Video, Error> {
    let mut file = super::open_regular(path)?;
    let found = super::probe_reader(&mut file)?;
    if found.kind != super::Kind::Video {
        return Err(Error::NotAVideo { mime: found.mime });
    }
    #[cfg(feature = "ffmpeg")]
    return prepare::prepare(file, found.mime, folder, limits, trim, progress);
    #[cfg(not(feature = "ffmpeg"))]
    {
        // Sent as it is, its metadata would go along.
        let _ = (file, folder, limits, trim, progress);
        Err(Error::UnsupportedFormat(found.mime))
    }
}
