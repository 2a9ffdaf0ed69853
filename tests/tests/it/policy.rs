//! What administrators push, the core enforces: through the program and through the core's own client.

use std::fs;
use std::time::{Duration, Instant};

use qroc_core::client::{Client, Error, Login, Managed, Options};
use qroc_core::kind::ErrorKind;
use qroc_server::Options as ServerOptions;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::talk::{PASSWORD, vault};
use crate::terminal::{Ended, Officer, server_with, two_officers};

/// Puts a flat file in place as the device's management would.
pub fn apply(officer: &Officer, policy: &Value) -> Vec<Value> {
    fs::write(officer.file("policy.json"), policy.to_string()).expect("policy");
    officer.run(&["policy", "apply", "policy.json", "--as-mdm"]).all()
}

/// A run that policy forbade names key and source, for people and for scripts.
#[track_caller]
pub fn forbidden(ended: &Ended, key: &str, source: &str) {
    let (kind, message) = ended.error(3);
    assert_eq!(kind, "policy");
    assert!(message.contains(key) && message.contains(source), "{message}");
    let last: Value = serde_json::from_str(ended.out().lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["error"]["key"], &last["error"]["source"]), (&json!(key), &json!(source)), "{last}");
}

fn show(officer: &Officer, key: &str) -> Value {
    let lines = officer.run(&["policy", "show"]).all();
    lines.into_iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn every_enforced_key_stops_its_action() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid", "porto"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let photo = qroc_fixtures::path("flower2.jpg").display().to_string();
    let track = qroc_fixtures::path("car.gpx").display().to_string();
    fs::write(lisbon.file("plan.txt"), "north gate").expect("plan");
    fs::write(lisbon.file("run.sh"), "#!/bin/sh\necho no\n").expect("script");
    fs::write(lisbon.file("large.bin"), vec![7; (1 << 20) + 1]).expect("large");
    let file = madrid.run(&["send-file", &room, &photo]).one()["event_id"].as_str().expect("id").to_owned();
    lisbon.sync();
    let forward = ["forward", room.as_str(), file.as_str(), "--from", room.as_str()];
    let save = ["download", room.as_str(), file.as_str(), "--to", "got.jpg", "--force"];

    // Without any source, all of it is allowed.
    lisbon.run(&save).one();
    for args in [
        &["send-file", &room, "plan.txt"][..],
        &["send-file", &room, "large.bin"],
        &["location", "send", &room, "38.7071,-9.13549"],
    ] {
        lisbon.sent(args);
    }
    // Programs never are, unless somebody says so.
    forbidden(&lisbon.run(&["send-file", &room, "run.sh"]), "share.mime_deny", "default");

    let stops: &[(Value, &[&str], &str)] = &[
        (json!({ "share.save_to_device": false }), &save, "share.save_to_device"),
        (json!({ "share.max_upload_mb": 1 }), &["send-file", &room, "large.bin"], "share.max_upload_mb"),
        (json!({ "share.mime_allow": ["image/*"] }), &["send-file", &room, "plan.txt"], "share.mime_allow"),
        (json!({ "share.mime_deny": "text/plain" }), &["send-file", &room, "plan.txt"], "share.mime_deny"),
        (json!({ "share.mime_deny": "image/jpeg" }), &["send-file", &room, &photo], "share.mime_deny"),
        (json!({ "location.mode": "off" }), &["location", "send", &room, "38.7,-9.1"], "location.mode"),
        (
            json!({ "location.max_duration_min": 30 }),
            &["location", "share", &room, "--track", &track, "--for", "31"],
            "location.max_duration_min",
        ),
        (json!({ "share.forward": "none" }), &forward, "share.forward"),
        (json!({ "messages.typing": false }), &["typing", &room], "messages.typing"),
        (json!({ "rooms.create": false }), &["room", "create", "Pier"], "rooms.create"),
        (
            json!({ "rooms.invite_foreign": false }),
            &["room", "invite", &room, "@vigo:police.example"],
            "rooms.invite_foreign",
        ),
        (
            json!({ "rooms.federation_allow": ["*.gendarmerie.example"] }),
            &["room", "create", "Pier", "--invite", "@vigo:police.example"],
            "rooms.federation_allow",
        ),
    ];
    for (policy, args, key) in stops {
        let told = apply(&lisbon, policy);
        assert_eq!((told.len(), &told[0]["state"], &told[0]["locked"]), (1, &json!("applied"), &json!(true)));
        forbidden(&lisbon.run(args), key, "mdm");
        let line = show(&lisbon, key);
        assert_eq!((&line["value"], &line["source"]), (&told[0]["value"], &json!("mdm")), "{line}");
    }
    let rooms = lisbon.run(&["rooms"]).all().len();
    assert_eq!(rooms, 1, "nothing was made");

    // The same is allowed again without it; saving where a source allows it.
    apply(&lisbon, &json!({ "share.save_to_device": "true" }));
    lisbon.run(&save).one();
    for args in [&["send-file", &room, "plan.txt"][..], &["location", "send", &room, "38.7,-9.1"]] {
        lisbon.sent(args);
    }
    // All here are of one network.
    apply(&lisbon, &json!({ "share.forward": "network", "messages.typing": true }));
    lisbon.sent(&forward);
    lisbon.run(&["typing", &room]).one();
    lisbon.run(&["room", "create", "Pier"]).one();
    lisbon.run(&["room", "invite", &room, "@porto:qroc.test"]).one();
    apply(&lisbon, &json!({ "share.mime_deny": [] }));
    lisbon.sent(&["send-file", &room, "run.sh"]);

    what_is_sent(&lisbon, &madrid, &room, &photo);
    rooms_and_receipts(&lisbon, &madrid, &room);
}

