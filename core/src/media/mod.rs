//! Photos and files on their way in and out: what a file is, a photo made small and anonymous, attachments
//! sealed and opened. Everything works in memory or streams; nothing plain is written to disk except where the
//! caller names a destination. Knows neither the database nor the network.

mod capture;
mod code;
mod color;
mod cursor;
mod decode;
mod encode;
mod error;
mod exif;
#[cfg(feature = "ffmpeg")]
mod ffmpeg;
#[cfg(feature = "ffmpeg")]
mod heif;
mod jpeg;
mod limits;
mod name;
mod office;
mod passing;
mod pdf;
mod photo;
mod preview;
mod probe;
mod reader;
mod save;
mod scale;
mod seal;
mod sound;
mod spool;
mod strip;
#[cfg(test)]
mod testing;
mod video;

pub use capture::taken;
pub use code::{code_in_frame, code_in_picture};
pub use error::Error;
pub use exif::{CaptureInfo, capture_info, read_capture_info};
pub use limits::{Budget, Limits, counted_seconds};
pub use name::safe_name;
pub use office::{is_strippable, strip_document};
pub use passing::PassingFile;
pub use pdf::{PDF, strip_pdf};
pub use photo::{Handling, Photo, PhotoOptions, prepare_photo, prepare_photo_file, prepare_pixels};
pub use preview::Thumbnail;
pub use probe::{HEAD_BYTES, ImageFormat, Kind, Probe, probe, probe_reader};
pub use reader::{ProvenReader, SealedBytes};
pub use save::open_to_file;
pub use seal::{Opened, SealKey, SealedInfo, Step, open, seal};
pub use sound::{PLAYED_RATE, Sound, play, prepare_sound, prepare_voice};
pub use spool::Spool;
pub use strip::{Stripped, strip};
pub use video::{DynamicRange, Trim, Video, prepare_video};

/// Opens a file to be read.
///
/// # Errors
/// [`Error::NotAFile`] for a directory, a device or a pipe; [`Error::Io`].
pub fn open_regular(path: &std::path::Path) -> Result<std::fs::File, Error> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::NotAFile);
    }
    Ok(std::fs::File::open(path)?)
}
