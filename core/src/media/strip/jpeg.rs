//! JPEG: segments and scans up to the first end-of-image marker.

use super::super::cursor::Cursor;
use super::super::error::Error;
use super::Stripped;

const FORMAT: &str = "image/jpeg";
const JFIF: &[u8] = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00";

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

pub(super) fn strip(source: &[u8]) -> Result<Stripped, Error> {
    let truncated = || Error::Truncated { format: FORMAT };
    let damaged = || Error::Damaged { format: FORMAT };

    let mut input = Cursor::new(source);
    if input.take(2).ok_or_else(truncated)? != [0xFF, START] {
        return Err(damaged());
    }
    let mut out = Vec::with_capacity(source.len());
    out.extend_from_slice(&[0xFF, START]);
    let (mut jfif, mut adobe, mut scans) = (false, false, 0_u32);

    loop {
        let marker = next_marker(&mut input).ok_or_else(truncated)?;
        match marker {
            END if scans == 0 => return Err(damaged()),
            END => {
                out.extend_from_slice(&[0xFF, END]);
                return Ok(Stripped { bytes: out, frames: 1 });
            }
            // Without a body, and without meaning outside of a scan.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let size = input.be16().ok_or_else(truncated)?;
        let body = size.checked_sub(2).ok_or_else(damaged)?;
        let body = input.take(usize::from(body)).ok_or_else(truncated)?;
        match marker {
            // Both decide how components are read as colours, so they are kept, in their shortest form.
            0xE0 if body.starts_with(b"JFIF\0") && !jfif => {
                jfif = true;
                out.extend_from_slice(JFIF);
            }
            0xEE if body.starts_with(b"Adobe") && !adobe => {
                if let Some(transform) = body.get(11) {
                    adobe = true;
                    out.extend_from_slice(b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00");
                    out.push(*transform);
                }
            }
            0xC0..=0xCF | 0xDA..=0xDF => {
                out.extend_from_slice(&[0xFF, marker]);
                out.extend_from_slice(&size.to_be_bytes());
                out.extend_from_slice(body);
            }
            _ => {}
        }
        if marker == SCAN {
            scans = scans.saturating_add(1);
            let length = scan_length(input.rest()).ok_or_else(truncated)?;
            out.extend_from_slice(input.take(length).ok_or_else(truncated)?);
        }
    }
}

/// Some cameras leave junk between segments; libjpeg skips it as well.
fn next_marker(input: &mut Cursor<'_>) -> Option<u8> {
    loop {
        while input.byte()? != 0xFF {}
        let mut code = input.byte()?;
        while code == 0xFF {
            code = input.byte()?;
        }
        if code != 0 {
            return Some(code);
        }
    }
}

fn scan_length(data: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        let found = data.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        at = at.checked_add(found)?;
        match *data.get(at.checked_add(1)?)? {
            0x00 | 0xD0..=0xD7 => at = at.checked_add(2)?,
            0xFF => at = at.checked_add(1)?,
            _ => return Some(at),
        }
    }
}