/// Keys that change what is sent rather than forbid it.
fn what_is_sent(lisbon: &Officer, madrid: &Officer, room: &str, photo: &str) {
    let free = lisbon.run(&["send-file", room, photo]).one();
    apply(lisbon, &json!({ "media.image_max_px": 64, "share.strip_metadata": false }));
    let small = lisbon.run(&["send-file", room, photo]).one();
    assert!(
        free["width"].as_u64() > Some(64)
            && small["width"].as_u64().max(small["height"].as_u64()) == Some(64)
    );
    apply(lisbon, &json!({ "media.image_max_px": 200 }));
    let fine = lisbon.run(&["send-file", room, photo]).one()["sent_bytes"].as_u64();
    apply(lisbon, &json!({ "media.image_max_px": 200, "media.image_quality": 5 }));
    let coarse = lisbon.run(&["send-file", room, photo]).one()["sent_bytes"].as_u64();
    assert!(coarse < fine, "{coarse:?} {fine:?}");
    let clip = qroc_fixtures::path("bikes.mp4").display().to_string();
    let clip = |policy: Value| {
        apply(lisbon, &policy);
        lisbon.run(&["send-file", room, &clip, "--trim", "1-3"]).one()
    };
    let low = clip(json!({ "media.video_max_height": 144 }));
    assert!(low["width"].as_u64().min(low["height"].as_u64()) <= Some(144), "{low}");
    let lower = clip(json!({ "media.video_max_height": 144, "media.video_kbps": 64 }));
    assert!(lower["sent_bytes"].as_u64() < low["sent_bytes"].as_u64(), "{lower} {low}");
    // Metadata goes whatever anybody says: this build sends none.
    let located = qroc_fixtures::path("canon.jpg").display().to_string();
    let source = fs::read(&located).expect("photo");
    assert!(source.windows(4).any(|window| window == b"Exif"));
    apply(lisbon, &json!({ "share.strip_metadata": true, "share.save_to_device": true }));
    let event = lisbon.sent(&["send-file", room, &located]);
    madrid.sync();
    madrid.run(&["download", room, &event, "--to", "located.jpg"]).one();
    let got = fs::read(madrid.file("located.jpg")).expect("got");
    assert!(!got.windows(4).any(|window| window == b"Exif"), "metadata is gone");

    let place = |lisbon: &Officer| {
        let event = lisbon.sent(&["location", "send", room, "38.70712,-9.13549", "--accuracy", "5"]);
        let item =
            lisbon.offline(room).into_iter().find(|item| item["event_id"] == event.as_str()).expect("item");
        item["location"].clone()
    };
    assert_eq!(place(lisbon)["lat"], 38.70712);
    apply(lisbon, &json!({ "location.precision_m": 1000 }));
    let rounded = place(lisbon);
    assert_eq!(rounded["accuracy_m"], 1000.0);
    let off = (rounded["lat"].as_f64().expect("lat") - 38.70712).abs();
    assert!(off > 0.0 && off < 0.01, "{rounded}");
    assert_eq!(place(lisbon)["lat"], rounded["lat"], "always the same");
    assert_eq!(rounded["picked"], false);
    // A place that was picked stays one, however exact it may be.
    let event = lisbon.sent(&["location", "send", room, "38.70712,-9.13549"]);
    let items = lisbon.offline(room);
    let picked = &items.iter().find(|item| item["event_id"] == event.as_str()).expect("item")["location"];
    assert_eq!((&picked["picked"], &picked["lat"]), (&json!(true), &rounded["lat"]), "{picked}");
}

