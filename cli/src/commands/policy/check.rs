//! Saying what is wrong with a policy file before it reaches a device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use qroc_core::policy::{Key, Layer, NOT_ENFORCED, Source, State, Value as PolicyValue, nearest};
use serde::Serialize;

use super::{lines, read};
use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `policy check` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc policy check policy.json")]
pub(crate) struct CheckArgs {
    /// One flat JSON object with dotted keys
    file: PathBuf,
}

/// What there is to say about one key of a file.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) key: String,
    pub(super) value: Option<PolicyValue>,
    pub(super) state: &'static str,
    pub(super) error: Option<String>,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) suggestion: Option<&'static str>,
}

impl Checked {
    fn is_fault(&self) -> bool {
        self.state == State::Error.as_str()
    }
}

pub(super) fn run(args: &CheckArgs, session: &Session) -> Result<(), Failure> {
    let checked = check(&args.file, &Source::mdm())?;
    session.output.list(&checked, &["Line", "Key", "Value", "State", "Why"], |checked| {
        let state = checked.state.to_owned();
        vec![
            Value::Faint(format!("{}:{}", checked.line, checked.column)),
            Value::Plain(checked.key.clone()),
            Value::Plain(checked.value.as_ref().map(PolicyValue::to_string).unwrap_or_default()),
            if checked.is_fault() { Value::Warning(state) } else { Value::Plain(state) },
            Value::Faint(checked.error.clone().unwrap_or_default()),
        ]
    })?;
    refuse(&args.file, &checked)
}

/// Ends with the first fault, where there is one.
pub(super) fn refuse(path: &Path, checked: &[Checked]) -> Result<(), Failure> {
    let faults: Vec<_> = checked.iter().filter(|checked| checked.is_fault()).collect();
    let Some(first) = faults.first() else { return Ok(()) };
    let more = match faults.len() {
        1 => String::new(),
        several => format!(" (and {} more)", several - 1),
    };
    let reason = first.error.as_deref().unwrap_or_default();
    let place = format!("{}: line {}, column {}", path.display(), first.line, first.column);
    Err(Failure::Faulty(format!("{place}: {}: {reason}{more}", first.key)))
}

/// Reads a file as a source would say it.
pub(super) fn check(path: &Path, source: &Source) -> Result<Vec<Checked>, Failure> {
    let lines = lines(path, &read(path)?)?;
    let said = lines.iter().map(|line| (line.key.as_str(), &line.value));
    let layer = Layer::read(source.clone(), said, None);
    let notes: BTreeMap<_, _> = layer.notes.iter().map(|note| (note.key.as_str(), note)).collect();
    Ok(lines
        .iter()
        .map(|line| {
            let key = Key::find(line.key.trim());
            let note = notes.get(line.key.trim());
            // Before it is sent anywhere, a key that does nothing is a mistake.
            let (state, error) = match (key, note) {
                (None, _) => (State::Error, note.map(|note| note.reason.clone())),
                (Some(_), Some(note)) if note.reason.contains("MDM") => {
                    (State::Error, Some(note.reason.clone()))
                }
                (Some(_), Some(note)) => (note.state, Some(without_rest(&note.reason))),
                (Some(key), None) if key.definition().since.is_none() => {
                    (State::Ignored, Some(NOT_ENFORCED.to_owned()))
                }
                (Some(_), None) => (State::Applied, None),
            };
            Checked {
                key: line.key.clone(),
                value: key.and_then(|key| layer.values.get(&key).cloned()),
                state: if state == State::Applied { "ok" } else { state.as_str() },
                error: error.or_else(|| key.is_none().then(|| "unknown key".to_owned())),
                line: line.line,
                column: line.column,
                suggestion: if key.is_none() { nearest(&line.key).map(Key::name) } else { None },
            }
        })
        .collect())
}

/// A file has no earlier value that could stay.
fn without_rest(reason: &str) -> String {
    reason.split("; there is no earlier value").next().unwrap_or(reason).to_owned()
}
