//! What lies below a picture: the shapes of all tiles that it shows, in degrees.

use super::{MapError, MapFile};
use crate::geo::picture::{Base, Laid, Sheet};
use crate::geo::tile::TileAt;

/// A picture shows no more tiles than these.
const MOST_TILES: usize = 48;
/// Nor more points: a larger picture helps nobody.
const MOST_POINTS: usize = 600_000;

impl MapFile {
    /// Gathers what lies below a picture. `None` where this map has nothing of it.
    ///
    /// # Errors
    /// As `shapes`; `TooLarge` for a part of the map that no picture holds.
    pub fn base(&self, sheet: &Sheet) -> Result<Option<Base>, MapError> {
        let about = self.about();
        let zoom = sheet.zoom().clamp(about.min_zoom, about.max_zoom);
        let (west_south, east_north) = sheet.corners();
        // A map of a part of the earth that shows the whole of it, or the other way round: nothing to see.
        let Some(tiles) = TileAt::covering(west_south, east_north, zoom, MOST_TILES) else { return Ok(None) };
        let mut laid: Vec<Laid> = Vec::new();
        let mut points: usize = 0;
        for at in tiles {
            let (z, x, y) = at.address();
            for shape in self.shapes(z, x, y)?.unwrap_or_default() {
                let count = shape.lines.iter().map(Vec::len).sum::<usize>();
                points = points.saturating_add(count);
                if points > MOST_POINTS {
                    return Err(MapError::TooLarge(format!(
                        "more than {MOST_POINTS} points are in this part"
                    )));
                }
                let lines = shape.lines.iter();
                let lines = lines.map(|line| line.iter().map(|point| at.degrees(*point)).collect()).collect();
                laid.push(Laid { ground: shape.ground, name: shape.name, lines });
            }
        }
        if laid.is_empty() {
            return Ok(None);
        }
        laid.sort_by_key(|one| one.ground);
        Ok(Some(Base { laid, attribution: about.attribution.clone() }))
    }
}
