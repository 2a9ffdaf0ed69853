//! Answers that no good server gives: malformed, refused, late, lost. Nothing is lost, doubled or destroyed by one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use qroc_core::client::{self, Access, Action, Client, Login};
use qroc_core::clock::{Clock as _, ManualClock, SystemClock};
use qroc_core::kind::ErrorKind;
use qroc_core::model::SyncSummary;
use qroc_server::{Embedded, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::proxy::{Proxy, Turn};
use crate::talk::{PASSWORD, vault};
use crate::terminal::{Officer, server_with, two_officers};

/// An officer whose client talks through a proxy and whose clock is turned by hand, and one who speaks.
struct Scene {
    proxy: Proxy,
    clock: ManualClock,
    profile: PathBuf,
    room: String,
    madrid: Officer,
    server: Embedded,
    _dir: TempDir,
}

impl Scene {
    async fn set() -> (Self, Client) {
        tokio::task::spawn_blocking(|| server_with(Options::default(), &["lisbon", "madrid"]))
            .await
            .map(Self::on)
            .expect("server")
            .await
    }

    async fn on(server: Embedded) -> (Self, Client) {
        let proxy = Proxy::start(server.port());
        let dir = tempfile::tempdir().expect("dir");
        let profile = dir.path().join("profile");
        let clock = ManualClock::new(SystemClock.now_ms());
        let options = client::Options { clock: Arc::new(clock.clone()), ..client::Options::default() };
        let url = proxy.url();
        let login = Login { server: &url, user: "lisbon", password: PASSWORD, device_name: None };
        let (client, _) = Client::login(&profile, &vault(), login, options).await.expect("sign in");
        let madrid = Officer::sign_in(&server.base_url(), "madrid");
        let room = madrid.run(&["room", "create", "Harbour", "--invite", "@lisbon:qroc.test"]).one();
        let room = room["room_id"].as_str().expect("id").to_owned();
        client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
        client.join(&room).await.expect("join");
        madrid.sync();
        madrid.say(&room, "Kept");
        let scene = Self { proxy, clock, profile, room, madrid, server, _dir: dir };
        scene.sync(&client).await.expect("sync");
        assert_eq!(scene.texts(&client), ["Kept"]);
        (scene, client)
    }

    async fn sync(&self, client: &Client) -> Result<SyncSummary, client::Error> {
        client.sync_once(Some(Duration::from_secs(30))).await
    }

    async fn refused(&self, client: &Client) -> client::Error {
        client.sync_once(Some(Duration::from_secs(5))).await.expect_err("refused")
    }

    fn texts(&self, client: &Client) -> Vec<String> {
        let items = futures(client.timeline(&self.room, None, 1000, true)).expect("timeline");
        items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect()
    }
}

/// What reads the database alone never waits.
fn futures<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

fn hard() -> Turn {
    Turn::json(401, json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised", "soft_logout": false}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_for_a_while_is_held_and_comes_back() {
    let (scene, client) = Scene::set().await;
    scene.proxy.rule(|_| hard());
    let error = scene.refused(&client).await;
    assert_eq!(error.kind(), ErrorKind::SignedOut, "{error}");
    assert_eq!(client.status().expect("status").state, "refused");
    // Contents are sealed, nothing is gone, and asking again at once changes nothing.
    assert_eq!(client.rooms(None, 10).expect_err("held").kind(), ErrorKind::SignedOut);
    assert_eq!(client.search("Kept", None, 10).expect_err("held").kind(), ErrorKind::SignedOut);
    for _ in 0..3 {
        scene.clock.advance(15_000);
        scene.refused(&client).await;
    }
    assert!(client::account_exists(&scene.profile).expect("profile"));
    scene.proxy.pass();
    scene.sync(&client).await.expect("back");
    assert_eq!(client.status().expect("status").state, "active");
    assert_eq!(scene.texts(&client), ["Kept"]);
    // The first refusal is forgotten: another one much later is a first one again.
    scene.clock.advance(3_600_000);
    scene.proxy.rule(|_| hard());
    scene.refused(&client).await;
    assert!(client::account_exists(&scene.profile).expect("profile"));
    scene.proxy.pass();
    scene.sync(&client).await.expect("back");
    assert_eq!(scene.texts(&client), ["Kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_twice_is_destroyed_only_when_the_server_insists() {
    let (scene, client) = Scene::set().await;
    let syncs_only = |asked: &crate::proxy::Asked| match asked.path.contains("/sync") {
        true => hard(),
        false => Turn::Pass,
    };
    // The sync alone is refused, while the server still knows who asks: a fault of the server.
    scene.proxy.rule(syncs_only);
    scene.refused(&client).await;
    scene.clock.advance(61_000);
    let _ = client.sync_once(Some(Duration::from_secs(3))).await;
    assert!(client::account_exists(&scene.profile).expect("profile"));
    scene.proxy.pass();
    scene.sync(&client).await.expect("back");
    assert_eq!(scene.texts(&client), ["Kept"]);

    // Refused, and a minute later whoami and refresh are as well.
    scene.proxy.rule(|_| hard());
    scene.refused(&client).await;
    scene.clock.advance(59_000);
    scene.refused(&client).await;
    assert!(client::account_exists(&scene.profile).expect("profile"));
    scene.clock.advance(2_000);
    scene.proxy.asked("");
    let error = scene.refused(&client).await;
    assert!(matches!(error, client::Error::SignedOutForGood), "{error}");
    let asked = scene.proxy.asked("");
    assert!(asked.iter().any(|asked| asked.path.contains("/whoami")));
    assert!(asked.iter().any(|asked| asked.path.contains("/refresh")));
    assert!(!client::account_exists(&scene.profile).expect("profile"));
    let left: Vec<_> = std::fs::read_dir(&scene.profile).map_or_else(|_| Vec::new(), Iterator::collect);
    assert!(left.is_empty(), "{left:?}");
    let reopened = Client::open(&scene.profile, &vault(), Access::Read, client::Options::default()).await;
    assert_eq!(reopened.expect_err("gone").kind(), ErrorKind::SignedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_account_is_held_and_comes_back() {
    let (scene, client) = Scene::set().await;
    // The real server's own lock, not an imitation of it.
    let lock = |locked: bool| {
        let path = "/_synapse/admin/v2/users/@lisbon:qroc.test";
        futures(async { scene.server.admin("PUT", path, Some(&json!({"locked": locked}))) }).expect("admin");
    };
    lock(true);
    assert_eq!(scene.refused(&client).await.kind(), ErrorKind::SignedOut);
    assert_eq!(client.status().expect("status").state, "locked");
    assert_eq!(client.rooms(None, 10).expect_err("held").kind(), ErrorKind::SignedOut);
    scene.clock.advance(3_600_000);
    scene.refused(&client).await;
    assert!(client::account_exists(&scene.profile).expect("profile"));
    lock(false);
    scene.sync(&client).await.expect("back");
    assert_eq!(client.status().expect("status").state, "active");
    assert_eq!(scene.texts(&client), ["Kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_the_server_deleted_is_destroyed_after_the_second_question() {
    let (scene, client) = Scene::set().await;
    let device = client.status().expect("status").device_id;
    let path = format!("/_synapse/admin/v2/users/@lisbon:qroc.test/devices/{device}");
    futures(async { scene.server.admin("DELETE", &path, None) }).expect("admin");
    scene.refused(&client).await;
    assert_eq!(client.status().expect("status").state, "refused");
    scene.clock.advance(61_000);
    assert!(matches!(scene.refused(&client).await, client::Error::SignedOutForGood));
    assert!(!client::account_exists(&scene.profile).expect("profile"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_position_starts_over_and_doubles_nothing() {
    let (scene, client) = Scene::set().await;
    for n in 0..30 {
        scene.madrid.run(&["send", &scene.room, &format!("Word {n}"), "--queue"]).one();
    }
    scene.madrid.sync();
    let mut texts = vec!["Kept".to_owned()];
    texts.extend((0..30).map(|n| format!("Word {n}")));
    let mut left = 2;
    scene.proxy.rule(move |asked| {
        if left > 0 && asked.path.contains("pos=") && asked.path.contains("/sync") {
            left -= 1;
            return Turn::json(400, json!({"errcode": "M_UNKNOWN_POS", "error": "Connection has expired"}));
        }
        Turn::Pass
    });
    scene.sync(&client).await.expect("sync");
    let items = client.timeline(&scene.room, None, 1000, false).await.expect("timeline");
    let bodies: Vec<_> =
        items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect();
    assert_eq!(bodies, texts);
    assert_eq!(scene.sync(&client).await.expect("sync").events, 0);
    assert_eq!(scene.texts(&client), texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_says_yes_to_everything_is_not_believed() {
    let (scene, client) = Scene::set().await;
    // In a hotel each first try of what ends with an empty answer meets "200, please sign in".
    for (part, body) in [("/sendToDevice/", "Key"), ("/upload/", "File")] {
        let met = Arc::new(AtomicUsize::new(0));
        let count = met.clone();
        scene.proxy.rule(move |asked| {
            if asked.method == "PUT" && asked.path.contains(part) && count.fetch_add(1, Ordering::SeqCst) == 0
            {
                let body = b"<html>Please sign in</html>".to_vec();
                return Turn::Answer { status: 200, kind: "text/html", body, headers: "" };
            }
            Turn::Pass
        });
        let (room, txn) = (scene.room.clone(), None);
        let action = match part {
            "/upload/" => {
                let path = scene.profile.with_file_name("plan.txt");
                std::fs::write(&path, "north gate").expect("file");
                let caption = Some(body.to_owned());
                Action::SendFile {
                    room,
                    path,
                    caption,
                    treat_as: client::TreatAs::Auto,
                    trim: None,
                    original: false,
                    capture_info: false,
                    txn,
                }
            }
            _ => Action::Send { room, body: body.to_owned(), reply: None, thread: None, txn },
        };
        let outcome = client.perform(action, Some(Duration::from_secs(2))).await.expect("kept");
        assert_eq!(outcome.sent().state, "queued", "{part}: not believed");
        scene.clock.advance(60_000);
        scene.sync(&client).await.expect("sync");
        assert_eq!(met.load(Ordering::SeqCst), 2, "{part}: tried again");
    }
    let madrid = scene.madrid.run(&["sync", "--once"]).one();
    assert_eq!(madrid["undecryptable"], 0, "{madrid}");
    let items = scene.madrid.timeline(&scene.room);
    let file = items.last().expect("file")["event_id"].as_str().expect("id").to_owned();
    let fetched = scene.madrid.run(&["download", &scene.room, &file, "--to", "fetched.txt"]).one();
    assert_eq!(fetched["bytes"], 10, "{fetched}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_answer_costs_what_is_malformed_and_no_more() {
    let (scene, client) = Scene::set().await;
    let speak = |n: usize| {
        scene.madrid.say(&scene.room, &format!("Before {n}"));
        // A message that is not encrypted, whose bytes the proxy can change.
        let token = futures(async { scene.server.login("madrid", PASSWORD) }).expect("login").access_token;
        let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{n}", scene.room);
        let body = json!({"msgtype": "m.text", "body": format!("PLAIN{n}")});
        futures(async { scene.server.request("PUT", &path, Some(&token), Some(&body)) }).expect("sent");
        scene.madrid.say(&scene.room, &format!("After {n}"));
    };
    let in_sync = |change: fn(Vec<u8>) -> Vec<u8>, times: usize| {
        let done = AtomicUsize::new(0);
        move |asked: &crate::proxy::Asked| match asked.path.contains("/sync") {
            true if done.fetch_add(1, Ordering::SeqCst) < times => Turn::Change(Box::new(change)),
            _ => Turn::Pass,
        }
    };

    // Bytes that are no UTF-8 inside an event.
    speak(0);
    scene.proxy.rule(in_sync(not_utf8, 9));
    scene.sync(&client).await.expect("sync");
    assert_eq!(scene.texts(&client), ["Kept", "Before 0", "PL\u{fffd}IN0", "After 0"]);

    // Rooms and events that are nonsense, beside those that are not.
    speak(1);
    scene.proxy.rule(in_sync(nonsense, 9));
    scene.sync(&client).await.expect("sync");
    let texts = scene.texts(&client);
    assert_eq!(texts[4..], ["Before 1", "PLAIN1", "After 1"]);
    assert_eq!(client.rooms(None, 10).expect("rooms").len(), 1, "no room of nonsense");

    // JSON that ends in the middle, a page of HTML, an empty answer: asked again until it is whole.
    for change in [half as fn(Vec<u8>) -> Vec<u8>, |_| b"<html>portal</html>".to_vec(), |_| Vec::new()] {
        let n = scene.texts(&client).len();
        speak(n);
        scene.proxy.rule(in_sync(change, 2));
        scene.sync(&client).await.expect("sync");
        assert_eq!(scene.texts(&client).len(), n + 3);
    }
    assert_eq!(client.status().expect("status").state, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_cannot_be_read_in_an_answer_loses_nothing() {
    let (scene, client) = Scene::set().await;
    let mut texts = vec!["Kept".to_owned()];
    // Damaged once, it comes whole the second time. Damaged for good, the room is asked for itself; in a room with
    // more news than an answer holds, what lies between is fetched too.
    for (times, messages) in [(1, 2), (9, 2), (9, 30), (1, 30)] {
        for damage in ["timeline", "required_state", "the room"] {
            for n in 0..messages {
                let text = format!("{damage} {times} {messages} {n}");
                scene.madrid.run(&["send", &scene.room, &text, "--queue"]).one();
                texts.push(text);
            }
            scene.madrid.sync();
            let (room, mut left) = (scene.room.clone(), times);
            scene.proxy.rule(move |asked| {
                if left == 0 || !asked.path.contains("/sync") {
                    return Turn::Pass;
                }
                let room = room.clone();
                // Only answers that have something of the room are damaged.
                left -= 1;
                Turn::Change(Box::new(move |body| damaged(&body, &room, damage)))
            });
            scene.sync(&client).await.expect("sync");
            scene.proxy.pass();
            scene.sync(&client).await.expect("sync");
            let items = client.timeline(&scene.room, None, 1000, false).await.expect("timeline");
            let bodies: Vec<_> = items
                .into_iter()
                .filter(|item| item.kind == "m.room.message")
                .filter_map(|item| item.body)
                .collect();
            assert_eq!(bodies, texts, "{damage}, {times} times, {messages} messages");
        }
    }
    assert_eq!(client.rooms(None, 10).expect("rooms").len(), 1);
}

fn damaged(body: &[u8], room: &str, part: &str) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(body).unwrap_or_default();
    if answer["rooms"][room].is_object() {
        match part {
            "the room" => answer["rooms"][room] = json!("nothing"),
            part => answer["rooms"][room][part] = json!({"not": "a list"}),
        }
    }
    answer.to_string().into_bytes()
}

fn not_utf8(mut body: Vec<u8>) -> Vec<u8> {
    while let Some(at) = body.windows(4).position(|window| window == b"PLAI") {
        body[at + 2] = 0xff;
    }
    body
}

fn half(body: Vec<u8>) -> Vec<u8> {
    body[..body.len() / 2].to_vec()
}

fn nonsense(body: Vec<u8>) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else { return body };
    if let Some(rooms) = answer["rooms"].as_object_mut() {
        for room in rooms.values_mut() {
            if let Some(events) = room["timeline"].as_array_mut() {
                events.insert(0, json!(7));
                events.insert(0, json!({"type": 5, "event_id": null}));
                events.push(json!({"type": "m.room.message", "content": "text"}));
            }
            if let Some(state) = room["required_state"].as_array_mut() {
                state.push(json!({"type": "m.room.member", "state_key": 3, "content": []}));
            }
        }
        rooms.insert("!number:qroc.test".into(), json!(42));
        rooms.insert("!list:qroc.test".into(), json!([]));
        rooms.insert("!timeline:qroc.test".into(), json!({"timeline": "no", "name": {}, "joined_count": -3}));
    }
    answer["extensions"]["typing"] = json!("nobody");
    answer["extensions"]["receipts"] = json!({"rooms": {"!x:qroc.test": 1}});
    answer["extensions"]["account_data"] = json!([1]);
    answer.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_wait_is_not_asked_sooner() {
    let (scene, client) = Scene::set().await;
    for (body, at_least) in [
        (json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too fast", "retry_after_ms": 1500}), 1500),
        (json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too fast"}), 400),
    ] {
        for part in ["/send/", "/sync"] {
            let mut left = 1;
            let answer = body.clone();
            scene.proxy.asked("");
            scene.proxy.rule(move |asked| {
                if left > 0 && asked.path.contains(part) {
                    left -= 1;
                    return Turn::json(429, answer.clone());
                }
                Turn::Pass
            });
            let text = format!("{part} {at_least}");
            let action = Action::Send {
                room: scene.room.clone(),
                body: text.clone(),
                reply: None,
                thread: None,
                txn: None,
            };
            client.perform(action, None).await.expect("queued");
            // Time goes on, as it does outside of tests.
            let clock = scene.clock.clone();
            let ticking = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    clock.advance(50);
                }
            });
            let summary = scene.sync(&client).await.expect("sync");
            ticking.abort();
            assert_eq!(summary.sent, 1);
            let asked = scene.proxy.asked(part);
            let waited = asked[1].at.duration_since(asked[0].at).as_millis();
            assert!(asked.len() >= 2 && waited >= at_least, "{part}: {waited} ms");
        }
    }
    scene.madrid.sync();
    let texts: Vec<_> = scene.madrid.texts(&scene.room);
    assert_eq!(texts, ["Kept", "/send/ 1500", "/sync 1500", "/send/ 400", "/sync 400"]);
}

#[test]
fn an_answer_that_is_lost_does_not_double_a_message() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let proxy = Proxy::start(server.port());
    let (lisbon, madrid, room) = two_officers(&proxy.url());
    let mut left = 2;
    proxy.rule(move |asked| {
        if left > 0 && asked.method == "PUT" && asked.path.contains("/send/m.room.encrypted/") {
            left -= 1;
            return Turn::Lose;
        }
        Turn::Pass
    });
    lisbon.say(&room, "Once");
    lisbon.say(&room, "Then this");
    madrid.sync();
    lisbon.sync();
    for officer in [&lisbon, &madrid] {
        assert_eq!(officer.texts(&room), ["Once", "Then this"]);
    }
}
