//! The application lock, through the program.

use std::fs;
use std::sync::Arc;

use qroc_core::client::{Access, Client, Login, Managed, Options};
use qroc_core::clock::ManualClock;
use qroc_server::Options as ServerOptions;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::talk::{PASSWORD, vault};
use crate::terminal::{Officer, server_with, two_officers};

fn apply(officer: &Officer, policy: &Value) {
    fs::write(officer.file("policy.json"), policy.to_string()).expect("policy");
    officer.run(&["policy", "apply", "policy.json", "--as-mdm"]).all();
}

fn pin(officer: &Officer, text: &str) -> String {
    fs::write(officer.file("pin"), format!("{text}\n")).expect("pin");
    officer.path("pin")
}

fn status(officer: &Officer) -> Value {
    officer.run(&["lock", "status"]).one()
}

#[test]
fn a_sealed_profile_opens_with_its_pin_and_nothing_else() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    assert_eq!(status(&lisbon)["state"], "none");
    assert_eq!(lisbon.run(&["lock"]).error(2).0, "bad_input");
    let set = lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "736204")]).one();
    assert_eq!(set["state"], "unlocked");
    lisbon.say(&room, "Not asked for until it is sealed");

    // Sealing takes the keys out of a running process as well.
    let following = lisbon.follow();
    let sealed = lisbon.run(&["lock"]).one();
    assert_eq!((&sealed["state"], &sealed["attempts_left"]), (&json!("sealed"), &json!(5)));
    assert_eq!(following.ended(), Some(5));
    for args in [
        &["rooms"][..],
        &["status"],
        &["send", &room, "x"],
        &["sync", "--once"],
        &["timeline", &room, "--offline"],
        &["queue"],
        &["policy", "show"],
        &["search", "sealed"],
        &["lock", "set", "--pin-file", "pin"],
        &["logout"],
    ] {
        let (kind, message) = lisbon.run(args).error(5);
        assert!(kind == "signed_out" && message.contains("qroc unlock"), "{args:?}: {message}");
    }
    assert_eq!(lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "111222")]).error(5).0, "signed_out");
    assert_eq!(status(&lisbon)["attempts_left"], 4);
    let open = lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "736204")]).one();
    assert_eq!((&open["state"], &open["attempts_left"]), (&json!("unlocked"), &json!(5)));
    lisbon.say(&room, "Back");
    madrid.sync();
    assert_eq!(madrid.texts(&room), ["Not asked for until it is sealed", "Back"]);
    // A restart of the device empties the place that kept it open.
    for entry in fs::read_dir(lisbon.file(".")).expect("dir").flatten() {
        if entry.file_name().to_string_lossy().ends_with(".session") {
            fs::remove_file(entry.path()).expect("removed");
        }
    }
    assert_eq!(lisbon.run(&["rooms"]).error(5).0, "signed_out");
    assert!(lisbon.run(&["wipe", "--yes"]).one()["destroyed"].as_u64() > Some(0), "a wipe needs no PIN");
}

#[test]
fn what_policy_demands_of_a_pin() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, _room) = two_officers(&server.base_url());
    let set = |text: &str| lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, text)]);
    let refused = |text: &str, key: &str| {
        let (kind, message) = set(text).error(3);
        assert!(kind == "policy" && message.contains(key), "{text}: {message}");
    };
    apply(
        &lisbon,
        &json!({ "lock.required": true, "lock.min_length": 8, "lock.history": 2, "lock.max_age_days": 30 }),
    );
    // Where a source demands a lock, nothing is shown before there is one.
    let (kind, message) = lisbon.run(&["rooms"]).error(3);
    assert!(kind == "policy" && message.contains("lock.required"), "{message}");
    refused("736204", "lock.min_length");
    refused("12345678", "lock.block_simple");
    refused("secret-word", "lock.kind");
    assert_eq!(set("73620481").one()["state"], "unlocked");
    assert_eq!(lisbon.run(&["rooms"]).all().len(), 1);
    refused("73620481", "lock.history");
    set("90417265").one();
    refused("73620481", "lock.history");
    set("58213977").one();
    set("73620481").one();
    // A stricter policy asks for another one; the old one is not forgotten meanwhile.
    apply(&lisbon, &json!({ "lock.kind": "password", "lock.min_length": 8 }));
    assert!(lisbon.run(&["rooms"]).error(3).1.contains("lock.kind"));
    set("harbour gate 7").one();
    assert_eq!(lisbon.run(&["rooms"]).all().len(), 1);
}

#[test]
fn after_the_last_attempt_nothing_is_left() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    for on_max in ["wipe", "logout"] {
        let lisbon = Officer::sign_in(&server.base_url(), "lisbon");
        apply(&lisbon, &json!({ "lock.max_attempts": 3, "lock.on_max_attempts": on_max }));
        lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "736204")]).one();
        assert_eq!(lisbon.run(&["lock"]).one()["attempts_left"], 3);
        for left in [2, 1] {
            lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "111222")]).error(5);
            assert_eq!(status(&lisbon)["attempts_left"], left);
        }
        let (_, message) = lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "111222")]).error(5);
        assert!(message.contains("destroyed"), "{message}");
        assert_eq!(lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "736204")]).error(5).0, "signed_out");
        let left: Vec<_> = fs::read_dir(lisbon.profile()).map_or_else(|_| Vec::new(), Iterator::collect);
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_killed_attempt_is_an_attempt() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let lisbon = Officer::sign_in(&server.base_url(), "lisbon");
    lisbon.run(&["lock", "set", "--pin-file", &pin(&lisbon, "736204")]).one();
    lisbon.run(&["lock"]).one();
    pin(&lisbon, "111222");
    // Deriving takes a good part of a second: killed in it, the guess is counted already.
    let mut child = lisbon.command(&["unlock", "--pin-file", "pin"]).spawn().expect("unlock");
    crate::terminal::until("the count", || status(&lisbon)["attempts_left"] == 4);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::KILL).ok();
    let _ = child.wait();
    assert_eq!(status(&lisbon)["attempts_left"], 4);
    lisbon.run(&["unlock", "--pin-file", &pin(&lisbon, "736204")]).one();
    assert_eq!(status(&lisbon)["attempts_left"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_reach_for_too_long_nothing_is_left() {
    let server = crate::talk::server(ServerOptions::default(), &["lisbon"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let profile = dir.path().join("profile");
    let clock = ManualClock::new(1_800_000_000_000);
    let said = vec![("data.offline_wipe_h".to_owned(), json!(24))];
    let options = Options {
        clock: Arc::new(clock.clone()),
        managed: vec![Managed { name: "system".to_owned(), said: Some(said) }],
        ..Options::default()
    };
    let login = Login { server: &url, user: "lisbon", password: PASSWORD, device_name: None };
    let (client, _) = Client::login(&profile, &vault(), login, options.clone()).await.expect("in");
    client.sync_once(None).await.expect("sync");
    clock.advance(23 * 3_600_000);
    client.sync_once(None).await.expect("in reach again");
    client.close().await;
    let open = async || {
        Client::open(&profile, &vault(), Access::Own { wait: std::time::Duration::ZERO }, options.clone())
            .await
    };
    clock.advance(23 * 3_600_000);
    open().await.expect("not yet").close().await;
    clock.advance(2 * 3_600_000);
    let refused = open().await.expect_err("too long");
    assert!(refused.to_string().contains("data.offline_wipe_h"), "{refused}");
    let left: Vec<_> = fs::read_dir(&profile).map_or_else(|_| Vec::new(), Iterator::collect);
    assert!(left.is_empty(), "{left:?}");
}
