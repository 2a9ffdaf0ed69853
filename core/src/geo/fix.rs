//! A measured position in whole units, so that what is kept, coded and compared stays exact.

/// What measured a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Satellites.
    Gnss,
    /// Masts or wireless networks.
    Network,
    /// Several of these together.
    Fused,
    /// Nothing: a person chose it on a map.
    Picked,
}

impl Source {
    /// Returns the number of the track format and of the database.
    pub fn code(self) -> u8 {
        match self {
            Self::Gnss => 1,
            Self::Network => 2,
            Self::Fused => 3,
            Self::Picked => 4,
        }
    }

    /// Reads that number; one of a later version is no source that is known here.
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Gnss, Self::Network, Self::Fused, Self::Picked]
            .into_iter()
            .find(|source| i64::from(source.code()) == code)
    }

    /// Returns the word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gnss => "gnss",
            Self::Network => "network",
            Self::Fused => "fused",
            Self::Picked => "picked",
        }
    }
}

/// Where somebody or something was at one time, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fix {
    /// When it was measured, in milliseconds since 1970.
    pub ts: i64,
    /// Millionths of a degree north, −90,000,000 to 90,000,000.
    pub lat_e6: i32,
    /// Millionths of a degree east, −180,000,000 to 180,000,000.
    pub lon_e6: i32,
    /// Radius that holds the truth, in decimetres.
    pub accuracy_dm: Option<u32>,
    /// Decimetres per second.
    pub speed_dms: Option<u32>,
    /// Degrees from north, clockwise, 0 to 359.
    pub heading_deg: Option<u16>,
    /// Decimetres above the ellipsoid.
    pub altitude_dm: Option<i32>,
    /// What measured it.
    pub source: Option<Source>,
    /// Charge of the device that measured it, in percent.
    pub battery: Option<u8>,
}

/// The largest values that the track format carries; more is cut off.
pub(super) const MOST_ACCURACY_DM: u32 = 10_000_000;
pub(super) const MOST_SPEED_DMS: u32 = 100_000;
pub(super) const LEAST_ALTITUDE_DM: i32 = -200_000;
pub(super) const MOST_ALTITUDE_DM: i32 = 1_000_000;

impl Fix {
    /// Makes a fix that says only where and when; `None` for what is not on the earth.
    pub fn at(ts: i64, lat: f64, lon: f64) -> Option<Self> {
        super::Place::new(lat, lon, None)?;
        Some(Self {
            ts,
            lat_e6: whole(lat * 1e6)?,
            lon_e6: whole(lon * 1e6)?,
            accuracy_dm: None,
            speed_dms: None,
            heading_deg: None,
            altitude_dm: None,
            source: None,
            battery: None,
        })
    }

    /// Says how sure it is, in metres. What is no such number leaves it unsaid.
    #[must_use]
    pub fn with_accuracy(mut self, metres: Option<f64>) -> Self {
        self.accuracy_dm = metres.and_then(positive_tenths).map(|dm| dm.min(MOST_ACCURACY_DM));
        self
    }

    /// Says how fast it moves, in metres per second.
    #[must_use]
    pub fn with_speed(mut self, metres_per_second: Option<f64>) -> Self {
        self.speed_dms = metres_per_second.and_then(positive_tenths).map(|dms| dms.min(MOST_SPEED_DMS));
        self
    }

    /// Says whereto it moves, in degrees from north.
    #[must_use]
    pub fn with_heading(mut self, degrees: Option<f64>) -> Self {
        self.heading_deg = degrees
            .filter(|degrees| degrees.is_finite())
            .and_then(|degrees| whole(degrees.rem_euclid(360.0).round().rem_euclid(360.0)))
            .and_then(|degrees| u16::try_from(degrees).ok());
        self
    }

    /// Says how high it is, in metres above the ellipsoid.
    #[must_use]
    pub fn with_altitude(mut self, metres: Option<f64>) -> Self {
        self.altitude_dm = metres
            .and_then(|metres| whole(metres * 10.0))
            .map(|dm| dm.clamp(LEAST_ALTITUDE_DM, MOST_ALTITUDE_DM));
        self
    }

    /// Says what measured it.
    #[must_use]
    pub fn from_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// Degrees north.
    pub fn lat(&self) -> f64 {
        f64::from(self.lat_e6) / 1e6
    }

    /// Degrees east.
    pub fn lon(&self) -> f64 {
        f64::from(self.lon_e6) / 1e6
    }

    /// Metres around it that hold the truth.
    pub fn accuracy_m(&self) -> Option<f64> {
        self.accuracy_dm.map(|dm| f64::from(dm) / 10.0)
    }

