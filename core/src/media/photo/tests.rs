#![allow(clippy::cast_possible_truncation)]

use std::io::{self, Cursor};

use image::codecs::png::PngEncoder;
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat as Known, Rgb, RgbImage, Rgba, RgbaImage,
};
use moxcms::ColorProfile;
use proptest::prelude::*;

use super::*;
use crate::media::cursor::contains;
use crate::media::{exif, testing};

fn prepare_with(source: &[u8], options: &PhotoOptions) -> Result<Photo, Error> {
    prepare_photo(&mut Cursor::new(source), options)
}

fn small() -> PhotoOptions {
    PhotoOptions { max_px: 200, thumbnail_px: 50, ..PhotoOptions::default() }
}

fn format_of(photo: &Photo) -> ImageFormat {
    let Kind::Image(format) = probe(&photo.bytes).kind else { panic!("{photo:?} is no image") };
    assert_eq!(format.mime(), photo.mime);
    format
}

fn pixels(photo: &Photo) -> DynamicImage {
    let image = decode::decode(format_of(photo), &photo.bytes, 10_000_000).unwrap();
    assert_eq!((image.width(), image.height()), (photo.width, photo.height));
    image
}

/// What holds for every photo, however it was made.
fn check(photo: &Photo, source: &[u8]) {
    assert_eq!(photo.source_bytes, source.len() as u64);
    assert!(photo.bytes.len() <= source.len(), "{photo:?} grew");
    assert!(!contains(&photo.bytes, testing::SECRET), "{photo:?}");
    assert_eq!(exif::capture_info(&photo.bytes), None);
    assert!(photo.blurhash.len() >= 28, "{}", photo.blurhash);
    if let Some(thumbnail) = &photo.thumbnail {
        assert!(thumbnail.bytes.len() < photo.bytes.len());
        let image = decode::decode(ImageFormat::Jpeg, &thumbnail.bytes, 10_000_000).unwrap();
        assert_eq!((image.width(), image.height()), (thumbnail.width, thumbnail.height));
    }
    pixels(photo);
}

#[test]
fn a_large_photo_becomes_small_and_forgets_where_it_was_taken() {
    let source = testing::told_jpeg(640, 480, 1);
    assert!(exif::capture_info(&source).unwrap().lat.is_some());
    let photo = prepare_with(&source, &small()).unwrap();
    check(&photo, &source);
    assert_eq!((photo.width, photo.height), (200, 150));
    assert_eq!((photo.mime, photo.handling, photo.animated), ("image/jpeg", Handling::Encoded, false));
    assert_eq!(testing::corners(&pixels(&photo)), "rgbw");
    let thumbnail = photo.thumbnail.unwrap();
    assert_eq!((thumbnail.width, thumbnail.height), (50, 38));
}

#[test]
fn a_small_photo_keeps_its_pixels() {
    let source = testing::told_jpeg(160, 120, 1);
    let photo = prepare_with(&source, &small()).unwrap();
    check(&photo, &source);
    assert_eq!(photo.handling, Handling::Stripped);
    assert_eq!(photo.bytes, strip::strip(ImageFormat::Jpeg, &testing::jpeg(160, 120)).unwrap().bytes);
}

#[test]
fn however_the_camera_was_held_the_photo_is_upright() {
    for value in 1..=8_u8 {
        let turn = Orientation::from_exif(value).unwrap();
        let back = match turn {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            other => other,
        };
        for (width, height) in [(160, 120), (640, 480)] {
            let mut stored = DynamicImage::from(testing::picture(width, height));
            stored.apply_orientation(back);
            let plain = encode::jpeg(&stored, 90, false).unwrap();
            let told =
                testing::segment(0xE1, &[b"Exif\0\0", testing::exif(u16::from(value)).as_slice()].concat());
            let source = testing::with_segments(&plain, &[told]);
            let photo = prepare_with(&source, &small()).unwrap();
            check(&photo, &source);
            assert_eq!((photo.width, photo.height), scale::fit(width, height, 200), "orientation {value}");
            assert_eq!(testing::corners(&pixels(&photo)), "rgbw", "orientation {value}");
            let thumbnail = photo.thumbnail.unwrap();
            let image = decode::decode(ImageFormat::Jpeg, &thumbnail.bytes, 1_000_000).unwrap();
            assert_eq!(testing::corners(&image), "rgbw", "thumbnail of orientation {value}");
        }
    }
}

