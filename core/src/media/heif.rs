//! The container of HEIC and AVIF pictures: which items make the picture, how they lie side by side, how it is
//! turned, and in which colours it is. Only reads, nothing is decoded here.

use super::cursor::{Cursor, length};
use super::error::Error;

/// More tiles than a picture of any telephone has.
const MOST_TILES: usize = 4096;
const MOST_ITEMS: usize = 20_000;
const MOST_PROPERTIES: usize = 20_000;

/// How an item is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Hevc,
    Av1,
}

/// A picture as its container describes it.
#[derive(Debug)]
pub(super) struct Still {
    pub(super) coding: Coding,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) columns: u32,
    /// What the decoder has to know first (`hvcC`, `av1C`).
    pub(super) config: Vec<u8>,
    /// In rows from the top left.
    pub(super) tiles: Vec<Vec<u8>>,
    /// Turns in the order in which they are done.
    pub(super) turns: Vec<Turn>,
    pub(super) icc: Option<Vec<u8>>,
    /// Transfer by the numbers of H.273: 16 and 18 are of high dynamic range.
    pub(super) transfer: Option<u16>,
}

/// A step on the way to upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// So many quarters against the clock.
    Quarters(u8),
    /// Left and right change places.
    LeftRight,
    /// Top and bottom change places.
    TopBottom,
    /// Only a part is meant to be seen.
    Crop(Aperture),
}

/// The part of a picture that is meant to be seen (`clap`): sides, and how far its middle is from the picture's, each as
/// a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aperture {
    sides: [(u32, u32); 2],
    middle: [(i32, u32); 2],
}

impl Aperture {
    fn read(body: &[u8]) -> Option<Self> {
        let mut input = Cursor::new(body);
        let mut side = || Some((input.be32()?, input.be32()?));
        let sides = [side()?, side()?];
        let mut off = || Some((i32::from_be_bytes(input.array()?), input.be32()?));
        Some(Self { sides, middle: [off()?, off()?] })
    }

    /// Left, top, width and height in a picture of this size. Nothing where it lies outside: what was cut off must not
    /// be seen by mistake.
    pub(super) fn within(&self, width: u32, height: u32) -> Option<(u32, u32, u32, u32)> {
        let [across, down] = self.sides;
        let [off_across, off_down] = self.middle;
        let (left, wide) = span(width, across, off_across)?;
        let (top, high) = span(height, down, off_down)?;
        Some((left, top, wide, high))
    }
}

fn span(all: u32, (side, side_over): (u32, u32), (off, off_over): (i32, u32)) -> Option<(u32, u32)> {
    let side = side.checked_div(side_over).filter(|side| *side > 0)?;
    let off = i64::from(off).checked_mul(2)?.checked_div(i64::from(off_over))?;
    let from = (i64::from(all) - i64::from(side) + off).div_euclid(2);
    let from = u32::try_from(from).ok()?;
    (from.checked_add(side)? <= all).then_some((from, side))
}

struct Boxes<'a>(Cursor<'a>);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = length(self.0.be32()?);
        let name = self.0.array::<4>()?;
        let body = match size {
            0 => {
                let rest = self.0.rest().len();
                self.0.take(rest)?
            }
            1 => {
                let size = usize::try_from(u64::from_be_bytes(self.0.array()?)).ok()?;
                self.0.take(size.checked_sub(16)?)?
            }
            size => self.0.take(size.checked_sub(8)?)?,
        };
        Some((name, body))
    }
}

fn boxes(bytes: &[u8]) -> Boxes<'_> {
    Boxes(Cursor::new(bytes))
}

fn find<'a>(bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(name, _)| name == wanted).map(|(_, body)| body)
}

/// Version and flags, and what is after.
fn full(body: &[u8]) -> Option<(u8, u32, Cursor<'_>)> {
    let mut input = Cursor::new(body);
    let head = input.be32()?;
    Some((u8::try_from(head >> 24).ok()?, head & 0xFF_FFFF, input))
}

/// Reads the picture that a file is about.
pub(super) fn read(file: &[u8], mime: &'static str) -> Result<Still, Error> {
    let meta = find(file, b"meta").and_then(|meta| meta.get(4..)).ok_or(Error::Truncated { format: mime })?;
    let items = Items { file, meta };
    items.still().ok_or(Error::Damaged { format: mime })?.ok_or(Error::UnsupportedFormat(mime))
}

