//! The phone is woken through the organisation's own gateway: what the homeserver is told of it, what passes through the
//! gateway, and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use qroc_core::client::{
    Access, Client, Lifecycle, Login, Notifier, Options, PushService, PushState, Registration, wipe,
};
use qroc_core::clock::{Clock as _, ManualClock};
use qroc_core::kind::ErrorKind;
use qroc_core::policy::{Bundle, Order, OrderKind, SigningKey};
use qroc_server::{Embedded, Options as ServerOptions};
use serde_json::{Value, json};

use crate::contents::obeys;
use crate::proxy::{Asked, Proxy, Turn};
use crate::talk::{Officer, PASSWORD, pair, server, vault};

const SET: &str = "/pushers/set";

/// Synapse pushes to no private address unless it is told to.
fn kit() -> ServerOptions {
    ServerOptions::default().set("ip_range_whitelist", json!(["127.0.0.1"]))
}

/// A push gateway that takes everything.
fn gateway() -> Proxy {
    let gateway = Proxy::start(0);
    gateway.rule(|_| Turn::json(200, json!({ "rejected": [] })));
    gateway
}

fn registration(token: &str) -> Registration {
    Registration { app_id: "eu.qroc.app".into(), token: token.into(), service: PushService::Other }
}

/// What the server knows, seen from another sign-in of the same account.
struct Witness(String);

impl Witness {
    fn of(server: &Embedded, user: &str) -> Self {
        Self(server.login(user, PASSWORD).expect("sign in").access_token)
    }

    fn pushers(&self, server: &Embedded) -> Vec<Value> {
        let path = "/_matrix/client/v3/pushers";
        let (status, reply) = server.request("GET", path, Some(&self.0), None).expect("reply");
        assert_eq!(status, 200, "{reply}");
        reply["pushers"].as_array().expect("list").clone()
    }

