//! Notes that cameras and encoders hide in an H.264 stream: places, times, settings. The picture needs none of them.

/// How the units of a stream are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Start codes, as encoders write.
    StartCodes,
    /// A length of so many bytes before each, as in MP4 and Matroska.
    Lengths(usize),
}

impl Framing {
    /// Tells the framing from the codec's private data: `avcC` says how long lengths are.
    pub(super) fn of(extradata: &[u8]) -> Self {
        match extradata {
            [1, _, _, _, lengths, ..] => Self::Lengths(usize::from(lengths & 3) + 1),
            _ => Self::StartCodes,
        }
    }
}

const NOTES: u8 = 6;

/// Returns a packet without its notes; nothing where it has none, or makes no sense.
pub(super) fn without_notes(packet: &[u8], framing: Framing) -> Option<Vec<u8>> {
    let units = match framing {
        Framing::Lengths(size) => by_length(packet, size)?,
        Framing::StartCodes => by_start_code(packet),
    };
    if !units.iter().any(|unit| unit.is_note) {
        return None;
    }
    let kept = units.iter().filter(|unit| !unit.is_note).flat_map(|unit| unit.bytes);
    Some(kept.copied().collect())
}

struct Unit<'a> {
    bytes: &'a [u8],
    is_note: bool,
}

fn is_note(first: Option<&u8>) -> bool {
    first.is_some_and(|first| first & 0x1F == NOTES)
}

fn by_length(mut rest: &[u8], size: usize) -> Option<Vec<Unit<'_>>> {
    let mut units = Vec::new();
    while !rest.is_empty() {
        let length = rest.get(..size)?.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let (bytes, after) = rest.split_at_checked(size.checked_add(length)?)?;
        units.push(Unit { bytes, is_note: is_note(bytes.get(size)) });
        rest = after;
    }
    Some(units)
}

fn by_start_code(packet: &[u8]) -> Vec<Unit<'_>> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) =
        packet.get(at..).and_then(|rest| rest.windows(3).position(|code| code == [0, 0, 1]))
    {
        let code = at + found;
        // A fourth zero before it belongs to it.
        let zero = code.checked_sub(1).filter(|before| packet.get(*before) == Some(&0));
        starts.push(zero.filter(|zero| starts.last().is_none_or(|last| last + 3 <= *zero)).unwrap_or(code));
        at = code + 3;
    }
    let ends = starts.iter().skip(1).copied().chain([packet.len()]);
    let mut units: Vec<Unit<'_>> = Vec::new();
    if let Some(before) = packet.get(..starts.first().copied().unwrap_or(packet.len()))
        && !before.is_empty()
    {
        units.push(Unit { bytes: before, is_note: false });
    }
    units.extend(starts.iter().zip(ends).filter_map(|(start, end)| {
        let bytes = packet.get(*start..end)?;
        let first = bytes.iter().position(|byte| *byte == 1).and_then(|one| bytes.get(one + 1));
        Some(Unit { bytes, is_note: is_note(first) })
    }));
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_go_and_pictures_stay() {
        let coded =
            [&[0, 0, 0, 3, 0x67, 1, 2], &[0, 0, 0, 3, 6, 5, 9], &[0, 0, 0, 3, 0x65, 0, 0][..]].concat();
        let kept = [&[0, 0, 0, 3, 0x67, 1, 2], &[0, 0, 0, 3, 0x65, 0, 0][..]].concat();
        assert_eq!(without_notes(&coded, Framing::Lengths(4)), Some(kept.clone()));
        assert_eq!(without_notes(&kept, Framing::Lengths(4)), None);
        let coded = [&[0, 0, 0, 1, 0x67, 1, 2][..], &[0, 0, 1, 6, 5, 9], &[0, 0, 1, 0x65, 7, 0]].concat();
        let kept = [&[0, 0, 0, 1, 0x67, 1, 2][..], &[0, 0, 1, 0x65, 7, 0]].concat();
        assert_eq!(without_notes(&coded, Framing::StartCodes), Some(kept.clone()));
        assert_eq!(without_notes(&kept, Framing::StartCodes), None);
    }

    #[test]
    fn nonsense_stays_as_it_is() {
        for packet in [&[][..], &[0], &[0, 0, 0, 200, 6], &[255; 9], &[0, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(without_notes(packet, Framing::Lengths(4)), None);
            assert_eq!(without_notes(packet, Framing::StartCodes), None);
        }
        assert_eq!(Framing::of(&[1, 66, 0, 30, 0xFF, 0xE1]), Framing::Lengths(4));
        assert_eq!(Framing::of(&[0, 0, 0, 1, 0x67]), Framing::StartCodes);
    }
}
