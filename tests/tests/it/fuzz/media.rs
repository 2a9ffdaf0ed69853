//! Pictures, other files and sealed files.

use std::fs;
use std::io::Cursor;

use qroc_core::media::{self, Kind, PhotoOptions};

use super::{fuzz, mutate};

/// Small files of every kind that is looked into.
fn fixtures() -> Vec<Vec<u8>> {
    let dir = qroc_fixtures::cache::dir().join("fixtures");
    let mut files: Vec<_> = fs::read_dir(dir).expect("fixtures: run `make setup`").flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let small = files.iter().filter(|file| file.metadata().is_ok_and(|about| about.len() < 60_000));
    small.map(|file| fs::read(file.path()).expect("file")).collect()
}

#[test]
fn metadata_and_kinds_of_files() {
    fuzz("strip", &fixtures(), mutate::bytes, |input| {
        let probed = media::probe(&input[..input.len().min(media::HEAD_BYTES)]);
        let read = media::probe_reader(&mut Cursor::new(input));
        assert!(read.is_ok() || input.is_empty(), "{read:?}");
        let _ = media::capture_info(input);
        if let Kind::Image(format) = probed.kind
            && let Ok(stripped) = media::strip(format, input)
        {
            // What is left has nothing more to be removed.
            assert!(
                media::capture_info(&stripped.bytes).is_none_or(|left| left == media::CaptureInfo::default()),
                "{probed:?}"
            );
        }
    });
}

#[test]
fn photos() {
    fuzz("photo", &fixtures(), mutate::bytes, |input| {
        if let Ok(photo) = media::prepare_photo(&mut Cursor::new(input), &PhotoOptions::default()) {
            assert!(photo.width > 0 && photo.height > 0 && !photo.bytes.is_empty());
            assert_eq!(media::capture_info(&photo.bytes).unwrap_or_default(), media::CaptureInfo::default());
        }
    });
}

#[test]
fn sealed_files() {
    let mut sealed = Vec::new();
    let info = media::seal(&mut Cursor::new(b"north gate ".repeat(500)), &mut sealed, &mut |_| true)
        .expect("sealed");
    let whole = sealed.clone();
    fuzz("sealed", &[sealed], mutate::bytes, |input| {
        let mut opened = Vec::new();
        let done = media::open(&mut Cursor::new(input), &mut opened, &info.key, &mut |_| true);
        assert_eq!(done.is_ok(), input == whole, "only the very same bytes are accepted");
    });
}
