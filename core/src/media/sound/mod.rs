//! Sound on its way out: voice messages as Opus at an even loudness, recordings as they are, both without a word about
//! where, when and with what they were made.

mod play;
#[cfg(feature = "ffmpeg")]
mod prepare;
#[cfg(test)]
#[cfg(feature = "ffmpeg")]
mod tests;

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

pub use self::play::{PLAYED_RATE, play};

use super::error::Error;
use super::limits::Limits;
use super::probe::Kind;
use crate::progress::Progress;

/// A recording or a voice message ready to be sealed: its bytes are read once, in order, with [`Read`].
pub struct Sound {
    /// MIME type of its bytes.
    pub mime: &'static str,
    /// Milliseconds that it lasts.
    pub duration_ms: u64,
    /// Of a voice message: at most 100 peaks in order, 0 to 1024.
    pub waveform: Vec<u16>,
    /// Bytes of the source.
    pub source_bytes: u64,
    /// Bytes of it.
    pub bytes: u64,
    reader: Box<dyn Read + Send>,
}

impl Read for Sound {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.reader.read(bytes)
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound")
            .field("mime", &self.mime)
            .field("duration_ms", &self.duration_ms)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Prepares a voice message: Opus in Ogg, one channel, 24 kb/s at most, at the loudness of broadcasting.
///
/// # Errors
/// Those of [`prepare_sound`]; [`Error::TooLong`] beyond `voice_max_s`.
pub fn prepare_voice(
    path: &Path,
    folder: &Path,
    limits: &Limits,
    progress: &mut Progress,
) -> Result<Sound, Error> {
    prepare(path, folder, limits, progress, true)
}

/// Prepares a recording, also one in the container of a clip: its samples stay as they are, tags and covers go.
///
/// # Errors
/// [`Error::Empty`], [`Error::NotASound`], [`Error::NothingInside`], [`Error::TooLarge`], [`Error::OverBudget`],
/// [`Error::Truncated`], [`Error::Damaged`], [`Error::UnsupportedFormat`] (all of them where the build is without
/// FFmpeg), [`Error::Cancelled`], [`Error::Io`].
pub fn prepare_sound(
    path: &Path,
    folder: &Path,
    limits: &Limits,
    progress: &mut Progress,
) -> Result<Sound, Error> {
    prepare(path, folder, limits, progress, false)
}

fn prepare(
    path: &Path,
    folder: &Path,
    limits: &Limits,
    progress: &mut Progress,
    voice: bool,
) -> Result<Sound, Error> {
    let mut file = super::open_regular(path)?;
    let found = super::probe_reader(&mut file)?;
    // Telephones put recordings into containers of clips.
    if !matches!(found.kind, Kind::Audio | Kind::Video) {
        return Err(Error::NotASound { mime: found.mime });
    }
    #[cfg(feature = "ffmpeg")]
    return prepare::prepare(file, found.mime, folder, limits, progress, voice);
    #[cfg(not(feature = "ffmpeg"))]
    {
        let _ = (file, folder, limits, progress, voice);
        Err(Error::UnsupportedFormat(found.mime))
    }
}
