//! Formats known by fixed bytes: most of the pictures, sounds, clips and archives.

use infer::MatcherType;

use super::super::cursor::contains;
use super::{ImageFormat, Kind, Probe};

pub(super) fn recognise(head: &[u8]) -> Option<Probe> {
    picture(head)
        .map(Probe::image)
        .or_else(|| riff(head))
        .or_else(|| matroska(head))
        .or_else(|| ogg(head))
        .or_else(|| transport(head))
        .or_else(|| sound(head))
        .or_else(|| document(head))
        .or_else(|| others(head))
}

fn picture(head: &[u8]) -> Option<ImageFormat> {
    Some(match head {
        [0xFF, 0xD8, 0xFF, ..] => ImageFormat::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => ImageFormat::Png,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ImageFormat::Gif,
        // Canon's raw files are TIFF by their first bytes, but no decoder takes them for one.
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', ..] => ImageFormat::Other("image/x-canon-cr2"),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => ImageFormat::Tiff,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ImageFormat::WebP,
        // The reserved bytes are zero, and the header that follows has one of a few sizes.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => {
            ImageFormat::Bmp
        }
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => ImageFormat::Other("image/jxl"),
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => ImageFormat::Other("image/jp2"),
        [b'8', b'B', b'P', b'S', ..] => ImageFormat::Other("image/vnd.adobe.photoshop"),
        _ => return None,
    })
}

fn riff(head: &[u8]) -> Option<Probe> {
    match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => match kind {
            [b'W', b'A', b'V', b'E', ..] => Some(Probe::new(Kind::Audio, "audio/wav", "wav")),
            [b'A', b'V', b'I', b' ', ..] => Some(Probe::new(Kind::Video, "video/x-msvideo", "avi")),
            _ => None,
        },
        _ => None,
    }
}

fn matroska(head: &[u8]) -> Option<Probe> {
    if !head.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        return None;
    }
    let header = head.get(..head.len().min(64)).unwrap_or_default();
    Some(if contains(header, b"webm") {
        Probe::new(Kind::Video, "video/webm", "webm")
    } else if contains(header, b"matroska") {
        Probe::new(Kind::Video, "video/x-matroska", "mkv")
    } else {
        Probe::OPAQUE
    })
}

fn ogg(head: &[u8]) -> Option<Probe> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let first = head.get(..head.len().min(512)).unwrap_or_default();
    Some(if contains(first, b"theora") {
        Probe::new(Kind::Video, "video/ogg", "ogv")
    } else if contains(first, b"OpusHead") {
        Probe::new(Kind::Audio, "audio/ogg", "opus")
    } else {
        Probe::new(Kind::Audio, "audio/ogg", "ogg")
    })
}

/// MPEG transport streams of body and car cameras: packets of one length, each with the same first byte.
fn transport(head: &[u8]) -> Option<Probe> {
    const PACKETS: usize = 4;
    let is = |first: usize, length: usize| {
        (0..PACKETS).all(|packet| head.get(first + packet * length) == Some(&0x47))
    };
    (is(0, 188) || is(4, 192)).then(|| Probe::new(Kind::Video, "video/mp2t", "ts"))
}

fn sound(head: &[u8]) -> Option<Probe> {
    Some(match head {
        [b'I', b'D', b'3', 2..=4, ..] => Probe::new(Kind::Audio, "audio/mpeg", "mp3"),
        // Frame header: eleven set bits, layer III, a bit rate and a sample rate that exist.
        [0xFF, 0xE2 | 0xE3 | 0xF2 | 0xF3 | 0xFA | 0xFB, rates, ..]
            if rates >> 4 != 15 && (rates >> 2) & 3 != 3 =>
        {
            Probe::new(Kind::Audio, "audio/mpeg", "mp3")
        }
        [0xFF, 0xF1 | 0xF9, ..] => Probe::new(Kind::Audio, "audio/aac", "aac"),
        [b'f', b'L', b'a', b'C', ..] => Probe::new(Kind::Audio, "audio/flac", "flac"),
        [b'#', b'!', b'A', b'M', b'R', ..] => Probe::new(Kind::Audio, "audio/amr", "amr"),
        [b'c', b'a', b'f', b'f', 0, 1, ..] => Probe::new(Kind::Audio, "audio/x-caf", "caf"),
        _ => return None,
    })
}

fn document(head: &[u8]) -> Option<Probe> {
    if head.starts_with(b"{\\rtf") {
        return Some(Probe::new(Kind::Document, "application/rtf", "rtf"));
    }
    // Readers accept a PDF that starts late.
    let start = head.get(..head.len().min(1024)).unwrap_or_default();
    contains(start, b"%PDF-").then(|| Probe::new(Kind::Document, "application/pdf", "pdf"))
}

/// What `infer` knows beyond the formats above. Its looser guesses at text and documents are not asked for.
fn others(head: &[u8]) -> Option<Probe> {
    // It takes every text that begins like this for a program; the real ones were recognised before.
    if head.starts_with(b"MZ") {
        return None;
    }
    let found = infer::get(head)?;
    let (mime, extension) = (found.mime_type(), found.extension());
    match found.matcher_type() {
        MatcherType::App => Some(Probe::executable(mime)),
        MatcherType::Archive => Some(Probe::new(Kind::Archive, mime, extension)),
        MatcherType::Audio => Some(Probe::new(Kind::Audio, mime, extension)),
        MatcherType::Video => Some(Probe::new(Kind::Video, mime, extension)),
        MatcherType::Book => Some(Probe::new(Kind::Document, mime, extension)),
        MatcherType::Image => Some(Probe::new(Kind::Image(ImageFormat::Other(mime)), mime, extension)),
        MatcherType::Font => Some(Probe::new(Kind::Opaque, mime, extension)),
        MatcherType::Doc | MatcherType::Text | MatcherType::Custom => None,
    }
}
