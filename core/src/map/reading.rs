//! The bytes of a map file, with the limits that the reader of the format does not have: what is read at once, what a
//! directory becomes when it is decompressed, and whether the file is all there.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use pmtiles::{AsyncBackend, BackendResponse, PmtError, PmtResult};

use super::{LARGEST_METADATA, LARGEST_TILE, MapError};

const MAGIC: &[u8] = b"PMTiles";
const HEADER: usize = 127;
/// Directories are some ten thousand bytes; a larger one is not read, nor one that becomes larger than that.
const LARGEST_DIRECTORY: usize = 1 << 20;
const LARGEST_UNPACKED_DIRECTORY: usize = 16 << 20;
const GZIP: u8 = 2;

/// Where the parts of a file are.
#[derive(Clone, Debug)]
pub(super) struct Header {
    root: Range<u64>,
    metadata: Range<u64>,
    leaves: Range<u64>,
    tiles: Range<u64>,
    gzip: bool,
}

impl Header {
    pub(super) fn read(file: &File, size: u64) -> Result<Self, MapError> {
        let mut bytes = [0_u8; HEADER];
        let there = usize::try_from(size).unwrap_or(HEADER).min(HEADER);
        let (read, _) = bytes.split_at_mut(there);
        file.read_exact_at(read, 0)?;
        if !bytes.starts_with(MAGIC) {
            return Err(MapError::Damaged("it does not begin as one".into()));
        }
        let version = bytes.get(7).copied().unwrap_or_default();
        if version != 3 {
            return Err(MapError::Unsupported(format!("it is of version {version}, not 3")));
        }
        if there < HEADER {
            return Err(MapError::Damaged(format!("it ends after {size} bytes, in its header")));
        }
        let number = |at: usize| {
            let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        let part = |at: usize| {
            let (offset, length) = (number(at), number(at.saturating_add(8)));
            let end = offset.checked_add(length);
            end.map(|end| offset..end).ok_or_else(|| MapError::Damaged("a part of it has no end".into()))
        };
        Ok(Self {
            root: part(8)?,
            metadata: part(24)?,
            leaves: part(40)?,
            tiles: part(56)?,
            gzip: bytes.get(97) == Some(&GZIP),
        })
    }

    /// Looks whether the file holds all of its parts, and what of them is read at once is within limits.
    pub(super) fn check(&self, file: &File, size: u64) -> Result<(), MapError> {
        let needed = [&self.root, &self.metadata, &self.leaves, &self.tiles].map(|part| part.end);
        let needed = needed.into_iter().max().unwrap_or_default();
        if needed > size {
            return Err(MapError::Damaged(format!("it ends after {size} bytes of {needed}")));
        }
        for (part, largest, unpacked, what) in [
            (&self.root, LARGEST_DIRECTORY, LARGEST_UNPACKED_DIRECTORY, "its directory"),
            (&self.metadata, LARGEST_METADATA, LARGEST_METADATA, "what it says about itself"),
        ] {
            let length = usize::try_from(part.end - part.start).unwrap_or(usize::MAX);
            if length > largest {
                return Err(MapError::TooLarge(format!("{what} is larger than {largest} bytes")));
            }
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, part.start)?;
            if self.gzip && !bytes.is_empty() {
                measure(&bytes, unpacked)?;
            }
        }
        Ok(())
    }

    pub(super) fn has_metadata(&self) -> bool {
        !self.metadata.is_empty()
    }

    /// Says whether what is read lies in a directory below the first one.
    fn is_directory(&self, from: u64, to: u64) -> bool {
        self.leaves.start < to && from < self.leaves.end
    }
}

/// Reads from the file where it lies. The first part and what the file says of itself were measured by `check`.
pub(super) struct Reading {
    file: File,
    header: Header,
}

impl Reading {
    pub(super) fn new(file: File, header: Header) -> Self {
        Self { file, header }
    }

    fn take(&self, offset: u64, length: usize) -> Result<Bytes, MapError> {
        let end = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        let leaf = self.header.is_directory(offset, end);
        let largest = if leaf { LARGEST_DIRECTORY } else { LARGEST_TILE };
        // The first read is of a fixed length, and reaches into what follows.
        if offset > 0 && length > largest {
            return Err(MapError::TooLarge(format!("{length} bytes at {offset} are more than {largest}")));
        }
        let mut bytes = vec![0; length];
        let mut filled = 0_usize;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
            match self.file.read_at(rest, at) {
                Ok(0) => break,
                Ok(count) => filled = filled.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(filled);
        if offset > 0 && leaf && self.header.gzip {
            measure(&bytes, LARGEST_UNPACKED_DIRECTORY)?;
        }
        Ok(bytes.into())
    }
}

impl AsyncBackend for Reading {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        match self.take(offset, length) {
            Ok(bytes) => Ok(BackendResponse::new(bytes)),
            Err(MapError::Io(error)) => Err(PmtError::Reading(error)),
            Err(error) => Err(PmtError::Reading(io::Error::other(error))),
        }
    }
}

/// Decompresses what becomes no larger than `most`.
pub(super) fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, MapError> {
    let mut inflated = Vec::with_capacity(bytes.len().saturating_mul(3).min(most));
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(limit).read_to_end(&mut inflated).map_err(broken)?;
    if inflated.len() > most { Err(too_large(most)) } else { Ok(inflated) }
}

/// Looks whether it would become larger, without keeping it.
fn measure(bytes: &[u8], most: usize) -> Result<(), MapError> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let length = io::copy(&mut GzDecoder::new(bytes).take(limit.saturating_add(1)), &mut io::sink())
        .map_err(broken)?;
    if length > limit { Err(too_large(most)) } else { Ok(()) }
}

fn broken(error: io::Error) -> MapError {
    MapError::Damaged(format!("it cannot be decompressed: {error}"))
}

fn too_large(most: usize) -> MapError {
    MapError::TooLarge(format!("a part of it becomes larger than {most} bytes"))
}
