//! Counts write boundaries, so that a test can kill a process at each of them. Release builds hold none of it: there
//! is nothing to set and nothing to count.

/// A place before, inside or behind a durable change: here a process may die, and nothing may be lost or doubled.
///
/// In debug builds `QROC_DIE_AT_WRITE=n` kills the process at the n-th it comes to, as `kill -9` does.
#[cfg(debug_assertions)]
pub(super) fn reached() {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static FATAL: OnceLock<Option<u64>> = OnceLock::new();
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let fatal = FATAL.get_or_init(|| std::env::var("QROC_DIE_AT_WRITE").ok()?.parse().ok());
    if fatal.is_some_and(|fatal| fatal == REACHED.fetch_add(1, Ordering::SeqCst).saturating_add(1)) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

#[cfg(not(debug_assertions))]
pub(super) const fn reached() {}
