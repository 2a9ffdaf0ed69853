//! Where a file lies while it is made: sealed piece by piece under a key that only this process has and nobody
//! keeps, so that what is written out of order never lies on the disk in plain. The file has no name: it is gone
//! with its process.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
#[cfg(feature = "ffmpeg")]
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of one piece before sealing.
const PIECE: usize = 64 * 1024;
const NONCE: usize = 24;
const TAG: usize = 16;
/// A piece as it lies in the file: nonce, bytes, tag.
const SLOT: usize = NONCE + PIECE + TAG;

/// A file that can be written and read anywhere and lies sealed. One piece is in memory.
pub struct Spool {
    file: File,
    cipher: XChaCha20Poly1305,
    length: u64,
    limit: u64,
    position: u64,
    held: Option<u64>,
    changed: bool,
    piece: Zeroizing<Vec<u8>>,
    slot: Vec<u8>,
}

impl Spool {
    /// Makes an empty one in `folder` that takes at most `limit` bytes.
    ///
    /// # Errors
    /// Where the folder takes no file, or there is no randomness.
    pub fn new(folder: &Path, limit: u64) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
            cipher: XChaCha20Poly1305::new(Key::from_slice(key.as_slice())),
            length: 0,
            limit,
            position: 0,
            held: None,
            changed: false,
            piece: Zeroizing::new(vec![0; PIECE]),
            slot: vec![0; SLOT],
        })
    }

    /// Bytes that were written.
    #[cfg(test)]
    fn length(&self) -> u64 {
        self.length
    }

    fn place(&self) -> (u64, usize) {
        let piece = self.position / wide(PIECE);
        (piece, usize::try_from(self.position % wide(PIECE)).unwrap_or_default())
    }

    /// Brings a piece into memory, and the one that was there to the disk if it was changed.
    fn hold(&mut self, piece: u64) -> io::Result<()> {
        if self.held == Some(piece) {
            return Ok(());
        }
        self.settle()?;
        self.held = None;
        if piece.saturating_mul(wide(PIECE)) < self.length {
            self.load(piece)?;
        } else {
            self.piece.fill(0);
        }
        self.held = Some(piece);
        Ok(())
    }

    fn load(&mut self, piece: u64) -> io::Result<()> {
        self.file.read_exact_at(&mut self.slot, piece * wide(SLOT))?;
        let changed = || io::Error::new(io::ErrorKind::InvalidData, "the spool was changed");
        let (nonce, rest) = self.slot.split_first_chunk::<NONCE>().ok_or_else(changed)?;
        let (bytes, tag) = rest.split_at_checked(PIECE).ok_or_else(changed)?;
        self.piece.copy_from_slice(bytes);
        self.cipher
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &piece.to_be_bytes(),
                &mut self.piece,
                tag.into(),
            )
            .map_err(|_| changed())
    }

    /// Seals the piece in memory under a nonce of its own each time.
    fn settle(&mut self) -> io::Result<()> {
        let Some(piece) = self.held.filter(|_| self.changed) else { return Ok(()) };
        let full = || io::Error::other("the spool cannot seal");
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let (front, rest) = self.slot.split_first_chunk_mut::<NONCE>().ok_or_else(full)?;
        let (bytes, tag) = rest.split_at_mut_checked(PIECE).ok_or_else(full)?;
        front.copy_from_slice(&nonce);
        bytes.copy_from_slice(&self.piece);
        let sealed = self
            .cipher
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &piece.to_be_bytes(), bytes)
            .map_err(|_| full())?;
        tag.copy_from_slice(&sealed);
        self.file.write_all_at(&self.slot, piece * wide(SLOT))?;
        self.changed = false;
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (piece, at) = self.place();
        let count = bytes.len().min(PIECE - at);
        let end = self.position.saturating_add(wide(count));
        if end > self.limit {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.hold(piece)?;
        if let (Some(to), Some(from)) = (self.piece.get_mut(at..at + count), bytes.get(..count)) {
            to.copy_from_slice(from);
        }
        self.changed = true;
        self.position = end;
        self.length = self.length.max(end);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()
    }
}

impl Read for Spool {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let (piece, at) = self.place();
        let count = bytes.len().min(PIECE - at).min(left);
        if count == 0 {
            return Ok(0);
        }
        self.hold(piece)?;
        if let (Some(to), Some(from)) = (bytes.get_mut(..count), self.piece.get(at..at + count)) {
            to.copy_from_slice(from);
        }
        self.position += wide(count);
        Ok(count)
    }
}

impl Seek for Spool {
    /// Past the end only up to the piece that begins there: nothing here leaves holes.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.length, by),
            SeekFrom::Current(by) => (self.position, by),
        };
        let at = base.checked_add_signed(by).filter(|at| *at <= self.length);
        self.position = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A spool in two hands: the one that writes gives it up only when it is done.
#[cfg(feature = "ffmpeg")]
#[derive(Clone)]
pub(super) struct SharedSpool(Arc<Mutex<Spool>>);

#[cfg(feature = "ffmpeg")]
impl SharedSpool {
    pub(super) fn new(spool: Spool) -> Self {
        Self(Arc::new(Mutex::new(spool)))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Spool) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(feature = "ffmpeg")]
impl Write for SharedSpool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|spool| spool.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Write::flush)
    }
}

#[cfg(feature = "ffmpeg")]
impl Read for SharedSpool {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.with(|spool| spool.read(bytes))
    }
}

#[cfg(feature = "ffmpeg")]
impl Seek for SharedSpool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|spool| spool.seek(to))
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_in_the_file_is_not_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(folder.path(), 1 << 20).unwrap();
        spool.write_all(&b"SECRET ".repeat(30_000)).unwrap();
        spool.flush().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has a name");
        let mut raw = vec![0; usize::try_from(spool.file.metadata().unwrap().len()).unwrap()];
        spool.file.read_exact_at(&mut raw, 0).unwrap();
        assert!(raw.len() > 210_000);
        assert!(!raw.windows(6).any(|window| window == b"SECRET"));
    }

    #[test]
    fn a_changed_piece_is_noticed_and_the_limit_holds() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(folder.path(), 200_000).unwrap();
        spool.write_all(&[7; 200_000]).unwrap();
        assert_eq!(spool.write(&[7]).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        spool.flush().unwrap();
        spool.file.write_all_at(&[1], 100).unwrap();
        spool.rewind().unwrap();
        assert_eq!(spool.read(&mut [0; 10]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn it_is_a_file(steps in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..150_000, any::<u8>()), 1..20)) {
            let folder = tempfile::tempdir().unwrap();
            let mut spool = Spool::new(folder.path(), 1 << 32).unwrap();
            let mut model: Vec<u8> = Vec::new();
            for (at, count, byte) in steps {
                let at = at.index(model.len() + 1);
                spool.seek(SeekFrom::Start(at as u64)).unwrap();
                spool.write_all(&vec![byte; count]).unwrap();
                model.resize(model.len().max(at + count), 0);
                model[at..at + count].fill(byte);
            }
            prop_assert_eq!(spool.length(), model.len() as u64);
            spool.rewind().unwrap();
            let mut all = Vec::new();
            spool.read_to_end(&mut all).unwrap();
            prop_assert!(all == model);
        }
    }
}
