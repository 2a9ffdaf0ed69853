//! What is past its time goes, with all that belongs to it, on time, without a network, and does not come back; and no
//! clock that is turned erases anything.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use qroc_core::client::{self, Access, Action, Client, Login, Managed, NewRoom, TreatAs, Which};
use qroc_core::clock::{Clock, SystemClock, Uptime};
use qroc_core::store::Store;
use qroc_core::store::codes::RoomKind;
use qroc_core::store::key_file::KeyFile;
use qroc_core::store::vault::FileVault;
use qroc_server::{Embedded, Options};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::leaks::{database_key, holds, open_pages, pages};
use crate::proxy::{Proxy, Turn};
use crate::talk::{PASSWORD, vault};
use crate::terminal::{Officer, server_with, two_officers, until};

const DAY_MS: i64 = 86_400_000;

/// Has a room say how long its messages stay.
fn room_keeps(server: &Embedded, token: &str, room: &str, ms: i64) {
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.retention");
    let set = server.request("PUT", &path, Some(token), Some(&json!({ "max_lifetime": ms }))).expect("state");
    assert_eq!(set.0, 200, "{}", set.1);
}

#[test]
fn what_a_room_keeps_for_a_while_is_on_no_page_afterwards_and_does_not_come_back() {
    let mut server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let account = lisbon.profile().join("accounts/1");
    let key = database_key(&lisbon);
    let token = server.login("lisbon", PASSWORD).expect("login").access_token;
    fs::write(madrid.file("ochre-dossier.txt"), "north gate").expect("file");
    let mut sync = lisbon.follow();
    let first = madrid.say(&room, "Wolframite quarry, gate four");
    sync.sees("Wolframite quarry, gate four");
    madrid.run(&["edit", &room, &first, "Zirconium quarry, gate five"]).one();
    madrid.sent(&["send-file", &room, "ochre-dossier.txt", "--caption", "Quokka caption"]);
    sync.sees("Quokka caption");
    lisbon.sent(&["send", &room, "Xylophone team moves", "--reply", &first]);
    lisbon.sent(&["react", &room, &first, "👍"]);
    let needles = ["wolframite", "zirconium", "quokka", "ochre-dossier", "xylophone"];
    let before = pages(&key, &account);
    for needle in needles {
        assert!(holds(&before, needle) > 0, "the search finds {needle} where it is");
    }
    assert_eq!(lisbon.run(&["search", "zirconium"]).all().len(), 1);

    // The room says so, and within its time all of it is gone, while the program runs.
    room_keeps(&server, &token, &room, 6_000);
    for needle in needles {
        until(needle, || holds(&pages(&key, &account), needle) == 0);
    }
    let shown = || lisbon.texts(&room);
    assert_eq!(shown(), Vec::<String>::new());
    let line = lisbon.run(&["rooms"]).one();
    assert_eq!((&line["last_body"], &line["unread"]), (&Value::Null, &json!(0)), "{line}");
    for word in ["zirconium", "quokka", "xylophone"] {
        assert!(lisbon.run(&["search", word]).all().is_empty());
    }

    // Without a network, by a timer.
    madrid.say(&room, "Tamarind portrait");
    sync.sees("Tamarind portrait");
    server.stop().expect("stopped");
    let begun = Instant::now();
    until("the end of what came last", || holds(&pages(&key, &account), "tamarind") == 0);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    server.restart().expect("restarted");
    assert_eq!(sync.end(Signal::INT), Some(130));

    // The server has it all and tells it again: to who scrolls back, and to a new device.
    let asked = lisbon.timeline(&room);
    assert!(
        asked.iter().all(|item| item["kind"] != "m.room.message" && item["undecryptable"].is_null()),
        "{asked:?}"
    );
    let proxy = Proxy::start(server.port());
    let second = Officer::sign_in(&proxy.url(), "lisbon");
    second.sync();
    proxy.asked("");
    let shown = second.timeline(&room);
    assert!(shown.iter().all(|item| item["undecryptable"].is_null()), "{shown:?}");
    second.timeline(&room);
    assert!(proxy.asked("/messages").len() <= 2, "what is over is not asked for again and again");
    for needle in needles {
        assert_eq!(holds(&pages(&key, &account), needle), 0, "{needle} after closing");
    }
    // At its sender it is gone as well.
    madrid.sync();
    let theirs = pages(&database_key(&madrid), &madrid.profile().join("accounts/1"));
    assert!(holds(&theirs, "harbour") > 0, "what the room is called stays");
    for needle in needles {
        assert_eq!(holds(&theirs, needle), 0, "{needle} at its sender");
    }
}

