//! Two officers in bad weather: between each and the real homeserver chance delays, loses, cuts, repeats and spoils what
//! is said, and turns their clocks. When it clears up, both show what the server holds, each once and in order.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use qroc_core::client::{self, Action, Client, Login, NewRoom, TreatAs};
use qroc_core::clock::{Clock, SystemClock};
use qroc_core::model::Item;
use qroc_core::store::codes::RoomKind;
use qroc_server::{Embedded, Options, SignedIn};
use serde_json::{Value, json};

use crate::proxy::{Asked, Proxy, Turn};
use crate::seed::{Dice, seed, times};
use crate::talk::{PASSWORD, vault};

const YEAR_MS: i64 = 365 * 86_400_000;

/// A clock that is wrong by as much as chance wants.
#[derive(Debug, Default)]
pub struct Wrong(pub AtomicI64);

impl Clock for Wrong {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::SeqCst)
    }
}

/// What the sky does to one officer.
#[derive(Default)]
struct Sky {
    storm: AtomicBool,
    dice: Mutex<Option<Dice>>,
    /// The last answer of the sync, to be given again.
    last: Arc<Mutex<Option<Vec<u8>>>>,
    /// Everything is refused until then.
    refused: Mutex<Option<Instant>>,
    met: Mutex<BTreeMap<&'static str, u64>>,
    /// What a storm did, to be told when it is not survived.
    diary: Mutex<Vec<String>>,
}

const FAULTS: [&str; 16] = [
    "late", "dropped", "lost", "cut", "slow", "500", "502", "429", "html", "half", "deep", "huge", "type",
    "pos", "again", "401",
];

impl Sky {
    fn of(&self, asked: &Asked) -> Turn {
        let sync = asked.path.contains("/sync");
        let last = self.last.clone();
        let keep = move |body: Vec<u8>| {
            *last.lock().expect("last") = Some(body.clone());
            body
        };
        let usual = || if sync { Turn::Change(Box::new(keep)) } else { Turn::Pass };
        if !self.storm.load(Ordering::SeqCst) {
            return usual();
        }
        let refusal = || {
            Turn::json(
                401,
                json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised", "soft_logout": false}),
            )
        };
        if self.refused.lock().expect("refused").is_some_and(|until| Instant::now() < until) {
            return refusal();
        }
        let mut held = self.dice.lock().expect("dice");
        let dice = held.as_mut().expect("dice");
        if !dice.percent(30) {
            return usual();
        }
        let fault = *dice.pick(&FAULTS);
        let number = dice.next();
        let millis = |most: u64| Duration::from_millis(number % most);
        let turn = match fault {
            "late" => Turn::Late(millis(400)),
            "dropped" => Turn::Drop,
            "lost" => Turn::Lose,
            "cut" => Turn::Cut(u8::try_from(number % 256).expect("share")),
            "slow" => Turn::Slow(5, millis(60)),
            "500" => Turn::json(500, json!({"errcode": "M_UNKNOWN", "error": "Internal"})),
            "502" => page(502),
            "429" => Turn::json(429, json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": number % 300})),
            "html" => page(200),
            "half" => Turn::Change(Box::new(|body| body[..body.len() / 2].to_vec())),
            "deep" => {
                let body = format!("{{\"pos\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes();
                Turn::Answer { status: 200, kind: "application/json", body, headers: "" }
            }
            "huge" => {
                Turn::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{\"pos\":\"1\"".to_vec())
            }
            "type" => Turn::Change(Box::new(|body| body)),
            "pos" if sync => {
                Turn::json(400, json!({"errcode": "M_UNKNOWN_POS", "error": "Unknown position"}))
            }
            "again" if sync => match self.last.lock().expect("last").clone() {
                Some(body) => Turn::Answer { status: 200, kind: "application/json", body, headers: "" },
                None => usual(),
            },
            "401" => {
                *self.refused.lock().expect("refused") = Some(Instant::now() + millis(400));
                refusal()
            }
            _ => return usual(),
        };
        *self.met.lock().expect("met").entry(fault).or_default() += 1;
        let path = asked.path.split('?').next().unwrap_or_default();
        self.diary.lock().expect("diary").push(format!("{fault} {} {path}", asked.method));
        turn
    }
}

/// Tells what two skies did when the test ends in a panic.
struct Diary([Arc<Sky>; 2]);

impl Drop for Diary {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for sky in &self.0 {
                eprintln!("{:#?}", sky.diary.lock().expect("diary"));
            }
        }
    }
}

