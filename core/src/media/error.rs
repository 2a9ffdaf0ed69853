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
    /// The source is something else than a clip.
    #[error("not a video but {mime}")]
    NotAVideo {
        /// What it is by content.
        mime: &'static str,
    },
    /// The source is something else than a recording.
    #[error("not a sound recording but {mime}")]
    NotASound {
        /// What it is by content.
        mime: &'static str,
    },
    /// There is no code in the picture, or it cannot be read.
    #[error("there is no code in this picture, or it cannot be read")]
    NoCode,
    /// The source has no stream that can be shown or heard.
    #[error("there is no picture or sound in it that can be decoded here")]
    NothingInside,
    /// The clip or recording is longer than allowed.
    #[error("it lasts {seconds} s; at most {limit} s may be sent: cut it")]
    TooLong {
        /// Seconds that it lasts, at least.
        seconds: u64,
        /// Seconds allowed.
        limit: u64,
    },
    /// Nothing is left between start and end of what was to be cut out.
    #[error("there is nothing between {from_ms} and {until_ms} ms: it lasts {duration_ms} ms")]
    NothingLeft {
        /// Milliseconds where it was to begin.
        from_ms: u64,
        /// Milliseconds where it was to end.
        until_ms: u64,
        /// Milliseconds of the whole.
        duration_ms: u64,
    },
    /// Preparing it would cost more than allowed.
    #[error("preparing it takes more {0} than allowed")]
    OverBudget(&'static str),
    /// This build has no encoder for what is to be made.
    #[error("this build cannot encode it")]
    NoCodec,
    /// FFmpeg's libraries are not there, in the version that this was built for.
    #[error("FFmpeg is needed for this and cannot be loaded: {0}")]
    NoFfmpeg(String),
    /// The source is something that this build cannot decode.
    #[error("files of type {0} cannot be decoded here")]
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
