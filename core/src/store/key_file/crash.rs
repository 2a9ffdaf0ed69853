//! Points at which a process may die. In tests a thread can be made to stop at one of them and do nothing further.

use std::io;

#[cfg(not(test))]
pub(super) fn point() -> io::Result<()> {
    crate::store::boundary::reached();
    Ok(())
}

#[cfg(test)]
thread_local! {
    static LEFT: std::cell::Cell<Option<u32>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
pub(super) fn point() -> io::Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(io::Error::other("crashed")),
        Some(left) => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
    }
}

/// Runs `work` as a process that dies at the point `after`; says whether it did.
#[cfg(test)]
pub(super) fn at<T>(after: u32, work: impl FnOnce() -> T) -> (T, bool) {
    LEFT.set(Some(after));
    let result = work();
    let died = LEFT.get() == Some(0) && point().is_err();
    LEFT.set(None);
    (result, died)
}
