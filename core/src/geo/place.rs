//! A place as people and other clients say it: RFC 5870 `geo:` URIs.

/// A place on the earth, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees north, −90 to 90.
    pub lat: f64,
    /// Degrees east, −180 to 180.
    pub lon: f64,
    /// Radius in metres that holds the truth; `None` where nobody said.
    pub accuracy_m: Option<f64>,
}

impl Place {
    /// Checks the ranges; `None` for what is not on the earth, not a number, or less than exact.
    pub fn new(lat: f64, lon: f64, accuracy_m: Option<f64>) -> Option<Self> {
        let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        let accurate = accuracy_m.is_none_or(|metres| metres.is_finite() && metres >= 0.0);
        if on_earth && accurate { Some(Self { lat, lon, accuracy_m }) } else { None }
    }

    /// Writes the URI, to a tenth of a metre.
    pub fn to_uri(self) -> String {
        let accuracy = self.accuracy_m.map(|metres| format!(";u={}", trimmed(metres, 1))).unwrap_or_default();
        format!("geo:{},{}{accuracy}", trimmed(self.lat, 6), trimmed(self.lon, 6))
    }

    /// Reads a URI. Altitude and unknown parameters are passed over.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let mut parts = uri.strip_prefix("geo:")?.split(';');
        let mut numbers = parts.next()?.split(',').map(|number| number.trim().parse::<f64>().ok());
        let (lat, lon) = (numbers.next()??, numbers.next()??);
        let accuracy = parts.find_map(|part| part.strip_prefix("u=")).and_then(|metres| metres.parse().ok());
        Self::new(lat, lon, accuracy)
    }
}

fn trimmed(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Place;

    #[test]
    fn a_uri_says_where_and_how_sure() {
        let harbour = Place::new(38.7071, -9.13549, Some(12.0)).expect("on earth");
        assert_eq!(harbour.to_uri(), "geo:38.7071,-9.13549;u=12");
        assert_eq!(Place::from_uri("geo:38.7071,-9.13549,15;crs=wgs84;u=12"), Some(harbour));
        for wrong in ["geo:91,0", "geo:0,181", "geo:x,1", "geo:1", "38,9", "geo:NaN,0", "geo:1,1;u=-4"] {
            assert_eq!(Place::from_uri(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_to_a_tenth_of_a_metre(lat in -90.0..=90.0, lon in -180.0..=180.0) {
            let place = Place::new(lat, lon, None).expect("on earth");
            let again = Place::from_uri(&place.to_uri()).expect("readable");
            prop_assert!((again.lat - lat).abs() < 1e-6 && (again.lon - lon).abs() < 1e-6);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Place::from_uri(&text);
            let _ = Place::from_uri(&format!("geo:{text}"));
        }
    }
}
