//! A long history comes back: a backup of many keys, made by another program, in the order in which rooms are looked at.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use matrix_sdk_crypto::vodozemac::Curve25519PublicKey;
use matrix_sdk_crypto::vodozemac::megolm::{GroupSession, InboundGroupSession, SessionConfig};
use matrix_sdk_crypto::vodozemac::olm::Account;
use matrix_sdk_crypto::vodozemac::pk_encryption::PkEncryption;
use qroc_core::client::{Client, NewRoom};
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::{Map, Value, json};

use crate::proxy::{Proxy, Turn};
use crate::recovery::{Phone, until};
use crate::talk::{self, PASSWORD};

const ROOMS: usize = 10;
/// In each room so many messages, each with a key of its own; all other keys belong to what is older.
const MESSAGES: usize = 3;
/// Keys that are restored in the gate; `QROC_SESSIONS` sets another number.
const SESSIONS: usize = 1_000;
/// What 10,000 may take once they are here; a debug build takes longer, and is held to less.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 10 });

/// Another program on the same account, which knows the sessions that it made.
struct Other<'a> {
    server: &'a Embedded,
    token: String,
    device: Account,
    backup: PkEncryption,
    version: String,
}

impl<'a> Other<'a> {
    fn sign_in(server: &'a Embedded, user: &str) -> Self {
        let token = server.login(user, PASSWORD).expect("login").access_token;
        let (status, backup) = server
            .request("GET", "/_matrix/client/v3/room_keys/version", Some(&token), None)
            .expect("backup");
        assert_eq!(status, 200, "{backup}");
        let public = backup["auth_data"]["public_key"].as_str().expect("public key");
        let public = Curve25519PublicKey::from_base64(public).expect("public key");
        let version = backup["version"].as_str().expect("version").to_owned();
        Self { server, token, device: Account::new(), backup: PkEncryption::from(public), version }
    }

    fn put(&self, path: &str, body: &Value) {
        let (status, answer) =
            self.server.request("PUT", path, Some(&self.token), Some(body)).expect("answer");
        assert_eq!(status, 200, "{path}: {answer}");
    }

    fn say(&self, room: &str, session: &mut GroupSession, text: &str) {
        let clear = json!({"room_id": room, "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": text}});
        let sealed = json!({"algorithm": "m.megolm.v1.aes-sha2", "session_id": session.session_id(),
            "ciphertext": session.encrypt(clear.to_string()).to_base64(),
            "sender_key": self.device.curve25519_key().to_base64(), "device_id": "OTHER"});
        let txn = session.session_id().replace('/', "_");
        self.put(&format!("/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{txn}"), &sealed);
    }

    /// A key as a backup holds it, from its first index.
    fn sealed(&self, session: &InboundGroupSession) -> Value {
        let key = json!({"algorithm": "m.megolm.v1.aes-sha2", "forwarding_curve25519_key_chain": [],
            "sender_key": self.device.curve25519_key().to_base64(),
            "sender_claimed_keys": {"ed25519": self.device.ed25519_key().to_base64()},
            "session_key": session.export_at_first_known_index().to_base64()});
        let sealed = self.backup.encrypt(key.to_string().as_bytes()).expect("sealed");
        json!({"first_message_index": 0, "forwarded_count": 0, "is_verified": false, "session_data": {
            "ciphertext": STANDARD_NO_PAD.encode(&sealed.ciphertext),
            "mac": STANDARD_NO_PAD.encode(&sealed.mac),
            "ephemeral": sealed.ephemeral_key.to_base64()}})
    }

    fn upload(&self, rooms: &BTreeMap<String, Map<String, Value>>) {
        let rooms: Map<String, Value> =
            rooms.iter().map(|(room, keys)| (room.clone(), json!({"sessions": keys}))).collect();
        self.put(
            &format!("/_matrix/client/v3/room_keys/keys?version={}", self.version),
            &json!({"rooms": rooms}),
        );
    }

    /// Says something in each room, each time with another key, and backs up so many keys.
    fn fill(&self, rooms: &[String], sessions: usize) {
        let mut batch: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for number in 0..sessions {
            let room = &rooms[number % rooms.len()];
            let mut session = GroupSession::new(SessionConfig::version_1());
            let key = InboundGroupSession::new(&session.session_key(), SessionConfig::version_1());
            if number / rooms.len() < MESSAGES {
                self.say(room, &mut session, &said(number));
            }
            batch.entry(room.clone()).or_default().insert(session.session_id(), self.sealed(&key));
            if number % 500 == 499 {
                self.upload(&std::mem::take(&mut batch));
            }
        }
        self.upload(&batch);
    }
}

