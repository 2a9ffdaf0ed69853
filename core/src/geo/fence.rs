//! Coming into an area, leaving it, staying, coming near: told once each, and not for what the receiver is unsure of.

use super::Fix;
use super::area::Shape;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// Came in.
    Enter,
    /// Went out.
    Leave,
    /// Has stayed inside.
    Dwell,
    /// Came near from outside.
    Near,
}

impl Crossing {
    /// Returns the word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Leave => "leave",
            Self::Dwell => "dwell",
            Self::Near => "near",
        }
    }
}

/// What is asked of a fence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Near is within so many metres outside; `None`: not told.
    pub near_m: Option<f64>,
    /// Staying is so many milliseconds inside; `None`: not told.
    pub dwell_ms: Option<i64>,
}

/// Nobody is surer than this, in metres.
const SUREST_M: f64 = 5.0;
/// Nobody waits for more, in metres: a bad fix must not hold an alarm for ever.
const UNSUREST_M: f64 = 100.0;
/// So many unsure fixes in a row on the other side are sure together.
const TOGETHER: u8 = 3;

/// Watches one area for one officer.
#[derive(Clone, Debug)]
pub struct Fence {
    shape: Shape,
    terms: Terms,
    inside: Option<bool>,
    near: bool,
    since_ts: i64,
    dwelt: bool,
    unsure: u8,
    last_ts: i64,
}

impl Fence {
    /// Begins to watch.
    pub fn new(shape: Shape, terms: Terms) -> Self {
        Self {
            shape,
            terms,
            inside: None,
            near: false,
            since_ts: 0,
            dwelt: false,
            unsure: 0,
            last_ts: i64::MIN,
        }
    }

    /// Goes on with another shape; the newest fix may be taken again.
    pub fn redraw(&mut self, shape: Shape) {
        self.shape = shape;
        self.last_ts = i64::MIN;
    }

    /// Takes the next fix and says what happened. One that is older than the last says nothing.
    ///
    /// Where somebody is at the first fix is no crossing, but being inside is told: whoever looks wants to know.
    pub fn take(&mut self, fix: &Fix) -> Vec<Crossing> {
        let mut told = Vec::new();
        if fix.ts <= self.last_ts {
            return told;
        }
        self.last_ts = fix.ts;
        let place = fix.place();
        let (inside, edge) = (self.shape.contains(place), self.shape.edge_m(place));
        let margin = fix.accuracy_m().unwrap_or(SUREST_M).clamp(SUREST_M, UNSUREST_M);
        match self.inside {
            Some(before) if before == inside => self.unsure = 0,
            Some(_) if edge < margin && self.unsure.saturating_add(1) < TOGETHER => {
                self.unsure = self.unsure.saturating_add(1);
            }
            before => {
                self.unsure = 0;
                self.inside = Some(inside);
                (self.since_ts, self.dwelt) = (fix.ts, false);
                if inside {
                    told.push(Crossing::Enter);
                } else if before.is_some() {
                    told.push(Crossing::Leave);
                }
            }
        }
        if self.inside == Some(true) {
            let stayed = fix.ts.saturating_sub(self.since_ts);
            if !self.dwelt && self.terms.dwell_ms.is_some_and(|wanted| stayed >= wanted) {
                self.dwelt = true;
                told.push(Crossing::Dwell);
            }
            self.near = true;
        } else if let Some(near) = self.terms.near_m {
            if edge <= near && !self.near {
                self.near = true;
                told.push(Crossing::Near);
            } else if edge > near + margin {
                // Near again only after having been surely farther.
                self.near = false;
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::{Crossing, Fence, Terms};
    use crate::geo::area::Shape;
    use crate::geo::{Fix, Place};

    /// Metres north of the middle of a circle of 100 m.
    fn at(second: i64, metres: f64, accuracy: f64) -> Fix {
        let fix = Fix::at(second * 1000, 38.7 + metres / 111_000.0, -9.1).expect("on earth");
        fix.with_accuracy(Some(accuracy))
    }

    fn fence(near_m: Option<f64>, dwell_ms: Option<i64>) -> Fence {
        let middle = Place::new(38.7, -9.1, None).expect("on earth");
        Fence::new(Shape::circle(middle, 100.0).expect("circle"), Terms { near_m, dwell_ms })
    }

    #[test]
    fn each_crossing_is_told_once() {
        let mut fence = fence(Some(50.0), Some(20_000));
        let mut told = Vec::new();
        for (second, metres) in [
            (0, 300.0),
            (10, 140.0),
            (20, 120.0),
            (30, 60.0),
            (40, 0.0),
            (51, -20.0),
            (60, -180.0),
            (70, -300.0),
        ] {
            told.extend(fence.take(&at(second, metres, 5.0)).into_iter().map(|crossing| (second, crossing)));
        }
        assert_eq!(
            told,
            [(10, Crossing::Near), (30, Crossing::Enter), (51, Crossing::Dwell), (60, Crossing::Leave)]
        );
    }

    #[test]
    fn jumping_about_the_edge_is_no_coming_and_going() {
        let mut fence = fence(None, None);
        assert_eq!(fence.take(&at(0, 80.0, 30.0)), [Crossing::Enter], "inside from the first");
        for second in 1..59 {
            let metres = if second % 2 == 0 { 92.0 } else { 110.0 };
            assert_eq!(fence.take(&at(second, metres, 30.0)), [], "{second}");
        }
        // Three in a row, unsure as they are.
        assert_eq!(fence.take(&at(60, 110.0, 30.0)), []);
        assert_eq!(fence.take(&at(61, 112.0, 30.0)), []);
        assert_eq!(fence.take(&at(62, 111.0, 30.0)), [Crossing::Leave]);
        // One alone that is sure.
        assert_eq!(fence.take(&at(63, 40.0, 30.0)), [Crossing::Enter]);
        assert_eq!(fence.take(&at(50, 900.0, 5.0)), [], "late");
    }
}
