//! How long to wait before the next try: doubling, bounded, with jitter, so that a thousand phones do not return at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// Counts failures in a row.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Continues after `failures` failures that were counted elsewhere.
    pub fn after(failures: u32) -> Self {
        Self { failures }
    }

    /// Forgets the failures: something worked, or the network came back.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and returns how long to wait: between half and the whole of the step.
    pub fn wait(&mut self) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let mut byte = [0_u8; 1];
        // Without randomness the longest wait is still right.
        let share = if getrandom::fill(&mut byte).is_ok() { byte[0] } else { u8::MAX };
        step / 2 + (step / 2).mul_f64(f64::from(share) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    #[test]
    fn waits_grow_to_a_bound_and_start_over_after_success() {
        let mut backoff = Backoff::default();
        for step_ms in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            let wait = backoff.wait();
            assert!(
                wait >= Duration::from_millis(step_ms / 2) && wait <= Duration::from_millis(step_ms),
                "{wait:?}"
            );
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_millis(500));
    }
}
