//! A disk that is full, at every write that the program makes: a clear error, nothing lost, and all goes on when there
//! is room again.

use std::fs;
use std::path::Path;
use std::process::Command;

use qroc_core::store::Store;
use qroc_core::store::key_file::{KeyFile, account_dir};
use qroc_core::store::vault::FileVault;
use qroc_server::Options;

use crate::strace;
use crate::terminal::{Officer, server_with, texts, two_officers};

const MOST: usize = 300;

/// Runs the program with no room from the n-th write of a thread on, in the database and the key file. Returns its
/// exit status and what it said, or nothing where it did not come so far.
fn without_room(officer: &Officer, from: usize, args: &[&str]) -> Option<(i32, String)> {
    let log = officer.path("strace.log");
    let profile = officer.profile();
    let inject = format!("inject=pwrite64,write,ftruncate,fallocate:error=ENOSPC:when={from}+");
    let mut options = vec!["-e", "trace=pwrite64,write,ftruncate,fallocate", "-e", &inject, "-o", &log];
    let paths: Vec<String> = ["accounts/1/qroc.db", "accounts/1/qroc.db-wal", "device.key.new"]
        .map(|name| profile.join(name).display().to_string())
        .into();
    for path in &paths {
        options.extend(["-P", path]);
    }
    let output = strace::command(officer, &options, args).output().expect("strace");
    let met = fs::read_to_string(&log).expect("trace").contains("INJECTED");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    met.then(|| (output.status.code().unwrap_or_else(|| panic!("{args:?} at {from}: killed: {said}")), said))
}

fn is_whole(officer: &Officer) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    let vault = FileVault::new(officer.file("vault.key"));
    let unlocked = runtime.block_on(KeyFile::read(&officer.profile()).expect("key file").unlock(&vault));
    let keys = unlocked.expect("unlocked").accounts().first().expect("account").clone();
    let store = Store::open(&account_dir(&officer.profile(), keys.number), &keys.db).expect("opens");
    store.check().expect("whole");
}

/// Runs `step` with the disk full from each write on, until it is never met.
fn each_write(what: &str, mut step: impl FnMut(usize) -> Option<(i32, String)>) {
    let mut refused = 0;
    for from in 1..MOST {
        let Some((status, said)) = step(from) else {
            eprintln!("{what}: no room from each of {} writes on, {refused} with an error", from - 1);
            assert!(from > 2 && refused > 0, "{what}: no write was met");
            return;
        };
        assert!(!said.contains("panicked"), "{what} at {from}: {said}");
        if status != 0 {
            refused += 1;
            assert!(status == 1 && said.contains("full"), "{what} at {from}: status {status}: {said}");
        }
    }
    panic!("{what}: no end");
}

#[test]
fn a_disk_that_is_full_at_any_write_costs_an_error_and_nothing_else() {
    if !strace::works() {
        return;
    }
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let mut said = Vec::new();
    each_write("queue", |from| {
        let (text, txn) = (format!("Queued {from}"), format!("queued-{from}"));
        let args = ["send", &room, &text, "--txn", &txn, "--queue"];
        let met = without_room(&lisbon, from, &args);
        is_whole(&lisbon);
        if met.as_ref().is_some_and(|(status, _)| *status == 0) {
            assert!(lisbon.texts(&room).contains(&text), "{from}: said to be queued");
        }
        lisbon.run(&args).one();
        said.push(text);
        met
    });
    lisbon.sync();
    each_write("send", |from| {
        let (text, txn) = (format!("Sent {from}"), format!("sent-{from}"));
        let args = ["send", &room, &text, "--txn", &txn];
        let met = without_room(&lisbon, from, &args);
        is_whole(&lisbon);
        assert_eq!(lisbon.run(&args).one()["state"], "sent");
        said.push(text);
        met
    });
    each_write("sync", |from| {
        let text = format!("Received {from}");
        madrid.say(&room, &text);
        said.push(text);
        let met = without_room(&lisbon, from, &["sync", "--once", "--for", "20"]);
        is_whole(&lisbon);
        assert_eq!(lisbon.sync()["undecryptable"], 0, "{from}");
        met
    });
    assert_eq!(madrid.sync()["undecryptable"], 0, "{:#?}", unread(&madrid, &room));
    assert_eq!(lisbon.texts(&room), said);
    assert_eq!(texts(&madrid.timeline(&room)), said);
}

