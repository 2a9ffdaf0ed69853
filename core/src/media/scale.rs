//! Making pictures smaller, never larger.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage, RgbaImage};

/// Returns the size of a picture once its longer side has at most `max` pixels, its shape kept.
pub(super) fn fit(width: u32, height: u32, max: u32) -> (u32, u32) {
    let (longer, max) = (width.max(height).max(1), max.max(1));
    if longer <= max {
        return (width, height);
    }
    let side = |side: u32| {
        let scaled = (u64::from(side) * u64::from(max) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(max).clamp(1, max)
    };
    (side(width), side(height))
}

/// Scales a picture down with a Lanczos filter until it fits; one that fits is copied.
pub(super) fn shrink(image: &DynamicImage, max: u32) -> DynamicImage {
    let (width, height) = fit(image.width(), image.height(), max);
    if (width, height) == (image.width(), image.height()) {
        return image.clone();
    }
    let scaled = match image {
        DynamicImage::ImageRgb8(rgb) => {
            resize(rgb.as_raw(), rgb.dimensions(), (width, height), PixelType::U8x3)
                .and_then(|out| RgbImage::from_raw(width, height, out))
                .map(DynamicImage::ImageRgb8)
        }
        DynamicImage::ImageRgba8(rgba) => {
            resize(rgba.as_raw(), rgba.dimensions(), (width, height), PixelType::U8x4)
                .and_then(|out| RgbaImage::from_raw(width, height, out))
                .map(DynamicImage::ImageRgba8)
        }
        _ => None,
    };
    scaled.unwrap_or_else(|| image.thumbnail_exact(width, height))
}

fn resize(pixels: &[u8], from: (u32, u32), to: (u32, u32), kind: PixelType) -> Option<Vec<u8>> {
    let source = ImageRef::new(from.0, from.1, pixels, kind).ok()?;
    let mut scaled = Image::new(to.0, to.1, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut scaled, &options).ok()?;
    Some(scaled.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_is_never_enlarged() {
        assert_eq!(fit(4032, 3024, 2048), (2048, 1536));
        assert_eq!(fit(3024, 4032, 2048), (1536, 2048));
        assert_eq!(fit(640, 480, 2048), (640, 480));
        assert_eq!(fit(60_000, 10, 2048), (2048, 1));
        assert_eq!(fit(u32::MAX, u32::MAX, 2048), (2048, 2048));
    }

    #[test]
    fn an_even_colour_stays_what_it_is() {
        let image =
            DynamicImage::ImageRgba8(RgbaImage::from_pixel(300, 200, image::Rgba([10, 200, 90, 128])));
        let small = shrink(&image, 30).into_rgba8();
        assert_eq!(small.dimensions(), (30, 20));
        assert!(small.pixels().all(|p| p.0.iter().zip([10, 200, 90, 128]).all(|(a, b)| a.abs_diff(b) <= 1)));
    }
}
