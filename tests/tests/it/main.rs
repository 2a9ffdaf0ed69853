//! Everything end to end, and the architecture, in one test program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::string_slice,
    unreachable_pub,
    reason = "test code"
)]

mod architecture;
mod areas;
mod bad_input;
mod beside;
mod cli;
mod clips;
mod contents;
mod conversation;
mod disk;
mod faults;
mod full_disk;
mod fuzz;
mod history;
mod interop;
mod killed;
mod late_keys;
mod leaks;
mod lists;
mod location;
mod lock;
mod membership;
mod network;
mod notification;
mod originals;
mod patrol;
mod peer;
mod policy;
mod power;
mod prepared;
mod proxy;
mod queue;
mod recovery;
mod refused;
mod retention;
mod rights;
mod screen;
mod second_factor;
mod seed;
mod sending;
mod sharing;
mod soak;
mod stating;
mod strace;
mod surroundings;
mod table;
mod talk;
mod terminal;
mod tls;
mod tokens;
mod trust;
mod weather;
mod week;
