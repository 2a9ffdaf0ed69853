//! Keys from those who should not be believed: of a room's past from somebody hostile, and among the account's own devices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use qroc_core::client::NewRoom;
use qroc_core::clock::SystemClock;
use qroc_core::crypto::Crypto;
use qroc_core::media;
use qroc_core::net::{Call, Homeserver, Http, Trust};
use qroc_core::session::{self, Keeper};
use qroc_core::store::codes::RoomKind;
use qroc_core::store::key_file::{KeyFile, account_dir};
use qroc_core::store::{Store, account};
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::{Value, json};

use crate::proxy::{Proxy, Turn};
use crate::recovery::{Phone, until};
use crate::talk::{self, Officer, vault};
use crate::trust::{confirm, meet};

/// An officer's keys and sign-in in the hands of another program.
struct Rogue {
    crypto: Crypto,
    http: Http,
}

/// Changes what is said of a sealed file.
type Spoil = fn(&mut Value);

impl Rogue {
    async fn of(officer: Officer) -> Self {
        let Officer { client, profile, .. } = officer;
        client.close().await;
        let unlocked = KeyFile::read(&profile).expect("key file").unlock(&vault()).await.expect("unlocked");
        let keys = unlocked.accounts()[0].clone();
        let store = Arc::new(Store::open(&account_dir(&profile, keys.number), &keys.db).expect("store"));
        let known = store.read(account::load).expect("account");
        let server = Homeserver::parse(&known.homeserver).expect("address");
        let http = Http::new(&server, &Trust::default(), Arc::new(SystemClock)).expect("http");
        let http = http
            .speaking(session::supported(&known.versions))
            .signed_in(session::tokens(&known, None), Arc::new(Keeper(store.clone())));
        let crypto = Crypto::open(store, Arc::new(SystemClock), &known.user_id, &known.device_id);
        Self { crypto: crypto.await.expect("keys"), http }
    }

    async fn keys(&self, room: &str) -> Value {
        let gathered = self.crypto.gather_history(room).await.expect("gathered").expect("keys");
        serde_json::from_slice(&gathered).expect("JSON")
    }

    /// Gives what need be no keys, and says of it what need not be true.
    async fn gives(&self, room: &str, user: &str, content: &[u8], spoil: Spoil) {
        let mut sealed = Vec::new();
        let info = media::seal(&mut &*content, &mut sealed, &mut |_| true).expect("sealed");
        let call = Call {
            body: Some(sealed),
            ..Call::post("/_matrix/media/v3/upload", &json!({})).within(Duration::from_secs(60))
        };
        let stored: Value = self.http.json(call).await.expect("stored");
        let address = stored["content_uri"].as_str().expect("address");
        let mut file = serde_json::to_value(info.key.into_file(address.into())).expect("JSON");
        spoil(&mut file);
        let file = serde_json::from_value(file).expect("file");
        self.crypto.give_history(&self.http, room, user, file).await.expect("given");
    }
}

/// Lisbon and madrid, each behind a proxy of their own, and porto.
struct Three {
    lisbon: Officer,
    porto: Officer,
    madrid: Officer,
    proxy: Proxy,
    theirs: Proxy,
    alive: (Embedded, tempfile::TempDir),
}

impl Three {
    async fn sign_in() -> Self {
        let server = talk::server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
        let (proxy, theirs) = (Proxy::start(server.port()), Proxy::start(server.port()));
        let dir = tempfile::tempdir().expect("dir");
        Self {
            lisbon: Officer::sign_in(&proxy.url(), "lisbon", dir.path()).await,
            porto: Officer::sign_in(&server.base_url(), "porto", dir.path()).await,
            madrid: Officer::sign_in(&theirs.url(), "madrid", dir.path()).await,
            proxy,
            theirs,
            alive: (server, dir),
        }
    }
}

fn no_files(proxy: &Proxy) {
    proxy.rule(|asked| match asked.path.contains("/media/v3/upload") {
        true => Turn::json(403, json!({"errcode": "M_FORBIDDEN", "error": "no files"})),
        false => Turn::Pass,
    });
}

async fn room_of(officer: &Officer, name: &str) -> String {
    let room = NewRoom { name: name.into(), invite: Vec::new(), kind: RoomKind::Group };
    officer.client.create_room(room).await.expect("room")
}

