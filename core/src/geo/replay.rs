//! Recorded tracks as a source of positions: each point gets a time, and what a receiver would say beside it.

use super::Place;
use super::earth::{bearing_deg, distance_m};
use super::exchange::Point;

/// One point of a recording, at its time since the beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Milliseconds since the first point.
    pub offset_ms: i64,
    /// Where.
    pub place: Place,
    /// Metres per second; as recorded, else by its neighbours.
    pub speed_mps: Option<f64>,
    /// Degrees from north; as recorded, else by its neighbours.
    pub heading_deg: Option<f64>,
    /// Metres.
    pub altitude_m: Option<f64>,
}

/// Between points of which none has a time.
const UNTIMED_MS: i64 = 1000;
/// Slower than this has no direction.
const STANDING_MPS: f64 = 0.3;

/// Gives every point a time: its own where it is later than the one before, else evenly by distance between its
/// neighbours that have one, else a second after the one before.
pub fn steps(points: &[Point]) -> Vec<Step> {
    let offsets = offsets(points);
    let mut steps: Vec<Step> = points
        .iter()
        .zip(offsets)
        .map(|(point, offset_ms)| Step {
            offset_ms,
            place: point.place,
            speed_mps: point.speed_mps,
            heading_deg: point.heading_deg,
            altitude_m: point.altitude_m,
        })
        .collect();
    let known = steps.clone();
    for (step, (before, here)) in steps.iter_mut().skip(1).zip(known.iter().zip(known.iter().skip(1))) {
        let (speed, heading) = motion(before, here);
        step.speed_mps = step.speed_mps.or(speed);
        if step.speed_mps.is_some_and(|speed| speed >= STANDING_MPS) {
            step.heading_deg = step.heading_deg.or(heading);
        }
    }
    steps
}

#[expect(clippy::cast_precision_loss, reason = "spans of a track are far below 2^53 milliseconds")]
fn motion(before: &Step, here: &Step) -> (Option<f64>, Option<f64>) {
    let millis = here.offset_ms.saturating_sub(before.offset_ms);
    if millis <= 0 {
        return (None, None);
    }
    let metres = distance_m(before.place, here.place);
    (Some(metres * 1000.0 / millis as f64), Some(bearing_deg(before.place, here.place)))
}

fn offsets(points: &[Point]) -> Vec<i64> {
    let start = points.iter().find_map(|point| point.ts);
    let mut latest = None;
    // A clock that stood still or went back says nothing.
    let times: Vec<Option<i64>> = points
        .iter()
        .map(|point| {
            let offset = point.ts.zip(start).map(|(ts, start)| ts.saturating_sub(start));
            let usable = offset.filter(|offset| latest.is_none_or(|latest| *offset > latest));
            latest = usable.or(latest);
            usable
        })
        .collect();
    let mut offsets = Vec::with_capacity(points.len());
    let mut position = 0;
    while let Some(time) = times.get(position) {
        if let Some(time) = time {
            offsets.push(*time);
            position = position.saturating_add(1);
            continue;
        }
        let until = (position..times.len()).find(|at| times.get(*at).copied().flatten().is_some());
        let before = position.checked_sub(1).zip(offsets.last().copied());
        match (before, until.and_then(|until| Some((until, times.get(until).copied().flatten()?)))) {
            (Some((from, start)), Some((until, end))) => {
                let run = points.get(from..=until).unwrap_or_default();
                offsets.extend(spread(run, start, end));
                position = until;
            }
            (before, _) => {
                offsets.push(before.map_or(0, |(_, start)| start.saturating_add(UNTIMED_MS)));
                position = position.saturating_add(1);
            }
        }
    }
    // What stood before the first time was counted from zero; that is the beginning now.
    let mut floor = i64::MIN;
    for offset in &mut offsets {
        if *offset < floor {
            *offset = floor;
        }
        floor = offset.saturating_add(1);
    }
    offsets
}

/// Spreads the time from the first to the last of a run over the points between them, by distance.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "bounded by the span")]
fn spread(run: &[Point], start: i64, end: i64) -> Vec<i64> {
    let steps: Vec<f64> = run
        .iter()
        .zip(run.iter().skip(1))
        .map(|(from, to)| distance_m(from.place, to.place).max(0.01))
        .collect();
    let whole: f64 = steps.iter().sum();
    let span = end.saturating_sub(start) as f64;
    let mut done = 0.0;
    let inner = steps.len().saturating_sub(1);
    steps
        .iter()
        .take(inner)
        .map(|step| {
            done += step;
            start.saturating_add((span * done / whole).round() as i64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Point, Step, steps};
    use crate::geo::Place;

    fn point(ts: Option<i64>, lat: f64) -> Point {
        Point { ts, ..Point::at(Place::new(lat, 0.0, None).expect("on earth")) }
    }

    fn offsets(points: &[Point]) -> Vec<i64> {
        steps(points).iter().map(|step| step.offset_ms).collect()
    }

    #[test]
    fn points_without_a_time_are_put_between_those_with_one() {
        let way = [point(Some(5_000), 0.0), point(None, 0.01), point(None, 0.03), point(Some(9_000), 0.04)];
        assert_eq!(offsets(&way), [0, 1000, 3000, 4000]);
        assert_eq!(offsets(&[point(None, 0.0), point(None, 0.1), point(None, 0.2)]), [0, 1000, 2000]);
        let stuck = [point(Some(7), 0.0), point(Some(7), 0.1), point(Some(7), 0.2)];
        assert_eq!(offsets(&stuck), [0, 1000, 2000], "a clock that stood still");
        let late = [point(None, 0.0), point(None, 0.1), point(Some(4_000), 0.2), point(Some(5_000), 0.3)];
        let found = offsets(&late);
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        assert_eq!(offsets(&[]), [0_i64; 0]);
    }

    #[test]
    fn speed_and_heading_follow_from_the_neighbours() {
        let found = steps(&[point(Some(0), 0.0), point(Some(10_000), 0.001), point(Some(20_000), 0.001)]);
        let Step { speed_mps: Some(speed), heading_deg: Some(heading), .. } = found[1] else {
            panic!("{found:?}")
        };
        assert!((speed - 11.06).abs() < 0.05 && heading == 0.0, "{speed} {heading}");
        assert_eq!((found[2].speed_mps, found[2].heading_deg), (Some(0.0), None));
    }
}