fn said(number: usize) -> String {
    format!("Sighting {number}")
}

/// The texts of a room as they are stored.
async fn texts(client: &Client, room: &str) -> Vec<String> {
    let items = client.timeline(room, None, 100, true).await.expect("timeline");
    items.into_iter().filter_map(|item| item.body).filter(|body| body.starts_with("Sighting")).collect()
}

fn expected(place: usize) -> Vec<String> {
    (0..MESSAGES).map(|message| said(message * ROOMS + place)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_many_keys_comes_back_and_what_is_looked_at_first() {
    let sessions = std::env::var("QROC_SESSIONS").map_or(SESSIONS, |count| count.parse().expect("a number"));
    let server = talk::server(ServerOptions::default(), &["lisbon"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let first = talk::Officer::sign_in(&server.base_url(), "lisbon", dir.path()).await;
    let mut rooms = Vec::new();
    for number in 0..ROOMS {
        let room = NewRoom { name: format!("Case {number}"), invite: Vec::new(), kind: RoomKind::Group };
        rooms.push(first.client.create_room(room).await.expect("room"));
    }
    let key = first.client.create_recovery_key(None, false).await.expect("key");
    first.sync().await;
    let own = usize::try_from(first.client.recovery().expect("recovery").keys).expect("keys");
    first.client.close().await;
    tokio::task::block_in_place(|| Other::sign_in(&server, "lisbon").fill(&rooms, sessions));

    let phone = Phone::sign_in(&proxy.url(), "lisbon", &dir.path().join("phone")).await;
    until("the rooms", async || phone.client.rooms(None, 99).expect("rooms").len() == ROOMS).await;
    let waits = async |room: &str, count: usize| {
        let items = phone.client.timeline(room, None, 100, true).await.expect("timeline");
        items.iter().filter(|item| item.undecryptable.is_some()).count() == count
    };
    for room in &rooms {
        until("the messages", async || waits(room, MESSAGES).await).await;
    }
    // The whole is a long way off; two rooms are looked at, one before it was asked for and one meanwhile.
    let (before, meanwhile) = (&rooms[0], &rooms[1]);
    let wait = Duration::from_secs(8);
    proxy.rule(move |asked| match asked.path.contains("/room_keys/keys?") {
        true => Turn::Overdue(wait),
        false => Turn::Pass,
    });
    proxy.asked("");
    texts(&phone.client, before).await;
    let begun = Instant::now();
    let restore = async {
        let restored = phone.client.restore(&key).await.expect("restored");
        (restored, begun.elapsed())
    };
    let look = async {
        until("the room that is looked at", async || texts(&phone.client, before).await == expected(0)).await;
        until("the one after it", async || texts(&phone.client, meanwhile).await == expected(1)).await;
        begun.elapsed()
    };
    let ((restored, whole), looked) = tokio::join!(restore, look);
    assert!(looked < whole && whole > wait, "looked at: {looked:?}, everything: {whole:?}");
    assert!(restored.verified && restored.history, "{restored:?}");
    // Whoever looks after the backup beside it may have fetched them.
    let keys = phone.client.recovery().expect("recovery").keys;
    assert_eq!(usize::try_from(keys).expect("keys"), sessions + own);
    let asked: Vec<String> = proxy.asked("/room_keys/keys").into_iter().map(|asked| asked.path).collect();
    let first = asked[0].replace("%21", "!").replace("%3A", ":");
    assert!(first.contains(before.as_str()), "{asked:?}");
    for (place, room) in rooms.iter().enumerate() {
        until("every room", async || texts(&phone.client, room).await == expected(place)).await;
    }
    let took = whole.saturating_sub(wait);
    eprintln!("{sessions} keys: the room in view after {looked:?}, everything {took:?} after it was sent");
    assert!(sessions < 10_000 || took < LIMIT, "{took:?}");
    assert_eq!(phone.client.recovery().expect("recovery").backup, "on");
    phone.close().await;
}
