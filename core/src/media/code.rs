//! A code (QR) in a picture: in a file, or in what a camera sees. Reads what it says, and knows nothing of what that means.

use std::io::Cursor;

use image::{GrayImage, ImageReader, Limits, imageops};

use super::error::Error;

/// The longer side of a picture that is looked through; larger ones are made smaller first.
const LARGEST: u32 = 2_000;
/// No picture has more pixels in a row, nor needs more memory.
const WIDEST: u32 = 20_000;
const MEMORY: u64 = 512 * 1024 * 1024;

/// Reads the first code in a picture: the bytes of a JPEG, PNG, WebP, GIF, BMP or TIFF file. Blocks for as long as
/// decoding takes.
///
/// # Errors
/// [`Error::NotAnImage`] and [`Error::Damaged`] for what cannot be read; [`Error::NoCode`].
pub fn code_in_picture(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mime = super::probe(bytes).mime;
    if image::guess_format(bytes).is_err() {
        return Err(Error::NotAnImage { mime });
    }
    let damaged = || Error::Damaged { format: mime };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| damaged())?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(WIDEST), Some(WIDEST));
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| damaged())?;
    find(picture.into_luma8()).ok_or(Error::NoCode)
}

/// Reads the first code in what a camera sees: a byte of brightness for each of `width` × `height` pixels, row by row
/// from the top left. `None` where there is none, or fewer pixels than that.
#[must_use]
pub fn code_in_frame(width: u32, height: u32, brightness: Vec<u8>) -> Option<Vec<u8>> {
    if width.max(height) > WIDEST {
        return None;
    }
    find(GrayImage::from_raw(width, height, brightness)?)
}

fn find(grey: GrayImage) -> Option<Vec<u8>> {
    let longer = grey.width().max(grey.height());
    let grey = if longer > LARGEST {
        let part = |side: u32| (u64::from(side) * u64::from(LARGEST) / u64::from(longer)).max(1);
        let [width, height] =
            [grey.width(), grey.height()].map(|side| u32::try_from(part(side)).unwrap_or(1));
        imageops::thumbnail(&grey, width, height)
    } else {
        grey
    };
    let [width, height] = [grey.width(), grey.height()].map(|side| usize::try_from(side).unwrap_or_default());
    let mut looked = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let place = u32::try_from(x).ok().zip(u32::try_from(y).ok());
        place.and_then(|(x, y)| grey.get_pixel_checked(x, y)).map_or(u8::MAX, |pixel| pixel.0[0])
    });
    for grid in looked.detect_grids() {
        let mut says = Vec::new();
        if grid.decode_to(&mut says).is_ok() {
            return Some(says);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Luma};
    use matrix_sdk_crypto::matrix_sdk_qrcode::qrcode::{Color, QrCode};

    use super::*;

    const SAYS: &[u8] = b"MATRIX\x02\x00\x00\x0cabcdefghijkl\xfe\xfe";

    /// As a screen shows it: eight pixels a module, four light modules around.
    fn shown() -> GrayImage {
        let code = QrCode::new(SAYS).unwrap();
        let side = code.width();
        let colours = code.to_colors();
        let pixels = u32::try_from((side + 8) * 8).unwrap();
        GrayImage::from_fn(pixels, pixels, |x, y| {
            let [row, column] = [y, x].map(|at| (at as usize / 8).checked_sub(4).filter(|at| *at < side));
            let dark =
                row.zip(column).is_some_and(|(row, column)| colours[row * side + column] == Color::Dark);
            Luma([if dark { 0 } else { u8::MAX }])
        })
    }

    fn png(picture: &GrayImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_code_is_read_from_a_file_a_frame_and_a_large_photo() {
        let code = shown();
        assert_eq!(code_in_picture(&png(&code)).unwrap(), SAYS);
        let (width, height) = code.dimensions();
        assert_eq!(code_in_frame(width, height, code.clone().into_raw()).unwrap(), SAYS);
        // Turned, grey and on a table that is larger than what is looked through.
        let mut table = GrayImage::from_pixel(3000, 2400, Luma([140]));
        let seen = imageops::resize(&imageops::rotate90(&code), 900, 900, imageops::FilterType::Triangle);
        imageops::overlay(&mut table, &seen, 700, 500);
        assert_eq!(code_in_picture(&png(&table)).unwrap(), SAYS);
    }

    #[test]
    fn what_holds_no_code_is_told_apart() {
        let blank = GrayImage::from_pixel(64, 64, Luma([255]));
        let bytes = png(&blank);
        assert!(matches!(code_in_picture(&bytes), Err(Error::NoCode)));
        assert!(matches!(code_in_picture(&bytes[..40]), Err(Error::Damaged { .. })));
        assert!(matches!(code_in_picture(b"not a picture"), Err(Error::NotAnImage { .. })));
        assert!(matches!(code_in_picture(&[]), Err(Error::NotAnImage { .. })));
        assert!(code_in_frame(64, 64, blank.into_raw()).is_none());
        assert!(code_in_frame(64, 64, vec![0; 63]).is_none(), "too few pixels");
        assert!(code_in_frame(u32::MAX, 1, Vec::new()).is_none());
    }
}
