use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::install;
use crate::error::PortFault;
use crate::platform::{LogLevel, LogRecord, LogSink};

struct Hostile(std::sync::Mutex<Sender<String>>);

impl LogSink for Hostile {
    /// Slow, failing, and logging itself.
    fn log(&self, record: LogRecord) -> Result<(), PortFault> {
        tracing::error!(again = true, "from within the sink");
        std::thread::sleep(Duration::from_millis(1));
        let _ = self.0.lock().expect("sender").send(record.line);
        Err(PortFault::Failed)
    }
}

#[test]
fn a_sink_that_is_slow_fails_and_logs_holds_nobody_up() {
    let (lines, seen) = channel();
    install(Some(Arc::new(Hostile(lines.into()))), LogLevel::Warn);
    let begun = std::time::Instant::now();
    tracing::warn!(target: "qroc_core::net", kind = "network", "the server is away");
    tracing::info!(target: "qroc_core::net", "too quiet");
    tracing::error!(target: "hyper", "somebody else's");
    for _ in 0..20_000 {
        tracing::error!(target: "qroc_core::net", "many");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "the log held its caller up");
    let patience = Duration::from_secs(10);
    // Other tests of this process panic, which is logged too.
    let mut lines = std::iter::from_fn(|| seen.recv_timeout(patience).ok());
    assert!(lines.any(|line| line == "the server is away kind=network"));
    assert!(lines.any(|line| line.starts_with("lines dropped while the log was busy count=")));
    install(None, LogLevel::Warn);
}
