//! How detailed the log may be: as detailed as the strictest policy among the profiles that are open in this process
//! allows. Whoever writes the log asks here, line by line.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::Level;

/// Words of `log.level`, quietest first.
const WORDS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
const EVERYTHING: u8 = 5;

static MOST: AtomicU8 = AtomicU8::new(EVERYTHING);
static OPEN: Mutex<Vec<(u64, u8)>> = Mutex::new(Vec::new());

/// Says whether a line this loud may be written.
pub fn allows(level: &Level) -> bool {
    let detail = match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => EVERYTHING,
    };
    detail <= MOST.load(Ordering::Relaxed)
}

/// What one open profile allows; dropped, it allows everything again.
#[derive(Debug)]
pub struct Ceiling(u64);

impl Ceiling {
    /// Lets no line through that is more detailed than this word of `log.level`.
    pub fn new(word: &str) -> Self {
        let ceiling = change(|open| {
            let id = open.iter().map(|(id, _)| *id).max().map_or(0, |id| id.saturating_add(1));
            open.push((id, EVERYTHING));
            Self(id)
        });
        ceiling.set(word);
        ceiling
    }

    /// Changes what it lets through.
    pub fn set(&self, word: &str) {
        change(|open| {
            if let Some((_, known)) = open.iter_mut().find(|(id, _)| *id == self.0) {
                *known = detail_of(word);
            }
        });
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        change(|open| open.retain(|(id, _)| *id != self.0));
    }
}

fn change<T>(work: impl FnOnce(&mut Vec<(u64, u8)>) -> T) -> T {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let done = work(&mut open);
    MOST.store(strictest(&open), Ordering::Relaxed);
    done
}

fn strictest(open: &[(u64, u8)]) -> u8 {
    open.iter().map(|(_, detail)| *detail).min().unwrap_or(EVERYTHING)
}

fn detail_of(word: &str) -> u8 {
    let place = WORDS.iter().position(|known| *known == word);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(EVERYTHING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_of_the_open_ones_holds() {
        assert_eq!(strictest(&[]), EVERYTHING);
        assert_eq!(strictest(&[(0, detail_of("warn")), (1, detail_of("trace")), (2, detail_of("info"))]), 2);
        assert_eq!((detail_of("off"), detail_of("trace")), (0, EVERYTHING));
        // Other tests have profiles open meanwhile, none of which makes this one louder.
        let quiet = Ceiling::new("warn");
        assert!(!allows(&Level::INFO));
        quiet.set("off");
        assert!(!allows(&Level::ERROR));
    }
}
