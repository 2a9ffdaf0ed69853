use image::{DynamicImage, ImageFormat as Known};
use proptest::prelude::*;

use super::*;
use crate::media::cursor::contains;
use crate::media::{decode, exif, testing};

fn pixels(format: ImageFormat, file: &[u8]) -> DynamicImage {
    decode::decode(format, file, 10_000_000).unwrap()
}

fn told() -> Vec<(ImageFormat, Vec<u8>, u32)> {
    let picture = DynamicImage::from(testing::picture(48, 32));
    vec![
        (ImageFormat::Jpeg, testing::told_jpeg(48, 32, 6), 1),
        (ImageFormat::Png, testing::told_png(&picture), 1),
        (ImageFormat::Png, testing::apng(48, 32), 2),
        (ImageFormat::WebP, testing::told_webp(48, 32, 3), 1),
        (ImageFormat::WebP, testing::animated_webp(48, 32), 2),
        (ImageFormat::Gif, testing::gif(48, 32, 1), 1),
        (ImageFormat::Gif, testing::gif(48, 32, 3), 3),
    ]
}

#[test]
fn nothing_but_pixels_is_left_and_they_are_the_same() {
    for (format, file, frames) in told() {
        assert!(contains(&file, testing::SECRET), "{format:?} has no secret to lose");
        let stripped = strip(format, &file).unwrap();
        assert!(!contains(&stripped.bytes, testing::SECRET), "{format:?}");
        assert!(exif::capture_info(&stripped.bytes).is_none(), "{format:?}");
        assert_eq!(stripped.frames, frames, "{format:?}");
        assert!(stripped.bytes.len() < file.len());
        assert_eq!(pixels(format, &stripped.bytes), pixels(format, &file), "{format:?}");
        assert_eq!(strip(format, &stripped.bytes).unwrap(), stripped, "{format:?} is not idempotent");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    for (format, file, _) in told() {
        let whole = strip(format, &file).unwrap().bytes;
        for length in 0..whole.len() {
            let outcome = strip(format, &whole[..length]);
            assert!(
                matches!(outcome, Err(Error::Truncated { .. } | Error::Damaged { .. })),
                "{format:?} cut to {length} of {}: {outcome:?}",
                whole.len()
            );
        }
    }
}

#[test]
fn a_loop_without_end_stays_one() {
    let stripped = strip(ImageFormat::Gif, &testing::gif(16, 16, 2)).unwrap();
    assert!(contains(&stripped.bytes, b"NETSCAPE2.0\x03\x01\0\0\0"));
}

#[test]
fn what_decides_on_colours_stays_in_its_shortest_form() {
    let adobe = testing::segment(0xEE, b"Adobe\0\x64\x80\0\0\0\x01SECRET");
    let file = testing::with_segments(&testing::jpeg(16, 16), &[adobe]);
    let stripped = strip(ImageFormat::Jpeg, &file).unwrap().bytes;
    assert!(contains(&stripped, b"Adobe\0\x64\0\0\0\0\x01\xFF"));
    assert!(!contains(&stripped, testing::SECRET));
}

#[test]
fn junk_between_segments_is_skipped() {
    let file = testing::jpeg(16, 16);
    let junk = [&file[..2], b"junk", &file[2..]].concat();
    assert_eq!(strip(ImageFormat::Jpeg, &junk).unwrap(), strip(ImageFormat::Jpeg, &file).unwrap());
}

#[test]
fn formats_that_are_only_encoded_anew_are_refused() {
    let bmp = testing::file(&testing::picture(8, 8).into(), Known::Bmp);
    assert!(matches!(strip(ImageFormat::Bmp, &bmp), Err(Error::UnsupportedFormat("image/bmp"))));
}

fn formats() -> impl Strategy<Value = ImageFormat> {
    prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif])
}

proptest! {
    #[test]
    fn random_bytes_never_panic(format in formats(), bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let _ = strip(format, &bytes);
    }

    #[test]
    fn flipped_bytes_never_panic_and_results_stay_stable(
        which in 0..7_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (format, mut file, _) = told().swap_remove(which);
        for (at, value) in flips {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Ok(once) = strip(format, &file) {
            prop_assert_eq!(&strip(format, &once.bytes).unwrap(), &once);
        }
    }
}
