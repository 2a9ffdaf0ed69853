//! An MP4 whose index was written last, read with the index in front: one pass, forward only, so that it can be
//! sealed while it is read.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::cursor::Cursor;

/// A longer index is no clip that may be sent.
const LARGEST_INDEX: u64 = 64 * 1024 * 1024;
/// Boxes of an index that hold other boxes on the way to the chunk offsets.
const PARENTS: &[&[u8; 4]] = &[b"trak", b"mdia", b"minf", b"stbl"];

/// Reads `ftyp`, `moov`, `mdat` in this order.
pub(in super::super) struct FastStart<R> {
    source: R,
    front: io::Cursor<Vec<u8>>,
    left: u64,
    length: u64,
}

impl<R: Read + Seek> FastStart<R> {
    /// Finds the parts and moves the index. Everything but these three boxes is left out.
    pub(in super::super) fn new(mut source: R) -> io::Result<Self> {
        let end = source.seek(SeekFrom::End(0))?;
        let (mut kind, mut index, mut data) = (None, None, None);
        let mut at = 0;
        while at < end {
            let found = Top::read(&mut source, at, end)?;
            at = found.at + found.size;
            match &found.name {
                b"ftyp" => kind = Some(take(&mut source, &found)?),
                b"moov" => index = Some(take(&mut source, &found)?),
                b"mdat" => data = Some(found),
                _ => {}
            }
        }
        let (Some(mut front), Some(index), Some(data)) = (kind, index, data) else {
            return Err(malformed());
        };
        let mut index = without_notes(&index).ok_or_else(malformed)?;
        let new_at = wide(front.len() + index.len());
        shift(&mut index, data.at, new_at)?;
        front.append(&mut index);
        source.seek(SeekFrom::Start(data.at))?;
        Ok(Self { length: new_at + data.size, left: data.size, front: io::Cursor::new(front), source })
    }

    /// Bytes that reading gives in all.
    pub(in super::super) fn length(&self) -> u64 {
        self.length
    }
}

impl<R: Read> Read for FastStart<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.front.read(bytes)?;
        if count > 0 || bytes.is_empty() {
            return Ok(count);
        }
        let count = self.source.by_ref().take(self.left).read(bytes)?;
        self.left -= wide(count);
        Ok(count)
    }
}

struct Top {
    name: [u8; 4],
    at: u64,
    size: u64,
}

impl Top {
    fn read<R: Read + Seek>(source: &mut R, at: u64, end: u64) -> io::Result<Self> {
        source.seek(SeekFrom::Start(at))?;
        let mut head = [0_u8; 16];
        let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(head.len());
        source.read_exact(head.get_mut(..room).unwrap_or_default())?;
        let mut input = Cursor::new(&head);
        let size = input.be32().ok_or_else(malformed)?;
        let name = input.array().ok_or_else(malformed)?;
        let size = match size {
            0 => end - at,
            1 => input.array().map(u64::from_be_bytes).ok_or_else(malformed)?,
            size => u64::from(size),
        };
        if size < 8 || size > end - at {
            return Err(malformed());
        }
        Ok(Self { name, at, size })
    }
}

