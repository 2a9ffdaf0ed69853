//! What must be gone: keys from memory after closing, text that was taken back from every page of the database, and
//! what nobody may read from logs, arguments and crash files.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut as _, KeyIvInit as _};
use qroc_bench::world::START_TS;
use qroc_core::client::{Access, Client, Options as ClientOptions};
use qroc_core::secret::{DbKey, Secret};
use qroc_core::store::codes::{Notify, SendState, Undecryptable};
use qroc_core::store::events::{self, NewEvent, Relation};
use qroc_core::store::key_file::KeyFile;
use qroc_core::store::vault::FileVault;
use qroc_core::store::{Durability, Store, StoreError, rooms};
use qroc_server::Options;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::strace::{self, Happened};
use crate::terminal::{Officer, server_with, two_officers, until};
use crate::{prepared, talk};

const CHILD: &str = "QROC_LEAKS_PROFILE";
const PAGE: usize = 2048;
/// At the end of each page: the initialisation vector, then the authentication code.
const RESERVE: usize = 80;
const SALT: usize = 16;

/// The raw key of the database, as the key file has it.
pub fn database_key(officer: &Officer) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    let vault = FileVault::new(officer.file("vault.key"));
    let unlocked = runtime.block_on(KeyFile::read(&officer.profile()).expect("key file").unlock(&vault));
    let unlocked = unlocked.expect("unlocked");
    raw(&unlocked.accounts().first().expect("account").db)
}

fn raw(key: &DbKey) -> Vec<u8> {
    hex::decode(&key.to_raw_hex()[..64]).expect("key")
}

/// As `pages`, for a key as the core has it.
pub fn open_pages(key: &DbKey, account: &Path) -> Vec<Vec<u8>> {
    pages(&raw(key), account)
}

/// Decrypts a page as SQLCipher seals it, without SQLCipher. The first begins with the salt, in clear.
fn open_page(key: &[u8], number: u32, page: &[u8]) -> Vec<u8> {
    let from = if number == 1 { SALT } else { 0 };
    let end = PAGE - RESERVE;
    let mut sealed = page[from..end].to_vec();
    let iv = &page[end..end + 16];
    let opened = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).expect("key");
    opened.decrypt_padded_mut::<NoPadding>(&mut sealed).expect("blocks").to_vec()
}

/// All pages of a database and of its log, opened; the log's older versions included.
pub fn pages(key: &[u8], account: &Path) -> Vec<Vec<u8>> {
    let database = fs::read(account.join("qroc.db")).expect("database");
    let mut pages: Vec<Vec<u8>> =
        database.chunks_exact(PAGE).zip(1..).map(|(page, number)| open_page(key, number, page)).collect();
    let log = fs::read(account.join("qroc.db-wal")).unwrap_or_default();
    for frame in log.get(32..).unwrap_or_default().chunks_exact(PAGE + 24) {
        let number = u32::from_be_bytes(frame[..4].try_into().expect("four"));
        pages.push(open_page(key, number, &frame[24..]));
    }
    pages
}

pub fn holds(pages: &[Vec<u8>], needle: &str) -> usize {
    let needle = needle.as_bytes();
    pages
        .iter()
        .filter(|page| page.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle)))
        .count()
}

#[test]
fn text_that_was_taken_back_is_on_no_page_of_the_database_or_its_log() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let account = lisbon.profile().join("accounts/1");
    let key = database_key(&lisbon);
    let mut sync = lisbon.follow();
    let first = madrid.say(&room, "Wolframite quarry, gate four");
    sync.sees("Wolframite quarry, gate four");
    madrid.run(&["edit", &room, &first, "Zirconium quarry, gate five"]).one();
    madrid.say(&room, "Kept in the harbour");
    sync.sees("Kept in the harbour");
    let before = pages(&key, &account);
    for text in ["wolframite", "zirconium", "harbour"] {
        assert!(holds(&before, text) > 0, "the search finds {text} where it is");
    }
    madrid.run(&["redact", &room, &first]).one();
    madrid.say(&room, "After it");
    sync.sees("After it");
    for text in ["wolframite", "zirconium"] {
        // While it runs, the log included.
        until("the text's end", || holds(&pages(&key, &account), text) == 0);
    }
    assert!(holds(&pages(&key, &account), "harbour") > 0);
    assert_eq!(sync.end(Signal::INT), Some(130));
    let after = pages(&key, &account);
    assert_eq!((holds(&after, "wolframite"), holds(&after, "zirconium")), (0, 0), "after closing");
    // The sender's own copy too.
    madrid.sync();
    let theirs = pages(&database_key(&madrid), &madrid.profile().join("accounts/1"));
    assert!(holds(&theirs, "harbour") > 0);
    assert_eq!((holds(&theirs, "wolframite"), holds(&theirs, "zirconium")), (0, 0), "at its sender");
}

