//! The lock over the screen: contents hidden where nobody uses them, duty going on behind it, sealed after longer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use qroc_core::client::{
    Access, Action, Client, Error, Login, Managed, NewRoom, Options, lock_status, unlock,
};
use qroc_core::clock::ManualClock;
use qroc_core::kind::ErrorKind;
use qroc_core::ports::key_vault::{KeyHandle, KeyVault, VaultError, Wrapped};
use qroc_core::secret::{Secret, SecretBytes};
use qroc_core::store::codes::RoomKind;
use qroc_core::store::vault::{Cost, PassphraseVault};
use qroc_server::Options as ServerOptions;
use serde_json::{Value, json};

use crate::contents::obeys;
use crate::talk::{Officer, PASSWORD, server, vault};

const PIN: &str = "736204";
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

/// The vault of the tests, behind a finger that is always there.
#[derive(Debug)]
struct Finger(PassphraseVault);

#[async_trait]
impl KeyVault for Finger {
    fn kind(&self) -> &str {
        self.0.kind()
    }

    fn parameters(&self) -> std::collections::BTreeMap<String, String> {
        self.0.parameters()
    }

    fn proves_presence(&self) -> bool {
        true
    }

    async fn create(&self, label: &str) -> Result<KeyHandle, VaultError> {
        self.0.create(label).await
    }

    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError> {
        self.0.wrap(handle, secret, aad).await
    }

    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        self.0.unwrap(handle, wrapped, aad).await
    }

    async fn destroy(&self, handle: &KeyHandle) -> Result<(), VaultError> {
        self.0.destroy(handle).await
    }
}

fn pin(text: &str) -> SecretBytes {
    SecretBytes::from(text.to_owned())
}

