//! The program as a script meets it, without a server: exit statuses, words, what is on which stream.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A home without desktop, terminal and server.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::write(home.path("password"), "hunter2\n").unwrap();
        home
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qroc"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.0.path())
            .env("XDG_RUNTIME_DIR", self.0.path())
            .env("DBUS_SESSION_BUS_ADDRESS", "")
            .env("QROC_PROFILE", self.path("profile"))
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        Ended(self.command(args).output().unwrap())
    }
}

struct Ended(Output);

impl Ended {
    fn status(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    fn json(&self) -> Value {
        let out = self.out();
        assert_eq!(out.lines().count(), 1, "{out}");
        serde_json::from_str(&out).unwrap()
    }

    fn kind(&self) -> String {
        self.json()["error"]["kind"].as_str().unwrap().to_owned()
    }
}

const LOGIN: &[&str] = &["login", "http://127.0.0.1:9", "lisbon", "--password-file", "password"];

fn login(more: &[&str]) -> Vec<&'static str> {
    let more = more.iter().map(|word| &*Box::leak((*word).to_owned().into_boxed_str()));
    LOGIN.iter().copied().chain(more).collect()
}

#[test]
fn without_keyring_and_terminal_login_names_the_three_vaults_and_makes_nothing() {
    let home = Home::new();
    let ended = home.run(LOGIN);
    assert_eq!(ended.status(), 2, "{}", ended.err());
    for vault in ["--vault keyring", "--vault passphrase", "--vault file=PATH"] {
        assert!(ended.err().contains(vault), "{}", ended.err());
    }
    assert_eq!(ended.out(), "");
    assert!(!Path::new(&home.path("profile")).exists());

    let ended = home.run(&login(&["--json"]));
    assert_eq!((ended.status(), ended.kind().as_str()), (2, "bad_input"));
    let asked = home.run(&login(&["--vault", "keyring"]));
    assert_eq!(asked.status(), 2, "{}", asked.err());
    assert!(asked.err().contains("--vault file=PATH"), "{}", asked.err());
}

#[test]
fn a_passphrase_without_a_terminal_comes_from_a_file() {
    let home = Home::new();
    let ended = home.run(&login(&["--vault", "passphrase"]));
    assert_eq!(ended.status(), 2);
    assert!(ended.err().contains("--passphrase-file"), "{}", ended.err());
    fs::write(home.path("empty"), "\n").unwrap();
    let ended = home.run(&login(&["--vault", "passphrase", "--passphrase-file", "empty", "--json"]));
    assert_eq!((ended.status(), ended.kind().as_str()), (6, "bad_file"));
}

#[test]
fn a_password_without_a_terminal_comes_from_a_file() {
    let home = Home::new();
    let ended = home.run(&["login", "http://127.0.0.1:9", "lisbon", "--vault", "file=key"]);
    assert_eq!(ended.status(), 2);
    assert!(ended.err().contains("--password-file"), "{}", ended.err());
    let missing = home.run(&[
        "login",
        "http://127.0.0.1:9",
        "lisbon",
        "--vault",
        "file=key",
        "--password-file",
        "none",
    ]);
    assert_eq!(missing.status(), 6, "{}", missing.err());
}

#[test]
fn an_unreachable_server_is_status_4_and_leaves_no_account() {
    let home = Home::new();
    let ended = home.run(&login(&["--vault", "file=key", "--json"]));
    assert_eq!((ended.status(), ended.kind().as_str()), (4, "network"), "{}", ended.err());
    assert_eq!(home.run(&["status"]).status(), 5);
}

#[test]
fn where_nobody_is_signed_in_every_command_says_so() {
    let home = Home::new();
    for args in [
        &["status"][..],
        &["rooms"],
        &["send", "ops", "hello"],
        &["sync", "--once"],
        &["queue"],
        &["search", "van"],
        &["timeline", "ops", "--offline"],
        &["location", "send", "ops", "-33.9,18.4"],
        &["logout"],
    ] {
        let ended = home.run(&[args, &["--json"]].concat());
        assert_eq!((ended.status(), ended.kind().as_str()), (5, "signed_out"), "{args:?}: {}", ended.err());
        assert!(ended.err().contains("login"), "{}", ended.err());
        assert_eq!(ended.err().lines().count(), 1, "{}", ended.err());
    }
}

