//! The picture that stands for a clip: the one a second after its start, since the first is often black.

use ff::Rescale as _;
use ffmpeg_next as ff;
use image::RgbImage;

use super::super::error::Error;
use super::super::limits::Budget;
use super::super::scale;
use super::chain::Chain;
use super::decode::{Decode, Window};
use super::input::Source;
use super::mux::as_picture;
use super::picture::Shaper;
use super::raw;
use super::{Watch, fault, own_fault};

const AT_US: i64 = 1_000_000;
/// Longer side of a poster.
pub(in super::super) const POSTER_PX: u32 = 800;

/// Looks at shaped pictures in order and keeps one.
#[derive(Default)]
pub(super) struct Picker {
    picked: Option<RgbImage>,
    settled: bool,
}

impl Picker {
    pub(super) fn see(
        &mut self,
        picture: &ff::frame::Video,
        time_base: ff::Rational,
        watch: &Watch,
    ) -> Result<(), Error> {
        let late = picture.pts().unwrap_or_default().rescale(time_base, ff::rescale::TIME_BASE) >= AT_US;
        if self.settled || (self.picked.is_some() && !late) {
            return Ok(());
        }
        self.picked = Some(to_rgb(picture, time_base).map_err(|error| own_fault(error, watch))?);
        self.settled = late;
        Ok(())
    }

    pub(super) fn picked(self) -> Option<RgbImage> {
        self.picked
    }
}

/// Decodes the beginning of a clip, for its poster alone.
pub(in super::super) fn poster(
    source: &mut Source,
    size: (u32, u32),
    budget: &Budget,
    watch: &Watch,
) -> Result<Option<RgbImage>, Error> {
    let format = source.format;
    let bad = |error| fault(error, format, watch);
    let picture = source.picture.clone().ok_or(Error::NothingInside)?;
    let stream = source.input.stream(picture.index).ok_or(Error::NothingInside)?;
    let window = Window { from_us: source.start_us, until_us: None };
    let mut decode = Decode::new(&stream, picture.decoder, window, budget).map_err(bad)?;
    let mut shaper = Shaper::new(&picture, size, decode.time_base());
    let mut picker = Picker::default();
    let mut frame = raw::empty_frame();
    loop {
        watch.check()?;
        let packet = match source.next() {
            Ok(packet) if packet.stream() != picture.index => continue,
            Ok(packet) => Some(packet),
            Err(ff::Error::Eof) => None,
            Err(error) => return Err(bad(error)),
        };
        let mut see =
            |shaped: &mut ff::frame::Video, time_base: ff::Rational| picker.see(shaped, time_base, watch);
        decode.feed(
            packet.as_ref(),
            &mut frame,
            &mut |frame| shaper.shape(Some(&as_picture(frame)), &mut see, watch),
            &bad,
        )?;
        if packet.is_none() {
            shaper.shape(None, &mut see, watch)?;
        }
        if picker.settled || packet.is_none() {
            return Ok(picker.picked());
        }
    }
}

/// Turns a shaped picture into pixels of a screen, no more than a poster has: it is held while the clip is coded.
fn to_rgb(picture: &ff::frame::Video, time_base: ff::Rational) -> Result<RgbImage, ff::Error> {
    let (width, height) = scale::fit(picture.width(), picture.height(), POSTER_PX);
    let filters = format!(
        "scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int:in_color_matrix=bt709:in_range=limited:\
         out_range=full,format=rgb24"
    );
    let mut chain = Chain::pictures(picture, (1, 1), time_base, &filters)?;
    // What is pushed is taken: the picture itself goes on to the encoder.
    chain.push(&picture.clone())?;
    chain.finish()?;
    let mut out = ff::frame::Video::empty();
    if !chain.pull(&mut out)? {
        return Err(ff::Error::InvalidData);
    }
    rgb_of(&out).ok_or(ff::Error::InvalidData)
}

/// The pixels of a frame in `rgb24`, without the padding of its lines.
pub(super) fn rgb_of(frame: &ff::frame::Video) -> Option<RgbImage> {
    let (width, height) = (frame.width(), frame.height());
    let line = usize::try_from(width).ok()?.checked_mul(3)?;
    let mut pixels = Vec::with_capacity(line.checked_mul(usize::try_from(height).ok()?)?);
    for row in frame.data(0).chunks(frame.stride(0)).take(usize::try_from(height).ok()?) {
        pixels.extend_from_slice(row.get(..line)?);
    }
    RgbImage::from_raw(width, height, pixels)
}
