//! Pictures of HEIC and AVIF files, tile by tile, through the decoders of clips.

use ff::codec::Id;
use ffmpeg_next as ff;
use image::{DynamicImage, GenericImage as _, RgbImage};

use super::super::error::Error;
use super::super::heif::{Coding, Still, Turn};
use super::super::limits::Budget;
use super::chain::Chain;
use super::poster::rgb_of;
use super::{Watch, fault, raw, start};
use crate::progress::Cancel;

/// H.273's numbers of perceptual quantisation and hybrid log-gamma.
const HIGH_RANGE: [u16; 2] = [16, 18];

/// Decodes a picture and turns it upright; in its own colours, but of standard range.
pub(in super::super) fn decode_still(
    still: &Still,
    mime: &'static str,
    max_pixels: u64,
) -> Result<DynamicImage, Error> {
    start()?;
    let Still { width, height, columns, .. } = *still;
    if u64::from(width).saturating_mul(u64::from(height)) > max_pixels {
        return Err(Error::TooManyPixels { width, height, limit: max_pixels });
    }
    let watch = Watch::new(Cancel::default(), &Budget { max_seconds: 120, ..Budget::default() });
    let bad = |error| fault(error, mime, &watch);
    let damaged = || Error::Damaged { format: mime };
    let mut decoder = open(still, max_pixels).map_err(bad)?;
    let mut picture = RgbImage::new(width, height);
    let mut frame = ff::frame::Video::empty();
    let (mut across, mut down, mut column) = (0_u32, 0_u32, 0_u32);
    for tile in &still.tiles {
        watch.check()?;
        decoder.send_packet(&ff::Packet::copy(tile)).map_err(bad)?;
        decoder.send_eof().map_err(bad)?;
        decoder.receive_frame(&mut frame).map_err(bad)?;
        if frame.has_decode_errors() || frame.is_corrupt() {
            return Err(damaged());
        }
        let pixels = to_rgb(&frame, still.transfer).map_err(bad)?;
        decoder.flush();
        if across < width && down < height {
            let (w, h) = (pixels.width().min(width - across), pixels.height().min(height - down));
            let part = image::imageops::crop_imm(&pixels, 0, 0, w, h).to_image();
            picture.copy_from(&part, across, down).map_err(|_| damaged())?;
        }
        column += 1;
        across = across.saturating_add(pixels.width());
        if column == columns {
            // A picture that its tiles do not fill is not whole.
            if across < width {
                return Err(damaged());
            }
            (across, column) = (0, 0);
            down = down.saturating_add(pixels.height());
        }
    }
    if down < height {
        return Err(damaged());
    }
    upright(DynamicImage::ImageRgb8(picture), &still.turns).ok_or_else(damaged)
}

/// Nothing where a part is to be seen that lies outside.
fn upright(mut image: DynamicImage, turns: &[Turn]) -> Option<DynamicImage> {
    for turn in turns {
        image = match turn {
            Turn::Quarters(0) => image,
            Turn::Quarters(1) => image.rotate270(),
            Turn::Quarters(2) => image.rotate180(),
            Turn::Quarters(_) => image.rotate90(),
            Turn::LeftRight => image.fliph(),
            Turn::TopBottom => image.flipv(),
            Turn::Crop(aperture) => {
                let (left, top, width, height) = aperture.within(image.width(), image.height())?;
                image.crop_imm(left, top, width, height)
            }
        };
    }
    Some(image)
}

fn open(still: &Still, max_pixels: u64) -> Result<ff::codec::decoder::Opened, ff::Error> {
    let (id, name) = match still.coding {
        Coding::Hevc => (Id::HEVC, "hevc"),
        Coding::Av1 => (Id::AV1, "libdav1d"),
    };
    let mut parameters = ff::codec::Parameters::new();
    parameters.set_medium(ff::media::Type::Video);
    parameters.set_id(id);
    raw::set_extradata(&mut parameters, &still.config)
        .ok_or(ff::Error::Other { errno: ff::error::ENOMEM })?;
    let pixels = max_pixels.to_string();
    let options = ff::Dictionary::from_iter([("threads", "1"), ("max_pixels", pixels.as_str())]);
    ff::codec::Context::from_parameters(parameters)?.decoder().open_as_with(name, options)
}

fn to_rgb(frame: &ff::frame::Video, transfer: Option<u16>) -> Result<RgbImage, ff::Error> {
    let filters = match transfer.filter(|transfer| HIGH_RANGE.contains(transfer)) {
        Some(transfer) => {
            let name = if transfer == 16 { "smpte2084" } else { "arib-std-b67" };
            format!(
                "zscale=tin={name}:t=linear:npl=100,format=gbrpf32le,zscale=p=709,\
                 tonemap=tonemap=mobius:desat=0,zscale=t=709:m=709:r=full,scale=out_range=full,format=rgb24"
            )
        }
        None => "scale=flags=accurate_rnd+full_chroma_int:out_range=full,format=rgb24".to_owned(),
    };
    let mut chain = Chain::pictures(frame, (1, 1), ff::Rational::new(1, 1), &filters)?;
    chain.push(&frame.clone())?;
    chain.finish()?;
    let mut out = ff::frame::Video::empty();
    if !chain.pull(&mut out)? {
        return Err(ff::Error::InvalidData);
    }
    rgb_of(&out).ok_or(ff::Error::InvalidData)
}
