//! One scan of a JPEG, followed block by block.

use super::bits::{Bits, Table};
use super::{Frame, slot};
use crate::media::cursor::Cursor;

pub(super) struct Scan {
    /// Index of the component in the frame, and the places of its tables.
    parts: Vec<(usize, usize, usize)>,
    first: u32,
    last: u32,
    refines: bool,
}

impl Scan {
    pub(super) fn read(header: &[u8], frame: &Frame) -> Option<Self> {
        let mut input = Cursor::new(header);
        let mut parts = Vec::new();
        for _ in 0..input.byte()? {
            let [id, selected] = input.array()?;
            let index = frame.components.iter().position(|component| component.id == id)?;
            parts.push((index, slot(0, selected >> 4), slot(1, selected)));
        }
        let [first, last, bits] = input.array()?;
        if !frame.progressive {
            return Some(Self { parts, first: 0, last: 63, refines: false });
        }
        if first > last || last > 63 || (first > 0 && parts.len() != 1) {
            return None;
        }
        Some(Self { parts, first: u32::from(first), last: u32::from(last), refines: bits >> 4 > 0 })
    }

    /// Reads all blocks of the scan; nothing is returned when they are not all there.
    pub(super) fn follow(
        &self,
        frame: &mut Frame,
        tables: &[Option<Table>; 8],
        restart: u32,
        data: &[u8],
    ) -> Option<()> {
        let mut bits = Bits::new(data);
        if frame.progressive && self.first > 0 {
            return self.follow_bands(frame, tables, restart, &mut bits);
        }
        let mut plan = Vec::new();
        for (index, dc, ac) in &self.parts {
            let component = frame.components.get_mut(*index)?;
            component.seen = true;
            let blocks = if self.parts.len() == 1 { 1 } else { component.across * component.down };
            plan.push((blocks, tables.get(*dc)?.as_ref(), tables.get(*ac)?.as_ref()));
        }
        let units = match self.parts.as_slice() {
            [(only, _, _)] => frame.blocks(frame.components.get(*only)?),
            _ => frame.units(),
        };
        for unit in 0..units {
            if restart > 0 && unit > 0 && unit % restart == 0 {
                bits.restart()?;
            }
            for (blocks, dc, ac) in &plan {
                for _ in 0..*blocks {
                    if self.refines {
                        bits.take(1)?;
                        continue;
                    }
                    let size = bits.symbol((*dc)?)?;
                    bits.take(size.min(16))?;
                    if !frame.progressive {
                        sequential_rest(&mut bits, (*ac)?)?;
                    }
                }
            }
        }
        Some(())
    }

    fn follow_bands(
        &self,
        frame: &mut Frame,
        tables: &[Option<Table>; 8],
        restart: u32,
        bits: &mut Bits<'_>,
    ) -> Option<()> {
        let [(index, _, ac)] = self.parts.as_slice() else { return None };
        let table = tables.get(*ac)?.as_ref()?;
        let blocks = frame.blocks(frame.components.get(*index)?);
        let component = frame.components.get_mut(*index)?;
        component.filled.resize(usize::try_from(blocks).ok()?, 0);
        let mut skipped = 0_u32;
        for (unit, filled) in (0_u32..).zip(&mut component.filled) {
            if restart > 0 && unit > 0 && unit % restart == 0 {
                bits.restart()?;
                skipped = 0;
            }
            if self.refines {
                self.refine(bits, table, filled, &mut skipped)?;
            } else if skipped > 0 {
                skipped -= 1;
            } else {
                skipped = self.band(bits, table, filled)?;
            }
        }
        Some(())
    }

    /// Reads the first bits of a band and returns how many of the next blocks have nothing in it.
    fn band(&self, bits: &mut Bits<'_>, table: &Table, filled: &mut u64) -> Option<u32> {
        let mut at = self.first;
        while at <= self.last {
            let value = bits.symbol(table)?;
            let (run, size) = (value >> 4, value & 15);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => return Some((1 << run) - 1 + bits.take(run)?),
                _ => {
                    at += u32::from(run);
                    bits.take(size)?;
                    *filled |= 1_u64.checked_shl(at)?;
                    at += 1;
                }
            }
        }
        Some(0)
    }

    /// Reads one more bit of each coefficient that is not zero, and those that become so.
    fn refine(&self, bits: &mut Bits<'_>, table: &Table, filled: &mut u64, skipped: &mut u32) -> Option<()> {
        let mut at = self.first;
        let before = *filled;
        let is_filled = |at: u32| before >> at & 1 == 1;
        while *skipped == 0 && at <= self.last {
            let value = bits.symbol(table)?;
            let (mut run, size) = (value >> 4, value & 15);
            if size == 0 && run < 15 {
                *skipped = (1 << run) + bits.take(run)?;
                break;
            }
            if size > 0 {
                bits.take(1)?;
            }
            while at <= self.last {
                if is_filled(at) {
                    bits.take(1)?;
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            if size > 0 && at <= self.last {
                *filled |= 1 << at;
            }
            at += 1;
        }
        if *skipped > 0 {
            for at in at..=self.last {
                if is_filled(at) {
                    bits.take(1)?;
                }
            }
            *skipped -= 1;
        }
        Some(())
    }
}

fn sequential_rest(bits: &mut Bits<'_>, table: &Table) -> Option<()> {
    let mut at = 1_u32;
    while at < 64 {
        let value = bits.symbol(table)?;
        let (run, size) = (value >> 4, value & 15);
        match (run, size) {
            (15, 0) => at += 16,
            (_, 0) => break,
            _ => {
                at += u32::from(run) + 1;
                bits.take(size)?;
            }
        }
    }
    Some(())
}
