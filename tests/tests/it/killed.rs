//! Killed with SIGKILL, at every write boundary and at random moments: nothing is lost, doubled or unreadable.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use qroc_server::{Embedded, Options, SignedIn};
use serde_json::{Value, json};

use crate::seed::{Dice, Repeat, seed, times};
use crate::talk::{self, PASSWORD};
use crate::terminal::{Officer, server_with};

/// Debug builds of the program die at this write boundary.
const AT: &str = "QROC_DIE_AT_WRITE";
/// No command comes to so many.
const MOST: u64 = 400;

/// One who is killed again and again, and one who sees what becomes of it.
struct Pair<'a> {
    server: &'a Embedded,
    lisbon: Officer,
    madrid: talk::Officer,
    /// For what only the server's own interface says.
    server_side: SignedIn,
    room: String,
    said: u64,
    runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl<'a> Pair<'a> {
    /// In a room whose key changes with every message, so that sharing it is among what is killed.
    fn meet(server: &'a Embedded, lisbon: &str, madrid: &str) -> Self {
        for user in [lisbon, madrid] {
            server.register(user, PASSWORD, false).expect("register");
        }
        let dir = tempfile::tempdir().expect("dir");
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        let lisbon = Officer::sign_in(&server.base_url(), lisbon);
        let url = server.base_url();
        let madrid = runtime.block_on(talk::Officer::sign_in(&url, madrid, dir.path()));
        let room = lisbon.run(&["room", "create", "Harbour", "--invite", &madrid.name]).one();
        let room = room["room_id"].as_str().expect("room_id").to_owned();
        let server_side = server.login(&lisbon.user, PASSWORD).expect("login");
        let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.encryption");
        let rules = json!({"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1});
        let token = Some(server_side.access_token.as_str());
        assert_eq!(server.request("PUT", &path, token, Some(&rules)).expect("state").0, 200);
        runtime.block_on(async {
            madrid.sync().await;
            madrid.client.join(&room).await.expect("join");
            madrid.sync().await;
        });
        lisbon.sync();
        Self { server, lisbon, madrid, server_side, room, said: 0, runtime, _dir: dir }
    }

    fn next(&mut self, who: &str) -> String {
        self.said += 1;
        format!("{who} {:04}", self.said)
    }

    fn madrid_says(&mut self) -> String {
        let text = self.next("madrid");
        self.runtime.block_on(self.madrid.send(&self.room, &text));
        text
    }

    /// Runs the program so that it dies at this boundary; says whether it got there.
    fn dies(&self, at: u64, args: &[&str]) -> bool {
        let output = self.lisbon.command(args).env(AT, at.to_string()).output().expect("qroc runs");
        match output.status.signal() {
            Some(9) => true,
            None if output.status.success() => false,
            _ => panic!("{args:?} at {at}: {:?}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// What the killed one cannot read, with its neighbours.
    fn unread(&self) -> Vec<String> {
        let items = self.lisbon.offline(&self.room);
        let line = |item: &Value| {
            let known = ["ts", "sender", "body", "undecryptable"].map(|key| item[key].to_string());
            format!("{known:?}")
        };
        let at: Vec<usize> = (0..items.len()).filter(|at| !items[*at]["undecryptable"].is_null()).collect();
        at.iter().flat_map(|at| &items[at.saturating_sub(2)..(at + 3).min(items.len())]).map(line).collect()
    }

    /// The events that the server holds, oldest first, as (id, sender).
    fn held(&self) -> Vec<(String, String)> {
        let mut from = String::new();
        let mut held = Vec::new();
        loop {
            let path = format!("/_matrix/client/v3/rooms/{}/messages?dir=f&limit=1000{from}", self.room);
            let token = Some(self.server_side.access_token.as_str());
            let (status, page) = self.server.request("GET", &path, token, None).expect("messages");
            assert_eq!(status, 200, "{page}");
            for event in page["chunk"].as_array().expect("chunk") {
                if event["type"] == "m.room.encrypted" {
                    let text = |key: &str| event[key].as_str().expect("text").to_owned();
                    held.push((text("event_id"), text("sender")));
                }
            }
            match page["end"].as_str() {
                Some(end) if !page["chunk"].as_array().expect("chunk").is_empty() => {
                    from = format!("&from={end}");
                }
                _ => return held,
            }
        }
    }

    /// Both show what the server holds, each once, in its order; each one's texts are what was said, in order.
    fn agree(&self, what: &str, said: &[String]) {
        // A key that a server on its knees did not let through is given with the next sync.
        self.runtime.block_on(self.madrid.sync());
        let summary = self.lisbon.sync();
        assert_eq!(summary["undecryptable"], 0, "{what}: {:?}", self.unread());
        assert!(self.lisbon.run(&["queue"]).all().is_empty(), "{what}: something is stuck");
        let held = self.held();
        let ours: Vec<(String, String, String)> = self
            .lisbon
            .timeline(&self.room)
            .iter()
            .filter(|item| item["type"] == "m.room.message" || !item["undecryptable"].is_null())
            .map(|item| {
                let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                (text("event_id"), text("sender"), text("body"))
            })
            .collect();
        let summary = self.runtime.block_on(self.madrid.sync());
        assert_eq!(summary.undecryptable, 0, "{what}: {summary:?}");
        let items = self.runtime.block_on(self.madrid.client.timeline(&self.room, None, 10_000, false));
        let theirs: Vec<(String, String, String)> = items
            .expect("timeline")
            .into_iter()
            .filter(|item| item.kind == "m.room.message" || item.undecryptable.is_some())
            .map(|item| (item.event_id.unwrap_or_default(), item.sender, item.body.unwrap_or_default()))
            .collect();
        let ids = |list: &[(String, String, String)]| {
            list.iter().map(|(id, sender, _)| (id.clone(), sender.clone())).collect::<Vec<_>>()
        };
        assert_eq!(ids(&ours), held, "{what}: the killed one against the server");
        assert_eq!(ours, theirs, "{what}: the killed one against the other");
        for name in [&self.lisbon.user, &self.madrid.name] {
            let by = |list: &mut dyn Iterator<Item = &String>| -> Vec<String> {
                let own = name.trim_start_matches('@').split(['0', ':']).next().expect("name").to_owned();
                list.filter(|text| text.starts_with(&own)).cloned().collect()
            };
            let shown = by(&mut ours.iter().map(|(_, _, body)| body));
            assert_eq!(shown, by(&mut said.iter()), "{what}: what {name} said, each once and in order");
        }
    }
}

/// Runs `step` with one boundary after the other until there is none left, and says how many there were.
fn each_boundary(what: &str, mut step: impl FnMut(u64) -> bool) {
    for at in 1..MOST {
        if !step(at) {
            eprintln!("{what}: killed at each of {} write boundaries", at - 1);
            assert!(at > 6, "{what}: only {} boundaries, so the hook does not work", at - 1);
            return;
        }
    }
    panic!("{what}: no end");
}

#[test]
fn killed_at_every_write_boundary_of_a_sign_in() {
    let server = server_with(Options::default(), &[]);
    let url = server.base_url();
    each_boundary("sign-in", |at| {
        // A first sign-in each time: that publishes the identity.
        let name = format!("lisbon{at}");
        server.register(&name, PASSWORD, false).expect("register");
        let officer = Officer::new(&name);
        let (key, password) = (format!("file={}", officer.path("vault.key")), officer.path("password"));
        let args = ["login", &url, &name, "--vault", &key, "--password-file", &password];
        let ended = officer.command(&args).env(AT, at.to_string()).output().expect("qroc runs");
        let died = ended.status.signal() == Some(9);
        assert!(died || ended.status.success(), "{at}: {}", String::from_utf8_lossy(&ended.stderr));
        // Either there is an account now, which works, or there is none, and signing in makes one.
        let status = officer.run(&["status"]);
        if status.status() != 0 {
            status.error(5);
            officer.run(&args).one();
        } else if died {
            assert_eq!(officer.run(&args).status(), 2, "{at}: signed in already");
        }
        assert_eq!(officer.sync()["undecryptable"], 0);
        let status = officer.run(&["status"]).one();
        assert_eq!((&status["state"], &status["verified"]), (&json!("active"), &json!(true)), "{at}");
        died
    });
}

#[test]
fn killed_at_every_write_boundary_of_sync_send_and_edit() {
    let server = server_with(Options::default(), &[]);
    let mut pair = Pair::meet(&server, "lisbon", "madrid");
    let mut said = Vec::new();
    each_boundary("sync", |at| {
        said.push(pair.madrid_says());
        let died = pair.dies(at, &["sync", "--once", "--for", "60"]);
        pair.lisbon.sync();
        died
    });
    pair.agree("sync", &said);

    each_boundary("send", |at| {
        let text = pair.next("lisbon");
        let txn = format!("txn-{at}");
        let args = ["send", &pair.room, &text, "--txn", &txn];
        let died = pair.dies(at, &args);
        // The same again is the same message, however far the first got.
        let sent = pair.lisbon.run(&args).one();
        assert_eq!(sent["state"], "sent", "{sent}");
        said.push(text);
        died
    });
    pair.agree("send", &said);

    // What the killed one had queued is sent by whatever runs next, without anybody asking again.
    let target = pair.lisbon.say(&pair.room, "lisbon before");
    let mut last = String::new();
    each_boundary("edit", |at| {
        let text = format!("lisbon edited {at}");
        let died = pair.dies(at, &["edit", &pair.room, &target, &text]);
        let queued = pair.lisbon.run(&["queue"]).all().len();
        let shown = pair.lisbon.texts(&pair.room).pop().expect("item");
        assert!(
            shown == text || queued == 0 && shown == last || last.is_empty(),
            "{at}: {shown} after {last}"
        );
        last = shown;
        pair.lisbon.sync();
        assert_eq!(pair.lisbon.texts(&pair.room).pop().as_ref(), Some(&last), "{at}");
        died
    });
    pair.runtime.block_on(pair.madrid.sync());
    let theirs = pair.runtime.block_on(pair.madrid.texts(&pair.room));
    assert_eq!(theirs, pair.lisbon.texts(&pair.room), "edits");
    assert_eq!(theirs.last(), Some(&last));
}

#[test]
fn killed_at_every_write_boundary_of_an_upload_and_of_pagination() {
    let server = server_with(Options::default(), &[]);
    let mut pair = Pair::meet(&server, "lisbon", "madrid");
    let mut said = Vec::new();
    fs::write(pair.lisbon.file("plan.txt"), "north gate opens at four").expect("file");
    each_boundary("upload", |at| {
        let caption = pair.next("lisbon");
        let args = ["send-file", &pair.room, "plan.txt", "--caption", &caption];
        let died = pair.dies(at, &args);
        if !pair.lisbon.texts(&pair.room).contains(&caption) {
            // It was not queued yet when the process died.
            pair.lisbon.run(&args).one();
        }
        pair.lisbon.sync();
        said.push(caption);
        assert_eq!(pair.lisbon.strays(), 0, "{at}: a sealed copy was left behind");
        died
    });
    pair.agree("upload", &said);
    // The files themselves are whole, the first and the last.
    let items = pair.lisbon.offline(&pair.room);
    for item in [items.iter().find(|item| !item["attachment"].is_null()), items.last()] {
        let event = item.expect("item")["event_id"].as_str().expect("id").to_owned();
        let to = pair.lisbon.path(&format!("got-{}.txt", &event[1..9]));
        pair.lisbon.run(&["download", &pair.room, &event, "--to", &to]).one();
        assert_eq!(fs::read_to_string(to).expect("got"), "north gate opens at four");
    }

    // More than one answer holds: the rest is paged for, behind a gap.
    each_boundary("pagination", |at| {
        for _ in 0..22 {
            said.push(pair.madrid_says());
        }
        let died = pair.dies(at, &["sync", "--once", "--for", "60"]);
        pair.lisbon.sync();
        assert_eq!(pair.lisbon.texts(&pair.room), said, "{at}");
        died
    });
    pair.agree("pagination", &said);
}

#[test]
fn killed_at_random_moments() {
    let kills = times("QROC_KILLS", 200);
    let seed = seed();
    let _repeat = Repeat(format!("QROC_SEED={seed} QROC_KILLS={kills}"));
    let server = server_with(Options::default(), &[]);
    let begun = Instant::now();
    let pairs: Vec<Pair<'_>> = ["1", "2", "3"]
        .iter()
        .map(|n| Pair::meet(&server, &format!("lisbon0{n}"), &format!("madrid0{n}")))
        .collect();
    let share = kills.div_ceil(pairs.len() as u64);
    let done: Vec<[u64; 4]> = thread::scope(|scope| {
        let running: Vec<_> = pairs
            .into_iter()
            .zip(seed..)
            .map(|(pair, seed)| scope.spawn(move || at_random(pair, Dice::new(seed), share)))
            .collect();
        running.into_iter().map(|thread| thread.join().expect("pair")).collect()
    });
    let sum = |at: usize| done.iter().map(|counts| counts[at]).sum::<u64>();
    eprintln!(
        "killed {} times in {} s: sync {}, send {}, upload {}, pagination {}",
        (0..4).map(sum).sum::<u64>(),
        begun.elapsed().as_secs(),
        sum(0),
        sum(1),
        sum(2),
        sum(3)
    );
    assert!((0..4).all(|at| sum(at) * 20 > kills), "each kind had its share: {done:?}");
}

/// What was done, told when it goes wrong.
#[derive(Default)]
struct History(Vec<String>);

impl History {
    fn push(&mut self, line: String) {
        self.0.push(line);
    }
}

impl Drop for History {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{:#?}", self.0);
        }
    }
}

/// Kills until the share is done; returns how many syncs, sends, uploads and paginations died.
fn at_random(mut pair: Pair<'_>, mut dice: Dice, share: u64) -> [u64; 4] {
    let mut killed = [0; 4];
    let mut said = Vec::new();
    fs::write(pair.lisbon.file("plan.txt"), "north gate opens at four".repeat(5000)).expect("file");
    // How long each takes when nobody disturbs it, as it turns out.
    let mut lasts = [Duration::from_millis(400); 4];
    let mut round: u64 = 0;
    let mut history = History::default();
    while killed.iter().sum::<u64>() < share {
        round += 1;
        let kind = usize::try_from(dice.below(4)).expect("kind");
        let mut own = None;
        let args: Vec<String> = match kind {
            0 => {
                said.push(pair.madrid_says());
                vec!["sync".into(), "--once".into(), "--for".into(), "60".into()]
            }
            1 => {
                let text = pair.next("lisbon");
                own = Some(text.clone());
                vec!["send".into(), pair.room.clone(), text, "--txn".into(), format!("txn-{round}")]
            }
            2 => {
                let text = pair.next("lisbon");
                own = Some(text.clone());
                vec!["send-file".into(), pair.room.clone(), "plan.txt".into(), "--caption".into(), text]
            }
            _ => {
                // More than one answer holds, now and then.
                let missed = if dice.percent(20) { 21 } else { 0 };
                for _ in 0..missed {
                    said.push(pair.madrid_says());
                }
                vec!["sync".into(), "--once".into(), "--for".into(), "60".into()]
            }
        };
        let whole = u64::try_from(lasts[kind].as_micros()).expect("µs");
        let after = Duration::from_micros(dice.below(whole));
        let mut command = pair.lisbon.command(&args);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("qroc runs");
        let begun = Instant::now();
        thread::sleep(after);
        child.kill().expect("kill");
        let status = child.wait().expect("wait");
        history.push(format!("{round}: {} {:?} {:?}", args[0], after, status.signal()));
        match status.signal() {
            Some(9) => killed[kind] += 1,
            _ => lasts[kind] = lasts[kind].min(begun.elapsed()),
        }
        // What was queued stays queued; what was not is said again, so that what is to come is known.
        if let Some(text) = own {
            if kind == 1 || !pair.lisbon.texts(&pair.room).contains(&text) {
                let again: Vec<String> = args.iter().cloned().chain(["--queue".to_owned()]).collect();
                pair.lisbon.run(&again).one();
            }
            said.push(text);
        }
        if round.is_multiple_of(15) {
            pair.agree(&format!("round {round}"), &said);
        }
    }
    pair.agree("the end", &said);
    assert_eq!(pair.lisbon.strays(), 0, "no sealed copy is left behind");
    killed
}