    fn tokens(&self, server: &Embedded) -> Vec<String> {
        let token = |pusher: &Value| pusher["pushkey"].as_str().expect("token").to_owned();
        self.pushers(server).iter().map(token).collect()
    }
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn bodies(asked: Vec<Asked>) -> Vec<Value> {
    asked.iter().map(|asked| serde_json::from_slice(&asked.body).expect("JSON")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_wakes_the_phone_through_the_organisations_own_gateway_alone() {
    let server = server(kit(), &["lisbon", "madrid"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, madrid, room) = pair(&server, dir.path()).await;
    let witness = Witness::of(&server, "lisbon");
    let gateway = gateway();

    for (registration, field) in [
        (registration(""), "push token"),
        (registration(&"x".repeat(513)), "push token"),
        (registration("with space"), "push token"),
        (Registration { app_id: "a".repeat(65), ..registration("token") }, "app id"),
    ] {
        let refused = lisbon.client.set_push(Some(registration)).await.expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::BadInput);
        assert!(refused.to_string().contains(field), "{refused}");
    }
    assert_eq!(lisbon.client.push_state().expect("state"), PushState::Off);

    // Without a gateway of the organisation nobody is told anything.
    let phone = Registration { service: PushService::Apple, ..registration("token-one") };
    lisbon.client.set_push(Some(phone)).await.expect("wanted");
    lisbon.sync().await;
    assert_eq!(lisbon.client.push_state().expect("state"), PushState::NoGateway);
    assert!(witness.pushers(&server).is_empty());

    // The path that all gateways have need not be said.
    obeys(&lisbon.client, json!({ "push.gateway_url": gateway.url() })).await;
    lisbon.sync().await;
    assert_eq!(lisbon.client.push_state().expect("state"), PushState::On);
    let pushers = witness.pushers(&server);
    let data = json!({
        "url": format!("{}/_matrix/push/v1/notify", gateway.url()),
        "format": "event_id_only",
        "default_payload": { "aps": { "mutable-content": 1, "alert": { "body": "QROC" } } },
    });
    let known = &pushers[0];
    assert_eq!((pushers.len(), &known["kind"], &known["data"]), (1, &json!("http"), &data));
    assert_eq!((&known["app_id"], &known["pushkey"]), (&json!("eu.qroc.app"), &json!("token-one")));
    assert_eq!((&known["app_display_name"], &known["device_display_name"]), (&json!("QROC"), &json!("QROC")));

    // What passes through the gateway: ids and counts.
    let event = madrid.send(&room, "Suspect at the north gate").await;
    until("the push", || {
        let pushed = gateway.asked("");
        for asked in &pushed {
            let text = String::from_utf8_lossy(&asked.body).into_owned();
            for word in ["north gate", "Harbour", &madrid.name, &lisbon.name, "m.room"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
        bodies(pushed).iter().any(|body| {
            let said = body["notification"].as_object().expect("notification");
            if said.get("event_id").and_then(Value::as_str) != Some(event.as_str()) {
                return false;
            }
            let mut fields: Vec<_> = said.keys().map(String::as_str).collect();
            fields.sort_unstable();
            assert_eq!(fields, ["counts", "devices", "event_id", "prio", "room_id"], "{body}");
            assert_eq!((&said["room_id"], &said["counts"]["unread"]), (&json!(room), &json!(1)));
            assert_eq!(said["devices"][0]["pushkey"], "token-one");
            true
        })
    })
    .await;
    // It is enough for the phone.
    let notifier = Notifier::open(&lisbon.profile, &vault(), Options::default()).await.expect("open");
    // The key of a first message is the owner's to fetch.
    let (shown, _) = tokio::join!(notifier.fetch(&room, &event, Duration::from_secs(30)), lisbon.sync());
    let shown = shown.expect("event");
    assert_eq!(shown.body.as_deref(), Some("Suspect at the north gate"));
    notifier.close().await;

    // Another token, another gateway, one that the server cannot use, none.
    lisbon.client.set_push(Some(registration("token-two"))).await.expect("wanted");
    lisbon.sync().await;
    assert_eq!(witness.tokens(&server), ["token-two"]);
    assert_eq!(witness.pushers(&server)[0]["data"]["default_payload"], Value::Null);
    let other = format!("{}/_matrix/push/v1/notify", self::gateway().url());
    obeys(&lisbon.client, json!({ "push.gateway_url": other })).await;
    lisbon.sync().await;
    assert_eq!(witness.pushers(&server)[0]["data"]["url"], other);
    obeys(&lisbon.client, json!({ "push.gateway_url": format!("{}/elsewhere", gateway.url()) })).await;
    lisbon.sync().await;
    let PushState::Refused(why) = lisbon.client.push_state().expect("state") else { panic!("refused") };
    assert!(why.contains("/_matrix/push/v1/notify"), "{why}");
    assert!(witness.pushers(&server).is_empty(), "and not through the one before");
    obeys(&lisbon.client, json!({ "push.gateway_url": other })).await;
    lisbon.sync().await;
    assert_eq!(witness.tokens(&server), ["token-two"]);
    obeys(&lisbon.client, json!({})).await;
    lisbon.sync().await;
    assert!(witness.pushers(&server).is_empty());
    assert_eq!(lisbon.client.push_state().expect("state"), PushState::NoGateway);
    obeys(&lisbon.client, json!({ "push.gateway_url": other })).await;
    lisbon.sync().await;
    lisbon.client.set_push(None).await.expect("not wanted");
    lisbon.sync().await;
    assert!(witness.pushers(&server).is_empty());
    assert_eq!(lisbon.client.push_state().expect("state"), PushState::Off);
}

async fn login(url: &str, dir: &Path, clock: &ManualClock) -> (Client, PathBuf) {
    let profile = dir.join("lisbon-profile");
    let login = Login { server: url, user: "lisbon", password: PASSWORD, device_name: None };
    let options = Options { clock: Arc::new(clock.clone()), ..Options::default() };
    (Client::login(&profile, &vault(), login, options).await.expect("sign in").0, profile)
}

fn now() -> ManualClock {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("time");
    ManualClock::new(i64::try_from(since.as_millis()).expect("time"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wanted_outlives_bad_weather_restarts_and_tokens() {
    let lifetime = Duration::from_secs(600);
    let server = server(kit().refreshable_access_token_lifetime(lifetime), &["lisbon"]).await;
    let proxy = Proxy::start(server.port());
    let dir = tempfile::tempdir().expect("dir");
    let clock = now();
    let (client, profile) = login(&proxy.url(), dir.path(), &clock).await;
    obeys(&client, json!({ "push.gateway_url": gateway().url() })).await;
    let witness = Witness::of(&server, "lisbon");

    // The request does not get through, then its answer is lost, then the process ends.
    let tries = Arc::new(AtomicU32::new(0));
    let count = tries.clone();
    proxy.rule(move |asked| match asked.path.contains(SET) {
        true => match count.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Turn::Drop,
            _ => Turn::Lose,
        },
        false => Turn::Pass,
    });
    client.set_push(Some(registration("token-one"))).await.expect("wanted");
    let life = Lifecycle::new(client);
    life.foreground().expect("on");
    until("three tries", || tries.load(Ordering::SeqCst) >= 3).await;
    assert_eq!(life.client().expect("client").push_state().expect("state"), PushState::Waiting);
    life.close().await;
    assert_eq!(witness.tokens(&server), ["token-one"], "the server has it, whose answer was lost");

    // Meanwhile the platform has another token for the phone: the one before is taken back, though nobody knows that it
    // arrived.
    proxy.pass();
    let open = async || {
        let access = Access::Own { wait: Duration::from_secs(5) };
        let options = Options { clock: Arc::new(clock.clone()), ..Options::default() };
        Client::open(&profile, &vault(), access, options).await.expect("open")
    };
    let sync = async |client: &Client| client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
    let client = open().await;
    assert_eq!(client.push_state().expect("state"), PushState::Waiting);
    client.set_push(Some(registration("token-two"))).await.expect("wanted");
    sync(&client).await;
    assert_eq!(witness.tokens(&server), ["token-two"]);

    // The server is told once a day, and when its tokens are renewed it keeps what it was told.
    client.close().await;
    let client = open().await;
    assert_eq!(client.push_state().expect("state"), PushState::On);
    proxy.asked("");
    clock.advance(23 * 3_600_000);
    client.set_push(Some(registration("token-two"))).await.expect("the same again");
    sync(&client).await;
    let asked = proxy.asked("");
    assert!(asked.iter().any(|asked| asked.path.contains("/refresh")), "its tokens have ended");
    assert!(!asked.iter().any(|asked| asked.path.contains(SET)));
    assert_eq!(witness.tokens(&server), ["token-two"]);
    clock.advance(2 * 3_600_000);
    sync(&client).await;
    assert_eq!(bodies(proxy.asked(SET)).len(), 1);
    assert_eq!(witness.tokens(&server), ["token-two"]);

    // Signing out takes it back first.
    client.logout().await.expect("signed out");
    let asked = proxy.asked("");
    let told: Vec<_> =
        asked.iter().filter(|asked| asked.path.contains(SET) || asked.path.contains("/logout")).collect();
    assert!(told[0].path.contains(SET) && told[1].path.contains("/logout"), "{told:?}");
    let body: Value = serde_json::from_slice(&told[0].body).expect("JSON");
    assert_eq!(body, json!({ "app_id": "eu.qroc.app", "pushkey": "token-two", "kind": null }));
    assert!(witness.pushers(&server).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_phone_is_not_woken_any_more() {
    let server = server(kit(), &["lisbon", "madrid"]).await;
    let gateway = gateway().url();
    for by_order in [false, true] {
        let user = if by_order { "madrid" } else { "lisbon" };
        let witness = Witness::of(&server, user);
        let dir = tempfile::tempdir().expect("dir");
        let Officer { client, profile, name } = Officer::sign_in(&server.base_url(), user, dir.path()).await;
        let signer = SigningKey::generate().expect("key");
        obeys(&client, json!({ "push.gateway_url": gateway, "org.policy_keys": [signer.public()] })).await;
        client.set_push(Some(registration("token"))).await.expect("wanted");
        let device = client.status().expect("status").device_id;
        let life = Lifecycle::new(client);
        life.foreground().expect("on");
        until("the pusher", || witness.tokens(&server) == ["token"]).await;
        if by_order {
            let bundle = Bundle {
                key: signer.public_bytes(),
                issued_ms: now().now_ms(),
                expires_ms: now().now_ms() + 60_000,
                serial: 1,
                audience: Vec::new(),
                keys: Vec::new(),
                orders: vec![Order::new(OrderKind::Wipe, &name, &device).expect("order")],
            };
            // The profile goes while this is under way.
            let _ = life.client().expect("client").take_bundle(&bundle.sign(&signer)).await;
        } else {
            wipe(&profile).await.expect("wiped");
        }
        until("the end of the pusher", || witness.pushers(&server).is_empty()).await;
        assert!(!profile.join("device.key").exists());
        life.close().await;
    }
}
