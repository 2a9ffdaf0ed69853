//! What stands for a picture before it is there: the thumbnail and the blurhash.

use std::fmt;

use image::DynamicImage;

use super::encode;
use super::error::Error;
use super::scale;

/// Longer side of the picture from which a blurhash is computed; it only keeps a few waves of it.
const BLURHASH_PX: u32 = 32;

/// A small still picture that stands for a larger one.
#[derive(Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// JPEG without metadata.
    pub bytes: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl fmt::Debug for Thumbnail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbnail({}×{}, {} bytes)", self.width, self.height, self.bytes.len())
    }
}

pub(super) fn thumbnail(image: &DynamicImage, max: u32, quality: u8) -> Result<Thumbnail, Error> {
    let small = scale::shrink(image, max);
    let bytes = encode::jpeg(&small, quality, false)?;
    Ok(Thumbnail { bytes, width: small.width(), height: small.height() })
}

/// Returns the blurhash with four waves along the longer side and three along the shorter.
pub(super) fn blurhash(image: &DynamicImage) -> String {
    let small = scale::shrink(image, BLURHASH_PX).into_rgba8();
    let (across, down) = if small.width() >= small.height() { (4, 3) } else { (3, 4) };
    ::blurhash::encode(across, down, small.width(), small.height(), small.as_raw()).unwrap_or_default()
}