/// Invites somebody, who joins and is given no keys of the past.
async fn invite_without_keys(from: (&Officer, &Proxy), to: &Officer, room: &str) {
    no_files(from.1);
    from.0.client.invite(room, &to.name).await.expect("invited");
    from.1.pass();
    to.sync().await;
    to.client.join(room).await.expect("join");
    to.sync().await;
    assert!(to.texts(room).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_past_are_taken_from_whoever_invited_and_from_nobody_else() {
    let Three { lisbon, porto, madrid, proxy, theirs, alive: _alive } = Three::sign_in().await;
    let room = room_of(&lisbon, "Harbour").await;
    lisbon.client.invite(&room, &porto.name).await.expect("invited");
    porto.sync().await;
    porto.client.join(&room).await.expect("join");
    lisbon.sync().await;
    lisbon.send(&room, "Before").await;
    porto.sync().await;
    assert_eq!(porto.texts(&room).await, ["Before"]);
    invite_without_keys((&lisbon, &proxy), &madrid, &room).await;

    // Porto has the keys, and did not invite.
    theirs.asked("");
    let porto = Rogue::of(porto).await;
    let keys = serde_json::to_vec(&porto.keys(&room).await).expect("JSON");
    porto.gives(&room, &madrid.name, &keys, |_| {}).await;
    madrid.sync().await;
    madrid.sync().await;
    assert!(madrid.texts(&room).await.is_empty());
    assert!(theirs.asked("/media/download/").is_empty(), "it is not even fetched");
    // From whoever did, the same is taken.
    let lisbon = Rogue::of(lisbon).await;
    lisbon.gives(&room, &madrid.name, &keys, |_| {}).await;
    until("what was said before", async || {
        madrid.sync().await;
        madrid.texts(&room).await == ["Before"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hostile_inviter_gives_changes_nothing_but_the_room_and_holds_nobody_up() {
    let Three { lisbon, porto, madrid, proxy, theirs, alive: _alive } = Three::sign_in().await;
    let mut rooms = BTreeMap::new();
    for name in ["Harbour", "Pier", "Wrong hash", "No keys", "Deep", "Huge"] {
        let room = room_of(&lisbon, name).await;
        lisbon.send(&room, &format!("In {name}")).await;
        rooms.insert(name, room);
    }
    let harbour = rooms["Harbour"].clone();
    lisbon.client.invite(&harbour, &porto.name).await.expect("invited");
    porto.sync().await;
    porto.client.join(&harbour).await.expect("join");
    lisbon.sync().await;
    for room in rooms.values() {
        invite_without_keys((&lisbon, &proxy), &madrid, room).await;
    }
    // Madrid has porto's session from porto.
    porto.sync().await;
    porto.send(&harbour, "Porto here").await;
    madrid.sync().await;
    assert_eq!(madrid.texts(&harbour).await, ["Porto here"]);
    lisbon.sync().await;

    let lisbon = Rogue::of(lisbon).await;
    let mut keys = lisbon.keys(&harbour).await;
    let list = keys["room_keys"].as_array_mut().expect("keys");
    // Of those two sessions the second is porto's: somebody else's words could be put into it.
    let forged: Vec<Value> = list.iter().map(scrambled).collect();
    let own = list.len();
    let pier = lisbon.keys(&rooms["Pier"]).await["room_keys"].as_array().expect("keys").clone();
    let moved = pier.iter().map(|key| json_with(key, "room_id", json!(harbour)));
    let elsewhere: Vec<Value> = moved.chain(pier.clone()).collect();
    assert_eq!((own, pier.len()), (2, 1), "lisbon's session and porto's");
    let porto_only: Vec<Value> = forged.iter().filter(|key| !is_of(key, &pier)).cloned().collect();
    list.extend(elsewhere);
    list.extend(porto_only);
    theirs.asked("");
    let give = async |name: &str, content: &[u8], spoil: Spoil| {
        lisbon.gives(&rooms[name], &madrid.name, content, spoil).await;
    };
    give(
        "Wrong hash",
        &serde_json::to_vec(&lisbon.keys(&rooms["Wrong hash"]).await).expect("JSON"),
        |file| {
            file["hashes"]["sha256"] = json!(STANDARD_NO_PAD.encode([7; 32]));
        },
    )
    .await;
    give("No keys", b"{\"room_keys\": 7}", |_| {}).await;
    give("Deep", format!("{{\"room_keys\": {}", "[".repeat(1 << 20)).as_bytes(), |_| {}).await;
    let mut huge = serde_json::to_vec(&lisbon.keys(&rooms["Huge"]).await).expect("JSON");
    huge.resize((32 << 20) + 1, b' ');
    give("Huge", &huge, |_| {}).await;
    give("Harbour", &serde_json::to_vec(&keys).expect("JSON"), |_| {}).await;
    until("the room's own past", async || {
        madrid.sync().await;
        madrid.texts(&harbour).await == ["In Harbour", "Porto here"]
    })
    .await;
    for name in ["Pier", "Wrong hash", "No keys", "Deep", "Huge"] {
        assert!(madrid.texts(&rooms[name]).await.is_empty(), "{name}");
    }
    assert_eq!(theirs.asked("/media/download/").len(), 5, "each is asked for once");
    madrid.sync().await;
    assert!(theirs.asked("/media/download/").is_empty(), "and not for ever");
    // Porto goes on in the session that somebody tried to replace.
    porto.send(&harbour, "Porto again").await;
    madrid.sync().await;
    assert_eq!(madrid.texts(&harbour).await, ["In Harbour", "Porto here", "Porto again"]);
}

fn json_with(key: &Value, field: &str, value: Value) -> Value {
    let mut key = key.clone();
    key[field] = value;
    key
}

fn is_of(key: &Value, others: &[Value]) -> bool {
    others.iter().any(|other| other["session_id"] == key["session_id"])
}

/// The same session with a ratchet of nobody's, from its first message on.
fn scrambled(key: &Value) -> Value {
    let text = key["session_key"].as_str().expect("session key");
    let mut bytes = STANDARD_NO_PAD.decode(text.trim_end_matches('=')).expect("base64");
    // Version, index, ratchet, public key.
    bytes[1..5].fill(0);
    bytes[5..133].fill(0x5a);
    let text = if text.ends_with('=') { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
    json_with(key, "session_key", json!(text))
}

/// The texts that a phone reads in a room.
async fn reads(phone: &Phone, room: &str) -> Vec<String> {
    let items = phone.client.timeline(room, None, 100, false).await.expect("timeline");
    items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect()
}

fn asks_for_keys(proxy: &Proxy) -> Vec<Value> {
    let asked = proxy.asked("/sendToDevice/m.room_key_request/");
    let bodies = asked.iter().map(|asked| serde_json::from_slice::<Value>(&asked.body).expect("JSON"));
    bodies.filter(|body| body.to_string().contains(r#""action":"request""#)).collect()
}

/// Madrid makes a room with lisbon, whose device joins.
async fn room_with(madrid: &Officer, name: &str, device: &Phone) -> String {
    let room = NewRoom { name: name.into(), invite: vec![device.user.clone()], kind: RoomKind::Group };
    let room = madrid.client.create_room(room).await.expect("room");
    until("the invitation", async || {
        let rooms = device.client.rooms(None, 9).expect("rooms");
        rooms.iter().any(|known| known.room_id == room)
    })
    .await;
    device.client.join(&room).await.expect("join");
    madrid.sync().await;
    room
}

/// What would bring keys from others is lost on its way; what the account's own devices say comes.
fn loses_keys(mut answer: Value, own: &str) -> Value {
    if let Some(Value::Array(events)) = answer.pointer_mut("/extensions/to_device/events") {
        events.retain(|event| event["sender"] == own);
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn own_verified_devices_give_each_other_keys_and_no_other_gets_any() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let (to_phone, to_tablet) = (Proxy::start(server.port()), Proxy::start(server.port()));
    let dir = tempfile::tempdir().expect("dir");
    let phone = Phone::sign_in(&to_phone.url(), "lisbon", &dir.path().join("phone")).await;
    let madrid = Officer::sign_in(&server.base_url(), "madrid", dir.path()).await;
    let room = room_with(&madrid, "Harbour", &phone).await;
    let first = madrid.send(&room, "Before the tablet").await;
    until("the message", async || reads(&phone, &room).await == ["Before the tablet"]).await;

    // A device that nobody has verified asks in vain.
    let tablet = Phone::sign_in(&to_tablet.url(), "lisbon", &dir.path().join("tablet")).await;
    until("the room", async || tablet.client.rooms(None, 9).expect("rooms").len() == 1).await;
    let mut asked = Vec::new();
    until("the question", async || {
        assert!(reads(&tablet, &room).await.is_empty());
        asked.extend(asks_for_keys(&to_tablet));
        !asked.is_empty()
    })
    .await;
    let request = asked.remove(0);
    madrid.sync().await;
    madrid.send(&room, "After the tablet").await;
    for device in [&phone, &tablet] {
        until("what is said now", async || {
            reads(device, &room).await.last().is_some_and(|text| text == "After the tablet")
        })
        .await;
    }
    assert_eq!(reads(&tablet, &room).await, ["After the tablet"]);

    // From the phone to the tablet: there is no backup that it could come from.
    let (ours, theirs) = meet(&tablet.client, &tablet.user, &phone.client).await;
    confirm(&ours, &theirs).await;
    until("the key from the phone", async || {
        reads(&tablet, &room).await == ["Before the tablet", "After the tablet"]
    })
    .await;
    assert_eq!(phone.client.recovery().expect("recovery").backup, "off");

    // From the tablet to the phone, which lost a key on its way.
    let own = phone.user.clone();
    to_phone.rule(move |asked| match (asked.path.contains("/sync"), own.clone()) {
        (true, own) => Turn::Change(Box::new(move |bytes| match serde_json::from_slice(&bytes) {
            Ok(answer) => loses_keys(answer, &own).to_string().into_bytes(),
            Err(_) => bytes,
        })),
        (false, _) => Turn::Pass,
    });
    let pier = room_with(&madrid, "Pier", &tablet).await;
    // An answer that was awaited before loses nothing: the next one does.
    until("the room on the phone", async || {
        phone.client.rooms(None, 9).expect("rooms").iter().any(|known| known.room_id == pier)
    })
    .await;
    to_phone.asked("");
    madrid.send(&pier, "Only for the tablet").await;
    until("the phone's question", async || !asks_for_keys(&to_phone).is_empty()).await;
    until("it on the tablet", async || reads(&tablet, &pier).await == ["Only for the tablet"]).await;
    to_phone.pass();
    until("the key from the tablet", async || reads(&phone, &pier).await == ["Only for the tablet"]).await;

    // A third device of the account, signed in with a stolen password, asks as the tablet did.
    let thief = Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    thief.sync().await;
    let id = thief.client.status().expect("status").device_id;
    let thief = Rogue::of(thief).await;
    let asked = request["messages"][phone.user.as_str()].as_object().expect("devices");
    let content = asked.values().next().expect("request");
    let content = json_with(content, "requesting_device_id", json!(id));
    let content = json_with(&content, "request_id", json!("stolen"));
    let event: Value = {
        let path = format!("/_matrix/client/v3/rooms/{room}/event/{first}");
        thief.http.json(Call::get(&path)).await.expect("event")
    };
    assert_eq!(content["body"]["session_id"], event["content"]["session_id"]);
    to_phone.asked("");
    to_tablet.asked("");
    let body = json!({ "messages": { phone.user.as_str(): { "*": content } } });
    let path = "/_matrix/client/v3/sendToDevice/m.room_key_request/stolen";
    thief.http.done(Call::put(path, &body)).await.expect("asked");
    for round in ["Later", "Later still"] {
        madrid.send(&room, round).await;
        for device in [&phone, &tablet] {
            until(round, async || reads(device, &room).await.iter().any(|text| text == round)).await;
        }
    }
    for proxy in [&to_phone, &to_tablet] {
        let told = proxy.asked("/sendToDevice/m.room.encrypted/");
        let told = told.iter().any(|asked| String::from_utf8_lossy(&asked.body).contains(&id));
        assert!(!told, "nothing was given to whoever nobody verified");
    }
    for device in [phone, tablet] {
        device.close().await;
    }
    drop::<Embedded>(server);
}
