//! A phone is lost and a new one brings everything back: the recovery key, the backup, and what can go wrong with both.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use qroc_core::client::{Client, Lifecycle, Login, NewRoom, Options};
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::talk::{self, PASSWORD, vault};
use crate::terminal::{Officer, server_with, two_officers};

/// More than one batch of the backup.
const MESSAGES: usize = 210;

/// A device that lives as an app does.
pub struct Phone {
    pub life: std::sync::Arc<Lifecycle>,
    pub client: std::sync::Arc<Client>,
    pub user: String,
}

impl Phone {
    pub async fn sign_in(url: &str, name: &str, profile: &Path) -> Self {
        let login = Login { server: url, user: name, password: PASSWORD, device_name: Some("phone") };
        let (client, signed) =
            Client::login(profile, &vault(), login, Options::default()).await.expect("sign in");
        let life = Lifecycle::new(client);
        life.foreground().expect("foreground");
        let client = life.client().expect("client");
        Self { life, client, user: signed.user_id }
    }

    pub async fn close(self) {
        let Self { life, client, .. } = self;
        drop(client);
        life.close().await;
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !so().await {
        assert!(begun.elapsed() < Duration::from_secs(90), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Has a room change its key with every message.
fn rotate_always(server: &Embedded, user: &str, room: &str) {
    let side = server.login(user, PASSWORD).expect("login");
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.encryption");
    let rules = json!({"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1});
    let token = Some(side.access_token.as_str());
    assert_eq!(server.request("PUT", &path, token, Some(&rules)).expect("state").0, 200);
}

/// What the server holds of an account's backup.
fn server_backup(server: &Embedded, user: &str) -> Value {
    let side = server.login(user, PASSWORD).expect("login");
    let token = Some(side.access_token.as_str());
    let answer = server.request("GET", "/_matrix/client/v3/room_keys/version", token, None).expect("version");
    if answer.0 == 404 { Value::Null } else { answer.1 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_phone_reads_everything_with_the_recovery_key() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let lisbon = talk::Officer::sign_in(&url, "lisbon", dir.path()).await;
    let madrid = talk::Officer::sign_in(&url, "madrid", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.client.create_room(room).await.expect("room");
    rotate_always(&server, "lisbon", &room);
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    lisbon.sync().await;

    let status = lisbon.client.status().expect("status");
    assert_eq!((status.verified, status.backup, status.recovery), (true, "off", "none"));
    let key = lisbon.client.create_recovery_key(None, false).await.expect("recovery key");
    assert_eq!(lisbon.client.recovery().expect("recovery").recovery, "unshown");
    lisbon.client.recovery_key_shown().await.expect("noted");
    let again = lisbon.client.create_recovery_key(None, false).await.expect_err("there is one");
    assert!(again.to_string().contains("worthless"), "{again}");

    let mut said = Vec::new();
    for number in 0..MESSAGES {
        let text = format!("Sighting {number}");
        lisbon.send(&room, &text).await;
        said.push(text);
    }
    madrid.sync().await;
    madrid.send(&room, "All seen").await;
    said.push("All seen".to_owned());
    lisbon.sync().await;
    let recovery = lisbon.client.recovery().expect("recovery");
    assert_eq!((recovery.backup, recovery.recovery, recovery.waiting), ("on", "on", 0), "{recovery:?}");
    let held = server_backup(&server, "lisbon")["count"].as_u64().expect("count");
    assert!(held > MESSAGES as u64, "{held} keys at the server, {} here", recovery.keys);
    assert_eq!(i64::try_from(held).expect("count"), recovery.keys);

    // The phone falls into the harbour. The new one can read nothing of what was.
    lisbon.client.close().await;
    let phone = talk::Officer::sign_in(&url, "lisbon", &dir.path().join("new")).await;
    phone.sync().await;
    let items = phone.client.timeline(&room, None, 1000, false).await.expect("timeline");
    let unread = items.iter().filter(|item| item.undecryptable.is_some()).count();
    assert_eq!(unread, said.len(), "nothing came without the key");
    let status = phone.client.status().expect("status");
    assert_eq!((status.verified, status.backup), (false, "locked"));
    let denied = phone.client.create_recovery_key(None, true).await.expect_err("not verified");
    assert!(denied.to_string().contains("not verified"), "{denied}");

    let begun = std::time::Instant::now();
    let restored = phone.client.restore(&key).await.expect("restored");
    assert!(restored.verified && restored.history, "{restored:?}");
    assert_eq!(i64::try_from(restored.keys).expect("keys"), recovery.keys);
    eprintln!("restoring {} keys took {:?}", restored.keys, begun.elapsed());
    // What waited is read without anybody asking for it.
    phone.sync().await;
    assert_eq!(phone.texts(&room).await, said);
    let status = phone.client.status().expect("status");
    assert_eq!((status.verified, status.backup, status.recovery), (true, "on", "on"));
    // It takes part in the backup.
    phone.send(&room, "Back again").await;
    phone.sync().await;
    assert_eq!(phone.client.recovery().expect("recovery").waiting, 0);
    assert!(server_backup(&server, "lisbon")["count"].as_u64().expect("count") > held);
    madrid.sync().await;
    assert_eq!(madrid.texts(&room).await.last().map(String::as_str), Some("Back again"));
}

#[test]
fn an_idle_account_asks_nothing_about_its_backup() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, _madrid, room) = two_officers(&proxy.url());
    lisbon.run(&["recovery", "create"]).one();
    lisbon.say(&room, "Only this");
    lisbon.sync();
    lisbon.sync();
    proxy.asked("");
    lisbon.sync();
    let asked = proxy.asked("room_keys");
    assert!(asked.is_empty(), "{asked:?}");
    lisbon.say(&room, "And this");
    lisbon.sync();
    lisbon.sync();
    assert_eq!(lisbon.run(&["recovery", "status"]).one()["backup"], "on");
}

#[test]
fn a_wrong_recovery_key_is_told_what_is_wrong() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, _room) = two_officers(&server.base_url());
    let tablet = Officer::sign_in(&server.base_url(), "lisbon");
    tablet.sync();
    let restore = |typed: &str| {
        std::fs::write(tablet.file("typed"), typed).expect("typed");
        tablet.run(&["recovery", "restore", "--key-file", "typed"])
    };
    let (kind, message) = restore("EsTw 1234").error(1);
    assert_eq!(kind, "not_found");
    assert!(message.contains("has no recovery key"), "{message}");

    let key = lisbon.run(&["recovery", "create"]).one()["recovery_key"].as_str().expect("key").to_owned();
    let other = madrid.run(&["recovery", "create"]).one()["recovery_key"].as_str().expect("key").to_owned();
    let last = key.chars().last().expect("letter");
    let mistyped = format!("{}{}", &key[..key.len() - 1], if last == 'x' { 'y' } else { 'x' });
    let zero = format!("{}0{}", &key[..7], &key[8..]);
    for (typed, words) in [
        (&key[..key.len() - 5], "this has 44"),
        (zero.as_str(), "'0' at place 7"),
        (mistyped.as_str(), "compare it with what was written down"),
        (other.as_str(), "is not the one that the account has now"),
        ("correct horse battery staple", "in no recovery key"),
    ] {
        let (kind, message) = restore(typed).error(2);
        assert_eq!(kind, "bad_input", "{typed}");
        assert!(message.contains(words), "{message}");
        assert!(!message.contains(&key[5..9]), "{message}");
    }
    assert_eq!(tablet.run(&["status"]).one()["verified"], false);
    // Gaps are of no meaning.
    let restored = restore(&format!("  {}\n", key.replace(' ', ""))).one();
    assert_eq!((&restored["verified"], &restored["history"]), (&json!(true), &json!(true)));
    assert_eq!(tablet.run(&["status"]).one()["verified"], true);
    let devices = lisbon.run(&["devices"]).all();
    let trust: Vec<&Value> = devices.iter().map(|device| &device["trust"]).collect();
    assert_eq!(trust.iter().filter(|trust| **trust == "verified").count(), 1, "{devices:?}");
}

#[test]
fn killed_while_the_key_is_made_and_the_backup_is_filled() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    rotate_always(&server, "lisbon", &room);
    lisbon.sync();
    let mut said = Vec::new();
    let dies = |at: u64, args: &[&str]| {
        let ended = lisbon.command(args).env("QROC_DIE_AT_WRITE", at.to_string()).output().expect("qroc");
        match ended.status.signal() {
            Some(9) => true,
            None => {
                assert!(ended.status.success(), "{at}: {}", String::from_utf8_lossy(&ended.stderr));
                false
            }
            other => panic!("{other:?}"),
        }
    };
    let mut at = 1;
    while dies(at, &["recovery", "create", "--replace"]) {
        let text = format!("After {at}");
        lisbon.say(&room, &text);
        said.push(text);
        at += 1;
        assert!(at < 200, "no end");
    }
    eprintln!("recovery create: killed at each of {} write boundaries", at - 1);
    assert!(at > 6, "only {at} boundaries");
    let mut step = 1;
    loop {
        for number in 0..3 {
            let text = format!("Upload {step}.{number}");
            lisbon.say(&room, &text);
            said.push(text);
        }
        if !dies(step, &["sync", "--once", "--for", "60"]) {
            break;
        }
        step += 1;
        assert!(step < 100, "no end");
    }
    eprintln!("upload: killed at each of {} write boundaries", step - 1);
    // Whatever was left behind, the next key opens everything.
    let key = lisbon.run(&["recovery", "create", "--replace"]).one();
    lisbon.sync();
    lisbon.sync();
    let status = lisbon.run(&["recovery", "status"]).one();
    assert_eq!(
        (&status["backup"], &status["recovery"], &status["waiting"]),
        (&json!("on"), &json!("on"), &json!(0))
    );
    let held = server_backup(&server, "lisbon");
    assert_eq!(held["count"], status["keys"], "{held} {status}");

    let phone = Officer::sign_in(&server.base_url(), "lisbon");
    std::fs::write(phone.file("key"), key["recovery_key"].as_str().expect("key")).expect("key");
    // Killed while it restores, it goes on.
    let mut cut = 1;
    loop {
        let args = ["recovery", "restore", "--key-file", "key"];
        let ended = phone.command(&args).env("QROC_DIE_AT_WRITE", cut.to_string()).output().expect("qroc");
        if ended.status.signal() != Some(9) {
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
            break;
        }
        cut += 4;
    }
    phone.sync();
    phone.timeline(&room);
    assert_eq!(phone.texts(&room), said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_backup_reaches_the_other_devices_by_itself() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let phone = Phone::sign_in(&url, "lisbon", &dir.path().join("phone")).await;
    let madrid = talk::Officer::sign_in(&url, "madrid", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = phone.client.create_room(room).await.expect("room");
    rotate_always(&server, "lisbon", &room);
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    let first = phone.client.create_recovery_key(None, false).await.expect("key");
    let tablet = Phone::sign_in(&url, "lisbon", &dir.path().join("tablet")).await;
    tablet.client.restore(&first).await.expect("restored");
    let version = tablet.client.recovery().expect("recovery").version;
    madrid.send(&room, "Before").await;

    let begun = std::time::Instant::now();
    let second = phone.client.create_recovery_key(None, true).await.expect("replaced");
    assert_ne!(*first, *second);
    until("the new backup on the tablet", async || {
        let now = tablet.client.recovery().expect("recovery");
        now.version != version && now.backup == "on"
    })
    .await;
    eprintln!("the new backup's key took {:?} to the other device", begun.elapsed());
    madrid.send(&room, "After").await;
    for device in [&phone, &tablet] {
        until("the message", async || {
            let items = device.client.timeline(&room, None, 100, true).await.expect("timeline");
            items.iter().any(|item| item.body.as_deref() == Some("After"))
        })
        .await;
        until("everything in the backup", async || device.client.recovery().expect("recovery").waiting == 0)
            .await;
    }
    phone.close().await;
    tablet.close().await;
    // The old key opens nothing; the new one everything, from before too.
    let new = talk::Officer::sign_in(&url, "lisbon", &dir.path().join("new")).await;
    let wrong = new.client.restore(&first).await.expect_err("replaced");
    assert!(wrong.to_string().contains("replaced"), "{wrong}");
    new.client.restore(&second).await.expect("restored");
    new.sync().await;
    let texts = new.texts(&room).await;
    assert!(texts.contains(&"Before".to_owned()) && texts.contains(&"After".to_owned()), "{texts:?}");
}

#[test]
fn what_policy_says_of_the_backup() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let apply = |officer: &Officer, policy: Value| {
        std::fs::write(officer.file("policy.json"), policy.to_string()).expect("policy");
        officer.run(&["policy", "apply", "policy.json", "--as-mdm"]).all();
    };
    let forbidden = |officer: &Officer, args: &[&str], key: &str| {
        let (kind, message) = officer.run(args).error(3);
        assert_eq!(kind, "policy");
        assert!(message.contains(key), "{message}");
    };
    apply(&lisbon, json!({"data.key_backup": "off", "lock.required": false}));
    forbidden(&lisbon, &["recovery", "create"], "data.key_backup");
    assert_eq!(lisbon.run(&["recovery", "status"]).one()["backup"], "off");

    apply(
        &lisbon,
        json!({"data.key_backup": "user", "lock.required": false, "data.recovery_min_length": 20}),
    );
    std::fs::write(lisbon.file("phrase"), "nineteen letters ok").expect("phrase");
    let create = ["recovery", "create", "--passphrase-of-account", "phrase"];
    forbidden(&lisbon, &create, "data.recovery_min_length");
    std::fs::write(lisbon.file("phrase"), "twenty letters it is").expect("phrase");
    lisbon.run(&create).one();
    lisbon.say(&room, "Kept");
    lisbon.sync();
    assert_eq!(lisbon.run(&["recovery", "status"]).one()["backup"], "on");
    // The passphrase opens it on another device.
    let tablet = Officer::sign_in(&server.base_url(), "lisbon");
    std::fs::write(tablet.file("phrase"), "twenty letters it is").expect("phrase");
    let restored = tablet.run(&["recovery", "restore", "--key-file", "phrase"]).one();
    assert_eq!(restored["verified"], true);
    // Switched off, nothing more goes there.
    apply(&lisbon, json!({"data.key_backup": "off", "lock.required": false}));
    lisbon.sync();
    let held = server_backup(&server, "lisbon")["count"].clone();
    lisbon.say(&room, "Not kept");
    lisbon.sync();
    assert_eq!(server_backup(&server, "lisbon")["count"], held);

    // Forced, there is a backup without anybody asking for it.
    assert!(server_backup(&server, "madrid").is_null());
    apply(&madrid, json!({"data.key_backup": "forced", "lock.required": false}));
    madrid.sync();
    madrid.say(&room, "Kept as well");
    madrid.sync();
    let status = madrid.run(&["recovery", "status"]).one();
    assert_eq!(
        (&status["backup"], &status["recovery"], &status["required"]),
        (&json!("on"), &json!("none"), &json!(true))
    );
    assert_eq!(server_backup(&server, "madrid")["count"], status["keys"]);
}
