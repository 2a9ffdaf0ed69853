//! A power cut takes what the kernel had not put on the disk yet, a full disk takes no more. The system calls of the
//! real program tell what was on the disk when.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use qroc_core::store::key_file::{KeyFile, account_dir};
use qroc_core::store::vault::FileVault;
use qroc_core::store::{Store, outbox, timeline};
use qroc_server::Options;

use crate::seed::{Dice, Repeat, seed, times};
use crate::strace::{self, Happened};
use crate::terminal::{Officer, server_with, two_officers};

/// Whether bytes that leave hold something that the device must not forget: a message, a key, new own keys.
fn is_promise(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    let line = head.lines().next().unwrap_or_default();
    let changing = line.starts_with("PUT ") || line.starts_with("POST ");
    changing
        && ["/send/", "/sendToDevice/", "/keys/upload", "/redact/", "/upload/"]
            .iter()
            .any(|part| line.contains(part))
}

/// Goes through what happened and asserts that at each promise everything written before it was on the disk.
fn is_on_disk_before_it_leaves(officer: &Officer, args: &[&str]) -> (usize, usize) {
    let profile = &officer.profile();
    let mut known: BTreeSet<PathBuf> =
        if profile.exists() { Disk::of(profile).files.into_keys().collect() } else { BTreeSet::new() };
    let happened = strace::watch(officer, args);
    // What is not on the disk yet, and for whose sake.
    let mut waiting: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let (mut promises, mut syncs) = (0, 0);
    for one in &happened {
        match one {
            // A file that is made shorter has been emptied into another; nothing of it is waited for.
            Happened::Written { path, .. } if path.starts_with(profile) && is_kept(path) => {
                waiting.insert(path.clone(), path.clone());
            }
            Happened::Shortened { path, .. } => drop(waiting.remove(path)),
            // A new name is on the disk when its directory is.
            Happened::Created(path) | Happened::MadeDir(path)
                if path.starts_with(profile) && is_kept(path) && known.insert(path.clone()) =>
            {
                waiting.insert(path.parent().expect("dir").to_owned(), path.clone());
            }
            Happened::Renamed(_, path) if path.starts_with(profile) => {
                waiting.insert(path.parent().expect("dir").to_owned(), path.clone());
            }
            Happened::Removed(path) => {
                known.remove(path);
                waiting.retain(|_, cause| cause != path);
            }
            Happened::Synced(path) => {
                syncs += usize::from(path.starts_with(profile));
                waiting.remove(path);
            }
            Happened::Sent(bytes) if is_promise(bytes) => {
                promises += 1;
                let head = String::from_utf8_lossy(&bytes[..60]).into_owned();
                assert!(waiting.is_empty(), "before {head:?}: not on the disk yet: {waiting:?}");
            }
            Happened::Said(bytes) if !bytes.iter().all(u8::is_ascii_whitespace) => {
                promises += 1;
                let said = String::from_utf8_lossy(bytes).into_owned();
                // What the server confirmed may be asked for again; what waits here is nowhere else.
                if said.contains("\"queued\"") || said.contains("homeserver") {
                    assert!(waiting.is_empty(), "before {said:?}: not on the disk yet: {waiting:?}");
                }
            }
            _ => {}
        }
    }
    (promises, syncs)
}

/// Locks, sockets and what SQLite makes anew at each start hold nothing.
fn is_kept(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !(name.ends_with("-shm") || name == "owner.lock" || name == "owner.sock")
}

