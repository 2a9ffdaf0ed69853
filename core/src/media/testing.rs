//! Pictures for tests, made here: every corner has another colour, and metadata says SECRET wherever it can.

#![allow(clippy::cast_possible_truncation)]

use image::codecs::gif::{GifEncoder, Repeat};
use image::{DynamicImage, Frame, ImageFormat as Known, Rgb, RgbImage};

use super::encode;

pub(super) const SECRET: &[u8] = b"SECRET";

/// Red, green, blue and white corners, with enough texture that no encoder makes it tiny.
pub(super) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let texture = (x * 7 + y * 13 + x * y / 5) as u8 % 48;
        let [r, g, b] = match (x < width / 2, y < height / 2) {
            (true, true) => [200, 0, 0],
            (false, true) => [0, 200, 0],
            (true, false) => [0, 0, 200],
            (false, false) => [200, 200, 200],
        };
        Rgb([r + texture, g + texture, b + texture])
    })
}

/// Names the corners of a picture in reading order: r, g, b, w.
pub(super) fn corners(image: &DynamicImage) -> String {
    let rgb = image.to_rgb8();
    let (w, h) = rgb.dimensions();
    [(0, 0), (1, 0), (0, 1), (1, 1)]
        .map(|(x, y)| {
            let [r, g, b] = rgb.get_pixel(w / 4 + x * w / 2, h / 4 + y * h / 2).0.map(|level| level > 128);
            match (r, g, b) {
                (true, true, true) => 'w',
                (true, false, false) => 'r',
                (false, true, false) => 'g',
                (false, false, true) => 'b',
                _ => '?',
            }
        })
        .iter()
        .collect()
}

pub(super) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode::jpeg(&picture(width, height).into(), 90, false).unwrap()
}

pub(super) fn file(image: &DynamicImage, format: Known) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(super) fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let size = u16::try_from(body.len() + 2).unwrap();
    [&[0xFF, marker], &size.to_be_bytes()[..], body].concat()
}

