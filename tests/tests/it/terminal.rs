//! An officer at a terminal: a profile, and the `qroc` program run on it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use qroc_server::Embedded;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::talk::PASSWORD;

/// The program, built once with the same features and profile as this test, so that after `cargo test --workspace`
/// there is nothing left to build. `QROC_BIN` names another one.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(path) = std::env::var_os("QROC_BIN") {
            return path.into();
        }
        let test = std::env::current_exe().expect("this test program");
        let profile = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/it");
        let target = profile.parent().expect("target");
        let mut build = xtask::cargo();
        build.args(["build", "--quiet", "--locked", "--workspace", "--bin", "qroc", "--test", "it"]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.arg("--target-dir").arg(target).status().expect("cargo");
        assert!(built.success(), "the program does not build");
        profile.join("qroc")
    })
}

pub struct Officer {
    pub user: String,
    dir: TempDir,
}

impl Officer {
    /// A profile that nobody is signed in to.
    pub fn new(name: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("qroc-officer-").tempdir().expect("dir");
        fs::write(dir.path().join("password"), format!("{PASSWORD}\n")).expect("password");
        Self { user: name.to_owned(), dir }
    }

    pub fn sign_in(url: &str, name: &str) -> Self {
        let mut officer = Self::new(name);
        let signed = officer.login(url, name, &[]);
        officer.user = signed.one()["user_id"].as_str().expect("user_id").to_owned();
        officer
    }

    pub fn login(&self, url: &str, name: &str, more: &[&str]) -> Ended {
        let key = format!("file={}", self.path("vault.key"));
        let password = self.path("password");
        self.run(&[&["login", url, name, "--vault", &key, "--password-file", &password], more].concat())
    }

    pub fn profile(&self) -> PathBuf {
        self.dir.path().join("profile")
    }

    /// A file of this officer outside the profile.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(program());
        command
            .arg("--json")
            .args(args)
            .env_clear()
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .env("DBUS_SESSION_BUS_ADDRESS", "")
            .env("QROC_PROFILE", self.profile())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ended {
        let words = args.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        Ended { words, output: self.command(args).output().expect("qroc runs") }
    }

    pub fn sync(&self) -> Value {
        self.run(&["sync", "--once", "--for", "60"]).one()
    }

    /// Sends a text that the server takes, and returns its event id.
    pub fn say(&self, room: &str, text: &str) -> String {
        self.sent(&["send", room, text])
    }

    /// Does something that the server takes, and returns its event id.
    pub fn sent(&self, args: &[&str]) -> String {
        let sent = self.run(args).one();
        assert_eq!(sent["state"], "sent", "{args:?}: {sent}");
        sent["event_id"].as_str().unwrap_or_default().to_owned()
    }

    pub fn timeline(&self, room: &str) -> Vec<Value> {
        self.run(&["timeline", room, "--limit", "1000"]).all()
    }

    pub fn offline(&self, room: &str) -> Vec<Value> {
        self.run(&["timeline", room, "--limit", "1000", "--offline"]).all()
    }

    /// Sealed files in the profile that are not noted as kept.
    pub fn strays(&self) -> u64 {
        let kept = self.run(&["status"]).one()["cache_files"].as_u64().expect("cache_files");
        let files = fs::read_dir(self.profile().join("accounts/1/media")).expect("media").count() as u64;
        files.checked_sub(kept).expect("what is kept is there")
    }

    /// The bodies of a room's messages, oldest first, without asking the server.
    pub fn texts(&self, room: &str) -> Vec<String> {
        texts(&self.offline(room))
    }

    /// Starts `qroc sync` and returns when it owns the profile.
    pub fn follow(&self) -> Following {
        self.owns(&["sync"])
    }

    /// Signs in with a process that stays, and returns when it owns the profile.
    pub fn stay(&self, url: &str, name: &str) -> Following {
        let key = format!("file={}", self.path("vault.key"));
        let password = self.path("password");
        self.owns(&["login", url, name, "--vault", &key, "--password-file", &password, "--stay"])
    }

    fn owns(&self, args: &[&str]) -> Following {
        let socket = self.profile().join("accounts/1/owner.sock");
        // What a killed one left behind.
        let _ = fs::remove_file(&socket);
        let mut child = self.command(args).stderr(Stdio::inherit()).spawn().expect("sync");
        let lines = BufReader::new(child.stdout.take().expect("stdout"));
        let following = Following { child, lines };
        until("the owner", || socket.exists());
        following
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn texts(items: &[Value]) -> Vec<String> {
    let messages = items.iter().filter(|item| item["type"] == "m.room.message");
    messages.filter_map(|item| item["body"].as_str().map(str::to_owned)).collect()
}

/// A server with these accounts.
pub fn server_with(options: qroc_server::Options, users: &[&str]) -> Embedded {
    let server = Embedded::start(options).expect("server");
    for user in users {
        server.register(user, PASSWORD, false).expect("register");
    }
    server
}

/// Two officers in a room called Harbour.
pub fn two_officers(url: &str) -> (Officer, Officer, String) {
    let lisbon = Officer::sign_in(url, "lisbon");
    let madrid = Officer::sign_in(url, "madrid");
    let room = lisbon.run(&["room", "create", "Harbour", "--invite", &madrid.user]).one();
    let room = room["room_id"].as_str().expect("room_id").to_owned();
    madrid.sync();
    madrid.run(&["room", "join", "Harbour"]).one();
    lisbon.sync();
    (lisbon, madrid, room)
}

/// How a run of the program ended.
pub struct Ended {
    words: Vec<String>,
    output: Output,
}

impl Ended {
    pub fn status(&self) -> i32 {
        self.output.status.code().unwrap_or_else(|| panic!("{:?} was killed", self.words))
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).expect("UTF-8")
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn objects(&self) -> Vec<Value> {
        let out = self.out();
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        out.lines().map(read).collect()
    }

    /// What a run that went well printed.
    pub fn all(&self) -> Vec<Value> {
        assert_eq!(self.status(), 0, "{:?}: {} {}", self.words, self.out(), self.err());
        self.objects()
    }

    /// The one object of a run that went well.
    pub fn one(&self) -> Value {
        let mut all = self.all();
        assert_eq!(all.len(), 1, "{:?}: {all:?}", self.words);
        all.remove(0)
    }

    /// The kind of the error that ended it with this status; there is one line for a person.
    pub fn error(&self, status: i32) -> (String, String) {
        let (out, err) = (self.out(), self.err());
        assert_eq!(self.status(), status, "{:?}: {out} {err}", self.words);
        let last = self.objects().pop().unwrap_or_else(|| panic!("{:?} said nothing: {err}", self.words));
        let text = |key: &str| last["error"][key].as_str().unwrap_or_else(|| panic!("{last}")).to_owned();
        assert_eq!(err.lines().count(), 1, "{:?}: {err}", self.words);
        assert_eq!(err.trim(), format!("qroc: {}", text("message")));
        (text("kind"), text("message"))
    }
}

/// A running `qroc sync`.
pub struct Following {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Following {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_none()
    }

    /// Reads items as they come, until this one.
    pub fn sees(&mut self, body: &str) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.lines.read_line(&mut line).expect("line"), 0, "sync ended before {body:?} came");
            let item: Value = serde_json::from_str(&line).expect("JSON");
            if item["body"] == body {
                return item;
            }
        }
    }

    /// Reads the next item.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(self.lines.read_line(&mut line).expect("line"), 0, "sync ended");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Sends a signal and returns the exit status.
    pub fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).expect("signal");
        self.child.wait().expect("wait").code()
    }

    /// Waits for it to end by itself.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().expect("wait").code()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