#[test]
fn a_webp_is_upright_as_well() {
    let source = testing::told_webp(100, 60, 6);
    let photo = prepare_with(&source, &small()).unwrap();
    check(&photo, &source);
    assert_eq!((photo.width, photo.height), (60, 100));
    assert_eq!(testing::corners(&pixels(&photo)), "brwg");
}

#[test]
fn wide_colours_become_srgb_and_a_needless_profile_is_only_removed() {
    let plain = encode::jpeg(
        &RgbImage::from_fn(160, 120, |x, y| Rgb([200, 50, (50 + (x ^ y) % 8) as u8])).into(),
        95,
        true,
    );
    let with = |profile: ColorProfile| {
        let body = [b"ICC_PROFILE\0\x01\x01", profile.encode().unwrap().as_slice()].concat();
        testing::with_segments(plain.as_ref().unwrap(), &[testing::segment(0xE2, &body)])
    };
    let wide = with(ColorProfile::new_display_p3());
    let photo = prepare_with(&wide, &small()).unwrap();
    check(&photo, &wide);
    assert_eq!(photo.handling, Handling::Encoded);
    let [r, g, _] = pixels(&photo).to_rgb8().get_pixel(80, 60).0;
    assert!(r >= 212 && g <= 40, "Display P3 (200, 50, 50) is a stronger red in sRGB: {r}, {g}");

    let usual = with(ColorProfile::new_srgb());
    let photo = prepare_with(&usual, &small()).unwrap();
    check(&photo, &usual);
    assert_eq!(photo.handling, Handling::Stripped);
    assert!(!contains(&photo.bytes, b"ICC_PROFILE"));
}

#[test]
fn animations_stay_animated() {
    for (source, frames) in
        [(testing::gif(300, 200, 3), 3), (testing::animated_webp(300, 200), 2), (testing::apng(300, 200), 2)]
    {
        let photo = prepare_with(&source, &small()).unwrap();
        check(&photo, &source);
        assert!(photo.animated);
        assert_eq!(photo.handling, Handling::Stripped);
        assert_eq!((photo.width, photo.height), (300, 200));
        assert_eq!(strip::strip(format_of(&photo), &photo.bytes).unwrap().frames, frames);
        assert!(photo.thumbnail.is_some());
    }
}

#[test]
fn a_screenshot_stays_sharp_and_a_photo_in_png_becomes_a_jpeg() {
    let screen =
        RgbImage::from_fn(
            600,
            400,
            |x, y| if x % 40 == 0 || y % 30 == 0 { Rgb([0; 3]) } else { Rgb([250; 3]) },
        );
    let source = testing::told_png(&screen.into());
    let photo = prepare_with(&source, &PhotoOptions { max_px: 300, ..small() }).unwrap();
    check(&photo, &source);
    assert_eq!(photo.mime, "image/png");

    let source = testing::told_png(&testing::picture(600, 400).into());
    let photo = prepare_with(&source, &small()).unwrap();
    check(&photo, &source);
    assert_eq!(photo.mime, "image/jpeg");
}

#[test]
fn transparency_survives() {
    let glass = RgbaImage::from_fn(400, 300, |x, y| {
        Rgba([x as u8, y as u8, (x * y) as u8, if x < 200 { 0 } else { 255 }])
    });
    let source = testing::told_png(&glass.into());
    let photo = prepare_with(&source, &small()).unwrap();
    check(&photo, &source);
    assert_eq!(photo.mime, "image/png");
    assert_eq!(pixels(&photo).to_rgba8().get_pixel(10, 10).0[3], 0);
    assert_eq!(pixels(&photo).to_rgba8().get_pixel(190, 10).0[3], 255);
}

#[test]
fn sixteen_bits_bitmaps_and_tiffs_are_encoded_anew() {
    let picture = DynamicImage::from(testing::picture(300, 200));
    let deep = testing::file(&DynamicImage::ImageRgb16(picture.to_rgb16()), Known::Png);
    for source in [deep, testing::file(&picture, Known::Bmp), testing::file(&picture, Known::Tiff)] {
        let photo = prepare_with(&source, &small()).unwrap();
        check(&photo, &source);
        assert_eq!(photo.mime, "image/jpeg");
        assert_eq!(testing::corners(&pixels(&photo)), "rgbw");
    }
}

#[test]
fn a_photo_of_low_quality_does_not_grow() {
    for quality in [5, 20, 50] {
        let poor = encode::jpeg(&testing::picture(400, 300).into(), quality, false).unwrap();
        let photo = prepare_with(&poor, &PhotoOptions { max_px: 390, quality: 95, ..small() }).unwrap();
        check(&photo, &poor);
    }
}

