//! What is to become of a clip, and doing it.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use image::{DynamicImage, RgbImage};

use super::super::error::Error;
use super::super::ffmpeg::{Made, POSTER_PX, PicturePlan, Plan, SoundPlan, Source, Watch, make, poster};
use super::super::limits::{Limits, most_ms};
use super::super::photo::Handling;
use super::super::preview;
use super::super::spool::{SharedSpool, Spool};
use super::fast_start::FastStart;
use super::{DynamicRange, Trim, Video};
use crate::progress::Progress;

/// Tries to come below the size of the source.
const TRIES: u32 = 6;
/// Thousands of bits a second that sound may have beside the pictures where streams are copied.
const SOUND_KBPS: u64 = 400;
const SLOWEST_KBPS: u32 = 8;
const POSTER_QUALITY: u8 = 70;

pub(super) fn prepare(
    file: File,
    mime: &'static str,
    folder: &Path,
    limits: &Limits,
    trim: Option<Trim>,
    progress: &mut Progress,
) -> Result<Video, Error> {
    let source_bytes = file.metadata()?.len();
    if source_bytes > limits.budget.max_clip_bytes {
        return Err(Error::TooLarge { limit: limits.budget.max_clip_bytes });
    }
    let watch = Watch::new(progress.cancel(), &limits.budget);
    let open = || -> Result<Source, Error> {
        let mut again = file.try_clone()?;
        again.rewind()?;
        Source::open(again, mime, &limits.budget, &watch)
    };
    let mut source = open()?;
    let mut plan = plan(&source, mime, limits, trim, source_bytes)?;
    let mut shown = size(&source, &plan)?;
    let is_hdr = source.picture.as_ref().is_some_and(|picture| picture.is_hdr());
    let has_sound = source.sound.is_some();

    // Larger than the source is of no use, but tiny clips are mostly container.
    let room = source_bytes.saturating_mul(2).max(limits.max_upload_bytes).saturating_add(1 << 20);
    let mut tries = 0;
    let (made, clip) = loop {
        let spool = SharedSpool::new(Spool::new(folder, room)?);
        let made = make(&mut source, spool.clone(), &plan, &limits.budget, &watch, progress)?;
        let clip = FastStart::new(spool)?;
        tries += 1;
        let PicturePlan::Encode { width, height, kbps, strict } = &mut plan.picture else {
            break (made, clip);
        };
        if clip.length() <= source_bytes || tries >= TRIES {
            break (made, clip);
        }
        if *kbps <= SLOWEST_KBPS || tries > 1 {
            (*width, *height) = scaled(*width, *height, (*width).min(*height) / 4 * 3);
            shown = (*width, *height);
        }
        *strict = true;
        *kbps = lower(*kbps, source_bytes, clip.length());
        source = open()?;
    };
    if clip.length() > limits.max_upload_bytes {
        return Err(Error::TooLarge { limit: limits.max_upload_bytes });
    }
    let Made { duration_ms, poster: shot, .. } = made;
    let shot = match shot {
        Some(shot) => Some(shot),
        None => poster(&mut open()?, shown, &limits.budget, &watch)?,
    };
    let shot = DynamicImage::ImageRgb8(shot.unwrap_or_else(|| RgbImage::new(1, 1)));
    let thumbnail = preview::thumbnail(&shot, POSTER_PX, POSTER_QUALITY)?;
    let copied = plan.picture == PicturePlan::Copy;
    Ok(Video {
        width: shown.0,
        height: shown.1,
        duration_ms,
        has_sound,
        handling: if copied { Handling::Stripped } else { Handling::Encoded },
        range: if is_hdr { DynamicRange::ToneMapped } else { DynamicRange::Standard },
        blurhash: preview::blurhash(&shot),
        thumbnail: Some(thumbnail).filter(|thumbnail| wide(thumbnail.bytes.len()) < clip.length()),
        source_bytes,
        bytes: clip.length(),
        reader: Box::new(clip) as Box<dyn Read + Send>,
    })
}

/// The next bit rate after one that was too much by this.
fn lower(kbps: u32, wanted: u64, got: u64) -> u32 {
    let scaled = u64::from(kbps) * wanted / got.max(1) * 3 / 4;
    u32::try_from(scaled).unwrap_or(kbps).clamp(SLOWEST_KBPS, kbps)
}