fn page(status: u16) -> Turn {
    let body = b"<html>Bad gateway</html>".to_vec();
    Turn::Answer { status, kind: "text/html", body, headers: "" }
}

struct Officer {
    user: String,
    client: Client,
    sky: Arc<Sky>,
    clock: Arc<Wrong>,
    _proxy: Proxy,
}

impl Officer {
    async fn sign_in(server: &Embedded, name: &str, dir: &Path) -> Self {
        let (proxy, sky, clock) =
            (Proxy::start(server.port()), Arc::<Sky>::default(), Arc::<Wrong>::default());
        let above = sky.clone();
        proxy.rule(move |asked| above.of(asked));
        let options = client::Options { clock: clock.clone(), ..client::Options::default() };
        let url = proxy.url();
        let login = Login { server: &url, user: name, password: PASSWORD, device_name: None };
        let (client, signed) =
            Client::login(&dir.join(name), &vault(), login, options).await.expect("sign in");
        Self { user: signed.user_id, client, sky, clock, _proxy: proxy }
    }

    fn storm(&self, dice: &mut Dice) {
        *self.sky.dice.lock().expect("dice") = Some(Dice::new(dice.next()));
        let skew = *dice.pick(&[0, 0, YEAR_MS, -YEAR_MS, 3_600_000]);
        self.clock.0.store(skew, Ordering::SeqCst);
        self.sky.storm.store(true, Ordering::SeqCst);
    }

    fn calm(&self) {
        self.sky.storm.store(false, Ordering::SeqCst);
        self.clock.0.store(0, Ordering::SeqCst);
    }

    async fn shown(&self, room: &str) -> Vec<Item> {
        let items = self.client.timeline(room, None, 100_000, false).await.expect("timeline");
        items
            .into_iter()
            .filter(|item| item.kind == "m.room.message" || item.undecryptable.is_some())
            .collect()
    }
}

/// Two officers, their room, and what each has said there.
struct Pair {
    both: [Officer; 2],
    room: String,
    said: [Vec<String>; 2],
    side: SignedIn,
    file: std::path::PathBuf,
}

impl Pair {
    async fn meet(server: &Arc<Embedded>, number: u64, dir: &Path) -> Self {
        let names = [format!("lisbon{number}"), format!("madrid{number}")];
        let (kit, list) = (server.clone(), names.clone());
        let side = tokio::task::spawn_blocking(move || {
            for name in &list {
                kit.register(name, PASSWORD, false).expect("register");
            }
            kit.login(&list[0], PASSWORD).expect("login")
        });
        let side = side.await.expect("registered");
        let lisbon = Officer::sign_in(server, &names[0], dir).await;
        let madrid = Officer::sign_in(server, &names[1], dir).await;
        let room =
            NewRoom { name: "Harbour".into(), invite: vec![madrid.user.clone()], kind: RoomKind::Group };
        let room = lisbon.client.create_room(room).await.expect("room");
        madrid.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
        madrid.client.join(&room).await.expect("join");
        lisbon.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
        let file = dir.join(format!("plan{number}.txt"));
        fs::write(&file, "north gate ".repeat(2000)).expect("file");
        Self { both: [lisbon, madrid], room, said: Default::default(), side, file }
    }