/// Says many times what begins alike, so that parts of the search index begin with it, and takes all of it back.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_word_that_was_taken_back_no_beginning_is_left_among_thousands() {
    let dir = tempfile::tempdir().expect("dir");
    let mut lisbon = prepared::Officer::meet(dir.path(), ClientOptions::default()).await;
    let vault = talk::vault();
    let unlocked = KeyFile::read(&lisbon.profile).expect("key file").unlock(&vault).await.expect("unlocked");
    let db = &unlocked.accounts().first().expect("account").db;
    let account = lisbon.account();
    let mut doomed = Vec::new();
    let mut now_ms = START_TS;
    for turn in 0..6 {
        lisbon.peer.rotate(&lisbon.room).await.expect("rotated");
        let key = lisbon.peer.share(&lisbon.room).await.expect("shared");
        let mut events = Vec::new();
        for number in 0..400_u32 {
            now_ms += 1;
            let word = format!("qzwolframite{:08x}", (turn * 400 + number).wrapping_mul(2_654_435_761));
            let text = lisbon.dice.text(u64::from(number));
            let bad = number % 4 == 0;
            let text = if bad { format!("{word} {text} {word}s") } else { text };
            let (id, event) = lisbon.hears(&text, now_ms).await;
            events.push(event);
            doomed.extend(Some(id).filter(|_| bad));
        }
        // The key comes late every other time: what could not be read becomes longer where it stands.
        let (with, after) = if turn % 2 == 0 { (vec![key], Vec::new()) } else { (Vec::new(), vec![key]) };
        lisbon.tell(&events, with);
        lisbon.sync().await;
        let (_, event) = lisbon.hears("Kept in the harbour", now_ms).await;
        lisbon.tell(&[event], after);
        assert_eq!(lisbon.sync().await, 0);
    }
    let before = open_pages(db, &account);
    assert!(holds(&before, "qzwolframite") > 300, "the search finds it where it is");
    let taken_back: Vec<Value> = doomed
        .iter()
        .map(|id| lisbon.event("m.room.redaction", now_ms, &json!({ "redacts": id })).1)
        .collect();
    lisbon.tell(&taken_back, Vec::new());
    lisbon.sync().await;
    assert!(lisbon.client.search("qzwolframite*", None, 10).expect("search").is_empty());
    let after = open_pages(db, &account);
    assert!(holds(&after, "harbour") > 0);
    // Shorter ones stand in event ids by chance.
    for begins in ["qzwolframite", "qzwolf"] {
        assert_eq!(holds(&after, begins), 0, "pages that hold {begins}");
    }
    lisbon.client.close().await;
    assert_eq!(holds(&open_pages(db, &account), "qzwolf"), 0, "after closing");
}