fn take<R: Read + Seek>(source: &mut R, part: &Top) -> io::Result<Vec<u8>> {
    if part.size > LARGEST_INDEX {
        return Err(malformed());
    }
    source.seek(SeekFrom::Start(part.at))?;
    let mut bytes = Vec::new();
    source.by_ref().take(part.size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The index without what is said about the clip beside how to play it.
fn without_notes(index: &[u8]) -> Option<Vec<u8>> {
    let mut made = index.get(..8)?.to_vec();
    let mut rest = index.get(8..)?;
    while !rest.is_empty() {
        let mut input = Cursor::new(rest);
        let size = usize::try_from(input.be32()?).ok().filter(|size| *size >= 8)?;
        let name = input.array::<4>()?;
        let (this, after) = rest.split_at_checked(size)?;
        match &name {
            b"udta" | b"meta" => {}
            b"trak" => made.append(&mut without_notes(this)?),
            _ => made.extend_from_slice(this),
        }
        rest = after;
    }
    let size = u32::try_from(made.len()).ok()?.to_be_bytes();
    made.first_chunk_mut::<4>()?.copy_from_slice(&size);
    Some(made)
}

/// Moves every chunk offset as far as the data moves.
fn shift(index: &mut [u8], old: u64, new: u64) -> io::Result<()> {
    let body = index.get_mut(8..).ok_or_else(malformed)?;
    walk(body, &mut |name, body| match name {
        b"stco" => each(body, |offset: [u8; 4]| {
            let moved = u64::from(u32::from_be_bytes(offset)).checked_sub(old)?.checked_add(new)?;
            u32::try_from(moved).ok().map(u32::to_be_bytes)
        }),
        b"co64" => each(body, |offset: [u8; 8]| {
            Some(u64::from_be_bytes(offset).checked_sub(old)?.checked_add(new)?.to_be_bytes())
        }),
        _ => Some(()),
    })
    .ok_or_else(malformed)
}

/// Sees the name and the body of a box; nothing where it makes no sense.
type Visit<'a> = dyn FnMut(&[u8; 4], &mut [u8]) -> Option<()> + 'a;

fn walk(mut boxes: &mut [u8], visit: &mut Visit<'_>) -> Option<()> {
    while !boxes.is_empty() {
        let mut input = Cursor::new(boxes);
        let size = usize::try_from(input.be32()?).ok().filter(|size| *size >= 8)?;
        let name = input.array::<4>()?;
        let (this, rest) = boxes.split_at_mut_checked(size)?;
        let body = this.get_mut(8..)?;
        if PARENTS.contains(&&name) {
            walk(body, visit)?;
        } else {
            visit(&name, body)?;
        }
        boxes = rest;
    }
    Some(())
}

/// Rewrites each entry of a table with four bytes of flags and a count in front.
fn each<const N: usize>(body: &mut [u8], change: impl Fn([u8; N]) -> Option<[u8; N]>) -> Option<()> {
    let count = Cursor::new(body.get(4..)?).be32()?;
    let table = body.get_mut(8..)?;
    if table.len() != usize::try_from(count).ok()?.checked_mul(N)? {
        return None;
    }
    for entry in table.chunks_exact_mut(N) {
        entry.copy_from_slice(&change(<[u8; N]>::try_from(&*entry).ok()?)?);
    }
    Some(())
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an MP4 with one index and one run of data")
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), name.as_slice(), body].concat()
    }

    fn table(name: &[u8; 4], entries: &[&[u8]]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap().to_be_bytes();
        part(name, &[&[0; 4], &count[..], &entries.concat()].concat())
    }

    fn late(tables: &[Vec<u8>]) -> Vec<u8> {
        let stbl = part(b"stbl", &tables.concat());
        let notes = part(b"udta", b"SECRET");
        let minf = part(b"minf", &stbl);
        let moov =
            part(b"moov", &[part(b"trak", &[part(b"mdia", &minf), notes.clone()].concat()), notes].concat());
        [part(b"ftyp", b"isom"), part(b"free", b""), part(b"mdat", b"ONE-TWO-"), moov].concat()
    }

    #[test]
    fn offsets_follow_the_data() {
        // `ftyp` has 12 bytes, `free` 8, the head of `mdat` 8: the data begins at 28.
        let source = late(&[
            table(b"stco", &[&28_u32.to_be_bytes(), &32_u32.to_be_bytes()]),
            table(b"co64", &[&32_u64.to_be_bytes()]),
        ]);
        let mut fast = FastStart::new(io::Cursor::new(&source)).unwrap();
        let mut out = Vec::new();
        fast.read_to_end(&mut out).unwrap();
        assert_eq!(out.len() as u64, fast.length());
        assert_eq!(out.len(), source.len() - 8 - 2 * 14, "`free` and notes are left out");
        assert!(!out.windows(6).any(|window| window == b"SECRET"));
        let at = |needle: &[u8]| out.windows(needle.len()).position(|window| window == needle).unwrap();
        assert!(at(b"moov") < at(b"mdat"));
        let stco = at(b"stco") + 12;
        assert_eq!(out[stco..stco + 4], u32::try_from(at(b"ONE-")).unwrap().to_be_bytes());
        assert_eq!(out[stco + 4..stco + 8], u32::try_from(at(b"TWO-")).unwrap().to_be_bytes());
        let co64 = at(b"co64") + 12;
        assert_eq!(out[co64..co64 + 8], (at(b"TWO-") as u64).to_be_bytes());
    }

    #[test]
    fn what_is_no_whole_clip_is_refused() {
        let good = late(&[table(b"stco", &[&28_u32.to_be_bytes()])]);
        for cut in [0, 4, 12, 20, 30, good.len() - 1] {
            assert!(FastStart::new(io::Cursor::new(&good[..cut])).is_err(), "{cut}");
        }
        let outside = late(&[table(b"stco", &[&3_u32.to_be_bytes()])]);
        assert!(FastStart::new(io::Cursor::new(&outside)).is_err());
        let lies = late(&[part(b"stco", &[0, 0, 0, 0, 255, 255, 255, 255])]);
        assert!(FastStart::new(io::Cursor::new(&lies)).is_err());
    }
}
