//! The homeserver kit on itself: accounts, restart, snapshot, limits, and no orphan whatever happens to the parent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use qroc_server::{Embedded, Limits, Options};
use serde_json::{Value, json};

fn refused(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

fn soon(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn two_officers_sign_in_and_their_data_outlives_restarts() {
    let mut server = Embedded::start(Options::default()).unwrap();
    for user in ["lisbon", "madrid"] {
        server.register(user, "golden-hour", false).unwrap();
    }
    let lisbon = server.login("lisbon", "golden-hour").unwrap();
    assert_eq!(lisbon.user_id, "@lisbon:qroc.test");
    assert!(server.login("lisbon", "wrong").is_err());
    assert!(server.register("lisbon", "golden-hour", false).is_err());

    let devices = server.admin("GET", "/_synapse/admin/v2/users/@lisbon:qroc.test/devices", None).unwrap();
    assert_eq!(devices["total"], 1, "registering makes no device");

    let snapshot = tempfile::tempdir().unwrap();
    let before = snapshot.path().join("before");
    server.snapshot(&before).unwrap();
    let room = json!({"name": "Incident"});
    let create = "/_matrix/client/v3/createRoom";
    let (status, reply) = server.request("POST", create, Some(&lisbon.access_token), Some(&room)).unwrap();
    assert_eq!(status, 200, "{reply}");

    let port = server.port();
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(joined_rooms(&server, &lisbon.access_token), 1);

    server.kill().unwrap();
    assert!(refused(port));
    server.restart().unwrap();
    assert_eq!(joined_rooms(&server, &lisbon.access_token), 1);

    server.restore(&before).unwrap();
    assert_eq!(joined_rooms(&server, &lisbon.access_token), 0);

    server.stop().unwrap();
    assert!(refused(port));
    let database = server.data_dir().join("homeserver.db");
    assert!(fs::metadata(database).unwrap().len() > 0);
}

fn joined_rooms(server: &Embedded, token: &str) -> usize {
    let (status, reply) =
        server.request("GET", "/_matrix/client/v3/joined_rooms", Some(token), None).unwrap();
    assert_eq!(status, 200, "{reply}");
    reply["joined_rooms"].as_array().unwrap().len()
}

#[test]
fn what_the_client_builds_on_is_switched_on() {
    let options = Options::default().refreshable_access_token_lifetime(Duration::from_secs(7));
    let server = Embedded::start(options).unwrap();
    server.register("lisbon", "golden-hour", false).unwrap();
    server.register("madrid", "golden-hour", false).unwrap();

    let body = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "lisbon"},
        "password": "golden-hour",
        "refresh_token": true,
    });
    let (_, session) = server.request("POST", "/_matrix/client/v3/login", None, Some(&body)).unwrap();
    assert!(session["refresh_token"].is_string(), "{session}");
    assert!((1..=7_000).contains(&session["expires_in_ms"].as_i64().unwrap()), "{session}");
    let token = session["access_token"].as_str().unwrap();
    let ask = |method: &str, path: &str, body: Option<Value>| {
        let (status, reply) = server.request(method, path, Some(token), body.as_ref()).unwrap();
        assert_eq!(status, 200, "{method} {path}: {reply}");
        reply
    };

    let sync = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
    assert!(ask("POST", sync, Some(json!({"lists": {}})))["pos"].is_string());
    ask("GET", "/_matrix/client/v1/media/config", None);
    assert!(ask("POST", "/_matrix/media/v1/create", Some(json!({})))["content_uri"].is_string());
    let found =
        ask("POST", "/_matrix/client/v3/user_directory/search", Some(json!({"search_term": "madrid"})));
    assert_eq!(found["results"][0]["user_id"], "@madrid:qroc.test");
    let room = ask("POST", "/_matrix/client/v3/createRoom", Some(json!({"name": "Incident"})));
    let room = room["room_id"].as_str().unwrap();
    let summary = format!("/_matrix/client/v1/room_summary/{room}");
    assert_eq!(ask("GET", &summary, None)["name"], "Incident");
    let delayed =
        format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/t1?org.matrix.msc4140.delay=60000");
    assert!(
        ask("PUT", &delayed, Some(json!({"msgtype": "m.text", "body": "later"})))["delay_id"].is_string()
    );
    for message in 0..30 {
        let send = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/m{message}");
        ask("PUT", &send, Some(json!({"msgtype": "m.text", "body": "no limit"})));
    }
}

#[test]
fn a_restart_can_bring_the_limits_of_synapse_itself() {
    let mut server = Embedded::start(Options::default()).unwrap();
    server.register("lisbon", "golden-hour", false).unwrap();
    let lisbon = server.login("lisbon", "golden-hour").unwrap();
    let send = |server: &Embedded, transaction: u32| {
        let path = format!("/_matrix/client/v3/createRoom?{transaction}");
        server.request("POST", &path, Some(&lisbon.access_token), Some(&json!({}))).unwrap()
    };
    assert!((0..20).all(|n| send(&server, n).0 == 200));
    server.options_mut().limits = Limits::Synapse;
    server.restart().unwrap();
    let (_, refusal) = (0..20).map(|n| send(&server, n)).find(|(status, _)| *status == 429).unwrap();
    assert!(refusal["retry_after_ms"].as_i64().unwrap() > 0);
}

#[test]
fn no_orphan_is_left_when_the_parent_is_killed() {
    let (mut parent, port, folder) = parent_process();
    let synapse = children(parent.id());
    assert_eq!(synapse.len(), 1);
    assert!(!refused(port));
    parent.kill().unwrap();
    parent.wait().unwrap();
    soon("Synapse ends with its parent", || synapse.iter().all(|pid| !runs(*pid)) && refused(port));
    drop(folder);
}

#[test]
fn no_orphan_is_left_when_the_parent_is_killed_during_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = command(folder.path()).spawn().unwrap();
    soon("the parent starts Synapse", || !children(parent.id()).is_empty());
    let synapse = children(parent.id());
    parent.kill().unwrap();
    parent.wait().unwrap();
    soon("Synapse ends with its parent", || synapse.iter().all(|pid| !runs(*pid)));
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qroc-server"));
    command.args(["--port", "0", "--data"]).arg(data).stdout(Stdio::piped());
    command
}

fn parent_process() -> (Child, u16, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = command(folder.path()).spawn().unwrap();
    let ready = BufReader::new(parent.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = ready.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    (parent, port, folder)
}

fn children(parent: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[1] == parent.to_string()).map(|row| row[0].parse().unwrap()).collect()
}

fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim_start().starts_with('Z')
}