#[test]
fn what_is_no_photo_says_so() {
    assert!(matches!(prepare_with(b"", &small()), Err(Error::Empty)));
    assert!(matches!(prepare_with(b"hello", &small()), Err(Error::NotAnImage { mime: "text/plain" })));
    assert!(matches!(
        prepare_with(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", &small()),
        Err(Error::Truncated { format: "image/heic" } | Error::UnsupportedFormat("image/heic"))
    ));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(prepare_photo_file(folder.path(), &small()), Err(Error::NotAFile)));
    assert!(matches!(prepare_photo_file(&folder.path().join("none"), &small()), Err(Error::Io(_))));
}

#[test]
fn two_hundred_megabytes_are_refused_early() {
    let limit = PhotoOptions::default().max_source_bytes;
    let mut zeros = io::repeat(0).take(200 << 20);
    assert!(matches!(prepare_photo(&mut zeros, &PhotoOptions::default()), Err(Error::NotAnImage { .. })));
    assert_eq!(zeros.limit(), (200 << 20) - HEAD_BYTES as u64, "only its head was read");

    let mut endless = Cursor::new(testing::jpeg(64, 64)).chain(io::repeat(0));
    let outcome = prepare_photo(&mut endless, &PhotoOptions::default());
    assert!(matches!(outcome, Err(Error::TooLarge { limit: said }) if said == limit));
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_decoded() {
    let mut png = testing::file(&testing::picture(8, 8).into(), Known::Png);
    let header = [50_000_u32.to_be_bytes().as_slice(), &50_000_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    png.splice(8..33, testing::chunk(b"IHDR", &header));
    let outcome = prepare_with(&png, &PhotoOptions::default());
    assert!(matches!(outcome, Err(Error::TooManyPixels { .. })), "{outcome:?}");

    let mut jpeg = testing::jpeg(16, 16);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    let outcome = prepare_with(&jpeg, &PhotoOptions::default());
    assert!(
        matches!(outcome, Err(Error::TooManyPixels { width: 65_000, height: 65_000, .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_jpeg_that_was_cut_is_refused_and_never_half_grey() {
    for plain in [testing::jpeg(320, 240), progressive(320, 240)] {
        for length in (1..plain.len()).step_by(97) {
            let outcome = prepare_with(&plain[..length], &small());
            assert!(outcome.is_err(), "cut to {length}");
            if length > 700 {
                assert!(matches!(outcome, Err(Error::Truncated { .. })), "cut to {length}: {outcome:?}");
            }
        }
    }
}

#[test]
fn a_jpeg_whose_end_was_mended_is_refused_as_well() {
    for plain in [testing::jpeg(320, 240), progressive(320, 240)] {
        let scan = plain.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
        for length in (scan..plain.len() - 400).step_by(61) {
            let mended = [&plain[..length], &[0xFF, 0xD9]].concat();
            let outcome = prepare_with(&mended, &small());
            assert!(outcome.is_err(), "cut to {length} of {} and mended", plain.len());
        }
    }
}

#[test]
fn components_in_scans_of_their_own_keep_their_colours() {
    let mut split = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut split, 90);
    encoder.set_optimized_huffman_tables(true);
    let rgb = testing::picture(320, 240);
    encoder.encode(rgb.as_raw(), 320, 240, jpeg_encoder::ColorType::Rgb).unwrap();
    let photo = prepare_with(&split, &small()).unwrap();
    check(&photo, &split);
    assert_eq!(testing::corners(&pixels(&photo)), "rgbw");
}

#[test]
fn a_damaged_png_is_refused() {
    let mut png = testing::file(&testing::picture(100, 100).into(), Known::Png);
    let middle = png.len() / 2;
    png[middle] ^= 0x55;
    assert!(matches!(prepare_with(&png, &small()), Err(Error::Damaged { .. })));
}

#[test]
fn a_gray_png_is_prepared() {
    let mut source = Vec::new();
    let gray: Vec<u8> = (0..300_u64 * 200).map(|i| (i * i / 77) as u8).collect();
    PngEncoder::new(&mut source).write_image(&gray, 300, 200, ExtendedColorType::L8).unwrap();
    check(&prepare_with(&source, &small()).unwrap(), &source);
}

fn progressive(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(true);
    let rgb = testing::picture(width, height);
    encoder.encode(rgb.as_raw(), width as u16, height as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

fn sources() -> Vec<Vec<u8>> {
    let picture = DynamicImage::from(testing::picture(64, 48));
    vec![
        testing::told_jpeg(64, 48, 6),
        progressive(64, 48),
        testing::told_png(&picture),
        testing::apng(64, 48),
        testing::told_webp(64, 48, 5),
        testing::animated_webp(64, 48),
        testing::gif(64, 48, 2),
        testing::file(&picture, Known::Bmp),
        testing::file(&picture, Known::Tiff),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes_never_panic(start in 0..9_usize, bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let source = [&sources()[start][..16], &bytes].concat();
        let _ = prepare_with(&source, &small());
    }

    #[test]
    fn cut_files_never_panic(which in 0..9_usize, at in any::<prop::sample::Index>()) {
        let source = sources().swap_remove(which);
        let _ = prepare_with(&source[..at.index(source.len())], &small());
    }

    #[test]
    fn flipped_bytes_never_panic(
        which in 0..9_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut source = sources().swap_remove(which);
        for (at, value) in flips {
            let at = at.index(source.len());
            source[at] = value;
        }
        // A flip may ask for many pixels; this bounds what the test has to decode.
        let _ = prepare_with(&source, &PhotoOptions { max_pixels: 1_000_000, ..small() });
    }
}

#[cfg(feature = "ffmpeg")]
#[test]
fn pictures_of_newer_telephones_become_jpeg() {
    // The mean of each quarter as libheif 1.23 decodes it and LittleCMS brings it to sRGB: a tile in a wrong place, a
    // wrong turn or wrong colours are off by more.
    for (name, size, quarters) in [
        ("xiaomi.heic", (2048, 1536), [[124, 135, 141], [210, 222, 227], [190, 203, 207], [208, 220, 224]]),
        ("pug.heic", (2048, 1536), [[200, 196, 187], [198, 196, 191], [138, 133, 127], [118, 112, 104]]),
        ("cat.hif", (2048, 1368), [[149, 138, 132], [171, 161, 154], [61, 54, 49], [149, 144, 141]]),
        // Its container says limited range, its pictures full range, and the camera's own preview agrees with them:
        // decoded by libheif with the container's word changed.
        ("guitar_cw90.hif", (1365, 2048), [[84, 87, 85], [115, 109, 101], [142, 163, 168], [170, 172, 170]]),
        ("exif.heic", (64, 64), [[248; 3], [255; 3], [255; 3], [255; 3]]),
        ("exif.avif", (512, 512), [[145, 141, 143]; 4]),
    ] {
        let bytes = std::fs::read(qroc_fixtures::path(name)).unwrap();
        let photo = match prepare_photo(&mut bytes.as_slice(), &PhotoOptions::default()) {
            Ok(photo) => photo,
            Err(error) => panic!("{name}: {error}"),
        };
        assert_eq!((photo.mime, photo.handling), ("image/jpeg", Handling::Encoded), "{name}");
        assert!(photo.bytes.len() <= bytes.len() * 4 + 512, "{name}");
        assert_eq!((photo.width, photo.height), size, "{name}");
        assert!(exif::capture_info(&photo.bytes).is_none(), "{name}");
        let image = image::load_from_memory(&photo.bytes).unwrap().to_rgb8();
        let (w, h) = (size.0 / 2, size.1 / 2);
        for (quarter, wanted) in [(0, 0), (w, 0), (0, h), (w, h)].into_iter().zip(quarters) {
            let part = image::imageops::crop_imm(&image, quarter.0, quarter.1, w, h).to_image();
            for (at, wanted) in wanted.into_iter().enumerate() {
                let level = part.pixels().map(|p| u64::from(p.0[at])).sum::<u64>() / u64::from(w * h);
                assert!(level.abs_diff(wanted) <= 4, "{name} {quarter:?}: {level}, not {wanted}");
            }
        }
    }
    let huge = std::fs::read(qroc_fixtures::path("200mp.heic")).unwrap();
    let huge = prepare_photo(&mut huge.as_slice(), &PhotoOptions::default());
    assert!(matches!(huge, Err(Error::TooManyPixels { .. })), "{huge:?}");
    let whole = std::fs::read(qroc_fixtures::path("pug.heic")).unwrap();
    let cut = prepare_photo(&mut &whole[..whole.len() / 2], &PhotoOptions::default());
    assert!(matches!(cut, Err(Error::Truncated { .. } | Error::Damaged { .. })), "{cut:?}");
}
