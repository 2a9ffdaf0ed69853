use super::*;
use crate::media::testing;

#[test]
fn place_time_and_camera_are_read() {
    let webp = testing::told_webp(16, 16, 1);
    let png = testing::told_png(&testing::picture(16, 16).into());
    let prefixed = testing::told_webp_with(16, 16, 1, b"Exif\0\0");
    for file in [testing::told_jpeg(16, 16, 1), webp, prefixed, png] {
        let info = capture_info(&file).unwrap();
        assert!((info.lat.unwrap() - 49.51).abs() < 1e-9);
        assert!((info.lon.unwrap() + 11.1).abs() < 1e-9);
        assert_eq!(info.taken_at.as_deref(), Some("2024-05-06T07:08:09+02:00"));
        assert_eq!(info.make.as_deref(), Some("SECRET Make"));
        assert_eq!(info.model.as_deref(), Some("SECRET Model"));
    }
}

#[test]
fn a_picture_that_says_nothing_gives_nothing() {
    assert_eq!(capture_info(&testing::jpeg(16, 16)), None);
    assert_eq!(capture_info(b""), None);
    assert_eq!(capture_info(b"text"), None);
}

#[test]
fn a_file_is_read_and_a_missing_one_gives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    assert_eq!(read_capture_info(&path), None);
    std::fs::write(&path, testing::told_jpeg(16, 16, 1)).unwrap();
    assert!(read_capture_info(&path).unwrap().lat.is_some());
    assert_eq!(read_capture_info(folder.path()), None);
}

#[test]
fn every_orientation_is_read_and_nonsense_is_upright() {
    for value in 1..=8 {
        let expected = Orientation::from_exif(u8::try_from(value).unwrap()).unwrap();
        assert_eq!(orientation(&testing::told_jpeg(16, 16, value)), expected);
    }
    for value in [0, 9, 600] {
        assert_eq!(orientation(&testing::told_jpeg(16, 16, value)), Orientation::NoTransforms);
    }
}
