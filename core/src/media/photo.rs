//! A photo on its way out: small, upright, in sRGB and without a word about where and with what it was taken.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::DynamicImage;
use image::metadata::Orientation;

use super::error::Error;
use super::preview::{self, Thumbnail};
use super::probe::{HEAD_BYTES, ImageFormat, Kind, probe};
use super::{color, decode, encode, exif, scale, strip};

/// A picture is not made coarser or smaller to come below this.
const LEAST_BYTES: usize = 4096;

/// How photos are prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoOptions {
    /// Longer side of the result in pixels; animations keep their size.
    pub max_px: u32,
    /// JPEG quality of the result, 1 to 100.
    pub quality: u8,
    /// Longer side of the thumbnail in pixels.
    pub thumbnail_px: u32,
    /// JPEG quality of the thumbnail, 1 to 100.
    pub thumbnail_quality: u8,
    /// Pixels that the source may decode to; four bytes of memory are allowed for each.
    pub max_pixels: u64,
    /// Bytes that the source may have.
    pub max_source_bytes: u64,
}

impl Default for PhotoOptions {
    fn default() -> Self {
        Self {
            max_px: 2048,
            quality: 80,
            thumbnail_px: 800,
            thumbnail_quality: 70,
            // Telephones take photos of 108 megapixels.
            max_pixels: 120_000_000,
            max_source_bytes: 128 * 1024 * 1024,
        }
    }
}

/// What was done to a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Only metadata was removed; the pixels are those of the source.
    Stripped,
    /// It was turned, scaled or converted, and encoded anew.
    Encoded,
}

/// A photo ready to be sealed.
#[derive(Clone)]
pub struct Photo {
    /// The file, without metadata.
    pub bytes: Vec<u8>,
    /// MIME type of `bytes`.
    pub mime: &'static str,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Whether it has more than one frame.
    pub animated: bool,
    /// A few waves of its colours to show before it is there.
    pub blurhash: String,
    /// A smaller still picture; missing if it would not be smaller than the photo.
    pub thumbnail: Option<Thumbnail>,
    /// What was done to it.
    pub handling: Handling,
    /// Bytes of the source.
    pub source_bytes: u64,
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Photo")
            .field("mime", &self.mime)
            .field("size", &(self.width, self.height))
            .field("bytes", &self.bytes.len())
            .field("source_bytes", &self.source_bytes)
            .field("handling", &self.handling)
            .field("animated", &self.animated)
            .field("thumbnail", &self.thumbnail)
            .finish_non_exhaustive()
    }
}

/// Prepares the photo in a file; see [`prepare_photo`].
///
/// # Errors
/// Those of [`prepare_photo`], and [`Error::NotAFile`] for a directory, a device or a pipe.
pub fn prepare_photo_file(path: &Path, options: &PhotoOptions) -> Result<Photo, Error> {
    if !fs::metadata(path)?.is_file() {
        return Err(Error::NotAFile);
    }
    prepare_photo(&mut File::open(path)?, options)
}

/// Prepares a photo: upright, scaled, in sRGB, encoded as JPEG, or PNG where that is smaller or keeps
/// transparency, without any metadata, and never larger than its source; what was HEIC or AVIF may take four times
/// as much.
///
/// A photo that is already upright, in sRGB and small enough keeps its pixels, and so does an animation; only
/// metadata is removed. Works in memory, which grows with the pixels of the source: about 3 bytes each for a
/// JPEG, 9 for a progressive one, 12 at most. A source under 4 KiB may grow, to 4 KiB at
/// most.
///
/// # Errors
/// [`Error::Empty`], [`Error::NotAnImage`], [`Error::UnsupportedFormat`], [`Error::TooLarge`],
/// [`Error::TooManyPixels`], [`Error::Truncated`], [`Error::Damaged`], and [`Error::Io`] when reading fails.
pub fn prepare_photo<R: Read>(source: &mut R, options: &PhotoOptions) -> Result<Photo, Error> {
    let (bytes, format) = read(source, options.max_source_bytes)?;
    // Decoders are written and fuzzed not to panic; if one does, it is this file that is at fault.
    catch_unwind(AssertUnwindSafe(|| prepare(&bytes, format, options)))
        .unwrap_or(Err(Error::Damaged { format: format.mime() }))
}

