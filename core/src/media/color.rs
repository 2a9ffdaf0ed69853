//! Colours other than sRGB are converted, so that a picture looks the same once its profile is removed.

use image::DynamicImage;
use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    TransferCharacteristics, TransformOptions,
};

use super::cursor::{Cursor, length};
use super::decode;
use super::probe::ImageFormat;
use super::strip::PNG_SIGNATURE;

/// Levels of 255 by which a profile may differ from sRGB and still pass for it.
const TOLERANCE: u8 = 2;

/// Returns the colour profile of a file, unless it is as good as sRGB, is not of RGB colours or makes no sense.
pub(super) fn profile(format: ImageFormat, source: &[u8], max_pixels: u64) -> Option<ColorProfile> {
    let coded = if format == ImageFormat::Png { cicp(source) } else { None };
    let profile = match coded {
        Some(profile) => profile,
        None => ColorProfile::new_from_slice(&decode::icc_profile(format, source, max_pixels)?).ok()?,
    };
    (profile.color_space == DataColorSpace::Rgb && is_foreign(&profile)).then_some(profile)
}

/// Reads a colour profile, unless it is as good as sRGB, is not of RGB colours or makes no sense.
#[cfg(feature = "ffmpeg")]
pub(super) fn foreign(icc: &[u8]) -> Option<ColorProfile> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    (profile.color_space == DataColorSpace::Rgb && is_foreign(&profile)).then_some(profile)
}

/// Converts the pixels to sRGB; they are left alone if the profile cannot be applied.
pub(super) fn to_srgb(image: DynamicImage, profile: &ColorProfile) -> DynamicImage {
    let convert = |pixels: &[u8], layout: Layout| {
        let mut out = vec![0; pixels.len()];
        apply(profile, layout, pixels, &mut out).map(|()| out)
    };
    let (width, height) = (image.width(), image.height());
    let converted = match &image {
        DynamicImage::ImageRgb8(rgb) => convert(rgb.as_raw(), Layout::Rgb)
            .and_then(|out| image::RgbImage::from_raw(width, height, out))
            .map(DynamicImage::ImageRgb8),
        DynamicImage::ImageRgba8(rgba) => convert(rgba.as_raw(), Layout::Rgba)
            .and_then(|out| image::RgbaImage::from_raw(width, height, out))
            .map(DynamicImage::ImageRgba8),
        _ => None,
    };
    converted.unwrap_or(image)
}

fn apply(profile: &ColorProfile, layout: Layout, pixels: &[u8], out: &mut [u8]) -> Option<()> {
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()).ok()?;
    transform.transform(pixels, out).ok()
}

fn is_foreign(profile: &ColorProfile) -> bool {
    const LEVELS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let lattice: Vec<u8> = LEVELS
        .iter()
        .flat_map(|r| LEVELS.iter().flat_map(move |g| LEVELS.map(|b| [*r, *g, b])))
        .flatten()
        .collect();
    let mut out = vec![0; lattice.len()];
    apply(profile, Layout::Rgb, &lattice, &mut out).is_some()
        && lattice.iter().zip(&out).any(|(before, after)| before.abs_diff(*after) > TOLERANCE)
}

/// PNG may name its colours by code points, which go before a profile.
fn cicp(source: &[u8]) -> Option<ColorProfile> {
    let mut input = Cursor::new(source.strip_prefix(PNG_SIGNATURE)?);
    loop {
        let size = length(input.be32()?);
        let name = input.array::<4>()?;
        let body = input.take(size)?;
        input.take(4)?;
        match (&name, body) {
            (b"cICP", [primaries, transfer, matrix, range]) => {
                return Some(ColorProfile::new_from_cicp(CicpProfile {
                    color_primaries: CicpColorPrimaries::try_from(*primaries).ok()?,
                    transfer_characteristics: TransferCharacteristics::try_from(*transfer).ok()?,
                    matrix_coefficients: MatrixCoefficients::try_from(*matrix).ok()?,
                    full_range: *range == 1,
                }));
            }
            (b"IDAT", _) => return None,
            _ => {}
        }
    }
}
