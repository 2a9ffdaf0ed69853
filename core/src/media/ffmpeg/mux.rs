//! From a source to an MP4 in a spool: each stream copied or coded anew, in one pass.

use std::io::{Seek, Write};

use ff::Rescale as _;
use ff::codec::Id;
use ff::format::context::{Output, StreamIo};
use ffmpeg_next as ff;
use image::RgbImage;

use super::super::error::Error;
use super::super::limits::Budget;
use super::decode::{Decode, Window};
use super::input::Source;
use super::picture::{self, Bits, Coder, Shaper};
use super::poster::Picker;
use super::raw;
use super::sei::Framing;
use super::sound_lane::SoundLane;
use super::{Watch, fault, own_fault};
use crate::progress::Progress;

/// What becomes of each stream.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Plan {
    /// FFmpeg's name of the container.
    pub(in super::super) muxer: &'static str,
    pub(in super::super) picture: PicturePlan,
    pub(in super::super) sound: SoundPlan,
    /// Milliseconds from the start that are left out.
    pub(in super::super) from_ms: u64,
    /// Milliseconds from the start after which nothing more is taken.
    pub(in super::super) until_ms: Option<u64>,
    /// More is an error: a file may be longer than it says.
    pub(in super::super) most_ms: u64,
}

/// What becomes of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum PicturePlan {
    Drop,
    Copy,
    /// `strict` aims at the bit rate; otherwise it is a bound, and quality is aimed at.
    Encode {
        width: u32,
        height: u32,
        kbps: u32,
        strict: bool,
    },
}

/// What becomes of the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum SoundPlan {
    Copy,
    /// As AAC, beside pictures.
    Encode,
    /// As Opus, one channel, brought to an even loudness, at so many bits a second.
    Voice {
        bits: u32,
    },
    Drop,
}

/// What was made.
#[derive(Debug)]
pub(in super::super) struct Made {
    pub(in super::super) duration_ms: u64,
    /// Missing where pictures were copied.
    pub(in super::super) poster: Option<RgbImage>,
    /// How loud a voice is, every [`HEARD_MS`] milliseconds, 0 to 1.
    pub(in super::super) loudness: Vec<f32>,
}

/// Between two points of the loudness.
pub(in super::super) const HEARD_MS: u32 = 50;

/// Reads the source once and writes an MP4 whose index is at its end.
pub(in super::super) fn make<W: Write + Seek + Send + 'static>(
    source: &mut Source,
    out: W,
    plan: &Plan,
    budget: &Budget,
    watch: &Watch,
    progress: &mut Progress,
) -> Result<Made, Error> {
    let format = source.format;
    let bad = |error| fault(error, format, watch);
    let own = |error| own_fault(error, watch);
    let from_us = source.start_us.saturating_add(micros(plan.from_ms));
    if plan.from_ms > 0 {
        source.seek(from_us, watch)?;
    }
    let window =
        Window { from_us, until_us: plan.until_ms.map(|ms| source.start_us.saturating_add(micros(ms))) };
    let stream = StreamIo::from_write_seek_with_capacity(out, 64 * 1024).map_err(own)?;
    let mut output = ff::format::output_to_stream(stream, None, Some(plan.muxer)).map_err(own)?;

    let mut picture = PictureLane::open(source, &mut output, plan, window, budget, watch)?;
    let mut sound = SoundLane::open(source, &mut output, plan, window, budget, watch)?;
    let options = ff::Dictionary::from_iter([
        ("fflags", "+bitexact"),
        ("write_tmcd", "0"),
        ("empty_hdlr_name", "1"),
        ("id3v2_version", "0"),
        ("write_id3v1", "0"),
        ("metadata_header_padding", "0"),
    ]);
    output.write_header_with(options).map_err(own)?;

    let whole = plan.until_ms.unwrap_or(source.duration_ms).saturating_sub(plan.from_ms);
    let mut bad_reads = 0_u32;
    let (mut end_ms, mut early_ms) = (0, 0);
    loop {
        watch.check()?;
        let packet = match source.next() {
            Ok(packet) => packet,
            Err(ff::Error::Eof) => break,
            Err(ff::Error::InvalidData) if bad_reads < 100 => {
                bad_reads += 1;
                continue;
            }
            Err(error) => return Err(bad(error)),
        };
        let index = packet.stream();
        let time_base = if let Some(lane) = picture.as_mut().filter(|lane| lane.index() == index) {
            lane.feed(Some(&packet), &mut output, watch, &bad)?;
            lane.time_base()
        } else if let Some(lane) = sound.as_mut().filter(|lane| lane.index() == index) {
            lane.feed(Some(&packet), &mut output, watch, &bad)?;
            lane.time_base()
        } else {
            continue;
        };
        let time = packet.pts().or(packet.dts()).unwrap_or_default();
        let ms = |time: i64| time.rescale(time_base, ff::rescale::TIME_BASE).saturating_sub(from_us) / 1000;
        if plan.from_ms == 0 {
            early_ms = early_ms.max(u64::try_from(-ms(time)).unwrap_or_default());
        }
        let at_ms = ms(time.saturating_add(packet.duration()));
        end_ms = end_ms.max(u64::try_from(at_ms).unwrap_or_default());
        if end_ms > plan.most_ms && plan.until_ms.is_none() {
            return Err(Error::TooLong { seconds: end_ms / 1000, limit: plan.most_ms / 1000 });
        }
        if !progress.step(end_ms.min(whole), whole) {
            return Err(Error::Cancelled);
        }
        if picture.as_ref().is_none_or(PictureLane::is_done) && sound.as_ref().is_none_or(SoundLane::is_done)
        {
            break;
        }
    }
    let wanted = source.duration_ms.saturating_sub(plan.from_ms);
    let wanted = plan.until_ms.map_or(wanted, |until| wanted.min(until.saturating_sub(plan.from_ms)));
    // What comes before the start is not heard, but FFmpeg counts it as length in Ogg.
    if ends_early(end_ms.saturating_add(early_ms), wanted) {
        return Err(Error::Truncated { format });
    }
    if let Some(lane) = &mut picture {
        lane.feed(None, &mut output, watch, &bad)?;
    }
    if let Some(lane) = &mut sound {
        lane.feed(None, &mut output, watch, &bad)?;
    }
    output.write_trailer().map_err(own)?;
    let poster = picture.and_then(PictureLane::poster);
    let loudness = sound.map(SoundLane::loudness).unwrap_or_default();
    let duration_ms = if whole > 0 { end_ms.min(whole) } else { end_ms };
    Ok(Made { duration_ms, poster, loudness })
}

