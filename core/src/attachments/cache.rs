//! Received files as they came: sealed, their keys in the events alone. On the disk as far as policy lets them, else
//! in memory; what was not looked at for longest goes first, what is shown stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

use super::AttachmentError;
use super::fetch::pieces;
use crate::clock::Clock;
use crate::ids::EventRow;
use crate::media::{self, ProvenReader, SealKey, SealedBytes};
use crate::net::Http;
use crate::progress::{Cancel, Progress, Report};
use crate::store::media as kept;
use crate::store::{Durability, Store, StoreError};

/// Bytes of all files that are held in memory, where none may come onto the disk.
const MOST_IN_MEMORY: u64 = 128 << 20;
/// A file that is looked at again within this time is not noted again.
const NOTED_MS: i64 = 60_000;

/// What policy says about received files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheRules {
    /// Bytes that may lie on the disk; 0: nothing may.
    pub most_bytes: u64,
}

/// A file of an event.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose it is.
    pub event: EventRow,
    /// Where the server has it.
    pub mxc: String,
    /// What opens it.
    pub key: SealKey,
    /// Its length, as the sender says.
    pub bytes: Option<u64>,
}

impl Wanted {
    /// Reads an encrypted file of a message.
    ///
    /// # Errors
    /// `BadKeys`.
    pub fn read(event: EventRow, file: &Value, bytes: Option<u64>) -> Result<Self, AttachmentError> {
        let mxc = file.get("url").and_then(Value::as_str).ok_or(AttachmentError::BadKeys)?.to_owned();
        let key = serde_json::from_value(file.clone()).map_err(|_| AttachmentError::BadKeys)?;
        Ok(Self { event, mxc, key, bytes })
    }
}

/// The received files of one account.
pub struct Cache {
    dir: PathBuf,
    store: Arc<Store>,
    http: Http,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: CacheRules,
    /// Least recently used first.
    held: Vec<(String, EventRow, Arc<Vec<u8>>)>,
    pins: BTreeMap<String, usize>,
    /// What was proven in this run of the program, and to which hash: another message may claim another.
    proven: BTreeSet<(String, [u8; 32])>,
    busy: BTreeMap<String, Arc<Busy>>,
}

/// One file is fetched once, however many want it.
struct Busy {
    turn: tokio::sync::Mutex<()>,
    report: watch::Sender<Report>,
}

/// Keeps a file from being thrown out while it is shown.
pub struct Pin {
    cache: Weak<Cache>,
    mxc: String,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let Some(cache) = self.cache.upgrade() else { return };
        let mut state = cache.state();
        if let Some(count) = state.pins.get_mut(&self.mxc) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.pins.remove(&self.mxc);
            }
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

impl Cache {
    /// Keeps files in `dir`. Nothing is on the disk before `obey`.
    pub fn new(dir: PathBuf, store: Arc<Store>, http: Http, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { dir, store, http, clock, state: Mutex::default() })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what policy says now: what may not stay is gone when this returns. Cheap where nothing changed.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn obey(&self, rules: CacheRules) -> Result<(), StoreError> {
        let (most, pinned) = {
            let mut state = self.state();
            state.rules = rules;
            // What may not be on the disk at all goes although it is shown.
            let pinned = if rules.most_bytes == 0 { BTreeSet::new() } else { state.pinned() };
            if rules.most_bytes > 0 {
                state.held.clear();
            }
            (rules.most_bytes, pinned)
        };
        let (noted, (_, bytes)) = self.store.read(|connection| {
            Ok::<_, StoreError>((kept::most_bytes(connection)?, kept::count(connection)?))
        })?;
        if noted == Some(most) && bytes <= most {
            return Ok(());
        }
        self.store
            .write(Durability::Normal, move |tx, _| {
                kept::set_most_bytes(tx, most)?;
                kept::forget_unused(tx)?;
                kept::shrink(tx, most, &pinned)
            })
            .await
    }

