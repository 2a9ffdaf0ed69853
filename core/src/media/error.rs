//! What can go wrong with a file: each case is one that the officer can be told apart.

use std::io;

/// The reason why a file was not prepared, sealed, opened or saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The source ends before the picture does.
    #[error("the {format} file ends too early")]
    Truncated {
        /// Format by content, as a MIME type.
        format: &'static str,
    },
    /// The source contradicts its own format.
    #[error("the {format} file is damaged")]
    Damaged {
        /// Format by content, as a MIME type.
        format: &'static str,
    },
    /// The source is something else than a picture.
    #[error("not an image but {mime}")]
    NotAnImage {
        /// What it is by content.
        mime: &'static str,
    },
    /// The source is a picture that this build cannot decode.
    #[error("images of type {0} cannot be decoded here")]
    UnsupportedFormat(&'static str),
    /// The picture would decode to more pixels than allowed.
    #[error("{width} × {height} pixels are more than the {limit} allowed")]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Pixels allowed in all.
        limit: u64,
    },
    /// The source has more bytes than allowed.
    #[error("the file is larger than the {limit} bytes allowed")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// The path names a directory, a device or a pipe.
    #[error("not a regular file")]
    NotAFile,
    /// Something already stands at the destination.
    #[error("the destination exists")]
    Exists,
    /// The sealed bytes are not the ones that were sealed: changed, cut or another file.
    #[error("the sealed file was changed or cut")]
    Tampered,
    /// The key is of a kind that this build does not know, or has no hash.
    #[error("the key of the sealed file cannot be used")]
    BadKey,
    /// The progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
