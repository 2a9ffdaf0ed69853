//! From pixels to the smallest fitting file: JPEG for photos, PNG for what has few edges or transparency.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::error::Error;
use super::probe::ImageFormat;
use super::scale;

const LOWEST_QUALITY: u8 = 40;
const QUALITY_STEP: u8 = 10;
/// Below this many pixels on the longer side a picture is not made smaller to save bytes.
const SMALLEST: u32 = 16;

pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) format: ImageFormat,
    pub(super) image: DynamicImage,
}

/// Encodes within `budget` bytes: lowers the quality, gives up transparency and makes the picture smaller, in
/// this order, until it fits. The smallest attempt is returned if nothing does.
pub(super) fn encode(
    image: DynamicImage,
    source: ImageFormat,
    quality: u8,
    budget: usize,
) -> Result<Encoded, Error> {
    let quality = quality.clamp(1, 100);
    let mut image = image;
    loop {
        let (bytes, format) = smallest(&image, source, quality, budget)?;
        let longer = image.width().max(image.height());
        if bytes.len() <= budget || longer <= SMALLEST {
            return Ok(Encoded { bytes, format, image });
        }
        image = scale::shrink(&image, longer / 4 * 3);
    }
}

fn smallest(
    image: &DynamicImage,
    source: ImageFormat,
    quality: u8,
    budget: usize,
) -> Result<(Vec<u8>, ImageFormat), Error> {
    let drawn = source != ImageFormat::Jpeg && is_drawn(image);
    let mut best = None;
    if image.color().has_alpha() {
        best = Some((png(image)?, ImageFormat::Png));
        if best.as_ref().is_some_and(|(bytes, _)| bytes.len() > budget) {
            keep_smaller(&mut best, (webp(image)?, ImageFormat::WebP));
        }
    } else if drawn {
        best = Some((png(image)?, ImageFormat::Png));
        keep_smaller(&mut best, (jpeg(image, quality, true)?, ImageFormat::Jpeg));
    }
    let mut quality = quality;
    loop {
        match best {
            Some((bytes, format)) if bytes.len() <= budget => return Ok((bytes, format)),
            other => best = other,
        }
        keep_smaller(&mut best, (jpeg(image, quality, false)?, ImageFormat::Jpeg));
        if quality <= LOWEST_QUALITY {
            return best.ok_or(Error::Damaged { format: source.mime() });
        }
        quality = quality.saturating_sub(QUALITY_STEP).max(LOWEST_QUALITY);
    }
}

fn keep_smaller(best: &mut Option<(Vec<u8>, ImageFormat)>, other: (Vec<u8>, ImageFormat)) {
    if best.as_ref().is_none_or(|(bytes, _)| other.0.len() < bytes.len()) {
        *best = Some(other);
    }
}

/// Encodes as JPEG, on white where it is transparent. `sharp` keeps full colour resolution, which text needs.
pub(super) fn jpeg(image: &DynamicImage, quality: u8, sharp: bool) -> Result<Vec<u8>, Error> {
    let fault = || Error::Damaged { format: "image/jpeg" };
    let rgb = opaque(image);
    let width = u16::try_from(rgb.width()).map_err(|_| fault())?;
    let height = u16::try_from(rgb.height()).map_err(|_| fault())?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality.clamp(1, 100));
    encoder.set_sampling_factor(if sharp { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    // Optimized tables would split the components into scans of their own, which zune-jpeg and with it every
    // client built on the `image` crate shows in green.
    encoder.set_optimized_huffman_tables(false);
    encoder.encode(rgb.as_raw(), width, height, ColorType::Rgb).map_err(|_| fault())?;
    Ok(bytes)
}

fn png(image: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    write(image, encoder)?;
    Ok(bytes)
}

fn webp(image: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    write(image, WebPEncoder::new_lossless(&mut bytes))?;
    Ok(bytes)
}

fn write(image: &DynamicImage, encoder: impl ImageEncoder) -> Result<(), Error> {
    let color = ExtendedColorType::from(image.color());
    encoder
        .write_image(image.as_bytes(), image.width(), image.height(), color)
        .map_err(|_| Error::Damaged { format: "image/png" })
}

fn opaque(image: &DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(rgba) = image else { return image.to_rgb8() };
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, alpha] = from.0.map(u16::from);
        let blend = |color: u16| u8::try_from((color * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        *to = Rgb([blend(r), blend(g), blend(b)]);
    }
    rgb
}

/// Says whether a picture looks like a screenshot or a drawing: in most places a pixel is the same as the next.
fn is_drawn(image: &DynamicImage) -> bool {
    let DynamicImage::ImageRgb8(rgb) = image else { return false };
    let step = usize::try_from(rgb.height() / 256).unwrap_or_default().max(1);
    let (mut same, mut all) = (0_u64, 0_u64);
    for row in rgb.rows().step_by(step) {
        let next = row.clone().skip(1);
        for (here, next) in row.zip(next) {
            same += u64::from(here == next);
            all += 1;
        }
    }
    same * 2 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_becomes_white_in_a_jpeg() {
        let clear =
            DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(16, 16, image::Rgba([255, 0, 0, 0])));
        assert!(opaque(&clear).pixels().all(|pixel| pixel.0 == [255; 3]));
    }

    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn a_budget_that_cannot_be_met_ends_with_the_smallest_attempt() {
        let image = DynamicImage::ImageRgb8(RgbImage::from_fn(200, 100, |x, y| {
            Rgb([x.wrapping_mul(37) as u8, y.wrapping_mul(91) as u8, (x * y) as u8])
        }));
        let encoded = encode(image, ImageFormat::Jpeg, 80, 10).unwrap();
        assert!(encoded.image.width() <= SMALLEST);
        assert_eq!(encoded.format, ImageFormat::Jpeg);
    }
}