#[test]
fn nothing_leaves_the_device_before_it_is_on_the_disk() {
    if !strace::works() {
        return;
    }
    let server = server_with(Options::default(), &["lisbon", "madrid", "porto"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    fs::write(lisbon.file("plan.txt"), "north gate").expect("file");
    let first = madrid.say(&room, "First");
    lisbon.sync();
    for (args, at_least) in [
        // The first message takes the room's key along.
        (&["send", &room, "Second"][..], 3),
        (&["send", &room, "Third", "--queue"], 1),
        (&["send-file", &room, "plan.txt", "--caption", "Fourth"], 2),
        (&["redact", &room, &first], 1),
        (&["sync", "--once"], 1),
    ] {
        let (promises, syncs) = is_on_disk_before_it_leaves(&lisbon, args);
        assert!(
            promises >= at_least && syncs > 0,
            "{args:?}: {promises} promises, {syncs} syncs: nothing was seen"
        );
    }
    let porto = Officer::new("porto");
    let (key, password) = (format!("file={}", porto.path("vault.key")), porto.path("password"));
    let url = server.base_url();
    let args = ["login", &url, "porto", "--vault", &key, "--password-file", &password];
    let (promises, syncs) = is_on_disk_before_it_leaves(&porto, &args);
    assert!(promises >= 2 && syncs > 5, "{promises} promises, {syncs} syncs");
}

/// One file as the disk and the kernel know it.
#[derive(Clone, Default)]
struct OnDisk {
    safe: Vec<u8>,
    /// Not synced yet: each may be there, in part, or not.
    loose: Vec<(usize, Vec<u8>)>,
    end: usize,
}

impl OnDisk {
    fn write(&mut self, offset: Option<usize>, bytes: &[u8]) {
        let at = offset.unwrap_or(self.end);
        self.end = at + bytes.len();
        self.loose.push((at, bytes.to_vec()));
    }

    fn synced(&mut self) {
        for (at, bytes) in std::mem::take(&mut self.loose) {
            put(&mut self.safe, at, &bytes);
        }
    }

    /// What a power cut leaves: of what was not synced all, nothing, the first so many, or what chance takes, whole or torn.
    fn after(&self, cut: &Cut, dice: &mut Dice) -> Vec<u8> {
        let mut left = self.safe.clone();
        for (number, (at, bytes)) in self.loose.iter().enumerate() {
            let kept = match cut {
                Cut::Nothing => 0,
                Cut::First { writes, bytes: part } => match number.cmp(writes) {
                    std::cmp::Ordering::Less => bytes.len(),
                    std::cmp::Ordering::Equal => (*part).min(bytes.len()),
                    std::cmp::Ordering::Greater => 0,
                },
                // Sectors arrive whole.
                Cut::Any if dice.percent(30) => 512 * usize::try_from(dice.below(9)).expect("sectors"),
                Cut::Any if dice.percent(50) => bytes.len(),
                Cut::Any => 0,
            };
            if kept > 0 {
                put(&mut left, *at, &bytes[..kept.min(bytes.len())]);
            }
        }
        left
    }
}

#[derive(Clone, Debug)]
enum Cut {
    Nothing,
    First { writes: usize, bytes: usize },
    Any,
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The profile's files as they stood at each moment of a run.
struct Disk {
    profile: PathBuf,
    files: BTreeMap<PathBuf, OnDisk>,
}

impl Disk {
    fn of(profile: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut dirs = vec![profile.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).expect("dir").flatten() {
                let kind = entry.file_type().expect("kind");
                if kind.is_dir() {
                    dirs.push(entry.path());
                } else if kind.is_file() {
                    let safe = fs::read(entry.path()).expect("file");
                    files.insert(entry.path(), OnDisk { end: safe.len(), safe, loose: Vec::new() });
                }
            }
        }
        Self { profile: profile.to_owned(), files }
    }

    fn take(&mut self, happened: &Happened) {
        match happened {
            Happened::Written { path, offset, bytes } if path.starts_with(&self.profile) => {
                self.files.entry(path.clone()).or_default().write(*offset, bytes);
            }
            Happened::Shortened { path, length } if path.starts_with(&self.profile) => {
                let file = self.files.entry(path.clone()).or_default();
                file.synced();
                file.safe.truncate(*length);
                file.end = *length;
            }
            Happened::Synced(path) => {
                if let Some(file) = self.files.get_mut(path) {
                    file.synced();
                }
            }
            Happened::Removed(path) => drop(self.files.remove(path)),
            Happened::Renamed(from, to) => {
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(to.clone(), file);
                }
            }
            _ => {}
        }
    }

    fn loose(&self) -> usize {
        self.files.values().map(|file| file.loose.len()).sum()
    }

    /// Writes what a power cut leaves into another directory.
    fn cut(&self, cut: &Cut, dice: &mut Dice, to: &Path) {
        let _ = fs::remove_dir_all(to);
        for (path, file) in &self.files {
            let name = path.strip_prefix(&self.profile).expect("inside");
            // The index of the log lies in memory and is made anew.
            if name.to_string_lossy().ends_with("-shm") {
                continue;
            }
            let path = to.join(name);
            fs::create_dir_all(path.parent().expect("dir")).expect("dir");
            fs::write(path, file.after(cut, dice)).expect("file");
        }
        fs::create_dir_all(to.join("accounts/1/media")).expect("dir");
    }
}

/// What a copy of the profile holds, when every page of it is whole.
fn holds(profile: &Path, vault: &FileVault, room: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    let unlocked =
        runtime.block_on(KeyFile::read(profile).expect("key file").unlock(vault)).expect("unlocked");
    let keys = unlocked.accounts().first().expect("account");
    let store = Store::open(&account_dir(profile, keys.number), &keys.db).expect("opens");
    store.check().expect("whole");
    let bodies = store.read(|connection| {
        let room = qroc_core::store::rooms::find(connection, room)?.expect("room");
        let wanted = timeline::Wanted { before: None, limit: 1000, across_gaps: true };
        let page = timeline::page(connection, room.id, wanted)?;
        let queued = outbox::all(connection)?;
        let bodies = page.items.iter().map(|item| format!("{item:?}"));
        Ok::<_, qroc_core::store::StoreError>(
            bodies.chain(queued.iter().map(|queued| queued.payload.clone())).collect(),
        )
    });
    bodies.expect("read")
}

#[test]
fn a_power_cut_at_any_moment_leaves_a_whole_database_with_all_that_was_promised() {
    if !strace::works() {
        return;
    }
    let seed = seed();
    let _repeat = Repeat(format!("QROC_SEED={seed}"));
    let mut dice = Dice::new(seed);
    let server = server_with(Options::default(), &["lisbon", "madrid"]);
    let (lisbon, madrid, room) = two_officers(&server.base_url());
    let vault = FileVault::new(lisbon.file("vault.key"));
    let dir = tempfile::tempdir().expect("dir");
    let copy = dir.path().join("profile");
    let (mut moments, mut tried) = (0, 0);
    // All ways to cut at each moment, or one of them.
    let every = times("QROC_CUTS", 1) > 1;
    lisbon.say(&room, "Known before");
    for text in ["Received 1", "Received 2", "Received 3"] {
        madrid.say(&room, text);
    }
    for (args, new) in [
        (&["sync", "--once"][..], "Received 3"),
        (&["send", &room, "Sent now"], "Sent now"),
        (&["send", &room, "Queued now", "--queue"], "Queued now"),
        (&["sync", "--once"], "Queued now"),
    ] {
        let mut disk = Disk::of(&lisbon.profile());
        let mut promised = vec!["Known before"];
        for one in strace::watch(&lisbon, args) {
            let promise = match &one {
                Happened::Sent(bytes) => is_promise(bytes) && bytes.windows(6).any(|part| part == b"/send/"),
                Happened::Said(_) => args[0] == "send",
                _ => false,
            };
            if promise && args[0] == "send" {
                promised.push(new);
            }
            disk.take(&one);
            if !matches!(one, Happened::Written { .. } | Happened::Synced(_) | Happened::Shortened { .. })
                && !promise
            {
                continue;
            }
            moments += 1;
            // The end of what was not synced may be lost at a frame's boundary or in its middle, or what chance takes.
            let last = disk.loose().saturating_sub(1);
            let part = 1 + usize::try_from(dice.below(4000)).expect("bytes");
            let cuts = [
                Cut::Nothing,
                Cut::First { writes: last, bytes: part },
                Cut::First { writes: last, bytes: usize::MAX },
                Cut::Any,
            ];
            // Where all is on the disk there is nothing to choose.
            let tries: Vec<&Cut> = match disk.loose() {
                0 if promise => vec![&cuts[0]],
                0 => Vec::new(),
                _ if every => cuts.iter().collect(),
                _ => vec![dice.clone().pick(&cuts)],
            };
            dice.next();
            for cut in tries {
                tried += 1;
                disk.cut(cut, &mut dice, &copy);
                let held = holds(&copy, &vault, &room);
                for text in &promised {
                    let there = held.iter().filter(|item| item.contains(text)).count();
                    assert!(there > 0, "{args:?}: {text:?} is lost by {cut:?} after {one:?}");
                }
            }
        }
    }
    eprintln!("power cut at {moments} moments, {tried} disks");
    assert!(moments > 40 && tried > 80, "{moments} moments, {tried} disks: nothing was seen");
}