    /// Returns how far the fetching of a file is, where it goes on.
    pub fn progress(&self, mxc: &str) -> Option<watch::Receiver<Report>> {
        self.state().busy.get(mxc).map(|busy| busy.report.subscribe())
    }

    /// Says whether a file is here.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn has(&self, mxc: &str) -> Result<bool, StoreError> {
        if self.state().held.iter().any(|(held, ..)| held == mxc) {
            return Ok(true);
        }
        Ok(self.store.read(|connection| kept::find(connection, mxc))?.is_some())
    }

    /// Returns a file, proven, from here or from the server. Whoever else wants the same one waits; giving up leaves
    /// nothing behind.
    ///
    /// # Errors
    /// `File` (`Tampered`), `NoAttachment` where the event has lost its content, `TooLargeToShow`, `Own`, the network's.
    pub async fn get(self: &Arc<Self>, wanted: &Wanted) -> Result<(ProvenReader, Pin), AttachmentError> {
        let pin = self.pin(&wanted.mxc);
        let busy = self.begin(&wanted.mxc);
        let done = {
            let _turn = busy.turn.lock().await;
            match self.known(wanted).await {
                Ok(Some(reader)) => Ok(reader),
                Ok(None) => self.fetch(wanted, &busy.report).await,
                Err(error) => Err(error),
            }
        };
        drop(busy);
        self.state().busy.retain(|_, busy| Arc::strong_count(busy) > 1);
        done.map(|reader| (reader, pin))
    }

    fn pin(self: &Arc<Self>, mxc: &str) -> Pin {
        let mut state = self.state();
        let count = state.pins.entry(mxc.to_owned()).or_default();
        *count = count.saturating_add(1);
        Pin { cache: Arc::downgrade(self), mxc: mxc.to_owned() }
    }

    fn begin(&self, mxc: &str) -> Arc<Busy> {
        let none = || {
            let report = Report { done: 0, total: 0, left_ms: None };
            Arc::new(Busy { turn: tokio::sync::Mutex::default(), report: watch::channel(report).0 })
        };
        self.state().busy.entry(mxc.to_owned()).or_insert_with(none).clone()
    }

    /// What is here already. What is damaged is none, and goes.
    async fn known(&self, wanted: &Wanted) -> Result<Option<ProvenReader>, AttachmentError> {
        let held = self.state().take_held(&wanted.mxc, wanted.event);
        if let Some(bytes) = held {
            return self.proven(SealedBytes::in_memory(bytes), wanted).await;
        }
        let mxc = wanted.mxc.clone();
        let found = self.store.read(|connection| {
            let found = kept::find(connection, &mxc)?;
            Ok::<_, StoreError>((found, kept::is_linked(connection, wanted.event, &mxc)?))
        });
        let (Some(found), linked) = found.map_err(AttachmentError::Store)? else { return Ok(None) };
        let path = self.dir.join(&found.file);
        let opened = File::open(&path).and_then(SealedBytes::in_file);
        let whole = match opened {
            Ok(bytes) if bytes.length() == found.bytes => self.proven(bytes, wanted).await?,
            Ok(_) | Err(_) => None,
        };
        let now_ms = self.clock.now_ms();
        let Some(reader) = whole else {
            self.store.write(Durability::Normal, move |tx, _| kept::remove(tx, &mxc)).await?;
            return Ok(None);
        };
        if !linked || now_ms.saturating_sub(found.used_ts).abs() > NOTED_MS {
            let event = wanted.event;
            self.store
                .write(Durability::Normal, move |tx, _| {
                    kept::touch(tx, &mxc, now_ms)?;
                    kept::link(tx, event, &mxc)
                })
                .await?;
        }
        Ok(Some(reader))
    }

    /// Whoever changes files while the device is locked cannot change what is shown: each is proven once in a run.
    async fn proven(
        &self,
        bytes: SealedBytes,
        wanted: &Wanted,
    ) -> Result<Option<ProvenReader>, AttachmentError> {
        let hash = wanted.key.sealed_sha256().unwrap_or_default();
        if !self.state().proven.contains(&(wanted.mxc.clone(), hash)) {
            match prove(bytes.clone(), wanted.key.clone()).await {
                Ok(()) => {}
                Err(AttachmentError::File {
                    error: media::Error::Tampered | media::Error::Io(_), ..
                }) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
            self.state().proven.insert((wanted.mxc.clone(), hash));
        }
        Ok(Some(open(bytes, &wanted.key)?))
    }

    async fn fetch(
        &self,
        wanted: &Wanted,
        report: &watch::Sender<Report>,
    ) -> Result<ProvenReader, AttachmentError> {
        let most = self.state().rules.most_bytes;
        let response = self.http.download(&super::fetch::address(&wanted.mxc)?).await?;
        let announced = response.content_length().or(wanted.bytes);
        let on_disk = most > 0 && announced.is_none_or(|bytes| bytes <= most);
        let limit = if on_disk { most } else { MOST_IN_MEMORY };
        if announced.is_some_and(|bytes| bytes > limit) {
            return Err(AttachmentError::TooLargeToShow { limit });
        }
        let mut file = if on_disk { Some(Part::new(&self.dir)?) } else { None };
        let mut memory = Vec::new();
        let teller = report.clone();
        let mut progress = Progress::new(Cancel::default(), move |now| {
            teller.send_replace(now);
        });
        let total = announced.unwrap_or(0);
        let (mut hash, mut done) = (Sha256::new(), 0_u64);
        progress.step(0, total);
        let mut response = pieces(response);
        while let Some(piece) = response.next().await? {
            done = done.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if done > limit {
                return Err(AttachmentError::TooLargeToShow { limit });
            }
            hash.update(&piece);
            match &mut file {
                Some(part) => part.file.write_all(&piece).await.map_err(own)?,
                None => memory.extend_from_slice(&piece),
            }
            progress.step(done, total.max(done));
        }
        let hash: [u8; 32] = hash.finalize().into();
        if wanted.key.sealed_sha256() != Some(hash) {
            return Err(tampered());
        }
        self.state().proven.insert((wanted.mxc.clone(), hash));
        report.send_replace(Report { done, total: done, left_ms: Some(0) });
        match file {
            Some(part) => self.keep(part, wanted, done).await,
            None => self.hold(memory, wanted),
        }
    }

    /// Notes a file that is whole, and throws others out for it.
    async fn keep(
        &self,
        mut part: Part,
        wanted: &Wanted,
        bytes: u64,
    ) -> Result<ProvenReader, AttachmentError> {
        part.file.flush().await.map_err(own)?;
        part.file.sync_all().await.map_err(own)?;
        let dir = self.dir.clone();
        let synced = tokio::task::spawn_blocking(move || File::open(dir)?.sync_all()).await;
        synced.map_err(|_| own(std::io::Error::other("the writer stopped")))?.map_err(own)?;
        let reader = open(File::open(&part.path).and_then(SealedBytes::in_file).map_err(own)?, &wanted.key)?;
        let (rules, pinned) = {
            let state = self.state();
            (state.rules, state.pinned())
        };
        let (event, mxc, name, now_ms) =
            (wanted.event, wanted.mxc.clone(), part.name.clone(), self.clock.now_ms());
        let noted = self
            .store
            .write(Durability::Normal, move |tx, _| {
                let noted = kept::insert(tx, event, &mxc, &name, bytes, now_ms)?;
                kept::shrink(tx, rules.most_bytes, &pinned)?;
                Ok::<_, StoreError>(noted)
            })
            .await?;
        if !noted {
            return Err(AttachmentError::NoAttachment);
        }
        part.kept = true;
        Ok(reader)
    }

    fn hold(&self, bytes: Vec<u8>, wanted: &Wanted) -> Result<ProvenReader, AttachmentError> {
        let bytes = Arc::new(bytes);
        let reader = open(SealedBytes::in_memory(bytes.clone()), &wanted.key)?;
        let mut state = self.state();
        state.make_room(length(&bytes));
        if state.held_bytes().saturating_add(length(&bytes)) > MOST_IN_MEMORY {
            return Err(AttachmentError::TooLargeToShow { limit: MOST_IN_MEMORY });
        }
        state.held.push((wanted.mxc.clone(), wanted.event, bytes));
        Ok(reader)
    }

    /// Forgets what is held in memory of events that have lost their content.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn forget_removed(&self) -> Result<(), StoreError> {
        let events: BTreeSet<EventRow> = self.state().held.iter().map(|(_, event, _)| *event).collect();
        if events.is_empty() {
            return Ok(());
        }
        let gone = self.store.read(|connection| {
            let gone = |event: &EventRow| !kept::has_content(connection, *event).unwrap_or(true);
            Ok::<_, StoreError>(events.iter().copied().filter(gone).collect::<BTreeSet<_>>())
        })?;
        self.state().held.retain(|(_, event, _)| !gone.contains(event));
        Ok(())
    }
}

