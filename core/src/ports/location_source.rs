//! Where the device is: the platform's receiver, or a recorded track. A source measures; whether, how exactly and how
//! often that leaves the device is decided above.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::geo::Fix;
use crate::geo::pace::Pace;

/// What a source has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Where the device is.
    Fix(Fix),
    /// It does not know: no guess is given for a fix.
    Unavailable(Unavailable),
}

/// Why a source does not know where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// The person or the system does not allow it.
    NotAllowed,
    /// Positioning is switched off.
    SwitchedOff,
    /// No signal, so far or for now.
    NoSignal,
}

/// Gives positions until it has no more. Dropping it ends the measuring.
#[async_trait]
pub trait LocationSource: Debug + Send {
    /// Waits for the next reading; `None` when there will be no more. Dropping the future loses no reading.
    async fn next(&mut self) -> Option<Reading>;

    /// Says how it is going, so that a receiver can rest: about every second in a chase, less often else.
    fn set_pace(&mut self, pace: Pace);
}
