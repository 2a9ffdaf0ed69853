//! PNG and APNG: the chunks that carry pixels, palette, transparency, standard colour and animation.

use super::super::cursor::{Cursor, length};
use super::super::error::Error;
use super::Stripped;

const FORMAT: &str = "image/png";
pub(in crate::media) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// 1/2.2: what a viewer assumes anyway.
const USUAL_GAMMA: [u8; 4] = 45455_u32.to_be_bytes();

pub(super) fn strip(source: &[u8]) -> Result<Stripped, Error> {
    let truncated = || Error::Truncated { format: FORMAT };
    let damaged = || Error::Damaged { format: FORMAT };

    let mut input = Cursor::new(source);
    if input.take(SIGNATURE.len()).ok_or_else(truncated)? != SIGNATURE {
        return Err(damaged());
    }
    let mut out = Vec::with_capacity(source.len());
    out.extend_from_slice(SIGNATURE);
    let (mut data, mut frames) = (false, 0_u32);

    loop {
        let whole = input.rest();
        let size = length(input.be32().ok_or_else(truncated)?);
        let name = input.array::<4>().ok_or_else(truncated)?;
        let body = input.take(size).ok_or_else(truncated)?;
        input.take(4).ok_or_else(truncated)?;
        let chunk = whole.get(..size.saturating_add(12)).ok_or_else(truncated)?;
        match &name {
            b"IHDR" | b"PLTE" | b"tRNS" | b"sRGB" | b"cICP" | b"acTL" | b"fdAT" => {
                out.extend_from_slice(chunk);
            }
            b"gAMA" if body != USUAL_GAMMA => out.extend_from_slice(chunk),
            b"fcTL" => {
                frames = frames.saturating_add(1);
                out.extend_from_slice(chunk);
            }
            b"IDAT" => {
                data = true;
                out.extend_from_slice(chunk);
            }
            b"IEND" if data => {
                out.extend_from_slice(chunk);
                return Ok(Stripped { bytes: out, frames: frames.max(1) });
            }
            b"IEND" => return Err(damaged()),
            // An unknown chunk that calls itself critical cannot be left out.
            [first, ..] if first.is_ascii_uppercase() => return Err(damaged()),
            _ => {}
        }
    }
}