impl State {
    fn pinned(&self) -> BTreeSet<String> {
        self.pins.keys().cloned().collect()
    }

    fn take_held(&mut self, mxc: &str, event: EventRow) -> Option<Arc<Vec<u8>>> {
        let at = self.held.iter().position(|(held, ..)| held == mxc)?;
        let (mxc, _, bytes) = self.held.remove(at);
        self.held.push((mxc, event, bytes.clone()));
        Some(bytes)
    }

    fn held_bytes(&self) -> u64 {
        self.held.iter().map(|(.., bytes)| length(bytes)).sum()
    }

    fn make_room(&mut self, wanted: u64) {
        let mut bytes = self.held_bytes();
        let pins = &self.pins;
        self.held.retain(|(mxc, _, held)| {
            let goes = bytes.saturating_add(wanted) > MOST_IN_MEMORY && !pins.contains_key(mxc);
            if goes {
                bytes = bytes.saturating_sub(length(held));
            }
            !goes
        });
    }
}

/// A file that is being fetched: gone again unless it becomes whole and is noted.
struct Part {
    path: PathBuf,
    name: String,
    file: tokio::fs::File,
    kept: bool,
}

impl Part {
    /// Its name says nothing.
    fn new(dir: &Path) -> Result<Self, AttachmentError> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(|_| own(std::io::Error::other("no randomness")))?;
        let name = hex::encode(random);
        let path = dir.join(&name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(own)?;
        Ok(Self { path, name, file: tokio::fs::File::from_std(file), kept: false })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Proves bytes, on a thread that may wait for the disk.
///
/// # Errors
/// `File` (`Tampered`, `BadKey`), `Own`.
pub async fn prove(bytes: SealedBytes, key: SealKey) -> Result<(), AttachmentError> {
    let proven = tokio::task::spawn_blocking(move || bytes.prove(&key, &mut |_| true)).await;
    proven.map_err(|_| own(std::io::Error::other("the reader stopped")))?.map_err(wrong)
}

fn open(bytes: SealedBytes, key: &SealKey) -> Result<ProvenReader, AttachmentError> {
    ProvenReader::proven(bytes, key).map_err(wrong)
}

fn own(error: std::io::Error) -> AttachmentError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return AttachmentError::DiskFull;
    }
    AttachmentError::Own(error)
}

fn wrong(error: media::Error) -> AttachmentError {
    AttachmentError::File { path: PathBuf::from("the attachment"), error }
}

fn tampered() -> AttachmentError {
    wrong(media::Error::Tampered)
}

fn length(bytes: &Arc<Vec<u8>>) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
