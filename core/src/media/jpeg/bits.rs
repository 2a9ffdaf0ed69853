//! Huffman codes of a JPEG scan.

use super::super::cursor::Cursor;

const FAST: u32 = 9;

/// Codes in two forms: by their first nine bits, and for the longer ones by length.
pub(super) struct Table {
    fast: Vec<(u8, u8)>,
    counts: [u8; 16],
    values: Vec<u8>,
}

impl Table {
    pub(super) fn new(counts: [u8; 16], values: &[u8]) -> Self {
        let mut fast = vec![(0, 0); 1 << FAST];
        let (mut code, mut rest) = (0_usize, values.iter());
        for (length, count) in (1..=FAST).zip(counts) {
            for value in rest.by_ref().take(usize::from(count)) {
                let free = FAST - length;
                let places = fast.iter_mut().skip(code << free).take(1 << free);
                places.for_each(|place| *place = (u8::try_from(length).unwrap_or_default(), *value));
                code += 1;
            }
            code <<= 1;
        }
        Self { fast, counts, values: values.to_vec() }
    }
}

/// The bits of a scan. Each method returns nothing once they have run out.
pub(super) struct Bits<'a> {
    input: Cursor<'a>,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { input: Cursor::new(data), held: 0, count: 0 }
    }

    pub(super) fn symbol(&mut self, table: &Table) -> Option<u8> {
        self.fill();
        let next = if self.count >= FAST {
            self.held >> (self.count - FAST)
        } else {
            self.held << (FAST - self.count)
        };
        let next = usize::try_from(next & ((1 << FAST) - 1)).ok()?;
        let (length, value) = *table.fast.get(next)?;
        if length > 0 {
            self.count = self.count.checked_sub(u32::from(length))?;
            return Some(value);
        }
        self.long_symbol(table)
    }

    fn long_symbol(&mut self, table: &Table) -> Option<u8> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for count in table.counts {
            code = code << 1 | self.take(1)?;
            let count = u32::from(count);
            let past = code.checked_sub(first)?;
            if past < count {
                return table.values.get(usize::try_from(index + past).ok()?).copied();
            }
            index += count;
            first = (first + count) << 1;
        }
        None
    }

    /// Takes up to 16 bits.
    pub(super) fn take(&mut self, count: u8) -> Option<u32> {
        if self.count < u32::from(count) {
            self.fill();
        }
        self.count = self.count.checked_sub(u32::from(count))?;
        u32::try_from((self.held >> self.count) & ((1 << count) - 1)).ok()
    }

    /// Goes on after the next restart marker.
    pub(super) fn restart(&mut self) -> Option<()> {
        (self.held, self.count) = (0, 0);
        while self.input.rest().starts_with(&[0xFF, 0xFF]) {
            self.input.byte();
        }
        matches!(self.input.array()?, [0xFF, 0xD0..=0xD7]).then_some(())
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.input.rest() {
                [0xFF, 0x00, ..] => {
                    self.input.byte();
                    0xFF
                }
                [0xFF, ..] | [] => return,
                [byte, ..] => *byte,
            };
            self.input.byte();
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }
}
