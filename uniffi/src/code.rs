//! Codes (QR) that the other device shows: read from pictures.

use qroc_core::media;

use crate::error::QrocError;
use crate::runtime::read;

/// Reads the first code in a picture, from memory: a JPEG, PNG, WebP, GIF, BMP or TIFF file. For `Verification.scan`. A
/// read: it ends with its caller.
///
/// # Errors
/// `BadInput`: `no_code` where there is none, `file_not_a_picture`, `file_damaged`.
#[uniffi::export]
pub async fn code_in_picture(picture: Vec<u8>) -> Result<Vec<u8>, QrocError> {
    read(async move {
        match tokio::task::spawn_blocking(move || media::code_in_picture(&picture)).await {
            Ok(found) => found.map_err(|error| QrocError::of_file(&error)),
            Err(error) => Err(QrocError::of_task(&error)),
        }
    })
    .await
}

/// Reads the first code in what a camera sees now: a byte of brightness for each of `width` × `height` pixels, row by row
/// from the top left. `None` where there is none: look again. A read: it ends with its caller.
///
/// # Errors
/// `Internal`.
#[uniffi::export]
pub async fn code_in_frame(
    width: u32,
    height: u32,
    brightness: Vec<u8>,
) -> Result<Option<Vec<u8>>, QrocError> {
    read(async move {
        let looked = move || media::code_in_frame(width, height, brightness);
        tokio::task::spawn_blocking(looked).await.map_err(|error| QrocError::of_task(&error))
    })
    .await
}
