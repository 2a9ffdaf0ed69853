//! Whether the machine is ours alone: times mean little where it is not.

use std::fs;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// Part of the processors that others may take.
const BUSY: f64 = 0.25;
const LOOK: Duration = Duration::from_millis(400);

/// Waits until others leave the machine alone, no longer than `limit`. Returns the part of the processors that they took
/// at the end.
pub(crate) async fn wait(limit: Duration) -> f64 {
    let until = Instant::now() + limit;
    loop {
        let busy = busy().await;
        if busy <= BUSY || Instant::now() >= until {
            return busy;
        }
    }
}

pub(crate) fn is_loaded(busy: f64) -> bool {
    busy > BUSY
}

async fn busy() -> f64 {
    let before = ticks();
    sleep(LOOK).await;
    let after = ticks();
    let (all, idle) = (after.0 - before.0, after.1 - before.1);
    if all > 0.0 { 1.0 - idle / all } else { 0.0 }
}

/// All ticks of the processors, and those without work.
fn ticks() -> (f64, f64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    (ticks.iter().take(8).sum(), idle)
}
