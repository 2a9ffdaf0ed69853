//! A phone is lost and a new one brings everything back: the recovery key, the backup, and what can go wrong with both.

use std::path::Path;
use std::time::Duration;

use qroc_core::client::{Client, Lifecycle, Login, NewRoom, Options};
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::{Value, json};

use crate::talk::{self, PASSWORD, vault};

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
