//! Positions as screens and scripts see them: how old, how sure, how far.

use crate::geo::earth::{bearing_deg, distance_m};
use crate::geo::{Fix, Place, Source};
use crate::model;

/// A moving officer who is silent for longer, in milliseconds, may be anywhere.
const STALE_MOVING_MS: i64 = 90_000;
/// One who stands gives a sign of life every five minutes.
const STALE_STANDING_MS: i64 = 420_000;
/// Slower than this, in metres per second, is standing.
const STANDING_MPS: f64 = 0.7;

/// Whose position it is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// Matrix id of the room.
    pub room_id: &'a str,
    /// Matrix id of the user.
    pub user_id: &'a str,
    /// Display name in the room.
    pub name: Option<&'a str>,
    /// Until when the user says to share, in milliseconds since 1970; 0 when that is over, `None` if nothing is said.
    pub live_until: Option<i64>,
}

/// Says where somebody is, as seen at a time and from a place.
pub fn position(whose: Whose<'_>, fix: &Fix, now_ms: i64, me: Option<Place>) -> model::Position {
    let place = fix.place();
    model::Position {
        room_id: whose.room_id.to_owned(),
        user_id: whose.user_id.to_owned(),
        display_name: whose.name.map(str::to_owned),
        lat: fix.lat(),
        lon: fix.lon(),
        accuracy_m: fix.accuracy_m(),
        ts: fix.ts,
        age_ms: now_ms.saturating_sub(fix.ts).max(0),
        speed: fix.speed_mps(),
        heading: fix.heading_deg,
        altitude_m: fix.altitude_m(),
        source: fix.source.map(Source::as_str),
        battery: fix.battery,
        stale: is_stale(fix, whose.live_until, now_ms),
        live_until_ts: whose.live_until.filter(|until| *until > 0),
        distance_m: me.map(|me| distance_m(me, place)),
        bearing: me.map(|me| bearing_deg(me, place)),
    }
}

/// Says whether a fix is too old to be where somebody is, or the sharing is over.
pub fn is_stale(fix: &Fix, live_until: Option<i64>, now_ms: i64) -> bool {
    now_ms >= stale_from(fix, live_until)
}

/// Says from when on that is so, in milliseconds since 1970.
pub fn stale_from(fix: &Fix, live_until: Option<i64>) -> i64 {
    let moving = fix.speed_mps().is_some_and(|speed| speed > STANDING_MPS);
    let most = if moving { STALE_MOVING_MS } else { STALE_STANDING_MS };
    let aged = fix.ts.saturating_add(most).saturating_add(1);
    live_until.map_or(aged, |until| until.min(aged))
}

/// A silence that is longer, in milliseconds, is a gap: nothing is known of the way meanwhile.
const GAP_MS: i64 = 420_000;

/// Cuts a way at its gaps.
pub fn stretches(fixes: &[Fix]) -> Vec<Vec<Place>> {
    let mut stretches: Vec<Vec<Place>> = Vec::new();
    let mut before: Option<i64> = None;
    for fix in fixes {
        let goes_on = before.is_some_and(|before| fix.ts.saturating_sub(before) <= GAP_MS);
        match stretches.last_mut().filter(|_| goes_on) {
            Some(stretch) => stretch.push(fix.place()),
            None => stretches.push(vec![fix.place()]),
        }
        before = Some(fix.ts);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::is_stale;
    use crate::geo::Fix;

    #[test]
    fn a_gap_is_a_gap() {
        let at = |ts| Fix::at(ts, 1.0, 1.0).expect("on earth");
        let cut = super::stretches(&[at(0), at(300_000), at(800_000), at(801_000)]);
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert!(super::stretches(&[]).is_empty());
    }

    #[test]
    fn a_position_goes_stale_by_age_and_by_the_end_of_sharing() {
        let standing = Fix::at(0, 1.0, 1.0).expect("on earth");
        let moving = standing.with_speed(Some(9.0));
        assert!(!is_stale(&moving, Some(1_000_000), 60_000) && is_stale(&moving, Some(1_000_000), 91_000));
        assert!(!is_stale(&standing, None, 300_000) && is_stale(&standing, None, 421_000));
        assert!(is_stale(&standing, Some(5_000), 6_000) && is_stale(&standing, Some(0), 1));
    }
}
