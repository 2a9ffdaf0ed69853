//! Sealing and opening of attachments as Matrix's encrypted files (version 2), streaming in constant memory.
//! The cryptography is that of `matrix-sdk-crypto`; nothing here encrypts by itself.

use std::fmt;
use std::io::{self, Read, Write};

use matrix_sdk_crypto::{AttachmentDecryptor, AttachmentEncryptor, MediaEncryptionInfo};
use ruma::OwnedMxcUri;
use ruma::events::room::{
    EncryptedFile, EncryptedFileHash, EncryptedFileHashAlgorithm, EncryptedFileHashes, EncryptedFileInfo,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::Error;

const CHUNK: usize = 64 * 1024;

/// Called with the bytes done so far, after each chunk; returning false cancels.
pub type Step<'a> = dyn FnMut(u64) -> bool + 'a;

/// What opens a sealed file: Matrix's `EncryptedFile` without its address, which is known after the upload.
///
/// Serializes to the same JSON members. Its `Debug` shows nothing.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealKey {
    #[serde(flatten)]
    info: EncryptedFileInfo,
    hashes: EncryptedFileHashes,
}

impl SealKey {
    /// Completes the key to what an event carries, once the address is known.
    #[must_use]
    pub fn into_file(self, url: OwnedMxcUri) -> EncryptedFile {
        EncryptedFile::new(url, self.info, self.hashes)
    }

    /// The hash of the sealed bytes.
    pub(crate) fn sealed_sha256(&self) -> Option<[u8; 32]> {
        match self.hashes.get(&EncryptedFileHashAlgorithm::Sha256) {
            Some(EncryptedFileHash::Sha256(hash)) => Some(*hash.as_inner()),
            _ => None,
        }
    }

    /// Key and first counter.
    pub(super) fn parts(&self) -> Option<(Zeroizing<[u8; 32]>, [u8; 16])> {
        match &self.info {
            EncryptedFileInfo::V2(info) => Some((Zeroizing::new(*info.k.as_inner()), *info.iv.as_inner())),
            _ => None,
        }
    }

    fn into_media(self) -> MediaEncryptionInfo {
        MediaEncryptionInfo { encryption_info: self.info, hashes: self.hashes }
    }
}

impl From<EncryptedFile> for SealKey {
    fn from(file: EncryptedFile) -> Self {
        Self { info: file.info, hashes: file.hashes }
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// What is known of a file after it was sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedInfo {
    /// What opens it.
    pub key: SealKey,
    /// Bytes before sealing.
    pub plain_bytes: u64,
    /// Bytes after sealing.
    pub sealed_bytes: u64,
    /// SHA-256 of the bytes before sealing, in lower-case hexadecimal.
    pub sha256: String,
}

/// What is known of a file after it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Bytes after opening.
    pub plain_bytes: u64,
    /// SHA-256 of the bytes after opening, in lower-case hexadecimal.
    pub sha256: String,
}

/// Encrypts everything that `reader` has, under a new key, into `writer`.
///
/// # Errors
/// [`Error::Cancelled`] when `step` says so and [`Error::Io`]; what was written by then is worthless, since its
/// key is lost.
pub fn seal<R: Read, W: Write>(
    reader: &mut R,
    writer: &mut W,
    step: &mut Step<'_>,
) -> Result<SealedInfo, Error> {
    let mut source = Watched::new(reader, Sha256::new());
    let mut encryptor = AttachmentEncryptor::new(&mut source);
    let mut buffer = vec![0; CHUNK];
    let mut sealed_bytes = 0_u64;
    loop {
        let count = fill(&mut encryptor, &mut buffer)?;
        let chunk = buffer.get(..count).unwrap_or_default();
        writer.write_all(chunk)?;
        sealed_bytes += u64::try_from(count).unwrap_or_default();
        if !step(sealed_bytes) {
            return Err(Error::Cancelled);
        }
        if count < CHUNK {
            break;
        }
    }
    writer.flush()?;
    let MediaEncryptionInfo { encryption_info: info, hashes } = encryptor.finish();
    Ok(SealedInfo {
        key: SealKey { info, hashes },
        plain_bytes: source.count,
        sealed_bytes,
        sha256: hex::encode(source.hash.finalize()),
    })
}

