//! What policy lets leave the application, and what it says when it does not.

use std::fs;

use qroc_core::client::Part;
use qroc_core::policy::Action as Wish;
use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::contents::{file, noise, obeys, two};
use crate::policy::{apply, forbidden};
use crate::talk::server;
use crate::terminal::{server_with, two_officers};

#[test]
fn what_lasts_too_long_is_refused_by_its_key() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let clip = qroc_fixtures::path("bikes.mp4").display().to_string();
    let words = qroc_fixtures::path("example.opus").display().to_string();
    let send_clip = ["send-file", room.as_str(), clip.as_str()];
    let send_words = ["send-file", room.as_str(), words.as_str(), "--as", "voice"];
    let clip = madrid.sent(&send_clip);
    let words = madrid.sent(&send_words);
    lisbon.sync();
    let forward = |event: &str| lisbon.run(&["forward", &room, event, "--from", &room]);

    // Ten seconds of bikes, twelve of words; without a source five minutes of either.
    apply(&lisbon, &json!({ "media.video_max_s": 2 }));
    forbidden(&lisbon.run(&send_clip), "media.video_max_s", "mdm");
    forbidden(&forward(&clip), "media.video_max_s", "mdm");
    lisbon.sent(&[&send_clip[..], &["--trim", "1-3"]].concat());
    lisbon.sent(&send_words);
    apply(&lisbon, &json!({ "media.voice_max_s": 5 }));
    forbidden(&lisbon.run(&send_words), "media.voice_max_s", "mdm");
    forbidden(&forward(&words), "media.voice_max_s", "mdm");
    lisbon.sent(&send_clip);
    assert_eq!(lisbon.strays(), 0, "nothing is left of what was refused");
    apply(&lisbon, &json!({ "media.video_max_s": 10, "media.voice_max_s": 12 }));
    lisbon.sent(&send_clip);
    lisbon.sent(&send_words);
    for event in [&clip, &words] {
        assert_eq!(forward(event).one()["state"], "sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_of_the_contents_may_leave_the_screen() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (ana, rui, room) = two(&server.base_url(), dir.path()).await;
    let path = dir.path().join("plan.bin");
    let bytes = noise(&path, 10_000, 3);
    let event = ana.perform(file(&room, &path)).await;
    rui.sync().await;
    let contents = rui.client.contents(&room, &event, Part::File).await.expect("contents");
    let out = dir.path().join("out");
    fs::create_dir(&out).expect("out");
    let left = || fs::read_dir(&out).expect("out").count();
    let free = async || {
        assert_eq!(contents.rights().expect("rights").open_external, None);
        let copy = contents.hand_out(&out).await.expect("handed out");
        assert!(fs::read(&copy.path).expect("copy") == bytes);
        fs::remove_file(&copy.path).expect("removed");
        for wish in [Wish::Screenshot, Wish::Copy { inside: false }, Wish::Copy { inside: true }] {
            assert!(rui.client.explain(wish).allowed, "{wish:?}");
            rui.client.permit(wish).await.expect("permitted");
        }
    };
    free().await;

    let mut changes = rui.client.policy_changes();
    let stops = [
        ("share.open_external", json!(false), Wish::OpenExternal),
        ("share.screenshots", json!(false), Wish::Screenshot),
        ("share.clipboard", json!("app"), Wish::Copy { inside: false }),
        ("share.clipboard", json!("none"), Wish::Copy { inside: true }),
    ];
    let allowed = json!({ "share.open_external": true, "share.screenshots": true, "share.clipboard": "any" });
    for (key, value, wish) in stops {
        obeys(&rui.client, allowed.clone()).await;
        while changes.try_recv().is_ok() {}
        obeys(&rui.client, json!({ key: value })).await;
        let changed = changes.recv().await.expect("told at once");
        assert!(changed.iter().any(|changed| changed.key == key), "{key}: {changed:?}");
        let explained = rui.client.explain(wish);
        assert_eq!(
            (explained.allowed, explained.because, explained.source.as_str()),
            (false, key, "mdm:system")
        );
        let refused = rui.client.permit(wish).await.expect_err("refused");
        assert_eq!(refused.denied().expect("by policy").key, key);
        let kept = &rui.client.denials(1).expect("audit")[0];
        assert_eq!((kept.action.as_str(), kept.key.as_str()), (wish.name(), key));
    }
    obeys(&rui.client, json!({ "share.open_external": false, "share.clipboard": "app" })).await;
    let against = contents.rights().expect("rights").open_external.expect("something against it");
    assert_eq!(against.key, "share.open_external");
    let refused = contents.hand_out(&out).await.expect_err("refused");
    assert_eq!((refused.denied().expect("by policy").key.as_str(), left()), ("share.open_external", 0));
    assert!(rui.client.explain(Wish::Copy { inside: true }).allowed, "inside the application");

    obeys(&rui.client, allowed).await;
    free().await;
}

#[test]
fn conversations_are_written_out_where_policy_lets_them() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(madrid.file("plan.txt"), "north gate").expect("plan");
    madrid.say(&room, "Gate <b>4</b> & pier");
    madrid.sent(&["send-file", &room, "plan.txt"]);
    lisbon.sync();
    let export = |to: &str| lisbon.run(&["export", "--to", to, "--room", &room]);
    let done = export("all").one();
    assert_eq!((&done["rooms"], &done["files"], &done["files_left_out"]), (&json!(1), &json!(1), &json!(0)));
    let place = lisbon.file("all/room-1");
    let lines = fs::read_to_string(place.join("messages.jsonl")).expect("lines");
    let items: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(json!(items.len()), done["events"]);
    assert_eq!(items, lisbon.offline(&room), "all of it, in its order");
    let page = fs::read_to_string(place.join("index.html")).expect("page");
    assert!(page.contains("Gate &lt;b&gt;4&lt;/b&gt; &amp; pier") && !page.contains("<b>4"), "{page}");
    let files: Vec<_> = fs::read_dir(place.join("files")).expect("files").flatten().collect();
    assert_eq!(fs::read(files[0].path()).expect("file"), b"north gate");
    assert_eq!(export("all").error(2).0, "bad_input", "nothing is overwritten");

    // What is written out of the database is one thing, whichever command does it.
    apply(&lisbon, &json!({ "share.export": false, "share.save_to_device": true }));
    forbidden(&export("none"), "share.export", "mdm");
    forbidden(
        &lisbon.run(&["location", "track", &room, "--offline", "--to", "a.gpx"]),
        "share.export",
        "mdm",
    );
    forbidden(&lisbon.run(&["location", "map", &room, "--to", "a.svg"]), "share.export", "mdm");
    assert!(["none", "a.gpx", "a.svg"].iter().all(|name| !lisbon.file(name).exists()));
    apply(&lisbon, &json!({ "share.export": true, "share.save_to_device": false }));
    let done = export("texts").one();
    assert_eq!((&done["files"], &done["files_left_out"]), (&json!(0), &json!(1)), "files have their own key");
    lisbon.run(&["location", "track", &room, "--offline", "--to", "a.gpx"]).one();
}