/// Whether a file ends long before the end that it names.
pub(super) fn ends_early(end_ms: u64, whole_ms: u64) -> bool {
    whole_ms.saturating_sub(end_ms) > (whole_ms / 20).max(1000)
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1000)
}

/// A stream whose packets go over as they are.
pub(super) struct Copied {
    pub(super) index: usize,
    out: usize,
    pub(super) time_base: ff::Rational,
    from: i64,
    until: Option<i64>,
    /// Notes are taken out of H.264.
    framing: Option<Framing>,
    pub(super) done: bool,
}

impl Copied {
    pub(super) fn open(
        source: &Source,
        index: usize,
        output: &mut Output,
        window: Window,
        own: &dyn Fn(ff::Error) -> Error,
    ) -> Result<Self, Error> {
        let stream = source.input.stream(index).ok_or(Error::NothingInside)?;
        let time_base = stream.time_base();
        let parameters = stream.parameters();
        let framing = (parameters.id() == Id::H264).then(|| Framing::of(&raw::extradata(&parameters)));
        let mut made = output.add_stream(ff::encoder::find(Id::None)).map_err(own)?;
        made.set_parameters(parameters);
        made.set_time_base(time_base);
        raw::forget_tag(&mut made);
        let here = |us: i64| us.rescale(ff::rescale::TIME_BASE, time_base);
        let out = made.index();
        Ok(Self {
            index,
            out,
            time_base,
            from: here(window.from_us),
            until: window.until_us.map(here),
            framing,
            done: false,
        })
    }

    pub(super) fn feed(
        &mut self,
        packet: Option<&ff::Packet>,
        output: &mut Output,
        bad: &dyn Fn(ff::Error) -> Error,
        own: &dyn Fn(ff::Error) -> Error,
    ) -> Result<(), Error> {
        let Some(packet) = packet else { return Ok(()) };
        if packet.is_corrupt() {
            return Err(bad(ff::Error::Eof));
        }
        if packet.side_data().any(|data| data.kind() == ff::packet::side_data::Type::NewExtraData) {
            // What decodes it changes on the way, which an MP4 of one description cannot say.
            return Err(bad(ff::Error::PatchWelcome));
        }
        if let (Some(until), Some(time)) = (self.until, packet.dts().or(packet.pts()))
            && time >= until
        {
            self.done = true;
            return Ok(());
        }
        let mut made = match self.framing {
            Some(framing) => picture::bare(packet, framing),
            None => packet.clone(),
        };
        made.set_pts(packet.pts().map(|time| time.saturating_sub(self.from)));
        made.set_dts(packet.dts().map(|time| time.saturating_sub(self.from)));
        write(made, self.out, self.time_base, output).map_err(own)
    }
}