/// A device whose clocks are turned by hand.
#[derive(Debug)]
pub struct Device {
    wall_ms: AtomicI64,
    up_ms: AtomicU64,
    boot: Mutex<String>,
}

impl Device {
    fn new() -> Arc<Self> {
        Self::at(SystemClock.now_ms())
    }

    pub fn at(now_ms: i64) -> Arc<Self> {
        Arc::new(Self {
            wall_ms: AtomicI64::new(now_ms),
            up_ms: AtomicU64::new(1_000_000),
            boot: Mutex::new("first".to_owned()),
        })
    }

    /// Somebody turns the wall clock.
    fn turn(&self, days: i64) {
        self.wall_ms.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }

    /// Time passes while the device is on or asleep.
    fn pass(&self, days: i64) {
        self.pass_ms(days * DAY_MS);
    }

    pub fn pass_ms(&self, ms: i64) {
        self.wall_ms.fetch_add(ms, Ordering::SeqCst);
        self.up_ms.fetch_add(u64::try_from(ms).expect("forward"), Ordering::SeqCst);
    }

    fn restart(&self, boot: &str) {
        *self.boot.lock().expect("boot") = boot.to_owned();
        self.up_ms.store(20_000, Ordering::SeqCst);
    }
}

impl Clock for Device {
    fn now_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn up(&self) -> Option<Uptime> {
        let boot = self.boot.lock().expect("boot").clone();
        Some(Uptime { boot, ms: self.up_ms.load(Ordering::SeqCst) })
    }
}

/// An officer with a policy, alone in a room.
struct Alone {
    device: Arc<Device>,
    proxy: Proxy,
    profile: PathBuf,
    policy: Value,
    room: String,
}

impl Alone {
    async fn sign_in(server: &Embedded, dir: &Path, policy: Value) -> (Self, Client) {
        let (device, proxy) = (Device::new(), Proxy::start(server.port()));
        let mut alone = Self { device, proxy, profile: dir.join("profile"), policy, room: String::new() };
        let url = alone.proxy.url();
        let login = Login { server: &url, user: "lisbon", password: PASSWORD, device_name: None };
        let (client, _) =
            Client::login(&alone.profile, &vault(), login, alone.options()).await.expect("sign in");
        let room = NewRoom { name: "Harbour".into(), invite: Vec::new(), kind: RoomKind::Group };
        alone.room = client.create_room(room).await.expect("room");
        client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
        (alone, client)
    }

    fn options(&self) -> client::Options {
        let said = self.policy.as_object().expect("object").iter();
        let said = said.map(|(key, value)| (key.clone(), value.clone())).collect();
        let managed = vec![Managed { name: "system".to_owned(), said: Some(said) }];
        client::Options { clock: self.device.clone(), managed, ..client::Options::default() }
    }

    async fn say(&self, client: &Client, body: &str) {
        let room = self.room.clone();
        let action = Action::Send { room, body: body.into(), reply: None, thread: None, txn: None };
        let outcome = client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
        assert_eq!(outcome.sent().state, "sent", "{:?}", outcome.sent());
        client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
    }

    async fn again(&self, client: Client) -> Client {
        client.close().await;
        let access = Access::Own { wait: Duration::from_secs(5) };
        Client::open(&self.profile, &vault(), access, self.options()).await.expect("open")
    }

    async fn texts(&self, client: &Client) -> Vec<String> {
        let items = client.timeline(&self.room, None, 1000, true).await.expect("timeline");
        items.into_iter().filter(|item| item.kind == "m.room.message").filter_map(|item| item.body).collect()
    }

    /// How many pages of the database and its log hold this.
    async fn holds(&self, needle: &str) -> usize {
        let unlocked =
            KeyFile::read(&self.profile).expect("key file").unlock(&vault()).await.expect("unlocked");
        let db = &unlocked.accounts().first().expect("account").db;
        holds(&open_pages(db, &self.profile.join("accounts/1")), needle)
    }