fn plan(
    source: &Source,
    mime: &'static str,
    limits: &Limits,
    trim: Option<Trim>,
    source_bytes: u64,
) -> Result<Plan, Error> {
    let missing = if source.is_clip { Error::UnsupportedFormat(mime) } else { Error::NothingInside };
    let picture = source.picture.as_ref().ok_or(missing)?;
    let (width, height) = picture.upright();
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels == 0 {
        return Err(Error::NothingInside);
    }
    if pixels > limits.budget.max_pixels {
        return Err(Error::TooManyPixels { width, height, limit: limits.budget.max_pixels });
    }
    let whole = source.duration_ms;
    let trim = trim.unwrap_or_default();
    let until = trim.until_ms.map_or(whole, |until| if whole > 0 { until.min(whole) } else { until });
    if trim != Trim::default() && until <= trim.from_ms {
        return Err(Error::NothingLeft { from_ms: trim.from_ms, until_ms: until, duration_ms: whole });
    }
    let most_ms = most_ms(limits.video_max_s);
    let wanted = until.saturating_sub(trim.from_ms);
    if wanted > most_ms {
        return Err(Error::TooLong { seconds: wanted / 1000, limit: limits.video_max_s.into() });
    }
    let sound = match &source.sound {
        None => SoundPlan::Drop,
        Some(sound) if sound.is_portable() && trim == Trim::default() => SoundPlan::Copy,
        Some(_) => SoundPlan::Encode,
    };
    let rate = source_bytes.saturating_mul(8) / whole.max(1);
    let fits = picture.is_portable(source)
        && trim == Trim::default()
        && width.min(height) <= limits.video_max_height
        && whole > 0
        && rate <= u64::from(limits.video_kbps) + if source.sound.is_some() { SOUND_KBPS } else { 0 };
    let picture = if fits {
        PicturePlan::Copy
    } else {
        let (width, height) = scaled(width, height, limits.video_max_height);
        // More than the source has would only make it larger.
        let kbps =
            u32::try_from(rate).unwrap_or(u32::MAX).clamp(SLOWEST_KBPS, limits.video_kbps.max(SLOWEST_KBPS));
        PicturePlan::Encode { width, height, kbps, strict: false }
    };
    Ok(Plan { muxer: "mp4", picture, sound, from_ms: trim.from_ms, until_ms: trim.until_ms, most_ms })
}

/// Width and height as they are shown.
fn size(source: &Source, plan: &Plan) -> Result<(u32, u32), Error> {
    match plan.picture {
        PicturePlan::Encode { width, height, .. } => Ok((width, height)),
        PicturePlan::Copy | PicturePlan::Drop => {
            let picture = source.picture.as_ref().ok_or(Error::NothingInside)?;
            Ok(picture.upright())
        }
    }
}

/// The size whose shorter side has at most `most` pixels; even, as 4:2:0 needs it, and never larger.
fn scaled(width: u32, height: u32, most: u32) -> (u32, u32) {
    let shorter = width.min(height).max(1);
    let most = most.max(2);
    let even = |side: u64| u32::try_from(side / 2 * 2).unwrap_or(u32::MAX - 1).max(2);
    if shorter <= most {
        return (even(width.into()), even(height.into()));
    }
    let part =
        |side: u32| even((u64::from(side) * u64::from(most) + u64::from(shorter) / 2) / u64::from(shorter));
    (part(width), part(height))
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_is_bounded_and_all_sides_are_even() {
        assert_eq!(scaled(1920, 1080, 720), (1280, 720));
        assert_eq!(scaled(1080, 1920, 720), (720, 1280));
        assert_eq!(scaled(641, 361, 720), (640, 360));
        assert_eq!(scaled(1, 1, 720), (2, 2));
        assert_eq!(scaled(8000, 3, 720), (8000, 2));
    }

    #[test]
    fn a_second_try_aims_below_the_source() {
        assert_eq!(lower(1000, 500, 1000), 375);
        assert_eq!(lower(100, 1, 1_000_000), SLOWEST_KBPS);
    }
}