/// Decrypts a sealed file into `writer`, holding back its last chunk until its hash is proven.
///
/// The chunks before have been written by then: a caller that must not show any of a changed file writes to a
/// place that it can discard, as [`open_to_file`](super::open_to_file) does.
///
/// # Errors
/// [`Error::Tampered`] when the sealed bytes are not the ones that were sealed, [`Error::BadKey`],
/// [`Error::Cancelled`] when `step` says so, [`Error::Io`].
pub fn open<R: Read, W: Write>(
    reader: &mut R,
    writer: &mut W,
    key: &SealKey,
    step: &mut Step<'_>,
) -> Result<Opened, Error> {
    let mut source = Watched::new(reader, ());
    let mut hash = Sha256::new();
    let mut plain_bytes = 0_u64;
    let outcome = {
        let mut decryptor =
            AttachmentDecryptor::new(&mut source, key.clone().into_media()).map_err(|_| Error::BadKey)?;
        copy_proven(&mut decryptor, writer, &mut hash, &mut plain_bytes, step)
    };
    match outcome {
        Ok(()) => Ok(Opened { plain_bytes, sha256: hex::encode(hash.finalize()) }),
        // The decryptor's own error is an I/O error as well: it is the one that the source did not report.
        Err(Fault::Read(_)) if !source.failed => Err(Error::Tampered),
        Err(Fault::Read(error)) => Err(Error::Io(error)),
        Err(Fault::Other(error)) => Err(error),
    }
}

enum Fault {
    Read(io::Error),
    Other(Error),
}

fn copy_proven<W: Write>(
    decryptor: &mut impl Read,
    writer: &mut W,
    hash: &mut Sha256,
    done: &mut u64,
    step: &mut Step<'_>,
) -> Result<(), Fault> {
    let mut held = Zeroizing::new(vec![0; CHUNK]);
    let mut next = Zeroizing::new(vec![0; CHUNK]);
    let mut held_count = fill(decryptor, &mut held).map_err(Fault::Read)?;
    loop {
        // A short chunk is the last one: filling it went on to the end, where the hash was proven.
        let next_count =
            if held_count < CHUNK { 0 } else { fill(decryptor, &mut next).map_err(Fault::Read)? };
        let chunk = held.get(..held_count).unwrap_or_default();
        hash.update(chunk);
        writer.write_all(chunk).map_err(|error| Fault::Other(error.into()))?;
        *done += u64::try_from(held_count).unwrap_or_default();
        if !step(*done) {
            return Err(Fault::Other(Error::Cancelled));
        }
        if next_count == 0 {
            return writer.flush().map_err(|error| Fault::Other(error.into()));
        }
        std::mem::swap(&mut held, &mut next);
        held_count = next_count;
    }
}

/// Reads until the buffer is full or the end is reached; a count below its size means the end.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

trait Observe {
    fn see(&mut self, bytes: &[u8]);
}

impl Observe for Sha256 {
    fn see(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Observe for () {
    fn see(&mut self, _: &[u8]) {}
}

struct Watched<'a, R, O> {
    inner: &'a mut R,
    hash: O,
    count: u64,
    failed: bool,
}

impl<'a, R, O> Watched<'a, R, O> {
    fn new(inner: &'a mut R, hash: O) -> Self {
        Self { inner, hash, count: 0, failed: false }
    }
}

impl<R: Read, O: Observe> Read for Watched<'_, R, O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).inspect_err(|error| {
            self.failed |= error.kind() != io::ErrorKind::Interrupted;
        })?;
        self.hash.see(buffer.get(..count).unwrap_or_default());
        self.count += u64::try_from(count).unwrap_or_default();
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
