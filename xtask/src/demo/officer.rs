//! One officer: a profile, a vault, and `qroc --json` run as its own process for every command.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::live::{self, Live};
use super::report::Report;

pub(super) const PASSWORD: &str = "a password of the demo";
pub(super) const PASSPHRASE: &str = "seven boats wait behind the pier";
/// Far more than any command needs: one that hangs fails the step.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the profile's key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vault {
    KeyFile,
    Passphrase,
}

/// An officer and the folder with everything that is theirs.
pub(super) struct Officer {
    pub(super) name: &'static str,
    /// Home of the officer's own files.
    pub(super) folder: PathBuf,
    /// What `qroc` keeps; the rest of the folder stands for the officer's head and desk.
    pub(super) profile: PathBuf,
    pub(super) vault: Vault,
    qroc: PathBuf,
}

impl Officer {
    pub(super) fn new(name: &'static str, qroc: &Path, dir: &Path, vault: Vault) -> Self {
        let folder = dir.join(name);
        Self { name, profile: folder.join("profile"), folder, vault, qroc: qroc.to_owned() }
    }

    /// Signs in and returns what `qroc login` says.
    pub(super) fn sign_in(&self, report: &Report, server: &str) -> Result<Value> {
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join("password"), PASSWORD)?;
        fs::write(self.folder.join("passphrase"), PASSPHRASE)?;
        let vault = match self.vault {
            Vault::KeyFile => format!("file={}", self.key_file().display()),
            Vault::Passphrase => "passphrase".to_owned(),
        };
        let device = format!("{}'s phone", self.name);
        let shown = match self.vault {
            Vault::KeyFile => "--vault file=KEY",
            Vault::Passphrase => "--vault passphrase",
        };
        report.command(self.name, &format!("qroc login {server} {} {shown}", self.name));
        let password = self.folder.join("password").display().to_string();
        let words = ["login", server, self.name, "--password-file", &password];
        self.one(&[&words[..], &["--vault", &vault, "--device-name", &device]].concat())
    }

    pub(super) fn key_file(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// Runs a command that is part of the story, and returns its one object.
    pub(super) fn shown(&self, report: &Report, args: &[&str]) -> Result<Value> {
        report.command(self.name, &line(args));
        self.one(args)
    }

    /// Runs a command and returns its one object.
    pub(super) fn one(&self, args: &[&str]) -> Result<Value> {
        let mut objects = self.all(args)?;
        match (objects.pop(), objects.is_empty()) {
            (Some(object), true) => Ok(object),
            (last, _) => {
                let found = objects.len() + usize::from(last.is_some());
                bail!("{}: one object expected, {found} came", line(args))
            }
        }
    }

    /// Runs a command and returns its objects, one for each line.
    pub(super) fn all(&self, args: &[&str]) -> Result<Vec<Value>> {
        let child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let ended = live::finish(child, LIMIT).with_context(|| format!("{}: {}", self.name, line(args)))?;
        let mut objects = Vec::new();
        for text in ended.out.lines() {
            let object: Value = serde_json::from_str(text)
                .with_context(|| format!("{}: not an object: {text}", line(args)))?;
            objects.push(object);
        }
        if !ended.status.success() {
            bail!("{}: {}: {}: {}", self.name, line(args), ended.status, ended.errors.trim());
        }
        Ok(objects)
    }

    /// Starts `qroc sync`, which runs until it is stopped.
    pub(super) fn follow(&self, report: &Report) -> Result<Live> {
        let live = Live::start(self.command(&["sync"]), &self.folder.join("sync.log"))?;
        report.command(self.name, &format!("qroc sync &     # process {}", live.pid()));
        Ok(live)
    }

    /// The room's items that are stored, oldest first.
    pub(super) fn stored(&self, room: &str) -> Result<Vec<Value>> {
        self.all(&["timeline", room, "--limit", "500", "--offline"])
    }

    /// The stored item with this event id.
    pub(super) fn item(&self, room: &str, event: &str) -> Result<Value> {
        let mut items = self.stored(room)?.into_iter();
        items
            .find(|item| text(item, "event_id") == event)
            .with_context(|| format!("{} does not have the event {event}", self.name))
    }

    /// Tries to open the profile with a passphrase and returns the exit status.
    pub(super) fn status_with_passphrase(&self, passphrase: &str) -> Result<Option<i32>> {
        let file = self.folder.join("tried");
        fs::write(&file, passphrase)?;
        let mut command = self.command_with(&["status"], &file);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok(live::finish(child, LIMIT)?.status.code())
    }

    fn command(&self, args: &[&str]) -> Command {
        self.command_with(args, &self.folder.join("passphrase"))
    }

    fn command_with(&self, args: &[&str], passphrase: &Path) -> Command {
        let mut command = Command::new(&self.qroc);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("QROC_")) {
                command.env_remove(name);
            }
        }
        command.arg("--json").arg("--profile").arg(&self.profile).args(args).stdin(Stdio::null());
        if self.vault == Vault::Passphrase {
            command.arg("--passphrase-file").arg(passphrase);
        }
        command.env("HOME", &self.folder).current_dir(&self.folder);
        command
    }
}

/// A command as a person would type it; long ids are cut.
fn line(args: &[&str]) -> String {
    let words = args.iter().map(|word| {
        if let Some(id) = word.strip_prefix('$') {
            let start: String = id.chars().take(6).collect();
            return format!("'${start}…'");
        }
        let path = Path::new(word);
        if path.is_absolute() {
            return path.file_name().and_then(OsStr::to_str).unwrap_or(word).to_owned();
        }
        if word.contains([' ', '\'']) { format!("'{word}'") } else { (*word).to_owned() }
    });
    format!("qroc {}", words.collect::<Vec<_>>().join(" "))
}

/// The text of a field, or nothing.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The number of a field; -1 where there is none.
pub(super) fn number(object: &Value, key: &str) -> i64 {
    object.get(key).and_then(Value::as_i64).unwrap_or(-1)
}

/// The event id of something that the server has.
pub(super) fn sent(reply: &Value) -> Result<String> {
    match (text(reply, "state"), text(reply, "event_id")) {
        ("sent", event) if !event.is_empty() => Ok(event.to_owned()),
        _ => bail!("not sent: {reply}"),
    }
}

/// What an item says, in a line.
pub(super) fn words(item: &Value) -> String {
    let sender = text(item, "sender").split(':').next().unwrap_or_default();
    let mut words = format!("{sender}: {}", text(item, "body"));
    if let Some(file) = item.get("attachment").filter(|file| file.is_object()) {
        words.push_str(&format!(
            " [{}, {}, {} bytes]",
            text(file, "name"),
            text(file, "mime"),
            number(file, "bytes")
        ));
    }
    words
}
