//! Where policy keeps nothing, the database's key is in memory alone, and everything ends with the process that has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use qroc_core::client::{self, Access, Action, Client, Error, Login, Managed, NewRoom, Options};
use qroc_core::store::codes::RoomKind;
use qroc_core::store::key_file::KeyFile;
use qroc_core::store::vault::FileVault;
use qroc_server::{Embedded, Options as ServerOptions};
use rustix::process::Signal;
use serde_json::json;

use crate::leaks::database_key;
use crate::policy::apply;
use crate::talk::{self, PASSWORD};
use crate::terminal::{Officer, server_with, two_officers, until};

fn ephemeral() -> Managed {
    let said = [("data.persistence", json!("ephemeral")), ("lock.required", json!(false))];
    let said = said.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Managed { name: "system".to_owned(), said: Some(said) }
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Says in which files of a profile a needle lies.
fn holding(profile: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    files(profile).into_iter().filter(holds).collect()
}

/// Opens the key file with the vault, and counts the accounts whose database key it has.
async fn accounts(profile: &Path, vault: &FileVault) -> usize {
    KeyFile::read(profile).expect("key file").unlock(vault).await.expect("unlocked").accounts().len()
}

/// The devices of an account, as the server has them.
fn devices(server: &Embedded, user: &str) -> Vec<String> {
    let other = server.login(user, PASSWORD).expect("login");
    let token = Some(other.access_token.as_str());
    let (status, listed) = server.request("GET", "/_matrix/client/v3/devices", token, None).expect("devices");
    assert_eq!(status, 200, "{listed}");
    let (_, _) =
        server.request("POST", "/_matrix/client/v3/logout", token, Some(&json!({}))).expect("logout");
    let ids = listed["devices"].as_array().expect("devices").iter();
    ids.map(|device| device["device_id"].as_str().expect("id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_the_process_that_signed_in() {
    let server = talk::server(ServerOptions::default(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let url = server.base_url();
    let madrid = talk::Officer::sign_in(&url, "madrid", dir.path()).await;
    let beside = Officer::new("lisbon");
    let (profile, vault) = (beside.profile(), FileVault::new(beside.file("vault.key")));
    let options = Options { managed: vec![ephemeral()], ..Options::default() };
    let login = Login { server: &url, user: "lisbon", password: PASSWORD, device_name: None };
    let (lisbon, signed) = Client::login(&profile, &vault, login, options.clone()).await.expect("sign in");
    let harbour =
        NewRoom { name: "Harbour".into(), invite: vec![madrid.name.clone()], kind: RoomKind::Group };
    let room = lisbon.create_room(harbour).await.expect("room");
    madrid.sync().await;
    madrid.client.join(&room).await.expect("join");
    let say = Action::Send {
        room: room.clone(),
        body: "Wolframite quarry".into(),
        reply: None,
        thread: None,
        txn: None,
    };
    lisbon.perform(say, Some(Duration::from_secs(30))).await.expect("sent");

    // Whoever has the key file and the vault opens no database with them, and no file says anything.
    assert_eq!(accounts(&profile, &vault).await, 0);
    assert!(files(&profile).len() > 3, "there are files");
    for needle in ["Wolframite", "Harbour", "@lisbon", &signed.device_id] {
        assert_eq!(holding(&profile, needle.as_bytes()), Vec::<PathBuf>::new(), "{needle}");
    }
    // Another process reads and sends beside it: it is told the key by the one that has it.
    assert_eq!(beside.texts(&room), ["Wolframite quarry"]);
    assert_eq!(beside.run(&["send", &room, "From beside"]).one()["state"], "sent");
    let shown = lisbon.policy_lines().into_iter().find(|line| line.key == "data.persistence").expect("line");
    assert_eq!((shown.state, shown.error), ("applied", None));
    // A map would lie there as it came.
    let refused = lisbon.take_map(&beside.file("no.pmtiles")).await.expect_err("no map");
    assert!(refused.to_string().contains("data.persistence"), "{refused}");
    assert!(devices(&server, "lisbon").contains(&signed.device_id));

    lisbon.close().await;
    assert_eq!(files(&profile), Vec::<PathBuf>::new());
    assert!(!devices(&server, "lisbon").contains(&signed.device_id), "the server knows");
    assert_eq!(beside.run(&["rooms"]).error(5).0, "signed_out");
    let again = Client::open(&profile, &vault, Access::Read, options).await.expect_err("gone");
    assert!(matches!(again, Error::NotSignedIn), "{again}");
}

#[test]
fn what_was_there_goes_with_the_process_that_learns_of_it_though_it_is_killed() {
    let server = server_with(ServerOptions::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    madrid.say(&room, "Before the order");
    let mut sync = lisbon.follow();
    sync.sees("Before the order");
    let key = database_key(&lisbon);
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let vault = FileVault::new(lisbon.file("vault.key"));
    let count = || runtime.block_on(accounts(&lisbon.profile(), &vault));
    assert_eq!(count(), 1);

    // Another process puts it in place; it holds in the one that owns the profile when that returns.
    let told = apply(&lisbon, &json!({ "data.persistence": "ephemeral" }));
    assert_eq!((told.len(), &told[0]["state"]), (1, &json!("applied")));
    assert_eq!(count(), 0);
    madrid.say(&room, "After the order");
    sync.sees("After the order");
    assert_eq!(lisbon.texts(&room), ["Before the order", "After the order"], "beside it");
    // What says otherwise later brings no key back.
    apply(&lisbon, &json!({ "data.persistence": "normal" }));
    madrid.say(&room, "Then this");
    sync.sees("Then this");
    assert_eq!(count(), 0);

    sync.end(Signal::KILL);
    let profile = lisbon.profile();
    assert!(profile.join("accounts/1/qroc.db").exists(), "nobody tidied up");
    assert_eq!(count(), 0, "the vault and all files open nothing");
    for needle in [&key, hex::encode(&key).as_bytes(), b"Before the order", b"Then this"] {
        assert_eq!(holding(&profile, needle), Vec::<PathBuf>::new());
    }
    // The next start removes the rest before it asks for anything.
    let (kind, message) = lisbon.run(&["rooms"]).error(5);
    assert_eq!(kind, "signed_out");
    assert!(message.contains("data.persistence"), "{message}");
    assert_eq!(files(&profile), Vec::<PathBuf>::new());
    assert!(!lisbon.run(&["rooms"]).error(5).1.contains("data.persistence"), "said once");
    lisbon.login(&server.base_url(), "lisbon", &[]).one();
    lisbon.sync();
    assert!(lisbon.texts(&room).is_empty(), "what was said is not for the new device");
}

#[test]
fn where_nobody_has_it_open_what_was_there_goes_at_once() {
    let server = server_with(ServerOptions::default(), &["lisbon"]);
    let url = server.base_url();
    let lisbon = Officer::new("lisbon");
    // A sign-in that stays is one like any other, where policy does not say so.
    let stays = lisbon.stay(&url, "lisbon");
    assert_eq!(lisbon.run(&["status"]).one()["state"], "active");
    assert_eq!(stays.end(Signal::INT), Some(130));
    let device = lisbon.run(&["status"]).one()["device_id"].as_str().expect("device").to_owned();

    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let vault = FileVault::new(lisbon.file("vault.key"));
    let profile = lisbon.profile();
    runtime.block_on(async {
        // Put in place by somebody who only reads, and died before anybody heard.
        let reader = Client::open(&profile, &vault, Access::Read, Options::default()).await.expect("open");
        reader.take_managed(&ephemeral()).await.expect("policy");
        reader.close().await;
        let opened = Client::open(&profile, &vault, Access::Read, Options::default()).await;
        assert!(matches!(opened.expect_err("over"), Error::Ended));
    });
    assert_eq!(files(&profile), Vec::<PathBuf>::new());
    assert!(devices(&server, "lisbon").contains(&device), "nobody could tell the server");

    // A command that puts it in place is itself the process that nothing outlives.
    lisbon.login(&url, "lisbon", &[]).one();
    apply(&lisbon, &json!({ "data.persistence": "ephemeral" }));
    assert_eq!(files(&profile), Vec::<PathBuf>::new());
    assert!(!client::account_exists(&profile).expect("asked"));

    // Sealed is ended: there is nothing that a PIN could bring back.
    lisbon.login(&url, "lisbon", &[]).one();
    fs::write(lisbon.file("pin"), "739154\n").expect("pin");
    lisbon.run(&["lock", "set", "--pin-file", "pin"]).one();
    let sync = lisbon.follow();
    apply(&lisbon, &json!({ "data.persistence": "ephemeral" }));
    let (kind, message) = lisbon.run(&["lock"]).error(5);
    assert!(kind == "signed_out" && message.contains("data.persistence"), "{message}");
    assert_eq!(sync.ended(), Some(5));
    until("the end of all files", || files(&profile).is_empty());
}
