//! Reads and replaces the file itself: under a lock on the directory, old or new after any crash, never neither.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{Mode, OFlags};

use super::crash;
use super::error::KeyFileError;
use super::frame::LARGEST;

/// Name of the key file in the profile's directory.
pub const FILE_NAME: &str = "device.key";
/// What a replacement is called until it is complete; left behind by a crash, of no meaning.
pub(super) const NEW_NAME: &str = "device.key.new";

/// A replacement takes milliseconds; a process that holds the lock longer is stopped or hung.
const PATIENCE: Duration = Duration::from_secs(2);

/// Held by whoever reads or changes the file; the kernel gives it back when the process ends.
#[derive(Debug)]
pub(super) struct DirLock {
    _dir: Option<File>,
}

impl DirLock {
    /// Waits while the file is being replaced. A hung process does not keep others from reading.
    pub(super) fn shared(dir: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { _dir: acquire(dir, File::try_lock_shared)? })
    }

    pub(super) fn exclusive(dir: &Path) -> Result<Self, KeyFileError> {
        let held = acquire(dir, File::try_lock)?;
        if held.is_none() { Err(KeyFileError::InUse) } else { Ok(Self { _dir: held }) }
    }

    /// Waits as `exclusive`, then goes on all the same: nothing stops a wipe.
    pub(super) fn forced(dir: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { _dir: acquire(dir, File::try_lock)? })
    }
}

fn acquire(dir: &Path, attempt: fn(&File) -> Result<(), TryLockError>) -> Result<Option<File>, KeyFileError> {
    let file = File::open(dir).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing,
        _ => error.into(),
    })?;
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt(&file) {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(5))
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// Opens the file, never through a symbolic link, and never waiting for a pipe.
pub(super) fn open(dir: &Path, access: OFlags) -> Result<File, KeyFileError> {
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(dir.join(FILE_NAME), flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(rustix::io::Errno::NOENT) => Err(KeyFileError::Missing),
        Err(error) => Err(error.into()),
    }
}

/// Tells one state of the file from another without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    changed: (i64, i64),
    length: u64,
}

/// Times of a file system are coarse: what was changed just now could be changed once more without showing it.
const SETTLED: Duration = Duration::from_secs(2);

impl Stamp {
    /// Nothing where there is no file, or it was changed too shortly ago to tell, or in the future.
    pub(super) fn of(dir: &Path) -> Option<Self> {
        let about = fs::symlink_metadata(dir.join(FILE_NAME)).ok()?;
        let changed = Duration::new(about.ctime().try_into().ok()?, about.ctime_nsec().try_into().ok()?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        (now.checked_sub(changed)? >= SETTLED).then(|| Self {
            device: about.dev(),
            inode: about.ino(),
            changed: (about.ctime(), about.ctime_nsec()),
            length: about.len(),
        })
    }
}

pub(super) fn read(dir: &Path) -> Result<Vec<u8>, KeyFileError> {
    let file = open(dir, OFlags::RDONLY)?;
    let about = file.metadata()?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(KeyFileError::NotAKeyFile);
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts `bytes` in the place of the file, or makes it.
pub(super) fn replace(dir: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = dir.join(NEW_NAME);
    let written = write_new(&new, bytes).and_then(|()| swap(dir, &new));
    if written.is_err() && crash::point().is_ok() {
        // The first error is the one to tell; after the rename there is nothing to remove.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(new: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new)?;
    crash::point()?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    crash::point()?;
    file.write_all(second)?;
    crash::point()?;
    file.sync_all()?;
    crash::point()
}

fn swap(dir: &Path, new: &Path) -> io::Result<()> {
    let old = open(dir, OFlags::WRONLY).ok();
    fs::rename(new, dir.join(FILE_NAME))?;
    crash::point()?;
    File::open(dir)?.sync_all()?;
    crash::point()?;
    if let Some(mut old) = old
        && old.metadata().is_ok_and(|about| about.nlink() == 0)
    {
        // The new file is in place whatever comes of this: old slots are worth something to who holds the disk.
        let _ = erase(&mut old, &[]);
    }
    Ok(())
}

/// Overwrites a file where it lies: `mark` first, then zeros to its end.
pub(super) fn erase(file: &mut File, mark: &[u8]) -> io::Result<()> {
    let length = file.metadata()?.len();
    if !mark.is_empty() {
        file.rewind()?;
        file.write_all(mark)?;
        crash::point()?;
        file.sync_all()?;
        crash::point()?;
    }
    let marked = u64::try_from(mark.len()).unwrap_or(0);
    file.seek(io::SeekFrom::Start(marked))?;
    io::copy(&mut io::repeat(0).take(length.saturating_sub(marked)), file)?;
    crash::point()?;
    file.sync_all()
}