#[test]
fn wrong_words_are_status_2_in_both_forms() {
    let home = Home::new();
    for args in [
        &["sned"][..],
        &["send", "ops"],
        &["location", "send", "ops", "91,0"],
        &["sync", "--for", "0"],
        &["login", "s", "u", "password"],
        &["rooms", "--vault", "chest"],
        &["send", "ops", "x", "--queue", "--timeout", "3"],
    ] {
        let ended = home.run(args);
        assert_eq!((ended.status(), ended.out().as_str()), (2, ""), "{args:?}");
        assert!(ended.err().starts_with("error: "), "{}", ended.err());
        let ended = home.run(&[args, &["--json"]].concat());
        assert_eq!((ended.status(), ended.kind().as_str()), (2, "bad_input"), "{args:?}");
    }
    let unknown = home.run(&["man", "sned", "--json"]);
    assert_eq!((unknown.status(), unknown.kind().as_str()), (2, "bad_input"));
}

#[test]
fn wiping_is_not_done_unasked() {
    let ended = Home::new().run(&["wipe"]);
    assert_eq!(ended.status(), 2);
    assert!(ended.err().contains("--yes"), "{}", ended.err());
}

#[test]
fn shells_and_manuals_need_no_profile() {
    let home = Home::new();
    assert!(home.run(&["completions", "bash"]).out().contains("_qroc"));
    assert!(home.run(&["man", "room", "create"]).out().contains("invite"));
    let help = home.run(&["help", "send"]);
    assert_eq!(help.status(), 0);
    assert!(help.out().contains("Example:\n  qroc send "), "{}", help.out());
    assert!(!Path::new(&home.path("profile")).exists());
}

#[test]
fn a_reader_that_leaves_is_no_fault() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = home.command(&["completions", "zsh"]).stdout(writer).output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}

#[test]
fn an_interrupt_ends_a_command_that_waits() {
    let home = Home::new();
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = home
            .command(&[
                "login",
                "http://127.0.0.1:9",
                "lisbon",
                "--vault",
                "file=key",
                "--password-file",
                "-",
            ])
            .args(["--json", "-vv"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        // It says that it listens before it reads the password, which never comes.
        while !line.contains("listening") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let input = child.stdin.take();
        let ended = Ended(child.wait_with_output().unwrap());
        drop(input);
        assert_eq!((ended.status(), ended.kind().as_str()), (130, "cancelled"));
    }
}

#[test]
fn a_file_is_prepared_without_a_profile() {
    let home = Home::new();
    fs::write(home.path("notes.txt"), "two cars\n").unwrap();
    let made = home.run(&["media", "notes.txt", "--to", "out", "--json"]);
    assert_eq!(made.status(), 0, "{}", made.err());
    let about = made.json();
    assert_eq!((about["sent_bytes"].as_u64(), about["path"].as_str()), (Some(9), Some("out")));
    assert!(about["peak_bytes"].is_u64() || !cfg!(target_os = "linux"));
    assert_eq!(fs::read_to_string(home.path("out")).unwrap(), "two cars\n");
    assert_eq!(fs::metadata(home.path("out")).unwrap().permissions().mode() & 0o777, 0o600);

    fs::write(home.path("out"), "kept").unwrap();
    let again = home.run(&["media", "notes.txt", "--to", "out"]);
    assert_eq!(again.status(), 2, "{}", again.err());
    assert!(again.err().contains("--force"), "{}", again.err());
    assert_eq!(fs::read_to_string(home.path("out")).unwrap(), "kept");
    assert_eq!(home.run(&["media", "notes.txt", "--to", "out", "--force"]).status(), 0);

    fs::create_dir(home.path("folder")).unwrap();
    let named = home.run(&["media", "notes.txt", "--to", "folder", "--json"]);
    assert_eq!(named.json()["path"].as_str(), Some("folder/notes.txt"));
}

#[test]
fn a_file_that_cannot_be_used_is_status_6() {
    let home = Home::new();
    fs::write(home.path("empty.jpg"), "").unwrap();
    fs::write(home.path("cut.jpg"), [0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0]).unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    for file in ["empty.jpg", "cut.jpg", "folder", "none.jpg"] {
        let ended = home.run(&["media", file, "--to", "out", "--json"]);
        assert_eq!((ended.status(), ended.kind().as_str()), (6, "bad_file"), "{file}: {}", ended.err());
        assert!(ended.err().contains(file), "{}", ended.err());
        assert!(!Path::new(&home.path("out")).exists());
    }
}