fn options(clock: &ManualClock, said: &Value) -> Options {
    let said = said.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
    Options {
        clock: Arc::new(clock.clone()),
        managed: vec![Managed { name: "system".to_owned(), said: Some(said.collect()) }],
        ..Options::default()
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the end of time")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_screen_hides_contents_and_duty_goes_on() {
    let server = server(ServerOptions::default(), &["ana", "rui"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let clock = ManualClock::new(now());
    let login = Login { server: &url, user: "ana", password: PASSWORD, device_name: None };
    let asked = json!({ "lock.timeout_s": 60 });
    let profile = dir.path().join("ana");
    let (ana, _) = Client::login(&profile, &vault(), login, options(&clock, &asked)).await.expect("in");
    let rui = Officer::sign_in(&url, "rui", dir.path()).await;
    let room = NewRoom { name: "Harbour".into(), invite: vec![rui.name.clone()], kind: RoomKind::Group };
    let room = ana.create_room(room).await.expect("room");
    rui.sync().await;
    rui.client.join(&room).await.expect("join");
    ana.sync_once(None).await.expect("sync");

    // Without a PIN there is nothing that could open it, and where nobody guards it, nobody waits there.
    ana.guard_screen().expect("guarded");
    clock.advance(3_600_000);
    assert_eq!(ana.rooms(None, 10).expect("no PIN").len(), 1);
    ana.set_pin_at_cost(&vault(), PIN, CHEAP).await.expect("PIN");
    ana.close().await;
    let access = Access::Own { wait: Duration::from_secs(5) };
    let ana = Client::open(&profile, &vault(), access, options(&clock, &asked)).await.expect("open");
    clock.advance(3_600_000);
    assert_eq!(ana.rooms(None, 10).expect("unguarded").len(), 1);

    // Somebody begins to use it after an hour: the PIN first.
    ana.guard_screen().expect("guarded");
    assert!(ana.is_screen_locked());
    let wrong = ana.unlock_screen(&vault(), &pin("111222")).await.expect_err("wrong");
    assert!(wrong.kind() == ErrorKind::SignedOut && ana.is_screen_locked(), "{wrong}");
    assert_eq!(lock_status(&profile, &clock).expect("status").attempts_left, Some(4));
    ana.unlock_screen(&vault(), &pin(PIN)).await.expect("right");
    assert_eq!(lock_status(&profile, &clock).expect("status").attempts_left, Some(5));
    let shown = || ana.rooms(None, 10).expect("shown").len() == 1 && !ana.is_screen_locked();
    let is_hidden = || matches!(ana.rooms(None, 10), Err(Error::ScreenLocked)) && ana.is_screen_locked();
    clock.advance(59_000);
    assert!(shown());
    assert_eq!(ana.screen_locks_in(), Some(Duration::from_secs(1)));
    ana.touch().expect("used");
    clock.advance(59_000);
    assert!(shown(), "each use begins it anew");
    clock.advance(1_000);
    assert!(is_hidden());
    assert_eq!(ana.screen_locks_in(), None);
    ana.touch().expect("too late");
    assert!(is_hidden(), "a touch opens nothing");
    assert!(matches!(ana.timeline(&room, None, 10, true).await, Err(Error::ScreenLocked)));

    // Behind it duty goes on: what comes is fetched, what is due is sent.
    rui.send(&room, "Pier four").await;
    let words =
        Action::Send { room: room.clone(), body: "Here".into(), reply: None, thread: None, txn: None };
    let sent = ana.perform(words, Some(Duration::from_secs(30))).await.expect("sent");
    assert_eq!(sent.sent().state, "sent");
    assert!(ana.sync_once(None).await.expect("sync").events > 0);
    rui.sync().await;
    assert_eq!(rui.texts(&room).await, ["Pier four", "Here"]);

    // A finger does as well, where policy lets it and somebody looks at the finger.
    let finger = Finger(vault());
    let nobody = ana.unlock_screen_by_presence(&vault()).await.expect_err("nobody was there");
    assert_eq!(nobody.kind(), ErrorKind::SignedOut);
    assert!(is_hidden());
    ana.unlock_screen_by_presence(&finger).await.expect("seen");
    assert!(shown());
    obeys(&ana, json!({ "lock.biometric": false, "lock.timeout_s": 5 })).await;
    clock.advance(5_000);
    assert!(is_hidden(), "the shorter time holds at once");
    let refused = ana.unlock_screen_by_presence(&finger).await.expect_err("not any more");
    assert_eq!(refused.denied().expect("by policy").key, "lock.biometric");
    assert!(is_hidden());
    ana.unlock_screen(&vault(), &pin(PIN)).await.expect("the PIN");
    assert!(shown());

    // Turning the clock back gains nothing; a button locks at once.
    clock.advance(-60_000);
    assert!(is_hidden());
    ana.unlock_screen(&vault(), &pin(PIN)).await.expect("the PIN");
    ana.lock_screen();
    assert!(is_hidden());
    ana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_for_long_the_profile_is_sealed() {
    let server = server(ServerOptions::default(), &["ana"]).await;
    let url = server.base_url();
    let dir = tempfile::tempdir().expect("dir");
    let profile = dir.path().join("ana");
    let clock = ManualClock::new(now());
    let login = Login { server: &url, user: "ana", password: PASSWORD, device_name: None };
    let minutes = |minutes: i64| clock.advance(minutes * 60_000);
    let free = options(&clock, &json!({}));
    let (client, _) = Client::login(&profile, &vault(), login, free.clone()).await.expect("in");
    client.set_pin_at_cost(&vault(), PIN, CHEAP).await.expect("PIN");
    minutes(525_600);
    client.rooms(None, 10).expect("without the key it stays open for a year");
    client.touch().expect("used");
    client.close().await;

    let asked = options(&clock, &json!({ "lock.seal_after_min": 10 }));
    let access = Access::Own { wait: Duration::from_secs(5) };
    let open = async || Client::open(&profile, &vault(), access, asked.clone()).await;
    let state = || lock_status(&profile, &clock).expect("status").state;
    let client = open().await.expect("just used");
    minutes(9);
    client.touch().expect("used");
    minutes(9);
    client.sync_once(None).await.expect("fetching by itself is no use");
    client.rooms(None, 10).expect("shown");
    minutes(1);
    let sealed = client.sync_once(None).await.expect_err("sealed");
    assert!(sealed.kind() == ErrorKind::SignedOut && state() == "sealed", "{sealed}");
    client.rooms(None, 10).expect_err("nothing is shown");
    client.close().await;
    open().await.expect_err("nothing opens it");
    unlock(&profile, &vault(), &pin(PIN), &clock).await.expect("but the PIN");

    // The same where no program ran meanwhile, and where somebody turned the clock back.
    open().await.expect("open").close().await;
    minutes(10);
    assert_eq!(open().await.expect_err("sealed").kind(), ErrorKind::SignedOut);
    unlock(&profile, &vault(), &pin(PIN), &clock).await.expect("PIN");
    minutes(-60);
    assert_eq!(open().await.expect_err("sealed").kind(), ErrorKind::SignedOut);
    assert_eq!(state(), "sealed");
}
