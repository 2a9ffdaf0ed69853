//! Distances and directions on the ellipsoid, true across the antimeridian and at the poles.

use geo::{Bearing as _, Destination as _, Distance as _, Geodesic, Point};

use super::Place;

fn point(place: Place) -> Point {
    Point::new(place.lon, place.lat)
}

/// Returns the length of the shortest way, in metres.
pub fn distance_m(from: Place, to: Place) -> f64 {
    Geodesic.distance(point(from), point(to))
}

/// Returns the direction in which the shortest way begins, in degrees from north, 0 to 360.
pub fn bearing_deg(from: Place, to: Place) -> f64 {
    let degrees = Geodesic.bearing(point(from), point(to)).rem_euclid(360.0);
    if degrees.is_finite() && degrees < 360.0 { degrees } else { 0.0 }
}

/// Returns the place that lies so far off in a direction.
pub fn destination(from: Place, bearing_deg: f64, distance_m: f64) -> Place {
    let there = Geodesic.destination(point(from), bearing_deg, distance_m);
    Place { lat: there.y().clamp(-90.0, 90.0), lon: there.x().clamp(-180.0, 180.0), accuracy_m: None }
}

/// Names a direction as people say it, in sixteenths.
pub fn compass(bearing_deg: f64) -> &'static str {
    const POINTS: [&str; 16] =
        ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
    let wanted = bearing_deg.rem_euclid(360.0);
    let mut edge = 11.25;
    for name in POINTS {
        if wanted < edge {
            return name;
        }
        edge += 22.5;
    }
    "N"
}

/// Metres east and north of an origin on a flat sheet: good to a millimetre per metre within some kilometres.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    lat: f64,
    lon: f64,
    narrow: f64,
}

/// Mean radius of the earth times one degree.
const METRES_PER_DEGREE: f64 = 111_195.08;

impl Sheet {
    /// Lays a sheet at a place, in degrees.
    pub fn at(lat: f64, lon: f64) -> Self {
        Self { lat, lon, narrow: lat.to_radians().cos() }
    }

    /// Returns metres east and north of the origin, the shorter way around the earth.
    pub fn xy(&self, lat: f64, lon: f64) -> (f64, f64) {
        let east = (lon - self.lon + 180.0).rem_euclid(360.0) - 180.0;
        (east * self.narrow * METRES_PER_DEGREE, (lat - self.lat) * METRES_PER_DEGREE)
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Sheet, bearing_deg, compass, destination, distance_m};

    fn place(lat: f64, lon: f64) -> Place {
        Place::new(lat, lon, None).expect("on earth")
    }

    #[test]
    fn distances_are_those_of_the_ellipsoid() {
        // Published solutions: JFK to LHR, and a quarter of a meridian.
        let atlantic = distance_m(place(40.6, -73.8), place(51.6, -0.5));
        assert!((atlantic - 5_551_759.4).abs() < 1.0, "{atlantic}");
        let quarter = distance_m(place(0.0, 0.0), place(90.0, 0.0));
        assert!((quarter - 10_001_965.729).abs() < 0.01, "{quarter}");
        assert!((bearing_deg(place(40.6, -73.8), place(51.6, -0.5)) - 51.198_88).abs() < 1e-4);
    }

    #[test]
    fn nothing_happens_at_the_antimeridian_and_the_poles() {
        let across = distance_m(place(-16.5, 179.999), place(-16.5, -179.999));
        assert!((across - 213.5).abs() < 1.0, "{across}");
        assert!((bearing_deg(place(-16.5, 179.999), place(-16.5, -179.999)) - 90.0).abs() < 0.01);
        let over = distance_m(place(89.999, 0.0), place(89.999, 180.0));
        assert!((over - 223.4).abs() < 1.0, "{over}");
        let there = destination(place(0.0, 179.999), 90.0, 1000.0);
        assert!(there.lon < -179.9, "{there:?}");
        let (east, north) = Sheet::at(-16.5, 179.999).xy(-16.5, -179.999);
        assert!((east - across).abs() < 1.0 && north == 0.0, "{east}");
        assert_eq!(
            bearing_deg(place(1.0, 1.0), place(1.0, 1.0)),
            0.0 + bearing_deg(place(1.0, 1.0), place(1.0, 1.0))
        );
    }

    #[test]
    fn directions_have_names() {
        for (degrees, name) in
            [(0.0, "N"), (11.2, "N"), (11.3, "NNE"), (180.0, "S"), (348.8, "N"), (-90.0, "W")]
        {
            assert_eq!(compass(degrees), name, "{degrees}");
        }
    }
}
