//! What the platform says of the device and its connection, and what policy makes of it.

use std::time::{Duration, Instant};

use qroc_core::client::{
    Access, Client, Device, Lifecycle, Login, Managed, NewRoom, Options, Part, proposed,
};
use qroc_core::kind::ErrorKind;
use qroc_core::policy::System;
use qroc_core::store::codes::RoomKind;
use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::contents::{file, noise, obeys};
use crate::proxy::Proxy;
use crate::talk::{Officer, PASSWORD, server, vault};

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_is_not_fetched_where_policy_says_so() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let ana = Officer::sign_in(&server.base_url(), "ana", dir.path()).await;
    let rui = Officer::sign_in(&proxy.url(), "rui", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![rui.name.clone()], kind: RoomKind::Group };
    let room = ana.client.create_room(room).await.expect("room");
    rui.sync().await;
    rui.client.join(&room).await.expect("join");
    ana.sync().await;
    let send = async |turn: u64| {
        let path = dir.path().join(format!("{turn}.bin"));
        noise(&path, 20_000, turn);
        ana.perform(file(&room, &path)).await
    };
    let here = |client: &Client, event: &str| client.has_contents(&room, event, Part::File).unwrap_or(false);

    // Messages: fetched at any price by default, where policy says otherwise not over a connection that costs.
    rui.client.set_metered(true);
    rui.sync().await;
    obeys(&rui.client, json!({ "net.metered_sync": false })).await;
    proxy.asked("");
    let refused = rui.client.sync_once(None).await.expect_err("it costs");
    assert_eq!(refused.denied().expect("by policy").key, "net.metered_sync");
    assert!(proxy.asked("/sync").is_empty());

    // Files: what nobody asked for.
    let first = send(1).await;
    rui.client.set_metered(false);
    rui.sync().await;
    for (word, metered, fetched) in [("never", false, None), ("wifi", true, None), ("wifi", false, Some(1))] {
        obeys(&rui.client, json!({ "media.auto_download": word })).await;
        rui.client.set_metered(metered);
        match (rui.client.fetch_files(20).await, fetched) {
            (Ok(count), Some(expected)) => assert_eq!(count, expected),
            (Err(refused), None) => {
                assert_eq!(refused.denied().expect("by policy").key, "media.auto_download");
                assert!(!here(&rui.client, &first), "{word}");
            }
            (other, _) => panic!("{word}: {other:?}"),
        }
    }
    assert!(here(&rui.client, &first));
    assert_eq!(rui.client.fetch_files(20).await.expect("again"), 0, "each once");

    // The same while it runs. Sending goes on, whatever fetching costs.
    obeys(&rui.client, json!({ "net.metered_sync": false, "media.auto_download": "never" })).await;
    rui.client.set_metered(true);
    rui.client.set_fetching(true);
    let life = Lifecycle::new(rui.client);
    let rui = life.client().expect("client");
    proxy.asked("");
    life.foreground().expect("on");
    let words = qroc_core::client::Action::Send {
        room: room.clone(),
        body: "On my way".into(),
        reply: None,
        thread: None,
        txn: None,
    };
    let sent = rui.perform(words, Some(Duration::from_secs(30))).await.expect("queued");
    assert_eq!(sent.sent().state, "sent");
    let second = send(2).await;
    assert!(proxy.asked("/sync").is_empty(), "nothing was fetched");
    rui.set_metered(false);
    let has = async |event: &str| {
        let items = rui.timeline(&room, None, 50, true).await.expect("timeline");
        items.iter().any(|item| item.event_id.as_deref() == Some(event))
    };
    until("the message", async || has(&second).await).await;
    // What comes later shows that the earlier was looked at.
    let later = ana.send(&room, "Later").await;
    until("the later message", async || has(&later).await).await;
    obeys(&rui, json!({ "media.auto_download": "always" })).await;
    let third = send(3).await;
    until("the file", async || here(&rui, &third)).await;
    assert!(!here(&rui, &second), "that one came while nothing was fetched by itself");
    drop(rui);
    life.close().await;
}

