//! Pictures that the core cannot read and the platform can.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use qroc_core::ports::image_decoder::{self as port, DecoderFault, Pixels};

use crate::error::PortFault;

/// A picture as pixels.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct DecodedImage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue and opacity of each pixel, a byte for each, rows from top to bottom: upright, in sRGB, colours
    /// not multiplied by the opacity.
    pub rgba: Vec<u8>,
}

impl fmt::Debug for DecodedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedImage").field("size", &(self.width, self.height)).finish_non_exhaustive()
    }
}

/// Decodes pictures that the core cannot read itself: HEIC and AVIF where it was built without FFmpeg, raw files of
/// cameras. Called on threads of the core, never for what it can read or what is damaged; it may call the core. What
/// throws, or takes longer than half a minute, costs that file alone.
#[uniffi::export(foreign)]
#[async_trait]
pub trait ImageDecoder: Send + Sync {
    /// Decodes the picture in `bytes`, made small so that its longer side has `max_px` pixels at most. `None` where the
    /// platform cannot read it either.
    async fn decode(
        &self,
        bytes: Vec<u8>,
        mime: String,
        max_px: u32,
    ) -> Result<Option<DecodedImage>, PortFault>;
}

/// A platform's decoder, as the core sees it.
pub(crate) struct Decoder(pub(crate) Arc<dyn ImageDecoder>);

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoder")
    }
}

#[async_trait]
impl port::ImageDecoder for Decoder {
    async fn decode(&self, bytes: Vec<u8>, mime: &str, max_px: u32) -> Result<Option<Pixels>, DecoderFault> {
        let answer = self.0.decode(bytes, mime.to_owned(), max_px).await;
        let image = answer.map_err(|PortFault::Failed| DecoderFault::Failed)?;
        Ok(image.map(|DecodedImage { width, height, rgba }| Pixels { width, height, rgba }))
    }
}