    /// Metres per second.
    pub fn speed_mps(&self) -> Option<f64> {
        self.speed_dms.map(|dms| f64::from(dms) / 10.0)
    }

    /// Metres above the ellipsoid.
    pub fn altitude_m(&self) -> Option<f64> {
        self.altitude_dm.map(|dm| f64::from(dm) / 10.0)
    }

    /// The place without its time.
    pub fn place(&self) -> super::Place {
        super::Place { lat: self.lat(), lon: self.lon(), accuracy_m: self.accuracy_m() }
    }

    /// Moves it to the middle of a cell of about `precision_m` metres, and says that it is no surer than that.
    /// Speed, heading and altitude, which would tell more, are left out.
    #[must_use]
    pub fn coarsened(mut self, precision_m: f64) -> Self {
        if !precision_m.is_finite() || precision_m <= 0.0 {
            return self;
        }
        let lat_step = (precision_m / METRES_PER_DEGREE * 1e6).max(1.0);
        let cell = |e6: f64, step: f64, most: f64| {
            whole(((e6 / step).floor() * step + step / 2.0).clamp(-most, most)).unwrap_or(0)
        };
        self.lat_e6 = cell(f64::from(self.lat_e6), lat_step, 90e6);
        // The width of a cell is that of its own latitude, so that all in it are moved to the same place.
        let narrow = self.lat().to_radians().cos().max(1e-3);
        self.lon_e6 = cell(f64::from(self.lon_e6), (lat_step / narrow).min(180e6), 180e6);
        let least = positive_tenths(precision_m).unwrap_or(0);
        self.accuracy_dm = Some(self.accuracy_dm.unwrap_or(0).max(least).min(MOST_ACCURACY_DM));
        (self.speed_dms, self.heading_deg, self.altitude_dm) = (None, None, None);
        self
    }
}

/// Length of a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

#[expect(clippy::cast_possible_truncation, reason = "bounded before the cast")]
fn whole(number: f64) -> Option<i32> {
    let rounded = number.round();
    let fits = rounded >= f64::from(i32::MIN) && rounded <= f64::from(i32::MAX);
    if fits { Some(rounded as i32) } else { None }
}

fn positive_tenths(number: f64) -> Option<u32> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    u32::try_from(whole((number * 10.0).min(2e9))?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Fix, Source};
    use crate::geo::earth;

    #[test]
    fn a_fix_says_what_it_was_told_in_whole_units() {
        let fix = Fix::at(1_700_000_000_000, -33.924_871_4, 18.424_055_2)
            .expect("on earth")
            .with_accuracy(Some(4.04))
            .with_speed(Some(13.88))
            .with_heading(Some(359.7))
            .with_altitude(Some(-12.34))
            .from_source(Source::Gnss);
        assert_eq!((fix.lat_e6, fix.lon_e6), (-33_924_871, 18_424_055));
        assert_eq!((fix.accuracy_dm, fix.speed_dms, fix.heading_deg), (Some(40), Some(139), Some(0)));
        assert_eq!(fix.altitude_dm, Some(-123));
        assert!(Fix::at(0, 90.000_001, 0.0).is_none() && Fix::at(0, f64::NAN, 0.0).is_none());
        let odd = fix.with_accuracy(Some(-1.0)).with_speed(Some(f64::NAN)).with_heading(Some(f64::INFINITY));
        assert_eq!((odd.accuracy_dm, odd.speed_dms, odd.heading_deg), (None, None, None));
        for source in [Source::Gnss, Source::Network, Source::Fused, Source::Picked] {
            assert_eq!(Source::from_code(i64::from(source.code())), Some(source));
        }
        assert_eq!(Source::from_code(99), None);
    }

    #[test]
    fn a_coarsened_fix_tells_the_cell_and_no_more() {
        let fix = Fix::at(0, 60.170_21, 24.938_79).expect("on earth").with_accuracy(Some(3.0));
        let coarse = fix.with_speed(Some(9.0)).coarsened(500.0);
        assert_eq!((coarse.accuracy_dm, coarse.speed_dms), (Some(5_000), None));
        let off = earth::distance_m(fix.place(), coarse.place());
        assert!(off > 1.0 && off < 400.0, "{off}");
        let neighbour = Fix::at(0, 60.170_22, 24.938_80).expect("on earth").coarsened(500.0);
        assert_eq!((neighbour.lat_e6, neighbour.lon_e6), (coarse.lat_e6, coarse.lon_e6));
        for (lat, lon) in [(90.0, 180.0), (-90.0, -180.0)] {
            let pole = Fix::at(0, lat, lon).expect("on earth").coarsened(1000.0);
            assert!(pole.lat().abs() <= 90.0 && pole.lon().abs() <= 180.0);
        }
    }
}
