//! The entropy-coded data of a JPEG: decoders fill what is missing with grey and say nothing, so the blocks are
//! counted here. Follows the codes only and computes no pixel. Takes files that were stripped.

mod bits;
mod scan;

use super::cursor::Cursor;
use bits::Table;
use scan::Scan;

const TABLES: u8 = 0xC4;
const RESTART: u8 = 0xDD;
const SCAN: u8 = 0xDA;

struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    components: Vec<Component>,
}

struct Component {
    id: u8,
    across: u32,
    down: u32,
    /// Whether a scan with its blocks was seen.
    seen: bool,
    /// For each block of a progressive picture, the coefficients that are not zero so far.
    filled: Vec<u64>,
}

/// Says whether the first scan of a sequential picture has not all of its components.
pub(super) fn is_split(stripped: &[u8]) -> bool {
    let mut components = None;
    for (marker, body) in Segments::new(stripped) {
        match marker {
            0xC0 | 0xC1 => components = body.get(5).copied(),
            SCAN => return components.is_some_and(|count| body.first().is_some_and(|found| *found < count)),
            _ => {}
        }
    }
    false
}

/// Says whether every scan has all of its blocks; true for codings that no decoder here reads anyway.
pub(super) fn is_complete(stripped: &[u8]) -> bool {
    let mut frame: Option<Frame> = None;
    let mut tables = [const { None }; 8];
    let mut restart = 0_u32;
    let mut segments = Segments::new(stripped);
    while let Some((marker, body)) = segments.next() {
        let fine = match marker {
            0xC0..=0xC2 => {
                frame = Frame::read(body, marker == 0xC2);
                frame.is_some()
            }
            0xC3 | 0xC5..=0xCF => return true,
            TABLES => read_tables(body, &mut tables).is_some(),
            RESTART => {
                restart = Cursor::new(body).be16().map(u32::from).unwrap_or_default();
                true
            }
            SCAN => frame.as_mut().is_some_and(|frame| {
                Scan::read(body, frame)
                    .and_then(|scan| scan.follow(frame, &tables, restart, segments.data()))
                    .is_some()
            }),
            _ => true,
        };
        if !fine {
            return false;
        }
    }
    frame.is_some_and(|frame| frame.components.iter().all(|component| component.seen))
}

impl Frame {
    fn read(body: &[u8], progressive: bool) -> Option<Self> {
        let mut input = Cursor::new(body);
        input.byte()?;
        let height = u32::from(input.be16()?);
        let width = u32::from(input.be16()?);
        let mut components = Vec::new();
        for _ in 0..input.byte()? {
            let [id, sampling, _] = input.array()?;
            let (across, down) = (u32::from(sampling >> 4), u32::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            components.push(Component { id, across, down, seen: false, filled: Vec::new() });
        }
        (width > 0 && height > 0).then_some(Self { width, height, progressive, components })
    }

    /// Returns the highest sampling factors.
    fn sampling(&self) -> (u32, u32) {
        self.components.iter().fold((1, 1), |most, c| (most.0.max(c.across), most.1.max(c.down)))
    }

    /// Returns how many blocks a component has in a scan of its own: those of the padding are left out.
    fn blocks(&self, component: &Component) -> u32 {
        let (across, down) = self.sampling();
        let blocks = |side: u32, own: u32, most: u32| (side * own).div_ceil(most).div_ceil(8);
        blocks(self.width, component.across, across) * blocks(self.height, component.down, down)
    }

    /// Returns how many units a scan of several components has.
    fn units(&self) -> u32 {
        let (across, down) = self.sampling();
        self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down)
    }
}

fn read_tables(body: &[u8], tables: &mut [Option<Table>; 8]) -> Option<()> {
    let mut input = Cursor::new(body);
    while !input.rest().is_empty() {
        let place = input.byte()?;
        let counts = input.array::<16>()?;
        let values = input.take(counts.iter().map(|count| usize::from(*count)).sum())?;
        *tables.get_mut(slot(place >> 4, place))? = Some(Table::new(counts, values));
    }
    Some(())
}

fn slot(class: u8, id: u8) -> usize {
    usize::from(class & 1) * 4 + usize::from(id & 3)
}

struct Segments<'a> {
    input: Cursor<'a>,
}

impl<'a> Segments<'a> {
    fn new(stripped: &'a [u8]) -> Self {
        Self { input: Cursor::new(stripped.get(2..).unwrap_or_default()) }
    }

    /// What follows the segment that was returned last.
    fn data(&self) -> &'a [u8] {
        self.input.rest()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let found = self.input.rest().iter().position(|byte| *byte == 0xFF)?;
            self.input.take(found + 1)?;
            match self.input.byte()? {
                0x00 | 0x01 | 0xD0..=0xD8 | 0xFF => {}
                0xD9 => return None,
                marker => {
                    let size = self.input.be16()?.checked_sub(2)?;
                    return Some((marker, self.input.take(usize::from(size))?));
                }
            }
        }
    }
}