fn rooms_and_receipts(lisbon: &Officer, madrid: &Officer, room: &str) {
    apply(lisbon, &json!({ "rooms.admins": ["@porto:qroc.test"] }));
    let made = lisbon.run(&["room", "create", "Bridge"]).one();
    lisbon.sync();
    let members = lisbon.run(&["room", "members", made["room_id"].as_str().expect("id")]).all();
    let porto = members.iter().find(|member| member["user_id"] == "@porto:qroc.test").expect("invited");
    assert_eq!((&porto["power"], &porto["membership"]), (&json!(100), &json!("invite")));
    let own = members.iter().find(|member| member["user_id"] == "@lisbon:qroc.test").expect("own");
    assert_eq!(own["power"], 100);

    // Read markers stay between the account and its server; the own list of unread knows them all the same.
    let receipts = |event: &str| {
        lisbon.sync();
        let items = lisbon.offline(room);
        let item = items.into_iter().find(|item| item["event_id"] == event).expect("item");
        item["receipts"].clone()
    };
    apply(madrid, &json!({ "messages.read_receipts": false }));
    let first = lisbon.say(room, "Not told");
    madrid.sync();
    madrid.sent(&["read", room]);
    assert_eq!(receipts(&first), json!([]));
    madrid.sync();
    let unread = madrid.run(&["rooms", "--filter", "Harbour"]).one()["unread"].clone();
    assert_eq!(unread, 0);
    apply(madrid, &json!({ "messages.read_receipts": true }));
    let second = lisbon.say(room, "Told");
    madrid.sync();
    madrid.sent(&["read", room]);
    assert_eq!(receipts(&second), json!([madrid.user]));
}

#[test]
fn a_change_holds_at_once_in_the_process_that_owns_the_profile() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let mut sync = lisbon.follow();
    lisbon.sent(&["location", "send", &room, "38.7,-9.1"]);
    fs::write(lisbon.file("policy.json"), "{\"location.mode\": \"off\"}").expect("policy");
    let begun = Instant::now();
    let told = lisbon.run(&["policy", "apply", "policy.json", "--as-mdm"]).one();
    assert_eq!((&told["key"], &told["state"]), (&json!("location.mode"), &json!("applied")));
    // The owner is asked by another process, and answers with key and source.
    forbidden(&lisbon.run(&["location", "send", &room, "38.7,-9.1"]), "location.mode", "mdm");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    apply(&lisbon, &json!({}));
    lisbon.sent(&["location", "send", &room, "38.7,-9.1"]);
    madrid.say(&room, "Still there?");
    sync.sees("Still there?");
    assert_eq!(sync.end(Signal::INT), Some(130));
}

#[test]
fn what_was_refused_is_kept() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, _room) = two_officers(&server.base_url());
    apply(&lisbon, &json!({ "rooms.create": false }));
    forbidden(&lisbon.run(&["room", "create", "Pier"]), "rooms.create", "mdm");
    apply(&lisbon, &json!({ "rooms.create": false, "audit.enabled": false }));
    forbidden(&lisbon.run(&["room", "create", "Quay"]), "rooms.create", "mdm");
    let key = qroc_core::store::vault::FileVault::new(lisbon.file("vault.key"));
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let denials = runtime.block_on(async {
        let access = qroc_core::client::Access::Read;
        let client = Client::open(&lisbon.profile(), &key, access, Options::default()).await.expect("open");
        client.denials(10).expect("denials")
    });
    assert_eq!(denials.len(), 1, "{denials:?}");
    let denial = &denials[0];
    assert_eq!((denial.action.as_str(), denial.key.as_str()), ("create_room", "rooms.create"));
    assert_eq!((denial.source.as_str(), denial.value.as_str()), ("mdm", "false"));
    assert!(denial.ts > 1_700_000_000_000);
}

