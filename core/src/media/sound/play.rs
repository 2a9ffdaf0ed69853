//! Sound on its way to a loudspeaker.

use std::io::{Read, Seek};

use super::super::error::Error;
use super::super::limits::Budget;
use crate::progress::Cancel;

/// Samples of a second, of one channel, as [`play`] hands them on.
pub const PLAYED_RATE: u32 = 48_000;

/// A listener may stop in between for as long as it likes.
const LONGEST_S: u32 = 24 * 3600;

/// Decodes the sound of a recording, a voice message or a clip of type `mime` (of the probe) from `from_ms` milliseconds on.
/// `on` takes samples in order, from -32768 to 32767, one channel at [`PLAYED_RATE`], and says whether it wants more; it
/// may wait for as long as it likes.
///
/// # Errors
/// [`Error::NothingInside`] without sound, [`Error::UnsupportedFormat`], [`Error::Damaged`], [`Error::Truncated`],
/// [`Error::Cancelled`], [`Error::NoFfmpeg`].
pub fn play<R: Read + Seek + Send + 'static>(
    from: R,
    mime: &'static str,
    from_ms: u64,
    cancel: Cancel,
    on: &mut dyn FnMut(&[i16]) -> bool,
) -> Result<(), Error> {
    let budget = Budget { max_seconds: LONGEST_S, threads: 1, ..Budget::default() };
    decode(from, mime, from_ms, &budget, cancel, on)
}

#[cfg(feature = "ffmpeg")]
fn decode<R: Read + Seek + Send + 'static>(
    from: R,
    mime: &'static str,
    from_ms: u64,
    budget: &Budget,
    cancel: Cancel,
    on: &mut dyn FnMut(&[i16]) -> bool,
) -> Result<(), Error> {
    use super::super::ffmpeg::{Source, Watch};

    let watch = Watch::new(cancel, budget);
    let mut source = Source::read(from, mime, budget, &watch)?;
    super::super::ffmpeg::play(&mut source, from_ms, budget, &watch, on)
}

#[cfg(not(feature = "ffmpeg"))]
fn decode<R>(
    _: R,
    mime: &'static str,
    _: u64,
    _: &Budget,
    _: Cancel,
    _: &mut dyn FnMut(&[i16]) -> bool,
) -> Result<(), Error> {
    Err(Error::UnsupportedFormat(mime))
}