#[test]
fn guests_come_in_where_policy_lets_them() {
    let server =
        server_with(ServerOptions::default().set("allow_guest_access", json!(true)), &["lisbon", "madrid"]);
    let (lisbon, _madrid, room) = two_officers(&server.base_url());
    let (status, guest) = server
        .request("POST", "/_matrix/client/v3/register?kind=guest", None, Some(&json!({})))
        .expect("guest");
    assert_eq!(status, 200, "{guest}");
    let token = guest["access_token"].as_str().expect("token");
    lisbon.run(&["room", "invite", &room, guest["user_id"].as_str().expect("id")]).one();
    let join = || {
        let path = format!("/_matrix/client/v3/join/{room}");
        server.request("POST", &path, Some(token), Some(&json!({}))).expect("answer").0
    };
    assert_eq!(join(), 403, "a new room lets none in");
    apply(&lisbon, &json!({ "rooms.guests": false }));
    forbidden(&lisbon.run(&["room", "guests", &room]), "rooms.guests", "mdm");
    assert_eq!(join(), 403);
    lisbon.run(&["room", "guests", &room, "--off"]).one();
    apply(&lisbon, &json!({}));
    lisbon.run(&["room", "guests", &room]).one();
    assert_eq!(join(), 200);
}

#[test]
fn a_refusal_says_whose_rule_it_is() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, _room) = two_officers(&server.base_url());
    let broadcast = ["room", "create", "Alerts", "--kind", "broadcast"];
    lisbon.run(&broadcast).one();
    apply(&lisbon, &json!({ "rooms.broadcast_create": false }));
    let refused = lisbon.run(&broadcast);
    forbidden(&refused, "rooms.broadcast_create", "mdm");
    assert!(refused.error(3).1.starts_with("forbidden by policy: "));
    lisbon.run(&["room", "create", "Pier"]).one();
    apply(&lisbon, &json!({ "rooms.broadcast_create": false, "org.name": "PJ Lisboa" }));
    let refused = lisbon.run(&broadcast);
    forbidden(&refused, "rooms.broadcast_create", "mdm");
    assert!(refused.error(3).1.starts_with("forbidden by policy of PJ Lisboa: "), "{}", refused.err());

    assert_eq!(lisbon.run(&["name", "Ana Reis"]).one()["display_name"], "Ana Reis");
    apply(&lisbon, &json!({ "account.readonly_profile": true }));
    forbidden(&lisbon.run(&["name", "Somebody else"]), "account.readonly_profile", "mdm");
    assert_eq!(lisbon.run(&["name"]).one()["display_name"], "Ana Reis");
    apply(&lisbon, &json!({ "account.readonly_profile": false }));
    assert_eq!(lisbon.run(&["name", "Ana R."]).one()["display_name"], "Ana R.");
}

#[test]
fn the_log_says_no_more_than_policy_lets_it() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let said = madrid.say(&room, "Pier four");
    lisbon.sync();
    let speaks = || {
        let ended = lisbon.run(&["-vv", "forward", &room, &said, "--from", &room]);
        assert_eq!(ended.status(), 0, "{}", ended.err());
        ended.err().contains("a message is sent on")
    };
    assert!(speaks(), "as somebody asks");
    for (policy, expected) in [
        (json!({}), false),
        (json!({ "log.level": "debug" }), true),
        (json!({ "log.level": "info" }), false),
        (json!({ "log.level": "off" }), false),
        (json!({ "log.level": "trace" }), true),
    ] {
        apply(&lisbon, &policy);
        assert_eq!(speaks(), expected, "{policy}");
    }
}