    /// One storm: messages both ways, syncs, files, as chance has it.
    async fn storm(&mut self, seed: u64) {
        let mut dice = Dice::new(seed);
        for officer in &self.both {
            officer.storm(&mut dice);
        }
        for turn in 0..3 {
            let who = usize::from(dice.percent(50));
            let text = format!("{seed}.{turn}");
            let officer = &self.both[who];
            let txn = Some(format!("txn-{text}"));
            let action = if dice.percent(20) {
                let (room, path, caption) = (self.room.clone(), self.file.clone(), Some(text.clone()));
                Action::SendFile {
                    room,
                    path,
                    caption,
                    treat_as: TreatAs::Auto,
                    trim: None,
                    original: false,
                    capture_info: false,
                    txn,
                }
            } else {
                Action::Send { room: self.room.clone(), body: text.clone(), reply: None, thread: None, txn }
            };
            // Refused by a 401 it is held, and said again; queued it is sure.
            let begun = Instant::now();
            while let Err(error) =
                officer.client.perform(action.clone(), Some(Duration::from_millis(150))).await
            {
                assert_eq!(error.kind(), qroc_core::kind::ErrorKind::SignedOut, "{seed}: {error}");
                assert!(begun.elapsed() < Duration::from_secs(60), "{seed}: {text} is never taken: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                let _ = officer.client.sync_once(Some(Duration::from_secs(3))).await;
            }
            self.said[who].push(text);
            if dice.percent(30) {
                // The clock is put right, or wrong.
                let skew = *dice.pick(&[0, YEAR_MS, -YEAR_MS]);
                officer.clock.0.store(skew, Ordering::SeqCst);
            }
            let other = &self.both[1 - who];
            let limit = Some(Duration::from_millis(200 + dice.below(400)));
            let (_, _) = tokio::join!(officer.client.sync_once(limit), other.client.sync_once(limit));
        }
        for officer in &self.both {
            officer.calm();
        }
    }

    /// Both show what the server holds.
    async fn agree(&self, server: &Arc<Embedded>, seed: u64) {
        let minute = Some(Duration::from_secs(60));
        for round in 0..2 {
            for officer in &self.both {
                officer.client.network_returned().await.expect("hurry");
                let summary = officer.client.sync_once(minute).await;
                let summary = summary.unwrap_or_else(|error| {
                    panic!("{seed}: {} in calm weather: {error}, {:?}", officer.user, officer.client.queue())
                });
                assert!(round == 0 || summary.undecryptable == 0, "{seed}: {} {summary:?}", officer.user);
            }
        }
        let shown = [self.both[0].shown(&self.room).await, self.both[1].shown(&self.room).await];
        let ids = |items: &[Item]| -> Vec<String> {
            items
                .iter()
                .map(|item| item.event_id.clone().unwrap_or_else(|| format!("{:?}", item.state)))
                .collect()
        };
        let held = held(server.clone(), self.side.access_token.clone(), self.room.clone()).await;
        for (officer, shown) in self.both.iter().zip(&shown) {
            assert_eq!(ids(shown), held, "{seed}: {} against the server", officer.user);
            for (who, said) in self.both.iter().zip(&self.said) {
                let told: Vec<String> = shown
                    .iter()
                    .filter(|item| item.sender == who.user)
                    .map(|item| item.body.clone().unwrap_or_default())
                    .collect();
                assert_eq!(&told, said, "{seed}: what {} said, as {} shows it", who.user, officer.user);
            }
        }
    }
}

/// The encrypted events that the server holds, oldest first.
async fn held(server: Arc<Embedded>, token: String, room: String) -> Vec<String> {
    let ask = move || {
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=1000");
        let (status, page) = server.request("GET", &path, Some(&token), None).expect("messages");
        assert_eq!(status, 200, "{page}");
        let chunk = page["chunk"].as_array().cloned().unwrap_or_default();
        let encrypted = chunk.iter().filter(|event| event["type"] == "m.room.encrypted");
        encrypted.map(|event| event["event_id"].as_str().expect("id").to_owned()).collect()
    };
    tokio::task::spawn_blocking(ask).await.expect("asked")
}

/// Set in the process that lives through the storms: its memory is nobody else's.
const ALONE: &str = "QROC_WEATHER_ALONE";
/// Less than a storm leaves behind in a client that keeps what it should let go of, over a hundred storms.
const MOST_GROWTH: u64 = 32 << 20;

#[test]
fn what_bad_weather_does_to_two_officers_is_over_when_it_clears_up() {
    let storms = times("QROC_STORMS", 200);
    if std::env::var_os(ALONE).is_none() {
        let name = "weather::what_bad_weather_does_to_two_officers_is_over_when_it_clears_up";
        let said = crate::soak::alone(name, ALONE, "1");
        eprintln!("{}", said.lines().filter(|line| line.contains("storms, ")).collect::<Vec<_>>().join("\n"));
        return;
    }
    let first = seed();
    let memory = Arc::new(Mutex::new(Vec::new()));
    let measured = memory.clone();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let met = runtime.block_on(async {
        let kit = tokio::task::spawn_blocking(|| Embedded::start(Options::default()).expect("server"));
        let server = Arc::new(kit.await.expect("started"));
        let dir = tempfile::tempdir().expect("dir");
        let pairs = 10.min(storms);
        let mut running = tokio::task::JoinSet::new();
        for number in 0..pairs {
            let (server, dir, memory) = (server.clone(), dir.path().to_owned(), measured.clone());
            running.spawn(async move {
                let mut pair = Pair::meet(&server, number, &dir).await;
                // A seed means the same storm whichever pair it comes over.
                let mut seed = first + number;
                while seed < first + storms {
                    let said = format!("storm {seed}; to repeat: QROC_SEED={seed} QROC_STORMS=1");
                    let _repeat = crate::seed::Repeat(said);
                    let skies = [0, 1].map(|who| pair.both[who].sky.clone());
                    for sky in &skies {
                        sky.diary.lock().expect("diary").clear();
                    }
                    let _diary = Diary(skies);
                    pair.storm(seed).await;
                    pair.agree(&server, seed).await;
                    memory.lock().expect("memory").push(crate::soak::resident());
                    seed += pairs;
                }
                let mut met = BTreeMap::new();
                let mut bytes = 0;
                for officer in pair.both {
                    for (fault, count) in std::mem::take(&mut *officer.sky.met.lock().expect("met")) {
                        *met.entry(fault).or_insert(0) += count;
                    }
                    let profile =
                        dir.join(officer.user.trim_start_matches('@').split(':').next().expect("name"));
                    let account = profile.join("accounts/1");
                    let kept = officer.client.status().expect("status").cache_files;
                    officer.client.close().await;
                    assert_eq!(
                        fs::read_dir(account.join("media")).expect("media").count() as u64,
                        kept,
                        "a file is left"
                    );
                    bytes = bytes.max(fs::metadata(account.join("qroc.db")).expect("database").len());
                }
                (met, bytes)
            });
        }
        let mut met: BTreeMap<&str, u64> = BTreeMap::new();
        while let Some(done) = running.join_next().await {
            let (faults, bytes) = done.expect("pair");
            for (fault, count) in faults {
                *met.entry(fault).or_default() += count;
            }
            assert!(bytes < 1_500_000 + storms * 40_000, "a database of {bytes} bytes");
        }
        tokio::task::spawn_blocking(move || drop(server)).await.expect("stopped");
        met
    });
    eprintln!("{storms} storms, faults met: {met:?}");
    // Each third has every pair in it; the first is what it takes to begin.
    let memory = memory.lock().expect("memory");
    let most = |from: usize, to: usize| memory[from..to].iter().max().copied().unwrap_or(0);
    let (middle, last) =
        (most(memory.len() / 3, memory.len() * 2 / 3), most(memory.len() * 2 / 3, memory.len()));
    eprintln!("{storms} storms, memory at most {middle} bytes in the second third, {last} in the last");
    assert!(storms < 50 || last < middle + MOST_GROWTH, "memory grew from {middle} to {last} bytes");
    assert!(storms < 50 || FAULTS.iter().all(|fault| met.contains_key(fault)), "{met:?}");
    // Nobody is still busy.
    let begun = Instant::now();
    while runtime.metrics().num_alive_tasks() > 0 {
        let left = runtime.metrics().num_alive_tasks();
        assert!(begun.elapsed() < Duration::from_secs(10), "{left} tasks are still running");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_put_back_to_a_backup_goes_on_with_both() {
    let kit = tokio::task::spawn_blocking(|| Embedded::start(Options::default()).expect("server"));
    let server = Arc::new(kit.await.expect("started"));
    let dir = tempfile::tempdir().expect("dir");
    let backup = dir.path().join("backup");
    let mut pair = Pair::meet(&server, 1, dir.path()).await;
    // A new key with each message: what is lost of the keys is seen.
    let path = format!("/_matrix/client/v3/rooms/{}/state/m.room.encryption", pair.room);
    let (kit, token) = (server.clone(), pair.side.access_token.clone());
    let rules: Value = json!({"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1});
    let set = tokio::task::spawn_blocking(move || kit.request("PUT", &path, Some(&token), Some(&rules)));
    assert_eq!(set.await.expect("asked").expect("state").0, 200);
    talk(&mut pair, "before").await;
    let mut server = Arc::try_unwrap(server).expect("alone");
    let (server, backup) = tokio::task::spawn_blocking(move || {
        server.snapshot(&backup).expect("snapshot");
        (server, backup)
    })
    .await
    .expect("kept");
    for number in 0..8 {
        talk(&mut pair, &format!("lost {number}")).await;
    }
    let mut server = server;
    let server = tokio::task::spawn_blocking(move || {
        server.restore(&backup).expect("restore");
        server
    })
    .await
    .expect("put back");
    for number in 0..4 {
        talk(&mut pair, &format!("after {number}")).await;
    }
    // Nothing that was read is gone, nothing comes twice, all that came after is readable and in order.
    for officer in &pair.both {
        let shown: Vec<String> =
            officer.shown(&pair.room).await.into_iter().map(|item| item.body.unwrap_or_default()).collect();
        for (who, said) in pair.both.iter().zip(&pair.said) {
            for text in said {
                let times = shown.iter().filter(|shown| *shown == text).count();
                let passed_over = text.starts_with("after 0") && who.user != officer.user;
                assert!(
                    times == 1 || passed_over && times == 0,
                    "{text:?} of {} as {} shows it: {shown:?}",
                    who.user,
                    officer.user
                );
            }
        }
        // What is said before a client that was ahead syncs again, Synapse passes over; all later is told in order.
        let later =
            |text: &&String| ["after 1", "after 2", "after 3"].iter().any(|part| text.starts_with(part));
        let after: Vec<&String> = shown.iter().filter(later).collect();
        let both = pair.said[0].iter().zip(&pair.said[1]);
        let told: Vec<&String> = both.flat_map(|(one, other)| [one, other]).filter(later).collect();
        assert_eq!(after, told, "{}", officer.user);
        assert!(officer.client.queue().expect("queue").is_empty());
    }
    tokio::task::spawn_blocking(move || drop(server)).await.expect("stopped");
}

/// Each says something, and both hear it.
async fn talk(pair: &mut Pair, what: &str) {
    for who in 0..2 {
        let text = format!("{what} by {who}");
        let officer = &pair.both[who];
        let action = Action::Send {
            room: pair.room.clone(),
            body: text.clone(),
            reply: None,
            thread: None,
            txn: Some(text.clone()),
        };
        let outcome = officer.client.perform(action, Some(Duration::from_secs(30))).await.expect("queued");
        assert_eq!(outcome.sent().state, "sent", "{text}: {:?}", outcome.sent());
        pair.said[who].push(text.clone());
        for officer in &pair.both {
            let summary = officer.client.sync_once(Some(Duration::from_secs(60))).await.expect("sync");
            assert_eq!(summary.undecryptable, 0, "{text}: {} {summary:?}", officer.user);
        }
    }
}
