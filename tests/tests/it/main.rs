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
mod audit;
mod bad_input;
mod beside;
mod cli;
mod clips;
mod contents;
mod conversation;
mod disk;
mod ephemeral;
mod faults;
mod full_disk;
mod fuzz;
mod history;
mod hostile_keys;
mod interop;
mod killed;
mod late_comers;
mod late_keys;
mod leaks;
mod lists;
mod location;
mod lock;
mod maps;
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
mod push;
mod queue;
mod recovery;
mod refused;
mod restoring;
mod retention;
mod rights;
mod screen;
mod second_factor;
mod seed;
mod sending;
mod share;
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
mod trust_by_code;
mod way;
mod weather;
mod week;
