//! The bytes of a key file: prelude, header, lock state, sealed body, checksum. `docs/key-file.md` has the table.

use sha2::{Digest as _, Sha256};

use super::error::KeyFileError;

/// Newest format version that this program reads, and the one it writes.
pub const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"QROC-KEY";
/// Stands in the place of the magic from the first moment of a wipe on.
pub(super) const WIPED: [u8; 8] = *b"QROCWIPE";
/// Far above what accounts and a policy need, far below what hurts to read.
pub(super) const LARGEST: u64 = 4 * 1024 * 1024;
const CHECKSUM: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) header: Vec<u8>,
    pub(super) state: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Frame {
    pub(super) fn encode(&self) -> Result<Vec<u8>, KeyFileError> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        for part in [&self.header, &self.state, &self.body] {
            let length = u32::try_from(part.len()).map_err(|_| KeyFileError::TooLarge)?;
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        for part in [&self.header, &self.state, &self.body] {
            bytes.extend_from_slice(part);
        }
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= LARGEST => Ok(bytes),
            _ => Err(KeyFileError::TooLarge),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
            return Err(if MAGIC.starts_with(bytes) {
                KeyFileError::Truncated
            } else {
                KeyFileError::NotAKeyFile
            });
        };
        match *magic {
            MAGIC => {}
            WIPED => return Err(KeyFileError::WipePending),
            _ => return Err(KeyFileError::NotAKeyFile),
        }
        let (version, rest) = number(rest)?;
        match version {
            VERSION => {}
            0 => return Err(KeyFileError::Damaged("version")),
            found => return Err(KeyFileError::NewerVersion { found, known: VERSION }),
        }
        let (header_length, rest) = number(rest)?;
        let (state_length, rest) = number(rest)?;
        let (body_length, rest) = number(rest)?;
        let (header, rest) = part(rest, header_length)?;
        let (state, rest) = part(rest, state_length)?;
        let (body, rest) = part(rest, body_length)?;
        match rest.len() {
            CHECKSUM => {}
            0..CHECKSUM => return Err(KeyFileError::Truncated),
            _ => return Err(KeyFileError::Damaged("length")),
        }
        let summed = bytes.strip_suffix(rest).ok_or(KeyFileError::Damaged("checksum"))?;
        if Sha256::digest(summed).as_slice() != rest {
            return Err(KeyFileError::Damaged("checksum"));
        }
        Ok(Self { header, state, body })
    }

    /// What the body is bound to: format, version and the header as it stands.
    pub(super) fn associated_data(header: &[u8]) -> Vec<u8> {
        [MAGIC.as_slice(), &VERSION.to_be_bytes(), header].concat()
    }
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), KeyFileError> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(KeyFileError::Truncated)?;
    Ok((u32::from_be_bytes(*number), rest))
}

fn part(bytes: &[u8], length: u32) -> Result<(Vec<u8>, &[u8]), KeyFileError> {
    let length = usize::try_from(length).map_err(|_| KeyFileError::Damaged("length"))?;
    let (part, rest) = bytes.split_at_checked(length).ok_or(KeyFileError::Truncated)?;
    Ok((part.to_vec(), rest))
}
