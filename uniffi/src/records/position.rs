//! Who is where, and what sharing that came to.

use std::time::{Duration, SystemTime};

use qroc_core::geo::pace::{Pace, Wanted};
use qroc_core::location::view::stale_from;
use qroc_core::ports::location_source::{self as port, Unavailable};
use qroc_core::store::fixes;
use qroc_core::{geo, model};

use super::{stored, time};

/// What measured a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FixSource {
    /// Satellites.
    Gnss,
    /// Masts or wireless networks.
    Network,
    /// Several of these together.
    Fused,
    /// Nothing: a person chose it on a map.
    Picked,
}

/// Where somebody was at one time, WGS 84.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Fix {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// When it was measured.
    pub time: SystemTime,
    /// Metres around it that hold the truth.
    #[uniffi(default)]
    pub accuracy_m: Option<f64>,
    /// Metres per second.
    #[uniffi(default)]
    pub speed_mps: Option<f64>,
    /// Degrees from north, clockwise.
    #[uniffi(default)]
    pub heading_deg: Option<f64>,
    /// Metres above the ellipsoid.
    #[uniffi(default)]
    pub altitude_m: Option<f64>,
    /// What measured it.
    #[uniffi(default)]
    pub source: Option<FixSource>,
    /// Charge of the device that measured it, in percent.
    #[uniffi(default)]
    pub battery: Option<u8>,
}

impl Fix {
    /// Takes what the platform measured; `None` for what is not on the earth.
    pub(crate) fn measured(&self) -> Option<geo::Fix> {
        let since = self.time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let ts = i64::try_from(since.as_millis()).ok()?;
        let fix = geo::Fix::at(ts, self.lat, self.lon)?
            .with_accuracy(self.accuracy_m)
            .with_speed(self.speed_mps)
            .with_heading(self.heading_deg)
            .with_altitude(self.altitude_m);
        let source = self.source.map(|source| match source {
            FixSource::Gnss => geo::Source::Gnss,
            FixSource::Network => geo::Source::Network,
            FixSource::Fused => geo::Source::Fused,
            FixSource::Picked => geo::Source::Picked,
        });
        Some(geo::Fix { source, battery: self.battery.map(|percent| percent.min(100)), ..fix })
    }
}

impl From<geo::Fix> for Fix {
    fn from(fix: geo::Fix) -> Self {
        Self {
            lat: fix.lat(),
            lon: fix.lon(),
            time: time(fix.ts),
            accuracy_m: fix.accuracy_m(),
            speed_mps: fix.speed_mps(),
            heading_deg: fix.heading_deg.map(f64::from),
            altitude_m: fix.altitude_m(),
            source: fix.source.map(|source| match source {
                geo::Source::Gnss => FixSource::Gnss,
                geo::Source::Network => FixSource::Network,
                geo::Source::Fused => FixSource::Fused,
                geo::Source::Picked => FixSource::Picked,
            }),
            battery: fix.battery,
        }
    }
}

/// Where a user of a room is, as far as that is known.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Position {
    /// Matrix id of the room that it is shared with.
    pub room_id: String,
    /// Who.
    pub user_id: String,
    /// What the user is called in the room.
    pub display_name: Option<String>,
    /// The newest fix.
    pub fix: Fix,
    /// From then on it is too old to count on, or the sharing is over: to be shown as such.
    pub stale_from: SystemTime,
    /// Until when the user says to share.
    pub live_until: Option<SystemTime>,
}

impl From<fixes::Position> for Position {
    fn from(position: fixes::Position) -> Self {
        Self {
            stale_from: time(stale_from(&position.fix, position.live_until)),
            live_until: position.live_until.filter(|until| *until > 0).map(time),
            room_id: position.room_id,
            user_id: position.user_id,
            display_name: position.name,
            fix: position.fix.into(),
        }
    }
}

/// Where one device of a user went.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Track {
    /// Who.
    pub user_id: String,
    /// What the user is called in the room.
    pub display_name: Option<String>,
    /// In the order of their times.
    pub fixes: Vec<Fix>,
}

impl From<fixes::Track> for Track {
    fn from(track: fixes::Track) -> Self {
        let fixes::Track { user_id, name, fixes } = track;
        Self { user_id, display_name: name, fixes: fixes.into_iter().map(Fix::from).collect() }
    }
}

/// How often a position is to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SharePace {
    /// By what the officer does.
    Auto,
    /// Everything at once.
    Chase,
    /// Seldom.
    Patrol,
}

impl From<SharePace> for Wanted {
    fn from(pace: SharePace) -> Self {
        match pace {
            SharePace::Auto => Self::Auto,
            SharePace::Chase => Self::Chase,
            SharePace::Patrol => Self::Patrol,
        }
    }
}

/// How it is going, so that a receiver can rest.
#[uniffi::remote(Enum)]
pub enum Pace {
    /// A fix about every second.
    Chase,
    /// A fix every few seconds.
    Patrol,
    /// Standing: a fix now and then.
    Still,
}

/// A sharing as it is to begin.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NewShare {
    /// How often.
    pub pace: SharePace,
    /// For how long; as long as policy allows without.
    #[uniffi(default)]
    pub duration: Option<Duration>,
}

/// Why the platform does not know where it is.
#[uniffi::remote(Enum)]
pub enum Unavailable {
    /// The person or the system does not allow it.
    NotAllowed,
    /// Positioning is switched off.
    SwitchedOff,
    /// No signal, so far or for now.
    NoSignal,
}

/// What the platform's receiver has to say.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum LocationReading {
    /// Where the device is.
    At {
        /// What was measured.
        fix: Fix,
    },
    /// It does not know.
    Nowhere {
        /// Why.
        reason: Unavailable,
    },
}

impl From<LocationReading> for port::Reading {
    fn from(reading: LocationReading) -> Self {
        match reading {
            LocationReading::At { fix } => {
                fix.measured().map_or(Self::Unavailable(Unavailable::NoSignal), Self::Fix)
            }
            LocationReading::Nowhere { reason } => Self::Unavailable(reason),
        }
    }
}

/// What one sharing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SharedPositions {
    /// Fixes taken from the receiver.
    pub fixes: u32,
    /// Fixes that the server has: those from which the others follow.
    pub sent: u32,
    /// Fixes that are sent when the network is back.
    pub waiting: u32,
    /// Bytes of what was sent, as encrypted content.
    pub bytes: u64,
}

impl From<model::Shared> for SharedPositions {
    fn from(shared: model::Shared) -> Self {
        Self {
            fixes: stored(shared.fixes),
            sent: stored(shared.sent),
            waiting: stored(shared.waiting),
            bytes: u64::try_from(shared.bytes).unwrap_or(0),
        }
    }
}
