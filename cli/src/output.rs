//! The one place that writes to standard output and standard error: JSON lines or tables, notes, progress, failures.
#![allow(clippy::print_stderr, reason = "this module is where words for a person go to standard error")]

use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic;
use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use qroc_core::progress::Report;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::sanitise;

/// What a cell of a table means, which decides how it looks at a terminal.
pub(crate) enum Value {
    Plain(String),
    Strong(String),
    Faint(String),
    Warning(String),
    /// Milliseconds since 1970; never broken into lines.
    Time(i64),
    /// A long name for machines: in a narrow terminal it goes below what stands before it. Only as the last cell.
    Id(String),
}

/// Where a row is no wider than this, an id of its own column would leave nothing for the rest.
const NARROW: u16 = 110;

impl Value {
    fn cell(self, below: Option<String>, colour: bool) -> Cell {
        let (text, style): (String, fn(Cell) -> Cell) = match self {
            Self::Plain(text) => (text, |cell| cell),
            Self::Strong(text) => (text, |cell| cell.add_attribute(Attribute::Bold)),
            Self::Faint(text) | Self::Id(text) => (text, |cell| cell.add_attribute(Attribute::Dim)),
            Self::Warning(text) => (text, |cell| cell.fg(Color::Yellow)),
            Self::Time(ts) => (local_time(ts), |cell| cell.add_attribute(Attribute::Dim)),
        };
        let mut text = sanitise::line(&text);
        if let Some(id) = below {
            text = format!("{text}\n  {}", sanitise::line(&id));
        }
        let cell = Cell::new(text);
        if colour { style(cell) } else { cell }
    }
}

/// Writes what a command found.
pub(crate) struct Output {
    json: bool,
    colour: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(json: bool, verbose: u8) -> Self {
        let colour =
            io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        // A moving line and a log on the same screen spoil each other.
        Self { json, colour, quiet: verbose > 0 }
    }

    /// Writes one object, or the words for a person.
    pub(crate) fn one<T: Serialize>(
        &self,
        item: &T,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json { self.object(item) } else { Self::text(&sanitise::line(&words(item))) }
    }

    /// Writes one object, or a drawing as it is: nothing in it is anybody's words.
    pub(crate) fn drawn<T: Serialize>(
        &self,
        item: &T,
        drawing: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json { self.object(item) } else { Self::text(&drawing(item)) }
    }

    /// Writes one object, or its parts as names and values.
    pub(crate) fn details<T: Serialize>(
        &self,
        item: &T,
        rows: impl FnOnce(&T) -> Vec<(&'static str, Value)>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.object(item);
        }
        let rows = rows(item).into_iter().map(|(name, value)| vec![Value::Faint(name.to_owned()), value]);
        Self::text(&self.table(&[], rows.collect()))
    }

    /// Writes one object for each item, or a table.
    pub(crate) fn list<T: Serialize>(
        &self,
        items: &[T],
        header: &[&str],
        row: impl Fn(&T) -> Vec<Value>,
    ) -> Result<(), Failure> {
        if self.json {
            return items.iter().try_for_each(|item| self.object(item));
        }
        if items.is_empty() {
            return Ok(());
        }
        Self::text(&self.table(header, items.iter().map(row).collect()))
    }

    /// Writes text as it is: completions, manual pages.
    pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Tells a person something beside the result.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", sanitise::line(text));
    }

    /// Shows at a terminal that something is going on, until it is dropped.
    pub(crate) fn busy(&self, what: &'static str) -> Busy {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        bar.set_style(ProgressStyle::default_spinner());
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Busy(bar)
    }

    /// Tells how a command ended.
    pub(crate) fn failure(&self, failure: &Failure) {
        let message = match failure {
            Failure::Said { message, .. } | Failure::Waiting(message) | Failure::Faulty(message) => {
                message.clone()
            }
            Failure::Denied(denied) => denied.to_string(),
            Failure::ReaderGone => return,
        };
        let kind = match failure {
            Failure::Faulty(_) => Some("bad_policy"),
            other => other.kind().map(qroc_core::kind::ErrorKind::code),
        };
        if let (true, Some(kind)) = (self.json, kind) {
            let mut error = json!({"kind": kind, "message": message});
            if let (Failure::Denied(denied), Some(error)) = (failure, error.as_object_mut()) {
                error.extend([
                    ("action".to_owned(), json!(denied.action)),
                    ("key".to_owned(), json!(denied.key)),
                    ("source".to_owned(), json!(denied.origin)),
                    ("value".to_owned(), json!(denied.value)),
                    ("allowed".to_owned(), json!(denied.needed)),
                ]);
            }
            // Where standard output is gone, standard error and the status still tell.
            let _ = self.object(&json!({"error": error}));
        }
        self.note(&format!("qroc: {message}"));
    }

    fn object<T: Serialize>(&self, item: &T) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(item)
            .map_err(|error| Failure::new(qroc_core::kind::ErrorKind::Internal, error.to_string()))?;
        line.push(b'\n');
        Self::raw(&line)
    }

    fn text(text: &str) -> Result<(), Failure> {
        Self::raw(format!("{text}\n").as_bytes())
    }

    fn table(&self, header: &[&str], rows: Vec<Vec<Value>>) -> String {
        let width = io::stdout().is_terminal().then(|| Table::new().width()).flatten();
        lay_out(header, rows, width, self.colour)
    }
}