/// Rows that grow move between pages, and SQLite leaves copies of them behind: this many times one would be found.
#[tokio::test(flavor = "multi_thread")]
async fn of_texts_that_moved_between_pages_no_copy_is_left() {
    let dir = tempfile::tempdir().expect("dir");
    let key = DbKey::new(Secret::from_slice(&[7; 32]).expect("32 bytes"), [9; 16]);
    let store = Store::create(dir.path(), &key).expect("store");
    let message = |number: u64, length: u64| {
        let body = format!("qzwolframite{number} {}", "y".repeat(usize::try_from(length).expect("length")));
        NewEvent {
            event_id: Some(format!("${number}")),
            txn_id: None,
            sender: "@madrid:qroc.test".into(),
            ts: i64::try_from(number).expect("ts"),
            kind: "m.room.message".into(),
            state_key: None,
            content: json!({ "msgtype": "m.text", "body": body }).to_string(),
            encrypted: true,
            shown: true,
            notify: Notify::Unread,
            relation: Relation::NONE,
            reply_to: None,
            thread: None,
            redacted: false,
            send_state: SendState::Sent,
            undecryptable: Undecryptable::Readable,
            session_id: None,
        }
    };
    let mut dice = crate::seed::Dice::new(crate::seed::seed());
    let mut all = Vec::new();
    for turn in 0..60 {
        let sizes: Vec<(u64, u64, u64)> =
            (turn * 50..(turn + 1) * 50).map(|n| (n, 20 + dice.below(280), 20 + dice.below(280))).collect();
        let mut known = all.clone();
        let written = store.write(Durability::Normal, move |tx, _| {
            let room = rooms::ensure(tx, "!harbour:qroc.test")?;
            for (number, first, later) in sizes {
                let id = events::insert(tx, room, &message(number, 0))?;
                known.push(id);
                events::update(tx, id, &message(number, first))?;
                let back = number.saturating_sub(later % 50);
                events::update(tx, known[usize::try_from(back).expect("index")], &message(back, later))?;
            }
            Ok::<_, StoreError>(known)
        });
        all = written.await.expect("written");
    }
    assert!(
        holds(&open_pages(&key, dir.path()), "qzwolframite") > 300,
        "the search finds them where they are"
    );
    for some in all.chunks(50) {
        let some = some.to_vec();
        let gone = store
            .write(Durability::Normal, move |tx, _| some.iter().try_for_each(|id| events::redact(tx, *id)));
        gone.await.expect("taken back");
    }
    assert_eq!(holds(&open_pages(&key, dir.path()), "qzwolf"), 0);
    store.check().expect("whole");
}

/// Searches the writable memory of a process.
fn in_memory(pid: u32, needles: &[(&'static str, Vec<u8>)]) -> Vec<&'static str> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps");
    let mut memory = fs::File::open(format!("/proc/{pid}/mem")).expect("memory");
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split(' ').next().expect("range");
        let (from, to) = range.split_once('-').expect("range");
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).expect("address"));
        let mut bytes = vec![0; usize::try_from(to - from).expect("length")];
        // Some ranges are the kernel's own.
        if memory.seek(SeekFrom::Start(from)).is_err() || memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        for (name, needle) in needles {
            if !found.contains(name) && bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(*name);
            }
        }
    }
    found
}

/// Run in a process of its own by the test below: opens a profile, closes it, and says so.
#[test]
fn holds_a_profile_open_for_the_test_that_looks_into_its_memory() {
    let Some(profile) = std::env::var_os(CHILD) else { return };
    let profile = Path::new(&profile);
    let mut orders = std::io::stdin().lock();
    let mut line = String::new();
    let mut say = |word: &str| {
        println!("<{word}>");
        std::io::stdout().flush().expect("said");
        orders.read_line(&mut line).expect("order");
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let client = runtime.block_on(async {
        let vault = FileVault::new(profile.parent().expect("dir").join("vault.key"));
        let access = Access::Own { wait: Duration::from_secs(5) };
        let client = Client::open(profile, &vault, access, ClientOptions::default()).await.expect("opens");
        client.sync_once(Some(Duration::from_secs(30))).await.expect("sync");
        client
    });
    say("open");
    runtime.block_on(client.close());
    say("closed");
}

struct Watched {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Watched {
    fn reaches(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(&format!("<{word}>")) {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).expect("line"), 0, "it ended before {word}");
        }
    }
}

#[test]
fn after_closing_no_key_is_left_in_memory() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, _madrid, _room) = two_officers(&server.base_url());
    let key = database_key(&lisbon);
    let needles = [
        ("the database's key", key.clone()),
        ("the database's key, spelled", hex::encode(&key).into_bytes()),
        ("the database's key, spelled large", hex::encode_upper(&key).into_bytes()),
        ("the key file of the vault", fs::read(lisbon.file("vault.key")).expect("key")),
    ];
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "leaks::holds_a_profile_open_for_the_test_that_looks_into_its_memory",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD, lisbon.profile())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("child");
    let said = BufReader::new(child.stdout.take().expect("stdout"));
    let mut orders = child.stdin.take().expect("stdin");
    let mut watched = Watched { child, said };
    watched.reaches("open");
    let open = in_memory(watched.child.id(), &needles);
    assert!(
        open.contains(&"the database's key"),
        "the search finds the key while the profile is open: {open:?}"
    );
    orders.write_all(b"close\n").expect("order");
    watched.reaches("closed");
    assert_eq!(in_memory(watched.child.id(), &needles), Vec::<&str>::new(), "left in memory after closing");
    orders.write_all(b"end\n").expect("order");
    watched.child.wait().expect("ended");
}

