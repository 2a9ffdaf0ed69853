//! Sharing positions: what is sent in which form, within which bounds, and what others' positions look like on a
//! screen. Who sends when is the client's to wire.

pub mod companion;
pub mod fences;
pub mod gather;
pub mod message;
mod replay;
pub mod view;

use std::time::Duration;

use thiserror::Error;

pub use replay::Replay;

use crate::geo::{Fix, Place};
use crate::kind::ErrorKind;
use crate::store::StoreError;

/// How long positions are kept, ours and others', in milliseconds.
pub const RETENTION_MS: i64 = 7 * 86_400_000;

/// Says why positions are not shared.
#[derive(Debug, Error)]
pub enum LocationError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is shared in the room.
    #[error("no position is shared in this room from this device")]
    NotSharing,
    /// A sharing of this room is going on in this process.
    #[error("the position is already shared in this room")]
    AlreadySharing,
}

impl LocationError {
    /// Sorts the error by what the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::NotSharing | Self::AlreadySharing => ErrorKind::BadInput,
        }
    }
}

/// What policy says about positions (`location.*`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// No more often.
    pub min_interval: Duration,
    /// No longer at a time.
    pub max_duration: Duration,
    /// No more exactly, in metres.
    pub precision_m: Option<f64>,
}

impl Bounds {
    /// What holds where no policy says otherwise.
    pub const UNMANAGED: Self = Self {
        min_interval: Duration::from_secs(5),
        max_duration: Duration::from_secs(480 * 60),
        precision_m: None,
    };

    /// Makes a fix as exact as it may be.
    #[must_use]
    pub fn coarsen(&self, fix: Fix) -> Fix {
        self.precision_m.map_or(fix, |precision| fix.coarsened(precision))
    }

    /// Makes a place as exact as it may be, on the same grid as fixes: many of both tell no more than one.
    #[must_use]
    pub fn coarsen_place(&self, place: Place) -> Place {
        if self.precision_m.is_none() {
            return place;
        }
        let fix = Fix::at(0, place.lat, place.lon).map(|fix| fix.with_accuracy(place.accuracy_m));
        fix.map_or(place, |fix| self.coarsen(fix).place())
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;
    use crate::geo::{Fix, Place};

    #[test]
    fn a_place_that_is_sent_lies_on_the_same_grid_as_what_is_shared() {
        let bounds = Bounds { precision_m: Some(1_000.0), ..Bounds::UNMANAGED };
        for (lat, lon) in [(38.707_12, -9.135_49), (60.170_21, 24.938_79), (-33.9, 18.4), (78.2, 179.999_9)] {
            let shared = bounds.coarsen(Fix::at(0, lat, lon).expect("on earth")).place();
            let sent = bounds.coarsen_place(Place::new(lat, lon, Some(5.0)).expect("on earth"));
            assert_eq!((sent.lat, sent.lon, sent.accuracy_m), (shared.lat, shared.lon, Some(1_000.0)));
            assert_ne!((sent.lat, sent.lon), (lat, lon));
        }
        let exact = Place::new(38.7, -9.1, None).expect("on earth");
        assert_eq!(Bounds::UNMANAGED.coarsen_place(exact), exact);
    }
}
