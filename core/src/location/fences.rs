//! Who comes into which area of a room, leaves it, stays, or comes near: worked out on the device of whoever looks.

use std::collections::BTreeMap;

use crate::geo::Fix;
use crate::geo::area::{Area, AreaKind};
use crate::geo::fence::{Crossing, Fence, Terms};

/// Says what is worth telling of an area of a kind.
pub fn terms(kind: AreaKind) -> Terms {
    match kind {
        AreaKind::Cordon => Terms { near_m: None, dwell_ms: None },
        // Searched, or only passed through.
        AreaKind::Sector => Terms { near_m: None, dwell_ms: Some(600_000) },
        // Who comes near is told before it is too late, and who stays is told again.
        AreaKind::Plume => Terms { near_m: Some(500.0), dwell_ms: Some(60_000) },
        AreaKind::Point => Terms { near_m: Some(100.0), dwell_ms: None },
        AreaKind::Route => Terms { near_m: None, dwell_ms: None },
    }
}

/// Watches the areas of one room.
#[derive(Clone, Debug, Default)]
pub struct Fences {
    areas: BTreeMap<String, Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    area: Area,
    of: BTreeMap<String, Fence>,
}

/// Something that happened at an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Which area.
    pub area_id: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub kind: AreaKind,
    /// What happened.
    pub what: Crossing,
}

impl Fences {
    /// Takes the areas as they are drawn now. Says whether any is new or another than before: then everybody's newest
    /// fix is to be taken again.
    pub fn draw(&mut self, drawn: Vec<(String, Area)>) -> bool {
        let mut known = std::mem::take(&mut self.areas);
        let mut changed = false;
        for (area_id, area) in drawn {
            let watched = match known.remove(&area_id) {
                Some(before) if before.area == area => before,
                Some(mut before) => {
                    changed = true;
                    before.of.values_mut().for_each(|fence| fence.redraw(area.shape.clone()));
                    Watched { area, of: before.of }
                }
                None => {
                    changed = true;
                    Watched { area, of: BTreeMap::new() }
                }
            };
            self.areas.insert(area_id, watched);
        }
        changed
    }

    /// Takes where somebody is, and says what happened. Areas that do not count at that time are passed over.
    pub fn take(&mut self, user_id: &str, fix: &Fix) -> Vec<Crossed> {
        let mut crossed = Vec::new();
        for (area_id, Watched { area, of }) in &mut self.areas {
            if !area.counts_at(fix.ts) {
                continue;
            }
            let fence = of
                .entry(user_id.to_owned())
                .or_insert_with(|| Fence::new(area.shape.clone(), terms(area.kind)));
            crossed.extend(fence.take(fix).into_iter().map(|what| Crossed {
                area_id: area_id.clone(),
                name: area.name.clone(),
                kind: area.kind,
                what,
            }));
        }
        crossed
    }
}

#[cfg(test)]
mod tests {
    use super::Fences;
    use crate::geo::area::{Area, AreaKind, Shape};
    use crate::geo::fence::Crossing;
    use crate::geo::{Fix, Place};

    fn plume(radius_m: f64) -> Vec<(String, Area)> {
        let middle = Place::new(38.7, -9.1, None).expect("on earth");
        let area = Area {
            kind: AreaKind::Plume,
            name: "Chlorine".into(),
            colour: None,
            valid_from: None,
            valid_to: Some(1_000_000),
            shape: Shape::circle(middle, radius_m).expect("circle"),
        };
        vec![("a".into(), area)]
    }

    fn at(second: i64, metres: f64) -> Fix {
        Fix::at(second * 1000, 38.7 + metres / 111_195.0, -9.1).expect("on earth").with_accuracy(Some(4.0))
    }

    #[test]
    fn a_plume_that_drifts_over_somebody_who_stands_is_told() {
        let mut fences = Fences::default();
        assert!(fences.draw(plume(100.0)));
        let what = |crossed: Vec<super::Crossed>| crossed.into_iter().map(|one| one.what).collect::<Vec<_>>();
        assert_eq!(what(fences.take("@ana:x", &at(0, 900.0))), []);
        assert_eq!(what(fences.take("@ana:x", &at(60, 400.0))), [Crossing::Near]);
        assert!(!fences.draw(plume(100.0)), "the same as before");
        assert!(fences.draw(plume(500.0)));
        assert_eq!(what(fences.take("@ana:x", &at(60, 400.0))), [Crossing::Enter], "where she is already");
        assert_eq!(what(fences.take("@rui:x", &at(60, 40.0))), [Crossing::Enter], "each by themselves");
        assert_eq!(what(fences.take("@ana:x", &at(121, 380.0))), [Crossing::Dwell]);
        assert_eq!(what(fences.take("@ana:x", &at(1_001, 1_500.0))), [], "its time is over");
        assert!(!fences.draw(Vec::new()));
        assert_eq!(what(fences.take("@ana:x", &at(1_002, 0.0))), []);
    }
}
