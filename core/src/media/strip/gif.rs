//! GIF: frames with their timing and the loop count; no comments, no application data, no plain text.

use super::super::cursor::Cursor;
use super::super::error::Error;
use super::Stripped;

const FORMAT: &str = "image/gif";
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;

pub(super) fn strip(source: &[u8]) -> Result<Stripped, Error> {
    let truncated = || Error::Truncated { format: FORMAT };
    let damaged = || Error::Damaged { format: FORMAT };

    let mut input = Cursor::new(source);
    let signature = input.take(6).ok_or_else(truncated)?;
    if signature != b"GIF87a" && signature != b"GIF89a" {
        return Err(damaged());
    }
    let mut out = Vec::with_capacity(source.len());
    out.extend_from_slice(signature);
    let screen = input.take(7).ok_or_else(truncated)?;
    out.extend_from_slice(screen);
    let flags = screen.get(4).copied().unwrap_or_default();
    out.extend_from_slice(input.take(palette_bytes(flags)).ok_or_else(truncated)?);

    let mut frames = 0_u32;
    loop {
        match input.byte().ok_or_else(truncated)? {
            EXTENSION => extension(&mut input, &mut out).ok_or_else(truncated)?,
            IMAGE => {
                frames = frames.saturating_add(1);
                out.push(IMAGE);
                let descriptor = input.take(9).ok_or_else(truncated)?;
                out.extend_from_slice(descriptor);
                let flags = descriptor.get(8).copied().unwrap_or_default();
                // The palette, then one byte that says how wide the first code is.
                let head = palette_bytes(flags).saturating_add(1);
                out.extend_from_slice(input.take(head).ok_or_else(truncated)?);
                out.extend_from_slice(blocks(&mut input).ok_or_else(truncated)?);
            }
            TRAILER if frames == 0 => return Err(damaged()),
            TRAILER => {
                out.push(TRAILER);
                return Ok(Stripped { bytes: out, frames });
            }
            // Decoders skip stray terminators.
            0 => {}
            _ => return Err(damaged()),
        }
    }
}

fn palette_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3_usize << ((flags & 7) + 1) }
}

fn extension(input: &mut Cursor<'_>, out: &mut Vec<u8>) -> Option<()> {
    let label = input.byte()?;
    let body = blocks(input)?;
    match label {
        0xF9 if body.len() == 6 => {
            out.extend_from_slice(&[EXTENSION, label]);
            out.extend_from_slice(body);
        }
        0xFF => {
            if let Some(count) = loop_count(body) {
                out.extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
                out.extend_from_slice(&count);
                out.push(0);
            }
        }
        _ => {}
    }
    Some(())
}

fn loop_count(body: &[u8]) -> Option<[u8; 2]> {
    let mut input = Cursor::new(body);
    let name = input.take(12)?;
    if name != b"\x0bNETSCAPE2.0" && name != b"\x0bANIMEXTS1.0" {
        return None;
    }
    let [size, kind, low, high] = input.array::<4>()?;
    (size == 3 && kind & 7 == 1).then_some([low, high])
}

/// Takes length-prefixed blocks up to and with the empty one that ends them.
fn blocks<'a>(input: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let whole = input.rest();
    loop {
        let size = input.byte()?;
        input.take(usize::from(size))?;
        if size == 0 {
            return whole.get(..whole.len().checked_sub(input.rest().len())?);
        }
    }
}
