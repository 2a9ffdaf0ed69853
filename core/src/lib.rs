//! The shared core of QROC: sync, end-to-end encryption, encrypted database, media, location and policy, without
//! a screen. Layers and their rules are in `ARCHITECTURE.md`; a test holds the code to them.

pub mod clock;
pub mod crypto;
pub mod ids;
pub mod ingest;
pub mod kind;
pub mod model;
pub mod net;
pub mod ports;
pub mod redact;
pub mod roster;
pub mod secret;
pub mod session;
pub mod sliding;
pub mod store;
pub mod sync;
//! QROC core.

pub mod media;
