//! The core's log on its way to the platform: only the core's own lines, since those are safe to show, through a queue
//! of bounded length to a thread that nothing waits for.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Once, PoisonError, RwLock};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::platform::{LogLevel, LogRecord, LogSink};

const WAITING: usize = 1_000;

struct Outlet {
    lines: SyncSender<LogRecord>,
    level: LogLevel,
}

static OUTLET: RwLock<Option<Outlet>> = RwLock::new(None);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Sends the log to `sink` from now on.
pub(crate) fn install(sink: Option<Arc<dyn LogSink>>, level: LogLevel) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A program that has its own subscriber keeps it.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Lines));
        std::panic::set_hook(Box::new(|panic| {
            // Where, not what: the words of a panic may hold anything.
            let place = panic.location().map_or_else(String::new, ToString::to_string);
            tracing::error!(place, "panic");
        }));
    });
    let outlet = sink.and_then(|sink| {
        let (lines, queue) = sync_channel(WAITING);
        let thread =
            std::thread::Builder::new().name("qroc-log".to_owned()).spawn(move || pour(&queue, &*sink));
        thread.ok().map(|_| Outlet { lines, level })
    });
    *OUTLET.write().unwrap_or_else(PoisonError::into_inner) = outlet;
}

/// Ends when another sink takes its place.
fn pour(queue: &Receiver<LogRecord>, sink: &dyn LogSink) {
    while let Ok(line) = queue.recv() {
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        // A sink that fails has no place to say so.
        if dropped > 0 {
            let line = format!("lines dropped while the log was busy count={dropped}");
            let target = "qroc".to_owned();
            let _ = sink.log(LogRecord { time: SystemTime::now(), level: LogLevel::Warn, target, line });
        }
        let _ = sink.log(line);
    }
}

struct Lines;

impl<S: Subscriber> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Other libraries log addresses and ids.
        metadata.target().starts_with("qroc") && *metadata.level() <= Level::DEBUG
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            _ => LogLevel::Debug,
        };
        let outlet = OUTLET.read().unwrap_or_else(PoisonError::into_inner);
        let is_wanted =
            |outlet: &&Outlet| level <= outlet.level && qroc_core::log::allows(event.metadata().level());
        let Some(outlet) = outlet.as_ref().filter(is_wanted) else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let record = LogRecord {
            time: SystemTime::now(),
            level,
            target: event.metadata().target().to_owned(),
            line: line.text(),
        };
        if outlet.lines.try_send(record).is_err() {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Default)]
struct Line {
    words: String,
    fields: String,
}

impl Line {
    fn text(self) -> String {
        format!("{}{}", self.words, self.fields)
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.words, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests;
