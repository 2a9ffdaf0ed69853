//! A sealed file that is read at any place: its hash is proven first, over all of it, then each piece is opened by
//! itself. Nothing plain is kept. The cryptography is that of the `aes` and `ctr` crates, which the engine uses too.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::Error;
use super::seal::{SealKey, Step};

const CHUNK: usize = 64 * 1024;

/// Sealed bytes, wherever they are.
#[derive(Clone, Debug)]
pub struct SealedBytes {
    place: Place,
    length: u64,
}

#[derive(Clone, Debug)]
enum Place {
    File(Arc<File>),
    Memory(Arc<Vec<u8>>),
}

impl SealedBytes {
    /// Takes an open file: removing its name takes nothing away from who reads it.
    ///
    /// # Errors
    /// Where its length cannot be read.
    pub fn in_file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { place: Place::File(Arc::new(file)), length })
    }

    /// Takes bytes in memory.
    #[must_use]
    pub fn in_memory(bytes: Arc<Vec<u8>>) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { place: Place::Memory(bytes), length }
    }

    /// Returns how many there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Fills `buffer` as far as there are bytes from `offset` on; a count below its size means the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.place {
            Place::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let rest = bytes.get(from..).unwrap_or_default();
                let count = rest.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
                    to.copy_from_slice(from);
                }
                Ok(count)
            }
            Place::File(file) => {
                let mut count = 0;
                while let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) {
                    let at = offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                    match file.read_at(rest, at) {
                        Ok(0) => break,
                        Ok(read) => count = count.saturating_add(read),
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(count)
            }
        }
    }

    /// Says whether these are the bytes that were sealed.
    ///
    /// # Errors
    /// [`Error::Tampered`] where they are not, [`Error::BadKey`], [`Error::Cancelled`] when `step` says so,
    /// [`Error::Io`].
    pub fn prove(&self, key: &SealKey, step: &mut Step<'_>) -> Result<(), Error> {
        let wanted = key.sealed_sha256().ok_or(Error::BadKey)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut at = 0_u64;
        loop {
            let count = self.read_at(at, &mut buffer)?;
            hash.update(buffer.get(..count).unwrap_or_default());
            at = at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if !step(at) {
                return Err(Error::Cancelled);
            }
            if count < buffer.len() {
                break;
            }
        }
        if at == self.length && hash.finalize().as_slice() == wanted { Ok(()) } else { Err(Error::Tampered) }
    }
}

/// Reads a sealed file in plain, from any place. Made only of bytes that were proven.
pub struct ProvenReader {
    bytes: SealedBytes,
    key: Zeroizing<[u8; 32]>,
    iv: [u8; 16],
}

impl fmt::Debug for ProvenReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvenReader").field("length", &self.bytes.length).finish_non_exhaustive()
    }
}

impl ProvenReader {
    /// Proves the bytes, then reads them.
    ///
    /// # Errors
    /// Those of [`SealedBytes::prove`].
    pub fn prove(bytes: SealedBytes, key: &SealKey, step: &mut Step<'_>) -> Result<Self, Error> {
        bytes.prove(key, step)?;
        Self::proven(bytes, key)
    }

    /// Reads bytes that were proven before, and that nobody else can have changed since.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn proven(bytes: SealedBytes, key: &SealKey) -> Result<Self, Error> {
        let (key, iv) = key.parts().ok_or(Error::BadKey)?;
        Ok(Self { bytes, key, iv })
    }

    /// Returns how many bytes there are; plain and sealed are as many.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.bytes.length
    }

    /// Fills `buffer` as far as there are bytes from `offset` on, and says how many it were.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, Error> {
        if offset >= self.bytes.length {
            return Ok(0);
        }
        let count = self.bytes.read_at(offset, buffer)?;
        let Some(read) = buffer.get_mut(..count).filter(|read| !read.is_empty()) else { return Ok(0) };
        let mut stream = Ctr128BE::<Aes256>::new((&*self.key).into(), (&self.iv).into());
        let past = |_| Error::Io(io::ErrorKind::InvalidInput.into());
        stream.try_seek(offset).map_err(past)?;
        stream.try_apply_keystream(read).map_err(past)?;
        Ok(count)
    }

    /// Reads it in plain as a file is read, from the beginning.
    pub fn plain(self: &Arc<Self>) -> impl Read + Seek + Send + 'static + use<> {
        Plain { reader: self.clone(), at: 0 }
    }

    /// Reads the sealed bytes from the beginning, for who opens them to a file.
    pub fn sealed(&self) -> impl Read + use<> {
        Sealed { bytes: self.bytes.clone(), at: 0 }
    }
}

struct Plain {
    reader: Arc<ProvenReader>,
    at: u64,
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read_at(self.at, buffer).map_err(|error| match error {
            Error::Io(error) => error,
            other => io::Error::other(other),
        })?;
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl Seek for Plain {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.reader.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

struct Sealed {
    bytes: SealedBytes,
    at: u64,
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read_at(self.at, buffer)?;
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
