//! Copying or coding sound, and drawing how loud it is.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::Path;

use super::super::error::Error;
use super::super::ffmpeg::{PicturePlan, Plan, SoundPlan, Source, Watch, make};
use super::super::limits::{Limits, most_ms};
use super::super::spool::{SharedSpool, Spool};
use super::super::video::FastStart;
use super::Sound;
use crate::progress::Progress;

const VOICE_BITS: u64 = 24_000;
const LEAST_BITS: u64 = 8_000;
/// Points of a waveform.
const POINTS: usize = 100;
/// The largest point of a waveform.
const LOUDEST: f32 = 1024.0;

pub(super) fn prepare(
    file: File,
    mime: &'static str,
    folder: &Path,
    limits: &Limits,
    progress: &mut Progress,
    voice: bool,
) -> Result<Sound, Error> {
    let source_bytes = file.metadata()?.len();
    if source_bytes > limits.budget.max_clip_bytes {
        return Err(Error::TooLarge { limit: limits.budget.max_clip_bytes });
    }
    let watch = Watch::new(progress.cancel(), &limits.budget);
    let mut source = Source::open(file, mime, &limits.budget, &watch)?;
    if source.is_clip {
        return Err(Error::NotASound { mime });
    }
    let sound = source.sound.as_ref().ok_or(Error::NothingInside)?;
    let (muxer, mime) =
        if voice { ("ogg", "audio/ogg") } else { sound.container().ok_or(Error::UnsupportedFormat(mime))? };
    let most_s = if voice { limits.voice_max_s } else { u32::MAX };
    let most_ms = most_ms(most_s);
    if source.duration_ms > most_ms {
        return Err(Error::TooLong { seconds: source.duration_ms / 1000, limit: most_s.into() });
    }
    // More than the source has would only make it larger.
    let bits = source_bytes.saturating_mul(8000).checked_div(source.duration_ms).unwrap_or(VOICE_BITS);
    let bits = u32::try_from(bits.clamp(LEAST_BITS, VOICE_BITS)).unwrap_or(24_000);
    let plan = Plan {
        muxer,
        picture: PicturePlan::Drop,
        sound: if voice { SoundPlan::Voice { bits } } else { SoundPlan::Copy },
        from_ms: 0,
        until_ms: None,
        most_ms,
    };
    let room = source_bytes.saturating_mul(2).max(limits.max_upload_bytes).saturating_add(1 << 20);
    let mut spool = SharedSpool::new(Spool::new(folder, room)?);
    let made = make(&mut source, spool.clone(), &plan, &limits.budget, &watch, progress)?;
    let (bytes, reader): (u64, Box<dyn Read + Send>) = if muxer == "ipod" {
        let fast = FastStart::new(spool)?;
        (fast.length(), Box::new(fast))
    } else {
        let bytes = spool.seek(SeekFrom::End(0))?;
        spool.rewind()?;
        (bytes, Box::new(spool))
    };
    if bytes > limits.max_upload_bytes {
        return Err(Error::TooLarge { limit: limits.max_upload_bytes });
    }
    Ok(Sound {
        mime,
        duration_ms: made.duration_ms,
        waveform: waveform(&made.loudness),
        source_bytes,
        bytes,
        reader,
    })
}

/// Brings peaks down to a few, the loudest of them at the top.
fn waveform(peaks: &[f32]) -> Vec<u16> {
    let most = peaks.iter().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
    let size = peaks.len().div_ceil(POINTS).max(1);
    let loudest = peaks.chunks(size).map(|part| part.iter().copied().fold(0.0, f32::max) / most * LOUDEST);
    loudest.map(point).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1024")]
fn point(level: f32) -> u16 {
    level.clamp(0.0, LOUDEST) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waveform_has_few_points_and_reaches_the_top() {
        let peaks: Vec<f32> = (0..1000_u16).map(|at| f32::from(at) / 2000.0).collect();
        let points = waveform(&peaks);
        assert_eq!(points.len(), 100);
        assert_eq!(points.last(), Some(&1024));
        assert!(points.is_sorted());
        assert_eq!(waveform(&[]), Vec::<u16>::new());
        assert_eq!(waveform(&[0.0, 0.0]), [0, 0]);
    }
}
