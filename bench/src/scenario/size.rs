//! Bytes of the programs that were measured.

use anyhow::Result;

use crate::figures::{Lines, Target, mega};
use crate::run::{Bench, Side};

pub(super) fn programs(lines: &mut Lines, bench: &Bench) -> Result<()> {
    let size = |side| -> Result<Vec<f64>> {
        bench.program(side).map(|program| Ok(mega(std::fs::metadata(program)?.len()))).into_iter().collect()
    };
    lines.add("size, with the bench in it", "MB", Target::None, &size(Side::Ours)?, &size(Side::Peer)?);
    Ok(())
}