#[test]
fn logs_errors_arguments_and_crashes_give_nothing_away() {
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(lisbon.file("ochre-dossier.txt"), "wolframite").expect("file");
    madrid.say(&room, "Xylophone team moves");
    let secrets = [
        "Xylophone",
        "ochre",
        "wolframite",
        "lisbon",
        "madrid",
        "qroc.test",
        "Harbour",
        "syt_",
        "syr_",
        &room,
    ];
    for args in [
        &["-vvv", "sync", "--once"][..],
        &["-vvv", "send", &room, "Xylophone team stays"],
        &["-vvv", "send-file", &room, "ochre-dossier.txt", "--caption", "wolframite"],
        &["-vvv", "timeline", &room],
    ] {
        let ended = lisbon.run(args);
        assert_eq!(ended.status(), 0, "{}", ended.err());
        let log = ended.err();
        for secret in secrets {
            assert!(!log.contains(secret), "{args:?}: the log names {secret:?}: {log}");
        }
    }
    // With the server gone, the reasons are told without what they are about.
    let mut server = server;
    server.stop().expect("stopped");
    let (_, message) = lisbon.run(&["sync", "--once", "--for", "1"]).error(4);
    assert!(!secrets.iter().any(|secret| message.contains(secret)), "{message}");
    server.restart().expect("restarted");

    // A crash leaves no file, and the arguments of a running program hold no secret.
    let sync = lisbon.follow();
    let process = format!("/proc/{}", sync.id());
    let limits = fs::read_to_string(format!("{process}/limits")).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("limit");
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    let password = fs::read_to_string(lisbon.file("password")).expect("password");
    for part in ["cmdline", "environ"] {
        let text = fs::read(format!("{process}/{part}")).expect("part");
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains(password.trim()) && !text.contains("syt_"), "{part}: {text}");
    }
    let before = fs::read_dir(lisbon.file("")).expect("dir").count();
    assert_eq!(sync.end(Signal::ABORT), None);
    assert_eq!(fs::read_dir(lisbon.file("")).expect("dir").count(), before, "a crash left a file");
}

#[test]
fn what_is_sent_and_fetched_makes_no_file_outside_the_profile() {
    if !strace::works() {
        return;
    }
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(lisbon.file("ochre-dossier.txt"), "wolframite ".repeat(30_000)).expect("file");
    let photo = qroc_fixtures::path("exif_gps.jpg").display().to_string();
    let sent = madrid.file("plan.txt");
    fs::write(&sent, "north gate ".repeat(30_000)).expect("file");
    madrid.sent(&["send-file", &room, "plan.txt"]);
    lisbon.sync();
    let file = lisbon.offline(&room).pop().expect("item")["event_id"].as_str().expect("id").to_owned();
    let mut made = 0;
    for args in [
        &["send", &room, "Xylophone team moves"][..],
        &["send-file", &room, "ochre-dossier.txt"],
        &["send-file", &room, &photo],
        &["sync", "--once"],
        &["download", &room, &file, "--to", "got.txt"],
        &["search", "xylophone"],
    ] {
        for happened in strace::watch(&lisbon, args) {
            let (Happened::Created(path)
            | Happened::MadeDir(path)
            | Happened::Written { path, .. }
            | Happened::Renamed(_, path)) = happened
            else {
                continue;
            };
            made += 1;
            // A name without a folder is in the folder where it runs.
            let path = lisbon.file("").join(path);
            let asked_for = path.parent() == lisbon.file("got.txt").parent() && args[0] == "download";
            let kernel = path.starts_with("/dev") || path.starts_with("/proc");
            assert!(
                path.starts_with(lisbon.profile()) || asked_for || kernel,
                "{args:?}: {}",
                path.display()
            );
        }
    }
    assert!(made > 100, "only {made} were seen");
    assert_eq!(fs::read(lisbon.file("got.txt")).expect("got"), fs::read(sent).expect("sent"));
}
