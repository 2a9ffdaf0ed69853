//! Files as screens and scripts see them.

use serde::Serialize;

use super::Sent;
use crate::policy::Denied;

/// What is attached to a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attachment {
    /// As the sender called it; not safe as a path.
    pub name: String,
    /// As the sender said.
    pub mime: Option<String>,
    /// As the sender said.
    pub bytes: Option<u64>,
    /// Of the sealed bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// Pixels.
    pub width: Option<u64>,
    /// Pixels.
    pub height: Option<u64>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether it is a voice message.
    pub voice: bool,
    /// How loud a voice message is, in order, as the sender says: 0 to 1024, at most 200 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waveform: Vec<u16>,
    /// Where, when and with what it was taken, where the sender let that go along.
    pub capture: Option<Capture>,
    /// What is said of the unchanged file, where it goes along.
    pub original: Option<Original>,
}

/// What a camera wrote, as the sender says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capture {
    /// Local time as `YYYY-MM-DDThh:mm:ss`, followed by `±hh:mm` if the camera wrote its zone.
    pub taken_at: Option<String>,
    /// Degrees, WGS 84.
    pub lat: Option<f64>,
    /// Degrees, WGS 84.
    pub lon: Option<f64>,
    /// Maker of the camera.
    pub make: Option<String>,
    /// Model of the camera.
    pub model: Option<String>,
}

/// What is said of an unchanged file; `download` proves it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Original {
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Device that signed it.
    pub device_id: String,
}

/// What became of a file that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct SentFile {
    /// The message.
    #[serde(flatten)]
    pub sent: Sent,
    /// What was sent, by content.
    pub mime: String,
    /// Length of the file.
    pub source_bytes: u64,
    /// Length of what was sent, before sealing.
    pub sent_bytes: u64,
    /// Length of the preview, before sealing.
    pub thumbnail_bytes: Option<u64>,
    /// Of what was sent before sealing, in hexadecimal.
    pub sha256: String,
    /// Coarse colours for the time before the preview is there.
    pub blurhash: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether it may still name its author: not every document can be taken apart (`docs/media.md`).
    pub metadata_left: bool,
}

/// A file that was fetched.
#[derive(Clone, Debug, Serialize)]
pub struct Downloaded {
    /// Where it is now.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// By content.
    pub mime: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    /// Whether these are the unchanged bytes that the sender had.
    pub original: bool,
    /// User and device that signed what is said of the original.
    pub signed_by: Option<String>,
    /// What the signature is worth: `valid`, `invalid`, or `unknown_device`.
    pub signature: Option<&'static str>,
}

/// What was written out in plain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The directory.
    pub path: String,
    /// Rooms.
    pub rooms: usize,
    /// Messages and whatever else stands in their timelines.
    pub events: usize,
    /// Files.
    pub files: usize,
    /// Files that could not be fetched, or may not be saved.
    pub files_left_out: usize,
}

/// What may be done with a file besides looking at it: nothing, or what policy has against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContentsRights {
    /// Against putting it where other programs find it.
    pub save: Option<Denied>,
    /// Against opening it with another program.
    pub open_external: Option<Denied>,
}
