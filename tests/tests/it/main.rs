//! Everything end to end, and the architecture, in one test program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "test code"
)]

mod architecture;
mod bad_input;
mod beside;
mod cli;
mod clips;
mod disk;
mod faults;
mod history;
mod interop;

mod lists;
mod lock;
mod network;
mod peer;
mod policy;
mod proxy;
mod sending;
mod talk;
mod terminal;
