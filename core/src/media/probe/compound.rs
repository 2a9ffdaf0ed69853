//! The compound files of older Office: told apart by the names in their directory.

use super::super::cursor::{Cursor, contains};
use super::{Kind, Probe};

const SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
pub(super) const DIRECTORY_BYTES: u64 = 16 * 1024;
const SHIFT_AT: usize = 30;
const FIRST_SECTOR_AT: usize = 48;
const INSTALLER: &[u8] = b"\x84\x10\x0C\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46";

/// Returns the byte offset of the directory.
pub(super) fn directory(head: &[u8]) -> Option<u64> {
    if !head.starts_with(SIGNATURE) {
        return None;
    }
    let shift = Cursor::new(head.get(SHIFT_AT..)?).le16()?;
    let sector = Cursor::new(head.get(FIRST_SECTOR_AT..)?).le32()?;
    if !(7..=16).contains(&shift) {
        return None;
    }
    Some((u64::from(sector) + 1) << shift)
}

pub(super) fn recognise(head: &[u8], directory: &[u8]) -> Option<Probe> {
    if !head.starts_with(SIGNATURE) {
        return None;
    }
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        contains(head, &wide) || contains(directory, &wide)
    };
    if contains(directory, INSTALLER) || contains(head, INSTALLER) {
        return Some(Probe::executable("application/x-msi"));
    }
    Some(if has("WordDocument") {
        Probe::new(Kind::Document, "application/msword", "doc")
    } else if has("Workbook") || has("Book") {
        Probe::new(Kind::Document, "application/vnd.ms-excel", "xls")
    } else if has("PowerPoint Document") {
        Probe::new(Kind::Document, "application/vnd.ms-powerpoint", "ppt")
    } else if has("__properties_version1") {
        Probe::new(Kind::Document, "application/vnd.ms-outlook", "msg")
    } else {
        Probe::new(Kind::Document, "application/x-ole-storage", "bin")
    })
}
