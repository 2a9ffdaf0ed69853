//! Positions, tracks and areas: units, coding, distances, thinning, pace, coordinates and files. Pure, no I/O.

pub mod codec;
pub mod earth;
pub mod exchange;
mod fix;
pub mod grid;
pub mod pace;
mod place;
pub mod replay;
pub mod thin;

pub use fix::{Fix, Source};
pub use place::Place;
