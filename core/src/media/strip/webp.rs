//! WebP: the RIFF chunks that carry pixels, transparency and animation.

use super::super::cursor::{Cursor, length};
use super::super::error::Error;
use super::Stripped;

const FORMAT: &str = "image/webp";
const ANIMATION: u8 = 0x02;
const ALPHA: u8 = 0x10;
const FRAME_HEADER: usize = 16;

pub(super) fn strip(source: &[u8]) -> Result<Stripped, Error> {
    let truncated = || Error::Truncated { format: FORMAT };
    let damaged = || Error::Damaged { format: FORMAT };

    let mut input = Cursor::new(source);
    let riff = input.take(4).ok_or_else(truncated)?;
    let size = length(input.le32().ok_or_else(truncated)?);
    let mut input = Cursor::new(input.take(size).ok_or_else(truncated)?);
    if riff != b"RIFF" || input.take(4).ok_or_else(truncated)? != b"WEBP" {
        return Err(damaged());
    }

    let mut out = Vec::with_capacity(source.len());
    out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    let (mut pictures, mut frames) = (0_u32, 0_u32);
    while !input.rest().is_empty() {
        let (name, body) = chunk(&mut input).ok_or_else(truncated)?;
        match &name {
            b"VP8X" => {
                let mut fields = Cursor::new(body);
                let flags = fields.byte().ok_or_else(damaged)? & (ANIMATION | ALPHA);
                let canvas = fields.take(9).and_then(|rest| rest.get(3..)).ok_or_else(damaged)?;
                push(&mut out, &name, &[&[flags, 0, 0, 0], canvas])?;
            }
            b"ANIM" | b"ALPH" => push(&mut out, &name, &[body])?,
            b"VP8 " | b"VP8L" => {
                pictures = pictures.saturating_add(1);
                push(&mut out, &name, &[body])?;
            }
            b"ANMF" => {
                frames = frames.saturating_add(1);
                push(&mut out, &name, &[&frame(body).ok_or_else(damaged)?])?;
            }
            _ => {}
        }
    }
    if pictures == 0 && frames == 0 {
        return Err(damaged());
    }
    let total = u32::try_from(out.len().saturating_sub(8)).map_err(|_| damaged())?;
    out.get_mut(4..8).ok_or_else(damaged)?.copy_from_slice(&total.to_le_bytes());
    Ok(Stripped { bytes: out, frames: frames.max(1) })
}

fn frame(body: &[u8]) -> Option<Vec<u8>> {
    let mut input = Cursor::new(body);
    let mut out = input.take(FRAME_HEADER)?.to_vec();
    let mut pictures = 0_u32;
    while !input.rest().is_empty() {
        let (name, body) = chunk(&mut input)?;
        match &name {
            b"ALPH" => push(&mut out, &name, &[body]).ok()?,
            b"VP8 " | b"VP8L" => {
                pictures = pictures.saturating_add(1);
                push(&mut out, &name, &[body]).ok()?;
            }
            _ => {}
        }
    }
    (pictures > 0).then_some(out)
}

fn chunk<'a>(input: &mut Cursor<'a>) -> Option<([u8; 4], &'a [u8])> {
    let name = input.array::<4>()?;
    let size = length(input.le32()?);
    let body = input.take(size)?;
    // Some writers forget the padding of the very last chunk.
    if size % 2 == 1 && !input.rest().is_empty() {
        input.byte()?;
    }
    Some((name, body))
}

fn push(out: &mut Vec<u8>, name: &[u8; 4], parts: &[&[u8]]) -> Result<(), Error> {
    let size: usize = parts.iter().map(|part| part.len()).sum();
    let size = u32::try_from(size).map_err(|_| Error::Damaged { format: FORMAT })?;
    out.extend_from_slice(name);
    out.extend_from_slice(&size.to_le_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
    if size % 2 == 1 {
        out.push(0);
    }
    Ok(())
}
