//! Pictures that the core cannot read and the platform can: HEIC and AVIF in a build without FFmpeg, what cameras and
//! newer programs write.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use thiserror::Error;

/// A picture as pixels: upright, in sRGB, rows from top to bottom.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
    /// Red, green, blue and opacity of each, a byte for each; colours are not multiplied by the opacity.
    pub rgba: Vec<u8>,
}

impl Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pixels").field("size", &(self.width, self.height)).finish_non_exhaustive()
    }
}

impl Pixels {
    /// Says whether it is a picture, and one of the size that was asked for.
    pub fn fits(&self, max_px: u32) -> bool {
        let sides = 1..=max_px;
        let bytes = u64::from(self.width).saturating_mul(u64::from(self.height)).saturating_mul(4);
        sides.contains(&self.width)
            && sides.contains(&self.height)
            && u64::try_from(self.rgba.len()) == Ok(bytes)
    }
}

/// Says why the platform gave no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecoderFault {
    /// Its code failed.
    #[error("the platform's decoder of pictures failed")]
    Failed,
    /// It did not answer in time.
    #[error("the platform's decoder of pictures did not answer in time")]
    TimedOut,
    /// It answered with what is no picture, or not one of the size that was asked for.
    #[error("the platform's decoder of pictures answered with no picture")]
    Nonsense,
}

/// Decodes pictures.
#[async_trait]
pub trait ImageDecoder: Debug + Send + Sync {
    /// Decodes the picture in `bytes`, made small so that its longer side has `max_px` pixels at most. `None` where the
    /// platform cannot read it either. Dropping the future gives it up.
    async fn decode(&self, bytes: Vec<u8>, mime: &str, max_px: u32) -> Result<Option<Pixels>, DecoderFault>;
}

#[cfg(test)]
mod tests {
    use super::Pixels;

    #[test]
    fn a_picture_has_the_bytes_of_its_size() {
        let picture = |width, height, bytes| Pixels { width, height, rgba: vec![0; bytes] };
        assert!(picture(3, 2, 24).fits(3));
        for nonsense in [(3, 2, 23), (3, 2, 25), (0, 2, 0), (4, 2, 32), (u32::MAX, u32::MAX, 4)] {
            assert!(!picture(nonsense.0, nonsense.1, nonsense.2).fits(3), "{nonsense:?}");
        }
    }
}
