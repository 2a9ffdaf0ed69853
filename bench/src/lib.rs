//! A server on loopback that answers with what was prepared, another officer who encrypts, and rooms made from a seed: for
//! measurements, and for stories that are too long for a real homeserver.

pub mod crowd;
pub mod peer;
pub mod server;
pub mod world;
