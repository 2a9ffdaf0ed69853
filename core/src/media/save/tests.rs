use std::io::Cursor;

use super::*;
use crate::media::seal::{SealedInfo, seal};

const PLAIN: &[u8] = &[42; 200_000];

fn sealed() -> (Vec<u8>, SealedInfo) {
    let mut out = Vec::new();
    let info = seal(&mut Cursor::new(PLAIN), &mut out, &mut |_| true).unwrap();
    (out, info)
}

fn save(sealed: &[u8], info: &SealedInfo, dest: &Path, overwrite: bool) -> Result<Opened, Error> {
    open_to_file(&mut Cursor::new(sealed), &info.key, dest, overwrite, &mut |_| true)
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_file_appears_whole_and_only_for_its_user() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("photo.jpg");
    let (bytes, info) = sealed();
    let opened = save(&bytes, &info, &dest, false).unwrap();
    assert_eq!(opened.sha256, info.sha256);
    assert!(fs::read(&dest).unwrap() == PLAIN);
    assert_eq!(names(folder.path()), ["photo.jpg"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&dest).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_stands_there_is_kept_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("a");
    fs::write(&dest, "old").unwrap();
    let (bytes, info) = sealed();
    assert!(matches!(save(&bytes, &info, &dest, false), Err(Error::Exists)));
    assert_eq!(fs::read(&dest).unwrap(), b"old");
    save(&bytes, &info, &dest, true).unwrap();
    assert!(fs::read(&dest).unwrap() == PLAIN);
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn what_appears_while_it_is_opened_is_kept_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("a");
    let (bytes, info) = sealed();
    let outcome = open_to_file(&mut Cursor::new(&bytes), &info.key, &dest, false, &mut |_| {
        fs::write(&dest, "new").unwrap();
        true
    });
    assert!(matches!(outcome, Err(Error::Exists)));
    assert_eq!(fs::read(&dest).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn a_changed_cut_or_cancelled_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("a");
    let (bytes, info) = sealed();
    let mut changed = bytes.clone();
    changed[100_000] ^= 1;
    for bad in [&changed[..], &bytes[..150_000], &[]] {
        assert!(matches!(save(bad, &info, &dest, false), Err(Error::Tampered)));
        assert!(names(folder.path()).is_empty());
    }
    let outcome = open_to_file(&mut Cursor::new(&bytes), &info.key, &dest, false, &mut |_| false);
    assert!(matches!(outcome, Err(Error::Cancelled)));
    assert!(names(folder.path()).is_empty());

    fs::write(&dest, "old").unwrap();
    assert!(matches!(save(&changed, &info, &dest, true), Err(Error::Tampered)));
    assert_eq!(fs::read(&dest).unwrap(), b"old");
}

#[test]
fn a_folder_is_no_destination() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, info) = sealed();
    for overwrite in [false, true] {
        assert!(matches!(save(&bytes, &info, folder.path(), overwrite), Err(Error::NotAFile)));
        assert!(matches!(save(&bytes, &info, Path::new("/"), overwrite), Err(Error::NotAFile)));
        let missing = folder.path().join("none").join("a");
        assert!(matches!(save(&bytes, &info, &missing, overwrite), Err(Error::Io(_))));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (target, dest) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "precious").unwrap();
    std::os::unix::fs::symlink(&target, &dest).unwrap();
    let (bytes, info) = sealed();
    assert!(matches!(save(&bytes, &info, &dest, false), Err(Error::Exists)));
    save(&bytes, &info, &dest, true).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert!(!fs::symlink_metadata(&dest).unwrap().is_symlink());
}
