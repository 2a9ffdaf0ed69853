//! Lossless removal of metadata: the container is rewritten from the parts that carry pixels, everything else
//! and whatever follows the picture is left out. Never decodes or changes a pixel.

mod gif;
mod jpeg;
mod png;
mod webp;

use super::error::Error;
use super::probe::ImageFormat;

pub(super) use png::SIGNATURE as PNG_SIGNATURE;

/// A picture without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The rewritten file, never larger than the source.
    pub bytes: Vec<u8>,
    /// Pictures in the file; more than one is an animation.
    pub frames: u32,
}

/// Rewrites a JPEG, PNG, WebP or GIF file without metadata, its pixels untouched.
///
/// What is left is what a decoder needs: tables, scans, palettes, frame timing, loop count, transparency. Colour
/// profiles go too; a caller that must keep colours converts the pixels instead.
///
/// # Errors
/// [`Error::Truncated`] when the file ends before the picture does, [`Error::Damaged`] when its structure
/// contradicts itself, [`Error::UnsupportedFormat`] for the other formats.
pub fn strip(format: ImageFormat, source: &[u8]) -> Result<Stripped, Error> {
    match format {
        ImageFormat::Jpeg => jpeg::strip(source),
        ImageFormat::Png => png::strip(source),
        ImageFormat::WebP => webp::strip(source),
        ImageFormat::Gif => gif::strip(source),
        ImageFormat::Heif
        | ImageFormat::Avif
        | ImageFormat::Tiff
        | ImageFormat::Bmp
        | ImageFormat::Other(_) => Err(Error::UnsupportedFormat(format.mime())),
    }
}

#[cfg(test)]
mod tests;