struct Items<'a> {
    file: &'a [u8],
    meta: &'a [u8],
}

impl<'a> Items<'a> {
    /// Nothing outside for damage, nothing inside for a coding that is not known.
    fn still(&self) -> Option<Option<Still>> {
        let (version, _, mut input) = full(find(self.meta, b"pitm")?)?;
        let primary = id(&mut input, version > 0)?;
        let kind = self.kind(primary)?;
        let own = self.properties(primary)?;
        let (width, height) = own.size?;
        if &kind != b"grid" {
            let Some(coding) = coding(&kind) else { return Some(None) };
            let tiles = vec![self.data(primary)?];
            return Some(Some(own.still(coding, (width, height), 1, tiles)?));
        }
        let data = self.data(primary)?;
        let mut input = Cursor::new(&data);
        let (_, flags) = (input.byte()?, input.byte()?);
        let (rows, columns) = (u32::from(input.byte()?) + 1, u32::from(input.byte()?) + 1);
        let mut side = || if flags & 1 == 1 { input.be32() } else { input.be16().map(u32::from) };
        let (width, height) = (side()?, side()?);
        let parts = self.parts(primary)?;
        if parts.len() != usize::try_from(rows * columns).ok()? || parts.len() > MOST_TILES {
            return None;
        }
        let first = *parts.first()?;
        let Some(coding) = coding(&self.kind(first)?) else { return Some(None) };
        let of_tile = self.properties(first)?;
        let tiles = parts.iter().map(|part| self.data(*part)).collect::<Option<Vec<_>>>()?;
        let mut still = of_tile.still(coding, (width, height), columns, tiles)?;
        still.turns = own.turns;
        still.icc = own.icc.or(still.icc);
        still.transfer = own.transfer.or(still.transfer);
        Some(Some(still))
    }

    fn kind(&self, wanted: u32) -> Option<[u8; 4]> {
        let (version, _, mut input) = full(find(self.meta, b"iinf")?)?;
        if version == 0 {
            input.be16().map(u32::from)?
        } else {
            input.be32()?
        };
        boxes(input.rest()).take(MOST_ITEMS).filter(|(name, _)| name == b"infe").find_map(|(_, body)| {
            let (version, _, mut input) = full(body)?;
            if version < 2 || id(&mut input, version > 2)? != wanted {
                return None;
            }
            input.be16()?;
            input.array::<4>()
        })
    }

    fn parts(&self, from: u32) -> Option<Vec<u32>> {
        let (version, _, input) = full(find(self.meta, b"iref")?)?;
        boxes(input.rest()).take(MOST_ITEMS).filter(|(name, _)| name == b"dimg").find_map(|(_, body)| {
            let mut input = Cursor::new(body);
            if id(&mut input, version > 0)? != from {
                return None;
            }
            let count = input.be16()?;
            (0..count).map(|_| id(&mut input, version > 0)).collect()
        })
    }

    fn data(&self, wanted: u32) -> Option<Vec<u8>> {
        let (version, _, mut input) = full(find(self.meta, b"iloc")?)?;
        let sizes = input.be16()?;
        let nibble = |at: u16| usize::from(sizes >> at & 15);
        let (offset_size, length_size, base_size) = (nibble(12), nibble(8), nibble(4));
        let index_size = if version > 0 { nibble(0) } else { 0 };
        let count = if version < 2 { u32::from(input.be16()?) } else { input.be32()? };
        for _ in 0..count.min(u32::try_from(MOST_ITEMS).ok()?) {
            let item = id(&mut input, version > 1)?;
            let method = if version > 0 { input.be16()? & 15 } else { 0 };
            input.be16()?;
            let base = number(&mut input, base_size)?;
            let extents = input.be16()?;
            let mut data = Vec::new();
            for _ in 0..extents {
                number(&mut input, index_size)?;
                let offset = number(&mut input, offset_size)?;
                let size = number(&mut input, length_size)?;
                if item == wanted {
                    let source = match method {
                        0 => self.file,
                        1 => find(self.meta, b"idat")?,
                        _ => return None,
                    };
                    let from = usize::try_from(base.checked_add(offset)?).ok()?;
                    let rest = source.get(from..)?;
                    let size = if size == 0 { rest.len() } else { usize::try_from(size).ok()? };
                    // Extents may overlap: their sum must not grow beyond the file.
                    if data.len().checked_add(size)? > self.file.len() {
                        return None;
                    }
                    data.extend_from_slice(rest.get(..size)?);
                }
            }
            if item == wanted {
                return Some(data).filter(|data| !data.is_empty());
            }
        }
        None
    }