pub(super) fn write(
    mut packet: ff::Packet,
    out: usize,
    time_base: ff::Rational,
    output: &mut Output,
) -> Result<(), ff::Error> {
    let to = output.stream(out).ok_or(ff::Error::StreamNotFound)?.time_base();
    packet.rescale_ts(time_base, to);
    packet.set_stream(out);
    packet.set_position(-1);
    packet.write_interleaved(output)
}

enum PictureLane {
    Copy(Copied),
    Code(Box<CodedPicture>),
}

struct CodedPicture {
    index: usize,
    out: usize,
    decode: Decode,
    frame: ff::Frame,
    shaper: Shaper,
    coder: Coder,
    picker: Picker,
}

impl PictureLane {
    fn open(
        source: &Source,
        output: &mut Output,
        plan: &Plan,
        window: Window,
        budget: &Budget,
        watch: &Watch,
    ) -> Result<Option<Self>, Error> {
        let own = |error| own_fault(error, watch);
        if plan.picture == PicturePlan::Drop {
            return Ok(None);
        }
        let picture = source.picture.as_ref().ok_or(Error::NothingInside)?;
        let PicturePlan::Encode { width, height, kbps, strict } = plan.picture else {
            return Ok(Some(Self::Copy(Copied::open(source, picture.index, output, window, &own)?)));
        };
        let stream = source.input.stream(picture.index).ok_or(Error::NothingInside)?;
        // Each thread holds frames. A processor decodes what is not larger faster than it is coded anew.
        let small = picture.facts.width.max(picture.facts.height) <= 1920;
        let threads = if small && budget.threads == 0 { 1 } else { budget.threads };
        let decode = Decode::new(&stream, picture.decoder, window, &Budget { threads, ..*budget })
            .map_err(|error| fault(error, source.format, watch))?;
        let coder =
            Coder::new((width, height), picture.rate, Bits { kbps, strict }, budget.threads).map_err(own)?;
        let mut made = output.add_stream_with(coder.context()).map_err(own)?;
        made.set_time_base(picture::CLOCK);
        if picture.rate > 0.0 {
            made.set_avg_frame_rate(ff::Rational::from(picture.rate));
        }
        Ok(Some(Self::Code(Box::new(CodedPicture {
            index: picture.index,
            out: made.index(),
            shaper: Shaper::new(picture, (width, height), decode.time_base()),
            decode,
            frame: raw::empty_frame(),
            coder,
            picker: Picker::default(),
        }))))
    }

    fn index(&self) -> usize {
        match self {
            Self::Copy(lane) => lane.index,
            Self::Code(lane) => lane.index,
        }
    }

    fn time_base(&self) -> ff::Rational {
        match self {
            Self::Copy(lane) => lane.time_base,
            Self::Code(lane) => lane.decode.time_base(),
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Self::Copy(lane) => lane.done,
            Self::Code(lane) => lane.decode.is_done(),
        }
    }

    fn poster(self) -> Option<RgbImage> {
        match self {
            Self::Copy(_) => None,
            Self::Code(lane) => lane.picker.picked(),
        }
    }

    fn feed(
        &mut self,
        packet: Option<&ff::Packet>,
        output: &mut Output,
        watch: &Watch,
        bad: &dyn Fn(ff::Error) -> Error,
    ) -> Result<(), Error> {
        let own = |error| own_fault(error, watch);
        match self {
            Self::Copy(lane) => lane.feed(packet, output, bad, &own),
            Self::Code(lane) => {
                let CodedPicture { out, decode, frame, shaper, coder, picker, .. } = &mut **lane;
                let mut code = |shaped: &mut ff::frame::Video, time_base: ff::Rational| {
                    picker.see(shaped, time_base, watch)?;
                    coder
                        .code(Some((shaped, time_base)), &mut |made| {
                            write(made, *out, picture::CLOCK, output)
                        })
                        .map_err(own)
                };
                if !decode.is_done() || packet.is_none() {
                    decode.feed(
                        packet,
                        frame,
                        &mut |frame| {
                            watch.check()?;
                            shaper.shape(Some(&as_picture(frame)), &mut code, watch)
                        },
                        bad,
                    )?;
                }
                if packet.is_none() {
                    shaper.shape(None, &mut code, watch)?;
                    coder.code(None, &mut |made| write(made, *out, picture::CLOCK, output)).map_err(own)?;
                }
                Ok(())
            }
        }
    }
}

/// Takes the picture out of the frame, which is filled anew.
pub(super) fn as_picture(frame: &mut ff::Frame) -> ff::frame::Video {
    ff::frame::Video::from(std::mem::replace(frame, raw::empty_frame()))
}
