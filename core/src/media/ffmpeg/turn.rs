//! How a telephone was held: the matrix of a clip as filters that turn its pictures upright.

/// Turns and mirrors of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Whether width and height change places.
    pub(super) swaps: bool,
    /// Filters, empty for a picture that stands upright.
    pub(super) filters: &'static str,
}

impl Turn {
    pub(super) const NONE: Self = Self { swaps: false, filters: "" };

    /// Reads a display matrix: nine 32-bit numbers in the order of the machine. An angle between is taken as the
    /// nearest quarter.
    pub(super) fn of(matrix: &[u8]) -> Self {
        let mut numbers =
            matrix.chunks_exact(4).filter_map(|four| Some(i32::from_ne_bytes(four.try_into().ok()?)));
        let (Some(a), Some(b), Some(_), Some(c), Some(d)) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return Self::NONE;
        };
        let size = |one: i32, two: i32| u64::from(one.unsigned_abs()) + u64::from(two.unsigned_abs());
        let (swaps, filters) = if size(b, c) > size(a, d) {
            match (b > 0, c > 0) {
                (true, false) => (true, "transpose=clock"),
                (false, true) => (true, "transpose=cclock"),
                (true, true) => (true, "transpose=cclock_flip"),
                (false, false) => (true, "transpose=clock_flip"),
            }
        } else {
            match (a < 0, d < 0) {
                (false, false) => (false, ""),
                (true, true) => (false, "hflip,vflip"),
                (true, false) => (false, "hflip"),
                (false, true) => (false, "vflip"),
            }
        };
        Self { swaps, filters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(a: i32, b: i32, c: i32, d: i32) -> Vec<u8> {
        [a, b, 0, c, d, 0, 0, 0, 1 << 30].iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    #[test]
    fn quarters_and_mirrors() {
        const ONE: i32 = 1 << 16;
        let turn = |a, b, c, d| Turn::of(&matrix(a * ONE, b * ONE, c * ONE, d * ONE)).filters;
        assert_eq!(turn(1, 0, 0, 1), "");
        assert_eq!(turn(0, 1, -1, 0), "transpose=clock");
        assert_eq!(turn(-1, 0, 0, -1), "hflip,vflip");
        assert_eq!(turn(0, -1, 1, 0), "transpose=cclock");
        assert_eq!(turn(-1, 0, 0, 1), "hflip");
        assert_eq!(Turn::of(b"short"), Turn::NONE);
        assert_eq!(Turn::of(&matrix(i32::MIN, i32::MIN, i32::MIN, i32::MIN)).filters, "hflip,vflip");
    }
}