    fn properties(&self, wanted: u32) -> Option<Properties<'a>> {
        let iprp = find(self.meta, b"iprp")?;
        let all: Vec<_> = boxes(find(iprp, b"ipco")?).take(MOST_PROPERTIES).collect();
        let mut found = Properties::default();
        for (_, body) in boxes(iprp).filter(|(name, _)| name == b"ipma") {
            let (version, flags, mut input) = full(body)?;
            for _ in 0..input.be32()?.min(u32::try_from(MOST_ITEMS).ok()?) {
                let item = id(&mut input, version > 0)?;
                for _ in 0..input.byte()? {
                    let index =
                        if flags & 1 == 1 { input.be16()? & 0x7FFF } else { u16::from(input.byte()? & 0x7F) };
                    if item == wanted
                        && let Some(&(name, body)) =
                            usize::from(index).checked_sub(1).and_then(|at| all.get(at))
                    {
                        found.take(&name, body)?;
                    }
                }
            }
        }
        Some(found)
    }
}

#[derive(Default)]
struct Properties<'a> {
    size: Option<(u32, u32)>,
    config: Option<&'a [u8]>,
    turns: Vec<Turn>,
    icc: Option<Vec<u8>>,
    transfer: Option<u16>,
}

impl<'a> Properties<'a> {
    fn take(&mut self, name: &[u8; 4], body: &'a [u8]) -> Option<()> {
        match name {
            b"ispe" => {
                let (_, _, mut input) = full(body)?;
                self.size = Some((input.be32()?, input.be32()?));
            }
            b"hvcC" | b"av1C" => self.config = Some(body),
            b"clap" => self.turns.push(Turn::Crop(Aperture::read(body)?)),
            b"irot" => self.turns.push(Turn::Quarters(body.first()? & 3)),
            b"imir" => {
                self.turns.push(if body.first()? & 1 == 1 { Turn::LeftRight } else { Turn::TopBottom });
            }
            b"colr" => {
                let mut input = Cursor::new(body);
                match &input.array::<4>()? {
                    b"prof" | b"rICC" => self.icc = Some(input.rest().to_vec()),
                    b"nclx" => {
                        input.be16()?;
                        self.transfer = input.be16();
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Some(())
    }

    fn still(self, coding: Coding, size: (u32, u32), columns: u32, tiles: Vec<Vec<u8>>) -> Option<Still> {
        Some(Still {
            coding,
            width: size.0,
            height: size.1,
            columns,
            config: self.config?.to_vec(),
            tiles,
            turns: self.turns,
            icc: self.icc,
            transfer: self.transfer,
        })
    }
}

fn coding(kind: &[u8; 4]) -> Option<Coding> {
    match kind {
        b"hvc1" | b"hev1" => Some(Coding::Hevc),
        b"av01" => Some(Coding::Av1),
        _ => None,
    }
}

fn id(input: &mut Cursor<'_>, wide: bool) -> Option<u32> {
    if wide { input.be32() } else { input.be16().map(u32::from) }
}

fn number(input: &mut Cursor<'_>, size: usize) -> Option<u64> {
    if size > 8 {
        return None;
    }
    Some(input.take(size)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_of_telephones_are_described() {
        // Sizes as exiftool names them.
        for (name, size, tiles) in
            [("xiaomi.heic", (2592, 1944), 1), ("pug.heic", (4032, 3024), 48), ("exif.avif", (512, 512), 1)]
        {
            let file = std::fs::read(qroc_fixtures::path(name)).unwrap();
            let still = read(&file, "image/heic").unwrap();
            assert_eq!((still.width, still.height), size, "{name}");
            assert!(still.tiles.len() >= tiles && !still.config.is_empty(), "{name}");
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let file = std::fs::read(qroc_fixtures::path("pug.heic")).unwrap();
        let end = file.len().min(6000);
        for cut in (0..end).step_by(7) {
            let _ = read(&file[..cut], "image/heic");
        }
        let mut seed = 3_u32;
        for _ in 0..3000 {
            let mut bad = file[..end].to_vec();
            for _ in 0..4 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = seed as usize % end;
                bad[at] = (seed >> 24) as u8;
            }
            let _ = read(&bad, "image/heic");
        }
    }
}