/// Puts segments right after the start of a JPEG.
pub(super) fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// A JPEG as a telephone writes it, and then some: EXIF, XMP, IPTC, a comment, and a clip after its end.
pub(super) fn told_jpeg(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let segments = [
        segment(0xE1, &[b"Exif\0\0", exif(orientation).as_slice()].concat()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET</x:xmpmeta>"),
        segment(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0bSECRET-IPTC"),
        segment(0xFE, b"SECRET comment"),
        segment(0xEB, b"SECRET unknown"),
    ];
    let mut bytes = with_segments(&jpeg(width, height), &segments);
    bytes.extend_from_slice(b"\0\0\0\x18ftypmp42SECRET motion");
    bytes
}

pub(super) fn told_png(image: &DynamicImage) -> Vec<u8> {
    let png = file(image, Known::Png);
    let chunks = [
        chunk(b"tEXt", b"Comment\0SECRET"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x>SECRET</x>"),
        chunk(b"eXIf", &exif(1)),
        chunk(b"tIME", &[7, 230, 1, 2, 3, 4, 5]),
        chunk(b"pHYs", &[0, 0, 11, 19, 0, 0, 11, 19, 1]),
    ];
    [&png[..33], &chunks.concat(), &png[33..], b"SECRET after the end"].concat()
}

pub(super) fn apng(width: u32, height: u32) -> Vec<u8> {
    let png = file(&picture(width, height).into(), Known::Png);
    let control = |sequence: u32| {
        let size = [width.to_be_bytes(), height.to_be_bytes(), [0; 4], [0; 4]].concat();
        chunk(b"fcTL", &[&sequence.to_be_bytes(), size.as_slice(), &[0, 1, 0, 10, 0, 0]].concat())
    };
    let mut out = png[..33].to_vec();
    out.extend(chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    out.extend(chunk(b"tEXt", b"Comment\0SECRET"));
    out.extend(control(0));
    let body = &png[33..png.len() - 12];
    out.extend_from_slice(body);
    out.extend(control(1));
    let mut rest = body;
    let mut sequence = 2_u32;
    while !rest.is_empty() {
        let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        if &rest[4..8] == b"IDAT" {
            out.extend(chunk(b"fdAT", &[&sequence.to_be_bytes(), &rest[8..8 + size]].concat()));
            sequence += 1;
        }
        rest = &rest[12 + size..];
    }
    out.extend_from_slice(&png[png.len() - 12..]);
    out
}

pub(super) fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [name, body].concat();
    let mut crc = u32::MAX;
    for byte in &named {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), named.as_slice(), &(!crc).to_be_bytes()].concat()
}

fn riff_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = [name, u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), body].concat();
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

fn webp(flags: u8, width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let header = [&[flags, 0, 0, 0], &w[..3], &h[..3]].concat();
    let body = [b"WEBP".to_vec(), riff_chunk(b"VP8X", &header), chunks.concat()].concat();
    let mut out = riff_chunk(b"RIFF", &body);
    out.extend_from_slice(b"SECRET after the end");
    out
}

pub(super) fn told_webp(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    told_webp_with(width, height, orientation, b"")
}

/// Some writers put the prefix of JPEG before the EXIF.
pub(super) fn told_webp_with(width: u32, height: u32, orientation: u16, prefix: &[u8]) -> Vec<u8> {
    let plain = file(&picture(width, height).into(), Known::WebP);
    let chunks = [
        plain[12..].to_vec(),
        riff_chunk(b"EXIF", &[prefix, exif(orientation).as_slice()].concat()),
        riff_chunk(b"XMP ", b"<x>SECRET</x>"),
        riff_chunk(b"ODD?", b"SECRET!"),
    ];
    webp(0x0C, width, height, &chunks)
}

pub(super) fn animated_webp(width: u32, height: u32) -> Vec<u8> {
    let plain = file(&picture(width, height).into(), Known::WebP);
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let frame =
        [&[0; 6], &w[..3], &h[..3], &[100, 0, 0, 0], &plain[12..], &riff_chunk(b"ODD?", SECRET)].concat();
    let frame = riff_chunk(b"ANMF", &frame);
    let chunks = [riff_chunk(b"ANIM", &[0; 6]), frame.clone(), frame, riff_chunk(b"EXIF", &exif(1))];
    webp(0x0A, width, height, &chunks)
}

pub(super) fn gif(width: u32, height: u32, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    if frames > 1 {
        encoder.set_repeat(Repeat::Infinite).unwrap();
    }
    let rgba = DynamicImage::from(picture(width, height)).into_rgba8();
    encoder.encode_frames((0..frames).map(|_| Frame::new(rgba.clone()))).unwrap();
    drop(encoder);
    bytes.pop();
    bytes.extend_from_slice(b"\x21\xFE\x06SECRET\0\x21\xFF\x0BXMP DataXMP\x06SECRET\0;SECRET after the end");
    bytes
}

/// EXIF with orientation, camera, time, maker's note, and a place: 49° 30' 36" N, 11° 6' W.
pub(super) fn exif(orientation: u16) -> Vec<u8> {
    let rational = |parts: [u32; 3]| {
        parts.iter().flat_map(|n| [n.to_le_bytes(), 1_u32.to_le_bytes()].concat()).collect()
    };
    let camera = vec![
        (0x9003, 2, b"2024:05:06 07:08:09\0".to_vec()),
        (0x9011, 2, b"+02:00\0".to_vec()),
        (0x927C, 7, b"SECRET maker note".to_vec()),
    ];
    let place: Vec<Entry> = vec![
        (1, 2, b"N\0".to_vec()),
        (2, 5, rational([49, 30, 36])),
        (3, 2, b"W\0".to_vec()),
        (4, 5, rational([11, 6, 0])),
    ];
    let main = |camera_at: u32, place_at: u32| -> Vec<Entry> {
        vec![
            (0x010F, 2, b"SECRET Make\0".to_vec()),
            (0x0110, 2, b"SECRET Model\0".to_vec()),
            (0x0112, 3, orientation.to_le_bytes().to_vec()),
            (0x8769, 4, camera_at.to_le_bytes().to_vec()),
            (0x8825, 4, place_at.to_le_bytes().to_vec()),
        ]
    };
    let length = |bytes: Vec<u8>| u32::try_from(bytes.len()).unwrap();
    let camera_at = 8 + length(directory(8, &main(0, 0)));
    let place_at = camera_at + length(directory(camera_at, &camera));
    [
        b"II*\0\x08\0\0\0".to_vec(),
        directory(8, &main(camera_at, place_at)),
        directory(camera_at, &camera),
        directory(place_at, &place),
    ]
    .concat()
}

type Entry = (u16, u16, Vec<u8>);

fn directory(at: u32, entries: &[Entry]) -> Vec<u8> {
    let count = u16::try_from(entries.len()).unwrap();
    let mut out = count.to_le_bytes().to_vec();
    let mut data = Vec::new();
    let data_at = at + 2 + 12 * u32::from(count) + 4;
    for (tag, kind, value) in entries {
        let unit = match kind {
            3 => 2,
            4 => 4,
            5 => 8,
            _ => 1,
        };
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&u32::try_from(value.len() / unit).unwrap().to_le_bytes());
        if value.len() <= 4 {
            let mut inline = value.clone();
            inline.resize(4, 0);
            out.extend_from_slice(&inline);
        } else {
            out.extend_from_slice(&(data_at + u32::try_from(data.len()).unwrap()).to_le_bytes());
            data.extend_from_slice(value);
            if data.len() % 2 == 1 {
                data.push(0);
            }
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&data);
    out
}