#[test]
fn an_old_version_only_says_where_the_new_one_is() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    apply(&lisbon, &json!({ "app.min_version": "99", "app.store_url": "https://police.example/app" }));
    let ended = lisbon.run(&["send", &room, "x"]);
    forbidden(&ended, "app.min_version", "mdm");
    assert!(ended.error(3).1.contains("https://police.example/app"));
    forbidden(&lisbon.run(&["rooms"]), "app.min_version", "mdm");
    lisbon.run(&["status"]).one();
    apply(&lisbon, &json!({ "app.min_version": "0.1" }));
    assert!(!lisbon.run(&["rooms"]).all().is_empty());
}

fn managed(said: &Value) -> Options {
    let said = said.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
    Options {
        managed: vec![Managed { name: "system".to_owned(), said: Some(said.collect()) }],
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_and_the_user_are_fixed_by_the_machines_management() {
    let server = crate::talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let profile = dir.path().join("profile");
    let sign_in = async |user: &str, policy: Value| {
        let login = Login { server: &url, user, password: PASSWORD, device_name: None };
        Client::login(&profile, &vault(), login, managed(&policy)).await
    };
    for (user, policy, key) in [
        ("lisbon", json!({ "server.allow_other": false }), "server.allow_other"),
        (
            "lisbon",
            json!({ "server.allow_other": false, "server.homeserver_url": "https://police.example" }),
            "server.allow_other",
        ),
        ("madrid", json!({ "account.username": "lisbon" }), "account.username"),
    ] {
        let refused = sign_in(user, policy).await.expect_err("refused");
        let denied = refused.denied().expect("by policy");
        assert_eq!((denied.key.as_str(), denied.origin.as_str()), (key, "mdm:system"));
        assert!(!profile.join("device.key").exists(), "nothing is left behind");
    }
    let fixed = json!({
        "server.allow_other": false, "server.homeserver_url": url, "account.username": "lisbon",
        "rooms.create": false,
    });
    let (client, signed) = sign_in("lisbon", fixed).await.expect("as it is fixed");
    assert_eq!(signed.user_id, "@lisbon:qroc.test");
    let line = client.policy_lines().into_iter().find(|line| line.key == "rooms.create").expect("line");
    assert_eq!((line.source.as_str(), line.locked), ("mdm:system", true), "kept with the profile");
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_too_many_is_taken_back() {
    let server = crate::talk::server(ServerOptions::default(), &["lisbon"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let sign_in_for = async |name: &str, most: u32, instead_of: Option<String>| {
        let login = Login { server: &url, user: "lisbon", password: PASSWORD, device_name: Some(name) };
        let policy = managed(&json!({ "account.max_devices": most, "account.max_accounts": 9 }));
        Client::login(&dir.path().join(name), &vault(), login, Options { instead_of, ..policy }).await
    };
    let sign_in = async |name: &str, most: u32| sign_in_for(name, most, None).await;
    let (first, _) = sign_in("first", 2).await.expect("one");
    let (second, _) = sign_in("second", 2).await.expect("two");
    let refused = sign_in("third", 2).await.expect_err("three");
    assert_eq!(refused.denied().expect("by policy").key, "account.max_devices");
    let Error::TooManyDevices { devices, .. } = refused else { panic!("says which there are") };
    let mut names: Vec<_> = devices.iter().filter_map(|(_, name, _)| name.as_deref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["first", "second"]);
    let nobody = sign_in_for("third", 2, Some("NOBODY".into())).await.expect_err("no such device");
    assert_eq!(nobody.kind(), ErrorKind::NotFound);
    assert!(!dir.path().join("third/device.key").exists());
    assert_eq!(first.devices().await.expect("devices").len(), 2, "and the server has forgotten it");
    let (third, _) = sign_in("third", 3).await.expect("three are allowed");
    // One is chosen to go.
    let gone = second.status().expect("status").device_id;
    let (fourth, _) = sign_in_for("fourth", 3, Some(gone.clone())).await.expect("in the place of another");
    let left = first.devices().await.expect("devices");
    assert!(left.len() == 3 && left.iter().all(|device| device.device_id != gone), "{left:?}");
    // Where there is room, nobody goes.
    let third_id = third.status().expect("status").device_id;
    let (fifth, _) = sign_in_for("fifth", 9, Some(third_id)).await.expect("in");
    assert_eq!(first.devices().await.expect("devices").len(), 4);
    for client in [first, second, third, fourth, fifth] {
        client.close().await;
    }
}

#[test]
fn a_signed_bundle_holds_and_never_goes_back() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    let public = lisbon.run(&["policy", "keygen", "--to", "org.key"]).one()["public_key"].clone();
    lisbon.run(&["policy", "keygen", "--to", "org.key"]).error(2);
    lisbon.run(&["policy", "keygen", "--to", "evil.key"]).one();
    let sign = |policy: Value, key: &str, serial: &str, more: &[&str]| {
        fs::write(lisbon.file("signed.json"), policy.to_string()).expect("policy");
        let args = ["policy", "sign", "signed.json", "--key", key, "--serial", serial, "--to", "bundle"];
        lisbon.run(&[&args, more].concat())
    };
    let until = ["--expires", "2099-01-01"];
    sign(json!({ "rooms.create": false }), "org.key", "7", &until).one();
    let apply_bundle = || lisbon.run(&["policy", "apply", "bundle"]);
    assert!(apply_bundle().error(6).1.contains("org.policy_keys"), "nobody is believed yet");
    apply(&lisbon, &json!({ "org.policy_keys": [public], "org.name": "PJ" }));
    let told = apply_bundle().one();
    assert_eq!(
        (&told["key"], &told["source"], &told["state"]),
        (&json!("rooms.create"), &json!("bundle"), &json!("applied"))
    );
    forbidden(&lisbon.run(&["room", "create", "Pier"]), "rooms.create", "bundle");
    apply_bundle().all();

    // Older, forged, for others, over: none of it changes what holds.
    let refused = |policy: Value, key: &str, serial: &str, more: &[&str], word: &str| {
        sign(policy, key, serial, more).one();
        let (kind, message) = apply_bundle().error(6);
        assert!(kind == "bad_file" && message.contains(word), "{message}");
        forbidden(&lisbon.run(&["room", "create", "Pier"]), "rooms.create", "bundle");
    };
    refused(json!({ "rooms.create": true }), "org.key", "6", &until, "serial");
    refused(json!({ "rooms.create": true }), "org.key", "7", &until, "serial");
    refused(json!({}), "evil.key", "8", &until, "org.policy_keys");
    let others = ["--expires", "2099-01-01", "--audience", "@madrid:qroc.test"];
    refused(json!({}), "org.key", "8", &others, "@madrid:qroc.test");
    let mut bytes = fs::read(lisbon.file("bundle")).expect("bundle");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(lisbon.file("bundle"), bytes).expect("bent");
    assert!(apply_bundle().error(6).1.contains("signature"));
    // A bundle sets no key that only the MDM may set, and a later one takes effect.
    let (kind, message) = sign(json!({ "org.policy_keys": [] }), "org.key", "8", &until).error(1);
    assert!(kind == "bad_policy" && message.contains("MDM"), "{message}");
    sign(
        json!({ "share.max_upload_mb": 0 }),
        "org.key",
        "8",
        &["--expires", "2099-01-01", "--audience", "qroc.test"],
    )
    .one();
    apply_bundle().all();
    lisbon.run(&["room", "create", "Pier"]).one();
    fs::write(lisbon.file("plan.txt"), "north gate").expect("plan");
    forbidden(&lisbon.run(&["send-file", &room, "plan.txt"]), "share.max_upload_mb", "bundle");
}

#[test]
fn an_order_is_carried_out_once_and_signed_for() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, _room) = two_officers(&server.base_url());
    let status = lisbon.run(&["status"]).one();
    let (user, device) = (lisbon.user.clone(), status["device_id"].as_str().expect("device").to_owned());
    let public = lisbon.run(&["policy", "keygen", "--to", "org.key"]).one()["public_key"].clone();
    apply(&lisbon, &json!({ "org.policy_keys": [public] }));
    fs::write(lisbon.file("empty.json"), "{}").expect("policy");
    let order = |what: &str, device: &str, serial: &str| {
        let order = format!("{what}:{user}:{device}");
        let args =
            ["policy", "sign", "empty.json", "--key", "org.key", "--expires", "2099-01-01", "--to", "bundle"];
        lisbon.run(&[&args[..], &["--serial", serial, "--order", &order]].concat()).one()
    };
    let apply_bundle = || lisbon.run(&["policy", "apply", "bundle"]).all();
    let ordered = order("report", &device, "1");
    let receipt = apply_bundle().remove(0);
    assert_eq!((&receipt["order"], &receipt["nonce"]), (&json!("report"), &ordered["orders"][0]));
    let signature =
        receipt["signatures"][&user][format!("ed25519:{device}")].as_str().expect("signed by the device");
    assert!(signature.len() >= 86, "{receipt}");
    assert!(receipt["signed"].as_str().expect("text").contains(&device));
    assert!(apply_bundle().is_empty(), "once");
    order("wipe", "OTHERDEVICE", "2");
    assert!(apply_bundle().is_empty());
    lisbon.run(&["status"]).one();

    // A running owner does it, and everything is gone.
    let following = lisbon.follow();
    order("wipe", &device, "3");
    let _ = lisbon.run(&["policy", "apply", "bundle"]);
    assert_eq!(following.ended(), Some(5));
    assert_eq!(lisbon.run(&["rooms"]).error(5).0, "signed_out");
    let left: Vec<_> = fs::read_dir(lisbon.profile()).map_or_else(|_| Vec::new(), Iterator::collect);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_is_checked_before_it_is_pushed() {
    let officer = Officer::new("admin");
    let check = |text: &str| {
        fs::write(officer.file("policy.json"), text).expect("policy");
        officer.run(&["policy", "check", "policy.json"])
    };
    let fine = check("{\"lock.min_length\": \"8\", \"calls.video\": false}").all();
    assert_eq!((&fine[0]["value"], &fine[0]["state"]), (&json!(8), &json!("ok")));
    assert_eq!(fine[1]["error"], "not enforced by this version");
    let (_, message) = check("{\n  \"rooms.create\": true,\n  \"lock.min_lenght\": 8\n}").error(1);
    assert!(message.contains("line 3, column 3") && message.contains("lock.min_length"), "{message}");
    let (_, message) = check("{\"lock.min_length\": 3}").error(1);
    assert!(message.contains("lock.min_length") && message.contains("between 4 and 128"), "{message}");
    let (kind, message) = check("{\n  \"lock.min_length\" 3}").error(6);
    assert!(kind == "bad_file" && message.contains("line 2, column 21"), "{message}");
    assert_eq!(officer.run(&["policy", "check", "none.json"]).error(6).0, "bad_file");
    // Nothing of it needs a profile.
    for (format, word) in [
        ("android", "restrictionType"),
        ("ios", "managedAppConfiguration"),
        ("json", "$schema"),
        ("md", "| Key |"),
    ] {
        let ended = officer.run(&["policy", "schema", "--format", format]);
        assert!(ended.status() == 0 && ended.out().contains(word), "{format}");
    }
    officer.run(&["policy", "schema", "--format", "android", "--to", "res"]).all();
    for file in ["xml/app_restrictions.xml", "values/policy.xml", "values-el/policy.xml"] {
        assert!(officer.file("res").join(file).is_file(), "{file}");
    }
    let explained = officer.run(&["policy", "explain", "save"]).one();
    assert_eq!(
        (&explained["allowed"], &explained["because"], &explained["source"]),
        (&json!(true), &json!("share.save_to_device"), &json!("default"))
    );
    let about = officer.run(&["policy", "explain", "lock.max_attempts"]).one();
    assert_eq!((&about["merge"], &about["default"]), (&json!("min"), &json!(5)));
    assert!(officer.run(&["policy", "explain", "lock.max_atempts"]).error(1).1.contains("lock.max_attempts"));
}
