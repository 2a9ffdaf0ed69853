//! matrix-nio, a client that is not ours, in a process of its own: see `tests/peer/peer.py`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::talk::PASSWORD;

pub struct Peer {
    pub user: String,
    pub device: String,
    pub dir: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub fn sign_in(url: &str, name: &str) -> Self {
        let python = qroc_fixtures::cache::dir().join("python/peer/bin/python");
        assert!(python.exists(), "matrix-nio is not installed: run `make setup`");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/peer.py");
        let mut child = Command::new(python)
            .arg("-I")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("stdout"));
        let dir = tempfile::Builder::new().prefix("qroc-peer-").tempdir().expect("dir");
        let mut peer = Self { user: String::new(), device: String::new(), dir, child, input, output };
        let store = peer.file("store").display().to_string();
        let signed = peer
            .ask(json!({"do": "login", "server": url, "user": name, "password": PASSWORD, "store": store}));
        peer.user = signed["user_id"].as_str().expect("user_id").to_owned();
        peer.device = signed["device_id"].as_str().expect("device_id").to_owned();
        peer
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Asks for something that must go well.
    pub fn ask(&mut self, request: Value) -> Value {
        let input = self.input.as_mut().expect("stdin");
        writeln!(input, "{request}").and_then(|()| input.flush()).expect("the peer listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the peer answers");
        let reply: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{request}: {line:?}"));
        assert!(reply.get("ok").is_some(), "{request}: {reply}");
        reply["ok"].clone()
    }

    /// Asks for something that becomes an event, and returns its id.
    pub fn event(&mut self, request: Value) -> String {
        self.ask(request)["event_id"].as_str().expect("event_id").to_owned()
    }

    pub fn say(&mut self, room: &str, body: &str) -> String {
        self.event(json!({"do": "send", "room": room, "body": body}))
    }

    /// Syncs until an event is there and can be read.
    pub fn sees(&mut self, room: &str, event: &str) {
        self.ask(json!({"do": "sync", "room": room, "event": event, "readable": true}));
    }

    pub fn join(&mut self, room: &str) {
        self.ask(json!({"do": "sync", "invite": room}));
        self.ask(json!({"do": "join", "room": room}));
    }

    pub fn list(&mut self, room: &str) -> Vec<Value> {
        match self.ask(json!({"do": "list", "room": room})) {
            Value::Array(events) => events,
            other => panic!("{other}"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
