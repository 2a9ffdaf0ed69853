//! Positions and seconds as they are typed on a command line.

use std::num::NonZeroU64;
use std::str::FromStr;

use qroc_core::geo::grid::{self, GridError};

/// A position, in degrees of WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Plain degrees are read here, so that what is wrong with them is named; the rest as people speak it.
        let plain = match text.split_once(',') {
            Some((lat, lon)) => degrees("latitude", lat, 90.0)
                .and_then(|lat| Ok(Self { lat, lon: degrees("longitude", lon, 180.0)? })),
            None => Err("a position is LAT,LON in degrees, such as 38.7223,-9.1393".to_owned()),
        };
        match (plain, grid::read(text)) {
            (Ok(point), _) => Ok(point),
            (Err(_), Ok((place, _))) => Ok(Self { lat: place.lat, lon: place.lon }),
            (Err(reason), Err(GridError::Unknown(_))) => Err(reason),
            (Err(reason), Err(_)) if text.contains(',') => Err(reason),
            (Err(_), Err(error)) => Err(error.to_string()),
        }
    }
}

fn degrees(name: &str, text: &str, limit: f64) -> Result<f64, String> {
    let text = text.trim();
    let value: f64 = text.parse().map_err(|_| format!("{name} \"{text}\" is not a number of degrees"))?;
    if !(-limit..=limit).contains(&value) {
        return Err(format!("{name} {text} is outside -{limit} to {limit} degrees"));
    }
    Ok(value)
}

/// Reads an accuracy in metres.
pub(crate) fn accuracy(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("\"{text}\" is not a number of metres"))?;
    if !value.is_finite() || value < 0.0 {
        return Err("an accuracy is 0 metres or more".to_owned());
    }
    Ok(value)
}

/// Reads whole seconds, 1 or more.
pub(crate) fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: NonZeroU64 =
        text.parse().map_err(|_| format!("\"{text}\" is not a whole number of seconds, 1 or more"))?;
    Ok(std::time::Duration::from_secs(seconds.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_all_quarters_are_read() {
        for (text, lat, lon) in [
            ("38.7,-9.1", 38.7, -9.1),
            ("-33.9, 18.4", -33.9, 18.4),
            ("-90,180", -90.0, 180.0),
            ("0,0", 0.0, 0.0),
            ("38°30'N 9°15'W", 38.5, -9.25),
        ] {
            assert_eq!(text.parse(), Ok(Point { lat, lon }));
        }
    }

    #[test]
    fn what_is_wrong_with_a_position_is_named() {
        let error = |text: &str| text.parse::<Point>().unwrap_err();
        assert_eq!(error("91,0"), "latitude 91 is outside -90 to 90 degrees");
        assert_eq!(error("0,-180.5"), "longitude -180.5 is outside -180 to 180 degrees");
        assert_eq!(error("NaN,0"), "latitude NaN is outside -90 to 90 degrees");
        assert_eq!(error("1,inf"), "longitude inf is outside -180 to 180 degrees");
        assert_eq!(error("1,2,3"), "longitude \"2,3\" is not a number of degrees");
        assert!(error("38.7").contains("LAT,LON"));
        assert!(error("--acuracy").contains("LAT,LON"));
    }

    #[test]
    fn accuracies_and_seconds_have_their_ranges() {
        assert_eq!(accuracy("0"), Ok(0.0));
        assert_eq!(accuracy("12.5"), Ok(12.5));
        for wrong in ["-1", "NaN", "inf", "far"] {
            assert!(accuracy(wrong).is_err(), "{wrong}");
        }
        assert_eq!(seconds("30"), Ok(std::time::Duration::from_secs(30)));
        for wrong in ["0", "-1", "1.5", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
