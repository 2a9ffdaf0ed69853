//! The attempt counter. It changes while no key is at hand, so it cannot be sealed: each attempt replaces a tally by
//! its hash, and the sealed body keeps the tally's start. The count can be raised by hand, or the whole file rolled
//! back; it cannot be lowered from what the file holds without the next unlock noticing.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::KeyFileError;
use crate::clock::Moment;
use crate::secret::Secret;

/// Counting stops here, so that checking a count stays quick.
const MOST: u32 = 10_000;

/// Attempts since the last unlock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempts {
    pub(super) count: u32,
    /// Time of the last attempt, in milliseconds since 1970.
    pub(super) last_ms: Option<i64>,
    tally: String,
    /// Which run of the device it was in, and how long that had run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up_ms: Option<u64>,
}

impl Attempts {
    pub(super) fn none(start: &Secret<32>) -> Self {
        Self { count: 0, last_ms: None, tally: hex::encode(step(start.expose())), boot: None, up_ms: None }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, KeyFileError> {
        serde_json::to_vec(self).map_err(|_| KeyFileError::Damaged("attempts"))
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let attempts: Self = serde_json::from_slice(bytes).map_err(|_| KeyFileError::Damaged("attempts"))?;
        // One spelling only: what differs was not written by this program.
        if attempts.encode()? != bytes || attempts.last_ms.is_none() != (attempts.count == 0) {
            return Err(KeyFileError::Damaged("attempts"));
        }
        Ok(attempts)
    }

    pub(super) fn add(&mut self, now_ms: i64) -> Result<(), KeyFileError> {
        self.last_ms = Some(now_ms);
        if self.count < MOST {
            let tally = hex::decode(&self.tally).map_err(|_| KeyFileError::Damaged("attempts"))?;
            self.tally = hex::encode(step(&tally));
            self.count += 1;
        }
        Ok(())
    }

    pub(super) fn add_at(&mut self, now: &Moment) -> Result<(), KeyFileError> {
        self.add(now.now_ms)?;
        self.boot = now.up.as_ref().map(|up| up.boot.clone());
        self.up_ms = now.up.as_ref().map(|up| up.ms);
        Ok(())
    }

    /// Returns how long the last attempt is ago at least, in milliseconds. In a later run of the device that is as
    /// long as it has been running; the clock is believed only where the device tells nothing else.
    pub(super) fn elapsed_ms(&self, now: &Moment) -> u64 {
        match (&now.up, &self.boot, self.up_ms) {
            (Some(up), Some(boot), Some(then)) if up.boot == *boot => up.ms.saturating_sub(then),
            (Some(up), Some(_), _) => up.ms,
            _ => u64::try_from(now.now_ms.saturating_sub(self.last_ms.unwrap_or(0))).unwrap_or(0),
        }
    }

    /// Says whether the count is the one that began at `start`.
    pub(super) fn check(&self, start: &Secret<32>) -> Result<(), KeyFileError> {
        if self.count > MOST {
            return Err(KeyFileError::Tampered);
        }
        let mut tally = step(start.expose());
        for _ in 0..self.count {
            tally = step(&tally);
        }
        if hex::encode(tally) == self.tally { Ok(()) } else { Err(KeyFileError::Tampered) }
    }
}

fn step(tally: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"eu.qroc.attempt\0").chain_update(tally).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_true_until_somebody_lowers_it() {
        let start = Secret::random().unwrap();
        let mut attempts = Attempts::none(&start);
        for n in 1..=7 {
            attempts.add(n).unwrap();
            attempts.check(&start).unwrap();
        }
        assert_eq!((attempts.count, attempts.last_ms), (7, Some(7)));
        assert_eq!(Attempts::decode(&attempts.encode().unwrap()).unwrap(), attempts);
        for forged in [0, 6, 8, u32::MAX] {
            let forged = Attempts { count: forged, ..attempts.clone() };
            assert!(matches!(forged.check(&start), Err(KeyFileError::Tampered)));
        }
        assert!(attempts.check(&Secret::random().unwrap()).is_err());
    }

    #[test]
    fn counting_stops_at_its_end() {
        let start = Secret::random().unwrap();
        let mut attempts = Attempts::none(&start);
        for _ in 0..MOST + 3 {
            attempts.add(1).unwrap();
        }
        assert_eq!(attempts.count, MOST);
        attempts.check(&start).unwrap();
    }
}
