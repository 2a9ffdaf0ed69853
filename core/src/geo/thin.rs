//! Leaves out what can be told from what is kept: fixes for the radio, points for the screen.

use geo::{LineString, SimplifyVw as _, coord};

use super::Fix;
use super::earth::Sheet;

/// Chooses the fixes from which the others follow by moving evenly from one to the next: at the time of any that is
/// left out, the way between its neighbours is within `tolerance_m` metres. The first and the last are kept.
///
/// Takes fixes in the order of their times, and says of each whether it is kept (Douglas-Peucker over time).
pub fn over_time(fixes: &[Fix], tolerance_m: f64) -> Vec<bool> {
    if tolerance_m <= 0.0 {
        // All of them: also those that lie on the way to the last digit.
        return vec![true; fixes.len()];
    }
    let mut keep = vec![false; fixes.len()];
    let Some(last) = fixes.len().checked_sub(1) else { return keep };
    let mut mark = |at: usize| {
        if let Some(kept) = keep.get_mut(at) {
            *kept = true;
        }
    };
    mark(0);
    mark(last);
    let mut spans = vec![(0, last)];
    while let Some((from, to)) = spans.pop() {
        if let Some((at, off)) = farthest(fixes, from, to)
            && off > tolerance_m
        {
            mark(at);
            spans.push((from, at));
            spans.push((at, to));
        }
    }
    keep
}

/// Finds what lies farthest from the even way between two fixes, in metres.
fn farthest(fixes: &[Fix], from: usize, to: usize) -> Option<(usize, f64)> {
    let (start, end) = (fixes.get(from)?, fixes.get(to)?);
    let inner = fixes.get(from.checked_add(1)?..to)?;
    inner
        .iter()
        .enumerate()
        .map(|(position, fix)| {
            (from.saturating_add(1).saturating_add(position), off_course_m(start, end, fix))
        })
        .max_by(|left, right| left.1.total_cmp(&right.1))
}

/// Says how far `fix` is, in metres, from where something moving evenly from `start` to `end` is at its time.
pub fn off_course_m(start: &Fix, end: &Fix, fix: &Fix) -> f64 {
    let sheet = Sheet::at(start.lat(), start.lon());
    let (east, north) = sheet.xy(fix.lat(), fix.lon());
    let (end_east, end_north) = sheet.xy(end.lat(), end.lon());
    let part = share(start.ts, end.ts, fix.ts);
    (east - part * end_east).hypot(north - part * end_north)
}

#[expect(clippy::cast_precision_loss, reason = "spans of time are far below 2^53 milliseconds")]
fn share(start: i64, end: i64, at: i64) -> f64 {
    let whole = end.saturating_sub(start);
    if whole <= 0 { 0.0 } else { (at.saturating_sub(start) as f64 / whole as f64).clamp(0.0, 1.0) }
}

/// Measures how far a rebuilt track is from the true one: for each true fix the distance, in metres, to where the
/// rebuilt track is at that time. Before its first and after its last fix it stands still.
pub fn errors_m(truth: &[Fix], rebuilt: &[Fix]) -> Vec<f64> {
    let mut next = 0_usize;
    let mut errors = Vec::with_capacity(truth.len());
    for fix in truth {
        while rebuilt.get(next).is_some_and(|known| known.ts < fix.ts) {
            next = next.saturating_add(1);
        }
        let after = rebuilt.get(next);
        let before = next.checked_sub(1).and_then(|at| rebuilt.get(at));
        let (Some(start), Some(end)) = (before.or(after), after.or(before)) else { return errors };
        errors.push(off_course_m(start, end, fix));
    }
    errors
}

/// Chooses points for a drawing: what is left out makes a triangle of less than half of `resolution_m` squared
/// (Visvalingam). Takes and gives degrees east and north; a track that crosses the antimeridian goes on beyond 180.
pub fn for_drawing(points: &[(f64, f64)], resolution_m: f64) -> Vec<(f64, f64)> {
    let Some((_, lat)) = points.get(points.len() / 2) else { return Vec::new() };
    // In degrees of longitude at this latitude, as the drawing has them.
    let narrow = lat.to_radians().cos().max(1e-3);
    let line: LineString = points.iter().map(|(lon, lat)| coord! { x: lon * narrow, y: *lat }).collect();
    let resolution = resolution_m / 111_195.0;
    let thinned = line.simplify_vw(resolution * resolution / 2.0);
    thinned.into_inner().into_iter().map(|point| (point.x / narrow, point.y)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{errors_m, for_drawing, over_time};
    use crate::geo::Fix;

    fn at(seconds: i64, lat: f64, lon: f64) -> Fix {
        Fix::at(seconds * 1000, lat, lon).expect("on earth")
    }

    #[test]
    fn an_even_way_is_its_ends_and_a_stop_on_it_is_told() {
        let mut way: Vec<Fix> = (0..60).map(|second| at(second, 38.7 + second as f64 * 1e-4, -9.1)).collect();
        let kept = |way: &[Fix]| over_time(way, 3.0).iter().filter(|kept| **kept).count();
        assert_eq!(kept(&way), 2);
        // The same line, but standing for a minute in its middle: no shape tells that, the times do.
        let stop = way[30];
        for fix in &mut way[31..] {
            fix.ts += 60_000;
        }
        way.insert(31, Fix { ts: stop.ts + 60_000, ..stop });
        assert_eq!(kept(&way), 4);
        assert_eq!(over_time(&way, 0.0), vec![true; way.len()]);
        assert_eq!(over_time(&[], 1.0).len(), 0);
        assert_eq!(over_time(&way[..1], 1.0), [true]);
    }

    #[test]
    fn the_error_of_a_track_is_where_it_would_be_shown() {
        let truth: Vec<Fix> = (0..=10).map(|second| at(second, 38.7, -9.1 + second as f64 * 1e-4)).collect();
        let errors = errors_m(&truth, &[truth[0], truth[10]]);
        assert!(errors.iter().all(|off| *off < 0.2), "{errors:?}");
        let stale = errors_m(&truth, &truth[..1]);
        assert!((stale[10] - 86.8).abs() < 0.5, "{stale:?}");
    }

    #[test]
    fn a_drawing_keeps_its_corners() {
        let corner = [(-9.1, 38.7), (-9.0995, 38.700_01), (-9.099, 38.7), (-9.099, 38.71)];
        assert_eq!(for_drawing(&corner, 20.0).len(), 3);
        assert_eq!(for_drawing(&[], 20.0).len(), 0);
    }

    proptest! {
        #[test]
        fn nothing_left_out_is_off_by_more_than_the_tolerance(steps in prop::collection::vec((1_i64..20, -300_i32..300, -300_i32..300), 1..120)) {
            let mut fix = at(0, 60.0, 179.999);
            let way: Vec<Fix> = steps.iter().map(|(seconds, north, east)| {
                let lon = (fix.lon_e6 + east + 180_000_000).rem_euclid(360_000_000) - 180_000_000;
                fix = Fix { ts: fix.ts + seconds * 1000, lat_e6: fix.lat_e6 + north, lon_e6: lon, ..fix };
                fix
            }).collect();
            let kept: Vec<Fix> = way.iter().zip(over_time(&way, 5.0)).filter(|(_, kept)| *kept).map(|(fix, _)| *fix).collect();
            let worst = errors_m(&way, &kept).into_iter().fold(0.0, f64::max);
            prop_assert!(worst <= 5.01, "{worst}");
        }
    }
}
