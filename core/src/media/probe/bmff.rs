//! The ISO base media family: MP4, MOV, 3GP, M4A, HEIF and AVIF, told apart by their brands.

use super::super::cursor::{Cursor, length};
use super::{ImageFormat, Kind, Probe};

pub(super) fn recognise(head: &[u8]) -> Option<Probe> {
    let mut input = Cursor::new(head);
    let size = length(input.be32()?);
    let name = input.array::<4>()?;
    if matches!(&name, b"moov" | b"mdat" | b"wide" | b"pnot") {
        return Some(Probe::new(Kind::Video, "video/quicktime", "mov"));
    }
    if &name != b"ftyp" {
        return None;
    }
    let major = input.array::<4>()?;
    let brands = head.get(16..size.clamp(16, head.len().max(16))).unwrap_or_default();
    let compatible = |wanted: &[&[u8; 4]]| {
        brands.chunks_exact(4).any(|brand| wanted.iter().any(|name| name.as_slice() == brand))
    };

    const AVIF: &[&[u8; 4]] = &[b"avif", b"avis"];
    const HEIF: &[&[u8; 4]] = &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    Some(if AVIF.contains(&&major) || (HEIF.contains(&&major) && compatible(AVIF)) {
        Probe::image(ImageFormat::Avif)
    } else if HEIF.contains(&&major) {
        Probe::image(ImageFormat::Heif)
    } else {
        match &major {
            b"M4A " | b"M4B " | b"M4P " => Probe::new(Kind::Audio, "audio/mp4", "m4a"),
            b"qt  " => Probe::new(Kind::Video, "video/quicktime", "mov"),
            b"crx " => Probe::image(ImageFormat::Other("image/x-canon-cr3")),
            [b'3', b'g', b'p', _] => Probe::new(Kind::Video, "video/3gpp", "3gp"),
            [b'3', b'g', b'2', _] => Probe::new(Kind::Video, "video/3gpp2", "3g2"),
            _ => Probe::new(Kind::Video, "video/mp4", "mp4"),
        }
    })
}
