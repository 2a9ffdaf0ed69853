//! Counts what is alive on this side, so that a screen that leaks is found.

use std::sync::atomic::{AtomicU32, Ordering};

static CLIENTS: AtomicU32 = AtomicU32::new(0);
static ROOMS: AtomicU32 = AtomicU32::new(0);
static SHARES: AtomicU32 = AtomicU32::new(0);
static LISTS: AtomicU32 = AtomicU32::new(0);
static CONTENTS: AtomicU32 = AtomicU32::new(0);
static VERIFICATIONS: AtomicU32 = AtomicU32::new(0);
static TRANSFERS: AtomicU32 = AtomicU32::new(0);
static PULLS: AtomicU32 = AtomicU32::new(0);

/// What is alive in the library now, in the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LiveObjects {
    /// Clients that were not freed, closed or not.
    pub clients: u32,
    /// Rooms that were not freed.
    pub rooms: u32,
    /// Room lists, timelines, queues, positions and streams of states that were not freed.
    pub lists: u32,
    /// Pulls that wait for something to change.
    pub pulls: u32,
    /// Sharings of the own position that were not freed.
    pub shares: u32,
    /// Files that are looked at, not freed.
    pub contents: u32,
    /// Verifications that were not freed.
    pub verifications: u32,
    /// Transfers that were not freed.
    pub transfers: u32,
}

/// Counts what is alive in the library, for tests and for finding leaks. Answered from memory.
#[uniffi::export]
pub fn live_objects() -> LiveObjects {
    let count = |counter: &AtomicU32| counter.load(Ordering::SeqCst);
    LiveObjects {
        clients: count(&CLIENTS),
        rooms: count(&ROOMS),
        lists: count(&LISTS),
        pulls: count(&PULLS),
        shares: count(&SHARES),
        contents: count(&CONTENTS),
        verifications: count(&VERIFICATIONS),
        transfers: count(&TRANSFERS),
    }
}

/// Counts one object for as long as it is kept.
#[derive(Debug)]
pub(crate) struct Live(&'static AtomicU32);

impl Live {
    pub(crate) fn client() -> Self {
        Self::new(&CLIENTS)
    }

    pub(crate) fn room() -> Self {
        Self::new(&ROOMS)
    }

    pub(crate) fn list() -> Self {
        Self::new(&LISTS)
    }

    pub(crate) fn share() -> Self {
        Self::new(&SHARES)
    }

    pub(crate) fn contents() -> Self {
        Self::new(&CONTENTS)
    }

    pub(crate) fn verification() -> Self {
        Self::new(&VERIFICATIONS)
    }

    pub(crate) fn transfer() -> Self {
        Self::new(&TRANSFERS)
    }

    pub(crate) fn pull() -> Self {
        Self::new(&PULLS)
    }

    fn new(counter: &'static AtomicU32) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(counter)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