fn options(said: &Value, device: &Device) -> Options {
    let said = said.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
    Options {
        managed: vec![Managed { name: "system".to_owned(), said: Some(said.collect()) }],
        device: device.clone(),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_or_manipulated_system_is_refused() {
    let server = server(ServerOptions::default(), &["ana"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let profile = dir.path().join("profile");
    let login = Login { server: &url, user: "ana", password: PASSWORD, device_name: None };
    let device = |system, version: &str, tampered| Device { system, version: version.to_owned(), tampered };
    let new = device(System::Android, "14", false);
    let min = json!({ "device.min_os_android": "13.1", "device.min_os_ios": "17.2" });
    let old = options(&min, &device(System::Android, "13", false));
    let refused = Client::login(&profile, &vault(), login, old).await.expect_err("too old");
    assert_eq!(refused.denied().expect("by policy").key, "device.min_os_android");
    assert!(!profile.join("device.key").exists(), "nothing is left behind");
    let (client, _) = Client::login(&profile, &vault(), login, options(&min, &new)).await.expect("in");
    client.close().await;

    let open = async |policy: &Value, device: &Device| {
        let access = Access::Own { wait: Duration::from_secs(5) };
        Client::open(&profile, &vault(), access, options(policy, device)).await.expect("open")
    };
    let integrity = |word: &str| json!({ "device.integrity": word });
    let rooted = device(System::Android, "14", true);
    for (policy, device, key) in [
        (&min, device(System::Android, "12", false), Some("device.min_os_android")),
        (&min, device(System::Android, "", false), Some("device.min_os_android")),
        (&min, device(System::Ios, "17.1", false), Some("device.min_os_ios")),
        (&min, device(System::Ios, "17.10", false), None),
        (&min, device(System::Other, "6.1", false), None),
        (&integrity("block"), rooted.clone(), Some("device.integrity")),
        (&integrity("block"), new.clone(), None),
        (&integrity("warn"), rooted.clone(), None),
        (&integrity("ignore"), rooted.clone(), None),
    ] {
        let client = open(policy, &device).await;
        let (shown, synced) = (client.rooms(None, 10), client.sync_once(Some(Duration::from_secs(60))).await);
        match key {
            None => {
                shown.expect("shown");
                synced.expect("synced");
            }
            Some(key) => {
                for refused in [shown.expect_err("hidden"), synced.expect_err("not fetched")] {
                    assert_eq!(refused.denied().expect("by policy").key, key, "{device:?}");
                }
                assert!(!client.policy_lines().is_empty(), "why can be seen");
            }
        }
        assert_eq!(client.warns_of_device(), device.tampered && *policy == integrity("warn"));
        client.close().await;
    }
    let client = open(&integrity("wipe"), &rooted).await;
    let refused = client.rooms(None, 10).expect_err("wiped");
    assert_eq!(refused.denied().expect("by policy").key, "device.integrity");
    assert!(!profile.join("device.key").exists());
    client.close().await;
    let gone = Client::open(&profile, &vault(), Access::Read, Options::default()).await.expect_err("gone");
    assert_eq!(gone.kind(), ErrorKind::SignedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_proposed_and_how_many_may_sign_in() {
    let server = server(ServerOptions::default(), &["lisbon", "madrid", "porto"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let sign_in = async |place: &str, user: &str, policy: &Value| {
        let login = Login { server: "", user, password: PASSWORD, device_name: None };
        let options = options(policy, &Device::default());
        Client::login(&dir.path().join(place), &vault(), login, options).await
    };
    let hint = |most: u32| {
        json!({
            "server.homeserver_url": url, "account.login_hint": "lisbon", "account.max_accounts": most,
        })
    };
    let nobody = sign_in("phone/a", "", &json!({ "server.homeserver_url": url })).await.expect_err("who?");
    assert_eq!(nobody.kind(), ErrorKind::BadInput);
    let said = proposed(&options(&hint(2), &Device::default()).managed);
    assert_eq!((said.server.as_deref(), said.user.as_deref()), (Some(url.as_str()), Some("lisbon")));
    assert!(!said.user_is_fixed);
    let (first, signed) = sign_in("phone/a", "", &hint(2)).await.expect("as proposed");
    assert_eq!(signed.user_id, "@lisbon:qroc.test");
    let (second, signed) = sign_in("phone/b", "madrid", &hint(2)).await.expect("somebody else");
    assert_eq!(signed.user_id, "@madrid:qroc.test");

    let refused = sign_in("phone/c", "porto", &hint(2)).await.expect_err("one too many");
    assert_eq!(refused.denied().expect("by policy").key, "account.max_accounts");
    assert!(!dir.path().join("phone/c/device.key").exists());
    let (third, _) = sign_in("phone/c", "porto", &hint(3)).await.expect("three are allowed");
    // What was signed out counts no more, and another device's accounts never did.
    second.logout().await.expect("out");
    third.logout().await.expect("out");
    let (second, _) = sign_in("phone/b", "madrid", &hint(2)).await.expect("two again");
    let (other, _) = sign_in("tablet/a", "porto", &hint(1)).await.expect("elsewhere");
    for client in [first, second, other] {
        client.close().await;
    }
}