fn lay_out(header: &[&str], rows: Vec<Vec<Value>>, width: Option<u16>, colour: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let narrow = width.is_some_and(|width| width < NARROW);
    let has_ids = rows.first().is_some_and(|row| matches!(row.last(), Some(Value::Id(_))));
    let columns = header.len().saturating_sub(usize::from(narrow && has_ids));
    if !header.is_empty() {
        let names = header.iter().take(columns);
        table.set_header(names.map(|name| Value::Strong((*name).to_owned()).cell(None, colour)));
    }
    let mut times = Vec::new();
    for mut row in rows {
        let mut below = match row.pop() {
            Some(Value::Id(id)) if narrow => Some(id),
            last => {
                row.extend(last);
                None
            }
        };
        times = row.iter().map(|value| matches!(value, Value::Time(_))).collect();
        let last = row.len().saturating_sub(1);
        let cells = row.into_iter().enumerate();
        table.add_row(
            cells.map(|(position, value)| {
                value.cell(if position == last { below.take() } else { None }, colour)
            }),
        );
    }
    for (column, _) in table.column_iter_mut().zip(times).filter(|(_, is_time)| *is_time) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// A moving sign on standard error; gone when dropped.
pub(crate) struct Busy(ProgressBar);

impl Busy {
    /// Shows how far a work is.
    pub(crate) fn follow(&self) -> impl FnMut(Report) + Send + 'static {
        let (bar, what) = (self.0.clone(), self.0.message());
        move |Report { done, total, left_ms }| {
            let part = done.saturating_mul(100).checked_div(total).unwrap_or_default().min(100);
            let left = left_ms.map(|ms| format!(", {} s left", ms.div_ceil(1000))).unwrap_or_default();
            bar.set_message(format!("{what} {part} %{left}"));
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Shows a point in time as the local clock does; nothing for 0.
pub(crate) fn local_time(ts: i64) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(ts).filter(|_| ts != 0);
    time.map(|time| time.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Shows a number of bytes as people say it.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// Keeps what a fault of this program was about off the screen: only its place in the code is told.
pub(crate) fn hide_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("qroc: a fault of this program at {place}");
    }));
}

/// Shows what the argument parser has to say: help and versions on standard output, mistakes on standard error.
/// Returns the exit status.
pub(crate) fn parser_said(error: &clap::Error, json: bool) -> u8 {
    // Where nobody reads it, there is nobody to tell.
    let _ = error.print();
    if !error.use_stderr() {
        return 0;
    }
    if json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let line =
            json!({"error": {"kind": qroc_core::kind::ErrorKind::BadInput.code(), "message": message}});
        let _ = Output::text(&line.to_string());
    }
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Value> {
        cells.iter().map(|cell| Value::Plain((*cell).to_owned())).collect()
    }

    #[test]
    fn a_table_adapts_to_the_terminal() {
        let rows = || vec![row(&["@lisbon:example.org", "On my way to the bridge, two minutes out"])];
        let narrow = lay_out(&["Who", "Message"], rows(), Some(40), false);
        assert!(narrow.lines().count() > 2, "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
        let free = lay_out(&["Who", "Message"], rows(), None, false);
        assert_eq!(
            free,
            "Who                  Message\n@lisbon:example.org  On my way to the bridge, two minutes out"
        );
    }

    #[test]
    fn an_id_goes_below_where_there_is_no_room() {
        let rows = || {
            let id = Value::Id("$LBwgij1i6iyFWrztLdnn7aoKB0nbsN3_HyWd1A0-ubg".to_owned());
            vec![vec![Value::Time(1_700_000_000_000), Value::Plain("On my way".to_owned()), id]]
        };
        let header = ["When", "Message", "Event"];
        let narrow = lay_out(&header, rows(), Some(80), false);
        let lines: Vec<_> = narrow.lines().collect();
        assert_eq!(lines.len(), 3, "{narrow}");
        assert!(!lines[0].contains("Event") && lines[1].ends_with("On my way"), "{narrow}");
        assert!(lines[2].ends_with("  $LBwgij1i6iyFWrztLdnn7aoKB0nbsN3_HyWd1A0-ubg"), "{narrow}");
        for width in [Some(120), None] {
            let wide = lay_out(&header, rows(), width, false);
            assert_eq!(wide.lines().count(), 2, "{wide}");
            assert!(wide.contains("Event"), "{wide}");
        }
    }

    #[test]
    fn colours_are_for_terminals() {
        let rows = || vec![vec![Value::Warning("failed".to_owned())]];
        assert!(lay_out(&[], rows(), Some(80), true).contains('\u{1b}'));
        assert!(!lay_out(&["State"], rows(), None, false).contains('\u{1b}'));
    }

    #[test]
    fn what_others_wrote_stays_in_its_row() {
        let table = lay_out(&[], vec![row(&["a\nb\u{1b}[31m", "c"])], None, false);
        assert_eq!(table, "a⏎b\u{fffd}[31m  c");
    }

    #[test]
    fn no_time_is_shown_as_nothing() {
        assert_eq!(local_time(0), "");
        assert_eq!(local_time(1_700_000_000_000).len(), "2023-11-14 22:13".len());
    }
}