/// Looks at the head before it takes the rest, so that a large file of another kind is not read at all.
fn read<R: Read>(source: &mut R, limit: u64) -> Result<(Vec<u8>, ImageFormat), Error> {
    let mut bytes = Vec::new();
    source.by_ref().take(u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let found = probe(&bytes);
    let Kind::Image(format) = found.kind else { return Err(Error::NotAnImage { mime: found.mime }) };
    let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let rest = limit.saturating_sub(length(&bytes)).saturating_add(1);
    source.by_ref().take(rest).read_to_end(&mut bytes)?;
    if length(&bytes) > limit {
        return Err(Error::TooLarge { limit });
    }
    Ok((bytes, format))
}

fn prepare(source: &[u8], format: ImageFormat, options: &PhotoOptions) -> Result<Photo, Error> {
    let stripped = match format {
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif => {
            Some(strip::strip(format, source)?)
        }
        ImageFormat::Tiff | ImageFormat::Bmp => None,
        ImageFormat::Heif | ImageFormat::Avif => return prepare_coded(source, format, options),
        ImageFormat::Other(_) => return Err(Error::UnsupportedFormat(format.mime())),
    };
    let pixels = stripped.as_ref().map_or(source, |stripped| stripped.bytes.as_slice());
    let image = decode::decode(format, pixels, options.max_pixels)?;
    let turn = exif::orientation(source);
    let profile = color::profile(format, source, options.max_pixels);

    let animated = stripped.as_ref().is_some_and(|stripped| stripped.frames > 1);
    let size = (image.width(), image.height());
    let fits = scale::fit(size.0, size.1, options.max_px) == size;
    let fine = fits && turn == Orientation::NoTransforms && profile.is_none();
    if let Some(stripped) = stripped
        && (animated || fine)
    {
        return finish(stripped.bytes, format, &image, animated, Handling::Stripped, source.len(), options);
    }

    let mut scaled = if fits { image } else { scale::shrink(&image, options.max_px) };
    if let Some(profile) = profile {
        scaled = color::to_srgb(scaled, &profile);
    }
    scaled.apply_orientation(turn);
    let encoded = encode::encode(scaled, format, options.quality, source.len())?;
    finish(encoded.bytes, encoded.format, &encoded.image, false, Handling::Encoded, source.len(), options)
}

/// Pictures that are coded like clips: the container turns them and names their colours, not the EXIF in it.
#[cfg(feature = "ffmpeg")]
fn prepare_coded(source: &[u8], format: ImageFormat, options: &PhotoOptions) -> Result<Photo, Error> {
    let still = super::heif::read(source, format.mime())?;
    let image = super::ffmpeg::decode_still(&still, format.mime(), options.max_pixels)?;
    let mut scaled = scale::shrink(&image, options.max_px);
    drop(image);
    if let Some(profile) = still.icc.as_deref().and_then(color::foreign) {
        scaled = color::to_srgb(scaled, &profile);
    }
    recode(scaled, source.len(), options)
}

#[cfg(not(feature = "ffmpeg"))]
fn prepare_coded(_: &[u8], format: ImageFormat, _: &PhotoOptions) -> Result<Photo, Error> {
    Err(Error::UnsupportedFormat(format.mime()))
}

/// Prepares a picture that was decoded elsewhere, from a file of so many bytes: upright, in sRGB, four bytes for each
/// pixel.
///
/// # Errors
/// [`Error::Damaged`] where the bytes are not those of its size.
pub fn prepare_pixels(
    rgba: Vec<u8>,
    (width, height): (u32, u32),
    source_bytes: u64,
    options: &PhotoOptions,
) -> Result<Photo, Error> {
    let damaged = Error::Damaged { format: "image/x-rgba" };
    let image = image::RgbaImage::from_raw(width, height, rgba).ok_or(damaged)?;
    let image = decode::opaque_or_not(DynamicImage::ImageRgba8(image));
    let source_bytes = usize::try_from(source_bytes).unwrap_or(usize::MAX);
    recode(scale::shrink(&image, options.max_px), source_bytes, options)
}

/// JPEG takes two to four times as much for the same picture: less would make it coarse or small.
fn recode(image: DynamicImage, source_bytes: usize, options: &PhotoOptions) -> Result<Photo, Error> {
    let budget = source_bytes.saturating_mul(4).max(LEAST_BYTES);
    let encoded = encode::encode(image, ImageFormat::Jpeg, options.quality, budget)?;
    finish(encoded.bytes, encoded.format, &encoded.image, false, Handling::Encoded, source_bytes, options)
}

fn finish(
    bytes: Vec<u8>,
    format: ImageFormat,
    image: &DynamicImage,
    animated: bool,
    handling: Handling,
    source_bytes: usize,
    options: &PhotoOptions,
) -> Result<Photo, Error> {
    let thumbnail = preview::thumbnail(image, options.thumbnail_px, options.thumbnail_quality)?;
    let thumbnail = Some(thumbnail).filter(|thumbnail| thumbnail.bytes.len() < bytes.len());
    Ok(Photo {
        mime: format.mime(),
        width: image.width(),
        height: image.height(),
        animated,
        blurhash: preview::blurhash(image),
        thumbnail,
        handling,
        source_bytes: u64::try_from(source_bytes).unwrap_or(u64::MAX),
        bytes,
    })
}

#[cfg(test)]
mod tests;
