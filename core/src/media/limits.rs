//! What a file may be and may cost. Plain numbers: whoever prepares a file fills them from policy.

use serde::{Deserialize, Serialize};

use super::photo::PhotoOptions;

/// Clips lie: a minute of sound may go on a moment longer than its pictures.
const SLACK_MS: u64 = 1500;

/// Returns how many milliseconds a clip may last that may last so many seconds.
#[cfg(feature = "ffmpeg")]
pub(super) fn most_ms(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1000).saturating_add(SLACK_MS)
}

/// Returns how many seconds of a clip that lasts so many milliseconds count against a limit.
#[must_use]
pub fn counted_seconds(ms: u64) -> u64 {
    ms.saturating_sub(SLACK_MS).div_ceil(1000)
}

/// What may be sent and what preparing it may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes that one file may have as it is sent (`share.max_upload_mb`).
    pub max_upload_bytes: u64,
    /// Longer side of a photo in pixels (`media.image_max_px`).
    pub image_max_px: u32,
    /// Quality of a photo, 1 to 100 (`media.image_quality`).
    pub image_quality: u8,
    /// Shorter side of a clip in pixels (`media.video_max_height`).
    pub video_max_height: u32,
    /// Thousands of bits a second of a clip's picture (`media.video_kbps`).
    pub video_kbps: u32,
    /// Seconds of a clip (`media.video_max_s`).
    pub video_max_s: u32,
    /// Seconds of a voice message (`media.voice_max_s`).
    pub voice_max_s: u32,
    /// Metadata of documents is removed as well (`share.strip_metadata`). That of pictures, clips and recordings
    /// always is.
    pub strip_metadata: bool,
    /// What preparing may cost.
    pub budget: Budget,
}

/// What preparing one file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Pixels that a picture or a frame may decode to.
    pub max_pixels: u64,
    /// Bytes that a picture or a document may have, since it is worked on in memory.
    pub max_source_bytes: u64,
    /// Bytes that a clip or a recording may have, which is read piece by piece.
    pub max_clip_bytes: u64,
    /// Frames that a clip may have.
    pub max_frames: u64,
    /// Seconds that the whole may take.
    pub max_seconds: u32,
    /// Bytes of address space that a separate process may take.
    pub max_memory_bytes: u64,
    /// Threads that decode and encode; 0 for as many as there are processors.
    pub threads: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 100 * 1024 * 1024,
            image_max_px: 2048,
            image_quality: 80,
            video_max_height: 720,
            video_kbps: 2000,
            video_max_s: 300,
            voice_max_s: 300,
            strip_metadata: true,
            budget: Budget::default(),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            // Telephones take photos of 108 megapixels.
            max_pixels: 120_000_000,
            max_source_bytes: 128 * 1024 * 1024,
            max_clip_bytes: 16 * 1024 * 1024 * 1024,
            // Five minutes in slow motion.
            max_frames: 300 * 240,
            max_seconds: 1800,
            max_memory_bytes: 3 * 1024 * 1024 * 1024,
            threads: 0,
        }
    }
}

impl Limits {
    /// How photos are prepared under these limits.
    #[must_use]
    pub fn photo(&self) -> PhotoOptions {
        PhotoOptions {
            max_px: self.image_max_px,
            quality: self.image_quality,
            max_pixels: self.budget.max_pixels,
            max_source_bytes: self.budget.max_source_bytes,
            ..PhotoOptions::default()
        }
    }
}
