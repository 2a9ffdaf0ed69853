//! Wiping a profile: intent and keys first, where they lie on the disk; then every file that is ours. Needs neither
//! vault nor network nor memory for keys, works beside a running owner, and goes on where it was interrupted.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::crash;
use super::disk::{self, DirLock, FILE_NAME, NEW_NAME};
use super::error::KeyFileError;
use super::frame::{Frame, WIPED};
use super::header::{Header, Slot};
use super::vault_keys;

/// What this program puts into a profile's directory, but for the key file, which goes last.
const OURS: [&str; 10] = [
    NEW_NAME,
    super::session::IN_PROFILE,
    "accounts",
    "media",
    "inbox",
    "cache",
    "tmp",
    "owner.lock",
    "owner.sock",
    "sockets",
];
/// Our trees are three deep; a stranger's must not use up the open files.
const DEEPEST: u32 = 32;
/// A running owner may add files while the directory is emptied.
const PASSES: u32 = 5;

/// Marks the profile as being wiped, durably: from then on it can only be wiped. The keys are still there.
///
/// # Errors
/// `Missing`, `NotAKeyFile` where the directory is not a profile, and those of writing.
pub fn set_wipe_intent(dir: &Path) -> Result<(), KeyFileError> {
    mark(dir, &WIPED, false).map(drop)
}

/// Marks the profile as being wiped and destroys its keys: no database of it can be opened any more, whatever
/// happens next. Returns the slots, so that the caller can have the vaults destroy their keys as well (best effort).
///
/// # Errors
/// `Missing` where there is nothing to wipe, `NotAKeyFile` where the directory is not a profile, those of writing.
pub fn begin_wipe(dir: &Path) -> Result<Vec<Slot>, KeyFileError> {
    mark(dir, &WIPED, true)
}

fn mark(dir: &Path, intent: &[u8], destroy: bool) -> Result<Vec<Slot>, KeyFileError> {
    let _lock = DirLock::forced(dir)?;
    let known = match disk::read(dir) {
        Ok(bytes) => Frame::decode(&bytes),
        Err(error) => Err(error),
    };
    let slots = match known {
        Ok(frame) => match serde_json::from_slice::<Header>(&frame.header) {
            Ok(header) => {
                // What keeps it open opens nothing once the body is gone; it goes all the same.
                let _ = super::session::SESSION.remove(dir, &header.file_id);
                let _ = super::session::SHARE.remove(dir, &header.file_id);
                header.slots
            }
            Err(_) => Vec::new(),
        },
        Err(KeyFileError::NotAKeyFile | KeyFileError::Missing) if !has_accounts(dir) => {
            return Err(known.err().unwrap_or(KeyFileError::NotAKeyFile));
        }
        Err(KeyFileError::Missing) => {
            // Somebody removed the key file: the rest is wiped all the same, and the intent has to stand somewhere.
            disk::replace(dir, intent)?;
            return Ok(Vec::new());
        }
        Err(_) => Vec::new(),
    };
    vault_keys::remember(dir, &slots);
    let mut file = disk::open(dir, OFlags::RDWR)?;
    if destroy {
        disk::erase(&mut file, intent)?;
        erase_leftover(dir)?;
    } else {
        use std::io::Write as _;
        file.write_all(intent)?;
        crash::point()?;
        file.sync_all()?;
    }
    Ok(slots)
}

/// A replacement that a crash interrupted holds the same slots.
fn erase_leftover(dir: &Path) -> Result<(), KeyFileError> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(dir.join(NEW_NAME), flags, Mode::empty()) {
        Ok(file) => Ok(disk::erase(&mut File::from(file), &[])?),
        Err(_) => Ok(()),
    }
}

/// Says whether the directory has numbered accounts, and so is a profile without its key file.
fn has_accounts(dir: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(dir.join("accounts")) else { return false };
    let mut names =
        entries.map(|entry| entry.ok().and_then(|entry| entry.file_name().into_string().ok())).peekable();
    names.peek().is_some() && names.all(|name| name.is_some_and(|name| name.parse::<u32>().is_ok()))
}

/// Removes every file that is ours, the key file last, and returns how many there were. Follows no symbolic link and
/// leaves what it does not know. Finished already: 0.
///
/// # Errors
/// `WipeNotBegun`; the first fault of the file system, after all else was removed: call again.
pub fn finish_wipe(dir: &Path) -> Result<usize, KeyFileError> {
    let lock = match DirLock::forced(dir) {
        Err(KeyFileError::Missing) => return Ok(0),
        other => other?,
    };
    match disk::read(dir).and_then(|bytes| Frame::decode(&bytes)) {
        Err(KeyFileError::WipePending) => {}
        Err(KeyFileError::Missing) => return Ok(0),
        Ok(_) | Err(_) => return Err(KeyFileError::WipeNotBegun),
    }
    // An intent alone may have been set: the keys go before anything else.
    disk::erase(&mut disk::open(dir, OFlags::RDWR)?, &WIPED)?;
    erase_leftover(dir)?;

    let root = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut removed = 0;
    let mut failed = None;
    for name in OURS {
        let name = CString::new(name).map_err(io::Error::other)?;
        match remove(root.as_fd(), &name, 0) {
            Ok(count) => removed += count,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    File::open(dir)?.sync_all()?;
    crash::point()?;
    rustix::fs::unlinkat(&root, FILE_NAME, AtFlags::empty())?;
    crash::point()?;
    File::open(dir)?.sync_all()?;
    drop(lock);
    Ok(removed + 1)
}

/// Removes a file, a link (not what it names), or a directory with all in it.
fn remove(parent: BorrowedFd<'_>, name: &CString, depth: u32) -> Result<usize, KeyFileError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = match rustix::fs::openat(parent, name, flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(Errno::NOENT) => return Ok(0),
        Err(Errno::NOTDIR | Errno::LOOP) => {
            crash::point()?;
            return match rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
                Ok(()) => Ok(1),
                Err(Errno::NOENT) => Ok(0),
                Err(error) => Err(error.into()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    if depth >= DEEPEST {
        return Err(io::Error::other("directories nested too deeply").into());
    }
    let mut removed = 0;
    let mut failed = None;
    for _ in 0..PASSES {
        for inner in names(dir.as_fd())? {
            match remove(dir.as_fd(), &inner, depth + 1) {
                Ok(count) => removed += count,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        crash::point()?;
        match rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => return Ok(removed),
            Err(Errno::NOTEMPTY) if failed.is_none() => {}
            Err(error) => return Err(failed.unwrap_or(error.into())),
        }
    }
    Err(Errno::NOTEMPTY.into())
}

fn names(dir: BorrowedFd<'_>) -> Result<Vec<CString>, KeyFileError> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let name = entry?.file_name().to_owned();
        if name.as_bytes() != b"." && name.as_bytes() != b".." {
            names.push(name);
        }
    }
    Ok(names)
}