    fn cut_off(&self) {
        self.proxy.rule(|_| Turn::Drop);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_clock_that_is_turned_erases_anything_and_time_that_passes_does() {
    let server = crate::talk::server(Options::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, client) = Alone::sign_in(&server, dir.path(), json!({ "data.message_days": 30 })).await;
    lisbon.say(&client, "Zeppelin at the lighthouse").await;
    let shown = ["Zeppelin at the lighthouse".to_owned()];
    let minute = Some(Duration::from_secs(60));

    // Turned by a year while the device runs: with and without a network, and over a start of the program.
    for days in [366, -2 * 366, 366] {
        lisbon.device.turn(days);
        assert_eq!(lisbon.texts(&client).await, shown, "turned by {days} days");
        client.sync_once(minute).await.expect("sync");
        assert_eq!(lisbon.texts(&client).await, shown, "and synced");
    }
    let client = lisbon.again(client).await;
    assert_eq!(lisbon.texts(&client).await, shown);

    // Over a restart of the device only the wall clock knows: hidden, and there again when the server says the time.
    client.close().await;
    lisbon.device.restart("second");
    lisbon.device.turn(366);
    lisbon.cut_off();
    let access = Access::Own { wait: Duration::from_secs(5) };
    let client = Client::open(&lisbon.profile, &vault(), access, lisbon.options()).await.expect("open");
    assert_eq!(lisbon.texts(&client).await, Vec::<String>::new(), "not on the first paint");
    assert!(client.search("zeppelin", None, 10).expect("search").is_empty());
    assert_eq!(client.rooms(None, 10).expect("rooms")[0].last_body, None);
    let _ = client.sync_once(Some(Duration::from_millis(500))).await;
    assert!(lisbon.holds("zeppelin").await > 0, "and nothing is erased");
    lisbon.device.turn(-366);
    lisbon.proxy.pass();
    client.sync_once(minute).await.expect("sync");
    assert_eq!(lisbon.texts(&client).await, shown, "the clock was wrong");

    // Time does pass, without a network: never shown again, and erased.
    lisbon.cut_off();
    lisbon.device.pass(29);
    assert_eq!(lisbon.texts(&client).await, shown);
    lisbon.device.pass(2);
    assert_eq!(
        lisbon.texts(&client).await,
        Vec::<String>::new(),
        "not on the first paint after a long sleep"
    );
    assert!(lisbon.holds("zeppelin").await > 0);
    client.sync_once(Some(Duration::from_millis(500))).await.expect_err("no network");
    assert_eq!(lisbon.holds("zeppelin").await, 0, "and erased without one");
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_keeps_nothing() {
    let server = crate::talk::server(Options::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let (lisbon, client) = Alone::sign_in(&server, dir.path(), json!({ "data.message_days": 30 })).await;
    lisbon.say(&client, "Zeppelin at the lighthouse").await;
    lisbon.cut_off();
    lisbon.device.turn(-366);
    lisbon.device.pass(31);
    assert_eq!(lisbon.texts(&client).await, Vec::<String>::new());
    let _ = client.sync_once(Some(Duration::from_millis(500))).await;
    assert_eq!(lisbon.holds("zeppelin").await, 0);
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_says_of_messages_files_rooms_and_the_floor_holds() {
    let server = crate::talk::server(Options::default(), &["lisbon"]).await;
    let dir = tempfile::tempdir().expect("dir");
    let policy = json!({ "data.message_days": 30, "data.file_days": 3, "share.save_to_device": true });
    let (mut lisbon, client) = Alone::sign_in(&server, dir.path(), policy).await;
    let path = dir.path().join("ochre-dossier.txt");
    fs::write(&path, "north gate").expect("file");
    let action = Action::SendFile {
        room: lisbon.room.clone(),
        path,
        caption: Some("Quokka caption".to_owned()),
        treat_as: TreatAs::Auto,
        trim: None,
        original: false,
        capture_info: false,
        txn: None,
    };
    let outcome = client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
    let event = outcome.sent().event_id.clone().expect("sent");
    client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
    let fetched = client.download(&lisbon.room, &event, &dir.path().join("got"), false, Which::Best).await;
    assert_eq!(fetched.expect("there").bytes, 10);

    // Its file is over: not to be had from that moment, and then without its keys.
    lisbon.cut_off();
    lisbon.device.pass(4);
    let refused = client.download(&lisbon.room, &event, &dir.path().join("late"), false, Which::Best).await;
    assert_eq!(refused.expect_err("over").kind(), qroc_core::kind::ErrorKind::NotFound);
    let hash = |client: &Client| {
        let items = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(client.timeline(&lisbon.room, None, 10, true))
        });
        let item = items.expect("timeline").into_iter().find(|item| item.msgtype.is_some()).expect("item");
        (item.body, item.attachment.and_then(|file| file.sha256))
    };
    assert!(hash(&client).1.is_some());
    let _ = client.sync_once(Some(Duration::from_millis(500))).await;
    assert_eq!(hash(&client), (Some("Quokka caption".to_owned()), None));
    assert_eq!((lisbon.holds("key_ops").await, lisbon.holds("ochre-dossier").await), (0, 0));
    assert!(lisbon.holds("quokka").await > 0);

    // What an administrator says anew holds for what is there already: a floor, then less.
    lisbon.policy = json!({ "data.message_days": 1, "data.floor_days": 60 });
    let client = lisbon.again(client).await;
    lisbon.device.pass(40);
    let _ = client.sync_once(Some(Duration::from_millis(500))).await;
    assert_eq!(lisbon.texts(&client).await, ["Quokka caption"], "the floor holds it");
    let managed = |policy: Value| {
        let said =
            policy.as_object().expect("object").iter().map(|(key, value)| (key.clone(), value.clone()));
        Managed { name: "system".to_owned(), said: Some(said.collect()) }
    };
    client.take_managed(&managed(json!({}))).await.expect("taken");
    assert_eq!(lisbon.texts(&client).await, ["Quokka caption"], "and nothing else says that it goes");

    // A room that keeps nothing long: followed, unless policy says otherwise.
    lisbon.proxy.pass();
    let token = server.login("lisbon", PASSWORD).expect("login").access_token;
    room_keeps(&server, &token, &lisbon.room, 86_400_000);
    client.take_managed(&managed(json!({ "data.honour_room_retention": false }))).await.expect("taken");
    client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
    lisbon.cut_off();
    lisbon.device.pass(5);
    let _ = client.sync_once(Some(Duration::from_millis(500))).await;
    assert_eq!(lisbon.texts(&client).await, ["Quokka caption"], "a room's word does not count");
    client.take_managed(&managed(json!({}))).await.expect("taken");
    assert_eq!(lisbon.texts(&client).await, Vec::<String>::new(), "now it does, at once");
    assert_eq!(lisbon.holds("quokka").await, 0);
    client.close().await;
}

#[test]
fn killed_at_each_write_while_messages_go_leaves_all_of_each_or_nothing() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let account = lisbon.profile().join("accounts/1");
    let key = database_key(&lisbon);
    let token = server.login("lisbon", PASSWORD).expect("login").access_token;
    room_keeps(&server, &token, &room, 3_000);
    lisbon.sync();
    let mut died = 0;
    for at in 1..=10 {
        let first = madrid.say(&room, "Wolframite quarry");
        madrid.run(&["edit", &room, &first, "Zirconium quarry"]).one();
        lisbon.sync();
        std::thread::sleep(Duration::from_millis(4_200));
        let ended = lisbon
            .command(&["sync", "--once", "--for", "60"])
            .env("QROC_DIE_AT_WRITE", at.to_string())
            .output()
            .expect("qroc runs");
        died += u32::from(ended.status.signal() == Some(9));
        // Whatever is still there is not shown, and goes with the next start.
        assert_eq!(lisbon.texts(&room), Vec::<String>::new(), "{at}");
        assert!(lisbon.run(&["search", "quarry"]).all().is_empty(), "{at}");
        assert_eq!(lisbon.sync()["undecryptable"], 0, "{at}");
        let left = pages(&key, &account);
        assert_eq!((holds(&left, "wolframite"), holds(&left, "zirconium")), (0, 0), "{at}");
    }
    assert!(died > 6, "killed {died} times");
    eprintln!("killed {died} times while messages went");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    let key_file = KeyFile::read(&lisbon.profile()).expect("key file");
    let unlocked =
        runtime.block_on(key_file.unlock(&FileVault::new(lisbon.file("vault.key")))).expect("unlocked");
    Store::open(&account, &unlocked.accounts().first().expect("account").db)
        .expect("opens")
        .check()
        .expect("whole");
}
