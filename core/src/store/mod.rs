//! The only SQL of the core, and the device-level key file. One encrypted file per account, one writer, readers
//! that cannot write. A file per table group; rules about what the rows mean live above.

pub mod account;
pub mod areas;
pub mod aside;
pub mod audit;
mod boundary;
pub mod changes;
mod check;
pub mod chunks;
pub mod codes;
pub mod companions;
pub mod crowd;
pub(crate) mod crypto;
pub mod drafts;
pub mod dress;
mod erase;
pub mod error;
pub mod events;
pub mod fixes;
mod gaps;
pub mod inbox;
pub mod key_file;
pub mod marks;
pub mod media;
mod migrate;
mod now;
mod open;
pub mod outbox;
pub mod owed_keys;
pub mod placing;
mod pool;
pub mod prefs;
pub mod retention;
pub mod rooms;
#[cfg(test)]
mod scale;
pub mod search;
pub mod shares;
mod speakers;
mod sqlcipher;
#[cfg(test)]
pub(crate) mod testing;
mod tidy;
pub mod time;
pub mod timeline;
pub mod vault;
mod writer;

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction};
use tokio::sync::broadcast;

use crate::secret::DbKey;
use changes::{Changes, Published};
pub use error::StoreError;
use now::Horizon;
pub use now::Now;
use pool::Pool;
pub use writer::Durability;
use writer::Writer;

/// Listeners further behind than this read everything again.
const LAG: usize = 256;
/// Where there was nothing to tidy, nobody looks again before.
const LOOK: Duration = Duration::from_secs(60);
const DATABASE: &str = "qroc.db";
/// The folder beside the database where sealed files lie.
pub const MEDIA: &str = "media";
const OWNER_LOCK: &str = "owner.lock";

/// One account's database.
pub struct Store {
    writer: Option<Writer>,
    readers: Pool,
    published: broadcast::Sender<Published>,
    horizon: Arc<Horizon>,
    /// When there was nothing to tidy.
    tidied: Mutex<Option<Instant>>,
    // Released last, after the writer has closed the file.
    _owner: Option<File>,
}

impl Store {
    /// Makes the database of a new account in `dir`, and owns its writer.
    ///
    /// # Errors
    /// `Exists` where there is one, `InUse`, `ReadOnly`, `DiskFull`.
    pub fn create(dir: &Path, key: &DbKey) -> Result<Self, StoreError> {
        let owner = own(dir)?;
        let connection = open::create(&dir.join(DATABASE), key)?;
        Self::assemble(dir, key, Some((owner, connection)))
    }

    /// Opens the database in `dir` and owns its writer, until the store is dropped.
    ///
    /// # Errors
    /// `InUse` while another process owns it; `Missing`, `WrongKey`, `Damaged`, `NewerSchema`, `ReadOnly`, `DiskFull`.
    pub fn open(dir: &Path, key: &DbKey) -> Result<Self, StoreError> {
        let owner = own(dir)?;
        let connection = open::writer(&dir.join(DATABASE), key)?;
        Self::assemble(dir, key, Some((owner, connection)))
    }

    /// Opens the database in `dir` for reading, beside an owner or alone.
    ///
    /// # Errors
    /// As `open`, but for `InUse`, which here means that the schema waits for an owner to upgrade it.
    pub fn open_reader(dir: &Path, key: &DbKey) -> Result<Self, StoreError> {
        Self::assemble(dir, key, None)
    }

    fn assemble(dir: &Path, key: &DbKey, owned: Option<(File, Connection)>) -> Result<Self, StoreError> {
        let path = dir.join(DATABASE);
        let (published, _) = broadcast::channel(LAG);
        let reader = open::reader(&path, key)?;
        let horizon = Arc::<Horizon>::default();
        let (owner, writer) = match owned {
            Some((owner, connection)) => {
                let media = dir.join(MEDIA);
                (Some(owner), Some(Writer::start(connection, published.clone(), media, horizon.clone())?))
            }
            None => (None, None),
        };
        let readers = Pool::new(path, key.clone(), reader, horizon.clone());
        Ok(Self { writer, readers, published, horizon, tidied: Mutex::default(), _owner: owner })
    }

    /// Says where each read and write learns what time it is: what is past its time is not read. Before, nothing is.
    pub fn follow_time(&self, source: impl Fn() -> Now + Send + Sync + 'static) {
        self.horizon.follow(Box::new(source));
    }

    /// Does a little of what keeps the file small and quick: gives free pages back, merges the parts of the index, empties
    /// the log. Returns whether there is more to do; with nothing to do nothing is written.
    ///
    /// # Errors
    /// `Closed` without an owner, and those of the database.
    pub async fn tidy(&self) -> Result<bool, StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        let tidied = *self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        if tidied.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(false);
        }
        let more = writer.tidy().await?;
        *self.tidied.lock().unwrap_or_else(PoisonError::into_inner) = (!more).then(Instant::now);
        Ok(more)
    }

    /// Says whether some process owns the database in `dir` now.
    pub fn is_owned(dir: &Path) -> bool {
        matches!(own(dir), Err(StoreError::InUse))
    }

    /// Says whether this process owns the writer.
    pub fn is_owner(&self) -> bool {
        self.writer.is_some()
    }

    /// Runs `work` in one transaction and publishes what it noted after the commit.
    ///
    /// Not cancelled with the caller: once queued it commits or fails as a whole.
    ///
    /// # Errors
    /// Those of `work` (nothing is changed then), `Closed` without an owner, and those of the commit.
    pub async fn write<T, E>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>, &mut Changes) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(durability, work).await,
            None => Err(StoreError::Closed.into()),
        }
    }

    /// Runs `work` on a snapshot, on the calling thread. Meant for indexed reads of well under a millisecond.
    ///
    /// # Errors
    /// Those of `work`, and those of opening a further connection.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.read(work)
    }

    /// Listens to the changes of every later commit of this process.
    pub fn subscribe(&self) -> broadcast::Receiver<Published> {
        self.published.subscribe()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("owner", &self.is_owner()).finish_non_exhaustive()
    }
}

/// Takes the lock that makes a process the owner; the kernel gives it back when the process ends, however it ends.
fn own(dir: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(OWNER_LOCK))
        .map_err(open::io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(open::io(error)),
    }
}

#[cfg(test)]
mod tests;
