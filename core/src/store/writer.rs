//! The one writer: a thread that owns the only connection which writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{broadcast, oneshot};

use super::boundary;
use super::changes::{Changes, Published};
use super::error::StoreError;
use super::now::Horizon;
use super::search::residue;
use super::tidy::Tidy;
use super::{erase, open};

/// How much a power cut may take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk when the call returns: outbox, crypto state, tokens.
    Full,
    /// The last commits may be lost, never damaged: what the server sends again.
    Normal,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

pub(super) struct Worker {
    connection: Connection,
    durability: Option<Durability>,
    published: broadcast::Sender<Published>,
    media: PathBuf,
    horizon: Arc<Horizon>,
    tidy: Tidy,
}

impl Worker {
    /// `synchronous` can only change between transactions, so it is done here and nowhere else.
    fn set_durability(&mut self, wanted: Durability) -> Result<(), StoreError> {
        if self.durability != Some(wanted) {
            let level = match wanted {
                Durability::Full => "FULL",
                Durability::Normal => "NORMAL",
            };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.durability = Some(wanted);
        }
        Ok(())
    }

    fn run<T, E: From<StoreError>>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>, &mut Changes) -> Result<T, E>,
    ) -> Result<T, E> {
        boundary::reached();
        self.set_durability(durability)?;
        self.horizon.begin();
        let mut changes = Changes::default();
        // Of a transaction that was taken back.
        drop(erase::take_files());
        residue::forget();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        // A fault of the program takes this transaction back, and the writer goes on.
        let done = catch_unwind(AssertUnwindSafe(|| work(&transaction, &mut changes)));
        let value = done.unwrap_or_else(|_| Err(StoreError::Fault.into()))?;
        residue::clear(&transaction)?;
        boundary::reached();
        transaction.commit().map_err(StoreError::from)?;
        boundary::reached();
        erase::empty_log(&self.connection, open::PATIENCE);
        for file in changes.take_unneeded().into_iter().chain(erase::take_files()) {
            // What stays is removed at the next start.
            let _ = std::fs::remove_file(self.media.join(file));
        }
        if !changes.is_empty() {
            // Nobody listening is fine.
            let _ = self.published.send(Published::new(changes));
        }
        Ok(value)
    }
}

/// So many pages of the log are folded into the file: about 4 MB, as the log's longest length at rest.
const FOLD_AT: i32 = 2_000;

/// Folds the log into the file between two jobs, so that no caller waits for it.
struct Folding(Arc<AtomicI32>);

impl Folding {
    /// Takes the place of SQLite's own, which folds within a commit.
    fn of(connection: &mut Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicI32::new(0));
        let seen = pages.clone();
        connection.wal_hook(Some(move |_: &mut Wal, pages: i32| {
            seen.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self(pages))
    }

    fn fold(&self, connection: &Connection) {
        if self.0.load(Ordering::Relaxed) < FOLD_AT {
            return;
        }
        self.0.store(0, Ordering::Relaxed);
        // Where a reader stands in the way, or there is no room, the next commit says again how long the log is.
        if connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).is_err() {
            tracing::debug!("the log is folded later");
        }
    }
}

/// The handle to the writer thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        published: broadcast::Sender<Published>,
        media: PathBuf,
        horizon: Arc<Horizon>,
    ) -> Result<Self, StoreError> {
        let folding = Folding::of(&mut connection)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("qroc-writer".to_owned()).spawn(move || {
            let tidy = Tidy::default();
            let mut worker = Worker { connection, durability: None, published, media, horizon, tidy };
            while let Ok(job) = queue.recv() {
                job(&mut worker);
                folding.fold(&worker.connection);
            }
            close(worker.connection);
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `work` in a transaction of its own. Once queued it runs to its end, whoever stops waiting.
    pub(super) async fn write<T, E>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>, &mut Changes) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.job(move |worker| worker.run(durability, work)).await
    }

    /// Does a little housekeeping, outside any transaction.
    pub(super) async fn tidy(&self) -> Result<bool, StoreError> {
        self.job(|worker| {
            boundary::reached();
            worker.set_durability(Durability::Normal)?;
            let more = worker.tidy.step(&worker.connection)?;
            boundary::reached();
            Ok(more)
        })
        .await
    }

    async fn job<T, E>(&self, work: impl FnOnce(&mut Worker) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            let _ = answer.send(work(worker));
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).map_err(|_| StoreError::Closed)?;
        result.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Drop for Writer {
    /// Finishes what was queued, folds the write-ahead log into the file, and closes it.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn close(connection: Connection) {
    // What was deleted gives its pages back, some at a time.
    let _ = connection.execute_batch("PRAGMA incremental_vacuum(2000)");
    let folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if folded.is_err() {
        tracing::debug!("checkpoint left to the next start");
    }
    let _ = connection.close();
}
