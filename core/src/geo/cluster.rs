//! Many officers on a small screen: those who lie in one square of the map are one. The squares stand still when the map
//! is moved, so that the same officers are together whatever part of it is looked at.

use std::collections::BTreeMap;

use super::tile::{mercator, unmercator};

/// The side of a square, in pixels of a map on which the earth is 256 pixels wide at zoom 0, and twice as many at each
/// further one. Two fingers' breadths: what is nearer cannot be told apart or tapped.
pub const SQUARE_PX: f64 = 64.0;
/// From this zoom on everybody stands alone: a square is less than ten metres.
pub const DEEPEST: u8 = 20;

/// How many squares there are around the earth.
fn squares(zoom: u8) -> f64 {
    256.0 / SQUARE_PX * f64::from(2_u32.pow(u32::from(zoom.min(DEEPEST))))
}

#[expect(clippy::cast_possible_truncation, reason = "below the number of squares, and that is below 2^23")]
fn square((lon, lat): (f64, f64), zoom: u8) -> (i64, i64) {
    let (x, y) = mercator(lon, lat);
    let all = squares(zoom);
    let at = |part: f64| ((part * all).floor() as i64).clamp(0, all as i64 - 1);
    (at(x), at(y))
}

/// Puts places, in degrees east and north, together by squares. Each group lists places by their index, lowest first;
/// groups go from north to south, and in a row from west to east.
pub fn group(places: &[(f64, f64)], zoom: u8) -> Vec<Vec<usize>> {
    if zoom >= DEEPEST {
        return (0..places.len()).map(|index| vec![index]).collect();
    }
    let mut groups: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (index, place) in places.iter().enumerate() {
        let (x, y) = square(*place, zoom);
        groups.entry((y, x)).or_default().push(index);
    }
    groups.into_values().collect()
}

/// Widens a part of the map, in degrees, to whole squares: who is at its edge is then together with whom they are
/// together in any other part. West may lie east of east, across the antimeridian.
#[expect(clippy::cast_precision_loss, reason = "below the number of squares, and that is below 2^23")]
pub fn widened((west, south): (f64, f64), (east, north): (f64, f64), zoom: u8) -> ((f64, f64), (f64, f64)) {
    if zoom >= DEEPEST {
        return ((west, south), (east, north));
    }
    let all = squares(zoom);
    let ((left, top), (right, bottom)) = (square((west, north), zoom), square((east, south), zoom));
    let (west, north) = unmercator(left as f64 / all, top as f64 / all);
    let (east, south) = unmercator((right as f64 + 1.0) / all, (bottom as f64 + 1.0) / all);
    // Mercator's square ends before the poles; who is there is in its last row.
    let south = if south < -85.0 { -90.0 } else { south };
    let north = if north > 85.0 { 90.0 } else { north };
    ((west, south), (east, north))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DEEPEST, group, widened};

    #[test]
    fn a_city_is_one_from_afar_and_each_stands_alone_from_near() {
        let crowd: Vec<(f64, f64)> = (0..10).map(|at| (-9.14 + f64::from(at) * 1e-3, 38.71)).collect();
        assert_eq!(group(&crowd, 3), [(0..10).collect::<Vec<_>>()]);
        assert_eq!(group(&crowd, 19).len(), 10);
        assert_eq!(group(&crowd, DEEPEST).len(), 10);
        assert!(group(&[], 5).is_empty());
        let two = [(10.0, -40.0), (10.0, 40.0)];
        assert_eq!(group(&two, 5), [vec![1], vec![0]], "north first");
    }

    #[test]
    fn the_poles_and_the_antimeridian_are_in_a_square() {
        let places = [(-180.0, 90.0), (180.0, -90.0), (179.999, 0.0), (-179.999, 0.0)];
        for zoom in 0..DEEPEST {
            assert_eq!(group(&places, zoom).iter().map(Vec::len).sum::<usize>(), 4);
        }
        let ((west, south), (east, north)) = widened((170.0, -89.0), (-170.0, 89.0), 6);
        assert!(west <= 170.0 && east >= -170.0 && west > east, "still across it: {west} {east}");
        assert_eq!((south, north), (-90.0, 90.0));
    }

    proptest! {
        #[test]
        fn everybody_is_in_one_group_and_moving_the_map_changes_none(
            places in prop::collection::vec((-180.0..180.0_f64, -85.0..85.0_f64), 1..60),
            west in -180.0..170.0_f64, south in -80.0..70.0_f64, wide in 0.01..60.0_f64, zoom in 0_u8..21
        ) {
            let all = group(&places, zoom);
            let mut seen: Vec<usize> = all.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..places.len()).collect::<Vec<_>>());
            // Of a part of the map the same groups come as of the whole, as far as any of them is in the part.
            let (east, north) = ((west + wide).min(180.0), (south + wide / 2.0).min(85.0));
            let inside = |(lon, lat): (f64, f64), ((w, s), (e, n)): ((f64, f64), (f64, f64))| {
                (w..=e).contains(&lon) && (s..=n).contains(&lat)
            };
            let wider = widened((west, south), (east, north), zoom);
            let some: Vec<usize> = (0..places.len()).filter(|index| inside(places[*index], wider)).collect();
            let found: Vec<Vec<usize>> = group(&some.iter().map(|index| places[*index]).collect::<Vec<_>>(), zoom)
                .into_iter()
                .map(|group| group.into_iter().map(|index| some[index]).collect())
                .collect();
            for whole in all {
                if whole.iter().any(|index| inside(places[*index], ((west, south), (east, north)))) {
                    prop_assert!(found.contains(&whole), "{:?} of {:?}", whole, found);
                }
            }
        }
    }
}
