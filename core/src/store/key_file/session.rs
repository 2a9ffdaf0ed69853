//! What keeps a profile open between two processes after its PIN was given: the device key, wrapped by the vault, in
//! a place that is memory and empty after a restart. Without such a place it lies in the profile.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::crash;
use super::disk;
use super::error::KeyFileError;
use super::pin::Open;
use crate::ports::key_vault::{KeyHandle, Wrapped};

/// What is kept, each in a file of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    domain: &'static str,
    ending: &'static str,
    /// Whether it may lie in the profile where there is no other place.
    in_profile: bool,
}

/// What opens the profile without its PIN.
pub(super) const SESSION: Kept = Kept { domain: "eu.qroc.session\0", ending: "session", in_profile: true };
/// The share that a server gave, for the time without it. In memory or not at all.
pub(super) const SHARE: Kept = Kept { domain: "eu.qroc.share\0", ending: "share", in_profile: false };

/// Its name where it has to lie in the profile.
pub(super) const IN_PROFILE: &str = "session.key";
const LARGEST: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    handle: String,
    wrapped: String,
}

pub(super) fn aad(file_id: &str) -> Vec<u8> {
    format!("eu.qroc.session 1\0{file_id}").into_bytes()
}

impl Kept {
    /// The places where it may be, best first.
    fn places(self, dir: &Path, file_id: &str) -> Vec<PathBuf> {
        let hash = Sha256::new().chain_update(self.domain).chain_update(file_id).finalize();
        let name = format!("qroc-{}.{}", hex::encode(hash.get(..16).unwrap_or_default()), self.ending);
        let mut places = Vec::new();
        if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").filter(|runtime| !runtime.is_empty()) {
            places.push(Path::new(&runtime).join(&name));
        }
        places.push(Path::new("/dev/shm").join(&name));
        if self.in_profile {
            places.push(dir.join(IN_PROFILE));
        }
        places
    }

    pub(super) fn read(self, dir: &Path, file_id: &str) -> Option<Open> {
        self.places(dir, file_id).iter().find_map(|place| {
            let mut text = String::new();
            open(place, OFlags::RDONLY).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
            let stored: Stored = serde_json::from_str(&text).ok()?;
            let bytes = |text: &str| STANDARD.decode(text).ok();
            Some((KeyHandle(bytes(&stored.handle)?), Wrapped(bytes(&stored.wrapped)?)))
        })
    }

    pub(super) fn write(
        self,
        dir: &Path,
        file_id: &str,
        handle: &KeyHandle,
        wrapped: &Wrapped,
    ) -> Result<(), KeyFileError> {
        let stored = Stored { handle: STANDARD.encode(&handle.0), wrapped: STANDARD.encode(&wrapped.0) };
        let text = serde_json::to_vec(&stored).map_err(|_| KeyFileError::TooLarge)?;
        self.remove(dir, file_id)?;
        let mut last = None;
        for place in self.places(dir, file_id) {
            match create(&place, &text) {
                Ok(()) => return Ok(()),
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or(KeyFileError::ReadOnly, KeyFileError::from))
    }

    /// Notes when the profile was last used, by a count that the caller chooses: as the time that the file says it was
    /// changed, so that nothing that opens the profile is written anew.
    pub(super) fn stamp(self, dir: &Path, file_id: &str, count_ms: u64) -> std::io::Result<()> {
        let time = UNIX_EPOCH.checked_add(Duration::from_millis(count_ms)).unwrap_or(UNIX_EPOCH);
        for place in self.places(dir, file_id) {
            if let Ok(file) = open(&place, OFlags::RDWR) {
                return file.set_modified(time);
            }
        }
        Ok(())
    }

    /// Returns what was noted last.
    pub(super) fn stamped(self, dir: &Path, file_id: &str) -> Option<u64> {
        let place =
            self.places(dir, file_id).into_iter().find_map(|place| open(&place, OFlags::RDONLY).ok())?;
        let since = place.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok()
    }

    /// Overwrites and removes it wherever it is; says whether it was anywhere.
    pub(super) fn remove(self, dir: &Path, file_id: &str) -> Result<bool, KeyFileError> {
        let mut found = false;
        for place in self.places(dir, file_id) {
            match open(&place, OFlags::RDWR) {
                Ok(mut file) => {
                    disk::erase(&mut file, &[])?;
                    crash::point()?;
                    std::fs::remove_file(&place)?;
                    found = true;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                // Somebody else's file of this name opens nothing.
                Err(_) => {}
            }
        }
        Ok(found)
    }
}

/// Only a file of this user that nobody else can read is ours.
fn open(place: &Path, access: OFlags) -> std::io::Result<File> {
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(place, flags, rustix::fs::Mode::empty())?);
    let about = file.metadata()?;
    let ours =
        about.is_file() && about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o077 == 0;
    if ours { Ok(file) } else { Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied)) }
}

fn create(place: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(place)?;
    crash::point()?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(place);
    }
    crash::point()?;
    written
}
