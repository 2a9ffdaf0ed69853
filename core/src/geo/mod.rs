//! Positions, tracks and areas: units, coding, distances, thinning, pace, coordinates and files. Pure, no I/O.

pub mod area;
pub mod cluster;
pub mod codec;
pub mod earth;
pub mod exchange;
pub mod fence;
mod fix;
pub mod grid;
pub mod pace;
pub mod picture;
mod place;
pub mod replay;
pub mod thin;
pub mod tile;

pub use fix::{Fix, Source};
pub use place::Place;
