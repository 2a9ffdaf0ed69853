//! The shared core of QROC: sync, end-to-end encryption, encrypted database, media, location and policy, without
//! a screen. Layers and their rules are in `ARCHITECTURE.md`; a test holds the code to them.
// What a call waits for goes deep into the cryptography's own futures.
#![recursion_limit = "256"]

pub mod attachments;
pub mod client;
pub mod clock;
pub mod crypto;
pub mod diff;
pub mod geo;
pub mod ids;
pub mod ingest;
pub mod json;
pub mod keeping;
pub mod kind;
pub mod location;
pub mod log;
pub mod map;
pub mod mdm;
pub mod media;
pub mod model;
pub mod net;
pub mod notify;
pub mod outbox;
pub mod policy;
pub mod ports;
pub mod progress;
pub mod push;
pub mod recovery;
pub mod redact;
pub mod roster;
pub mod secret;
pub mod session;
pub mod sliding;
pub mod store;
pub mod sync;
pub mod text;
pub mod timeline;
pub mod verify;
