//! From a file in memory to eight-bit pixels, within a budget. Damage is an error, never a half-grey picture.

use std::io::{self, Cursor};

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::Error;
use super::jpeg;
use super::probe::ImageFormat;

/// Bytes of memory that a decoder may take for each pixel allowed.
const BYTES_PER_PIXEL: u64 = 4;

/// Decodes the first frame: RGB, or RGBA if a pixel is not opaque.
pub(super) fn decode(format: ImageFormat, source: &[u8], max_pixels: u64) -> Result<DynamicImage, Error> {
    let image = match format {
        ImageFormat::Jpeg => decode_jpeg(source, max_pixels)?,
        ImageFormat::Png
        | ImageFormat::WebP
        | ImageFormat::Gif
        | ImageFormat::Tiff
        | ImageFormat::Bmp
        | ImageFormat::Heif
        | ImageFormat::Avif
        | ImageFormat::Other(_) => decode_other(format, source, max_pixels)?,
    };
    Ok(opaque_or_not(image))
}

/// RGB, or RGBA if a pixel is not opaque.
pub(super) fn opaque_or_not(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.into_rgb8());
    }
    let rgba = image.into_rgba8();
    if rgba.pixels().all(|pixel| pixel.0.last() == Some(&u8::MAX)) {
        return DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8());
    }
    DynamicImage::ImageRgba8(rgba)
}

/// Returns the embedded colour profile of the original file.
pub(super) fn icc_profile(format: ImageFormat, source: &[u8], max_pixels: u64) -> Option<Vec<u8>> {
    if format == ImageFormat::Jpeg {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(source), jpeg_options(false));
        decoder.decode_headers().ok()?;
        return decoder.icc_profile();
    }
    decoder(format, source, max_pixels).ok()?.icc_profile().ok()?
}

fn jpeg_options(strict: bool) -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(strict)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB)
}

/// Strict decoding is fit for real photos because the source was stripped: what is left must be flawless.
fn decode_jpeg(source: &[u8], max_pixels: u64) -> Result<DynamicImage, Error> {
    let format = ImageFormat::Jpeg.mime();
    let damaged = || Error::Damaged { format };
    let fault = |error: DecodeErrors| match error {
        DecodeErrors::Unsupported(_) => Error::UnsupportedFormat(format),
        _ => damaged(),
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(source), jpeg_options(true));
    decoder.decode_headers().map_err(fault)?;
    let (width, height) = decoder.dimensions().ok_or_else(damaged)?;
    let width = u32::try_from(width).map_err(|_| damaged())?;
    let height = u32::try_from(height).map_err(|_| damaged())?;
    check_pixels(width, height, max_pixels)?;
    if !jpeg::is_complete(source) {
        return Err(Error::Truncated { format });
    }
    if jpeg::is_split(source) {
        return decode_split_jpeg(source);
    }
    let pixels = decoder.decode().map_err(fault)?;
    RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8).ok_or_else(damaged)
}

/// zune-jpeg gets a sequential picture wrong, without an error, whose components come in scans of their own.
fn decode_split_jpeg(source: &[u8]) -> Result<DynamicImage, Error> {
    let damaged = || Error::Damaged { format: ImageFormat::Jpeg.mime() };
    let mut decoder = jpeg_decoder::Decoder::new(source);
    let pixels = decoder.decode().map_err(|_| damaged())?;
    let info = decoder.info().ok_or_else(damaged)?;
    if info.pixel_format != jpeg_decoder::PixelFormat::RGB24 {
        return Err(Error::UnsupportedFormat(ImageFormat::Jpeg.mime()));
    }
    let image = RgbImage::from_raw(u32::from(info.width), u32::from(info.height), pixels);
    image.map(DynamicImage::ImageRgb8).ok_or_else(damaged)
}

fn decode_other(format: ImageFormat, source: &[u8], max_pixels: u64) -> Result<DynamicImage, Error> {
    let decoder = decoder(format, source, max_pixels)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, max_pixels)?;
    if decoder.total_bytes() > max_pixels.saturating_mul(BYTES_PER_PIXEL) {
        return Err(Error::TooManyPixels { width, height, limit: max_pixels });
    }
    DynamicImage::from_decoder(decoder).map_err(|error| fault(format, error, (width, height), max_pixels))
}

fn decoder<'a>(
    format: ImageFormat,
    source: &'a [u8],
    max_pixels: u64,
) -> Result<impl ImageDecoder + 'a, Error> {
    let known = match format {
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::WebP => image::ImageFormat::WebP,
        ImageFormat::Gif => image::ImageFormat::Gif,
        ImageFormat::Tiff => image::ImageFormat::Tiff,
        ImageFormat::Bmp => image::ImageFormat::Bmp,
        ImageFormat::Jpeg | ImageFormat::Heif | ImageFormat::Avif | ImageFormat::Other(_) => {
            return Err(Error::UnsupportedFormat(format.mime()));
        }
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_pixels.saturating_mul(BYTES_PER_PIXEL));
    let mut reader = ImageReader::with_format(Cursor::new(source), known);
    reader.limits(limits);
    reader.into_decoder().map_err(|error| fault(format, error, (0, 0), max_pixels))
}

fn check_pixels(width: u32, height: u32, limit: u64) -> Result<(), Error> {
    if u64::from(width).saturating_mul(u64::from(height)) > limit {
        return Err(Error::TooManyPixels { width, height, limit });
    }
    Ok(())
}

fn fault(format: ImageFormat, error: ImageError, (width, height): (u32, u32), limit: u64) -> Error {
    let mime = format.mime();
    match error {
        ImageError::Unsupported(_) => Error::UnsupportedFormat(mime),
        ImageError::Limits(limits) if limits.kind() != LimitErrorKind::DimensionError || width > 0 => {
            Error::TooManyPixels { width, height, limit }
        }
        ImageError::IoError(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
            Error::Truncated { format: mime }
        }
        _ => Error::Damaged { format: mime },
    }
}