/// A small file system of its own, where mounting is allowed.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(bytes: u64) -> Option<Self> {
        let dir = tempfile::tempdir().expect("dir");
        let size = format!("size={bytes},mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "qroc-test"]).arg(dir.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        eprintln!("NOT TESTED: this place refuses to mount a small file system");
        None
    }

    /// Leaves so many bytes free.
    fn fill(&self, free: u64) -> std::path::PathBuf {
        let path = self.0.path().join("ballast");
        let room = rustix::fs::statvfs(self.0.path()).expect("statvfs");
        let bytes = (room.f_bavail * room.f_frsize).saturating_sub(free);
        fs::write(&path, vec![0; usize::try_from(bytes).expect("bytes")]).expect("ballast");
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).output().expect("cp");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_file_system_without_room_loses_nothing_and_goes_on_when_there_is_room() {
    let Some(small) = Small::mount(16 << 20) else { return };
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    // The profile moves to the small file system; a link stands where it was.
    let moved = small.0.path().join("profile");
    copy(&lisbon.profile(), &moved);
    fs::remove_dir_all(lisbon.profile()).expect("removed");
    std::os::unix::fs::symlink(&moved, lisbon.profile()).expect("link");
    fs::write(lisbon.file("big.bin"), vec![7; 3 << 20]).expect("file");
    let mut said = vec!["Before".to_owned()];
    lisbon.say(&room, "Before");
    let mut refused = 0;
    for (turn, free) in [0, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20].into_iter().enumerate() {
        let ballast = small.fill(free);
        let heard = format!("Heard {turn}");
        madrid.say(&room, &heard);
        for args in [
            &["send-file", &room, "big.bin", "--queue"][..],
            &["sync", "--once", "--for", "20"],
            &["send", &room, "Spoken", "--txn", &format!("spoken-{turn}")],
        ] {
            let ended = lisbon.run(args);
            if ended.status() != 0 {
                refused += 1;
                let (kind, message) = ended.error(1);
                assert!(message.contains("full"), "{args:?} with {free} bytes: {kind}: {message}");
            }
        }
        // Reading needs 32 KiB for the index of the log; nothing is left of what was refused.
        if free >= 64 << 10 {
            assert_eq!(lisbon.texts(&room).first(), said.first(), "with {free} bytes free");
        }
        let left = fs::read_dir(moved.join("accounts/1/media")).expect("media").count();
        assert_eq!(left, 0, "with {free} bytes free a piece of a file was left");
        fs::remove_file(ballast).expect("room");
        let spoken = lisbon.run(&["send", &room, "Spoken", "--txn", &format!("spoken-{turn}")]).one();
        assert_eq!(spoken["state"], "sent");
        lisbon.sync();
        is_whole(&lisbon);
        said.extend([heard, "Spoken".to_owned()]);
    }
    assert!(refused > 5, "there was never too little room: {refused}");
    assert_eq!(madrid.sync()["undecryptable"], 0, "{:#?}", unread(&madrid, &room));
    assert_eq!(lisbon.texts(&room), said);
    assert_eq!(texts(&madrid.timeline(&room)), said);
}

/// What cannot be read, and why.
fn unread(officer: &Officer, room: &str) -> Vec<String> {
    let items = officer.offline(room);
    let unread = items.iter().filter(|item| !item["undecryptable"].is_null());
    unread.map(ToString::to_string).collect()
}
