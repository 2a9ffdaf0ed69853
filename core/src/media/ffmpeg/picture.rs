//! Pictures of a clip made upright, smaller, of standard range and colours, and coded as H.264.

use ff::Rescale as _;
use ffmpeg_next as ff;

use super::super::error::Error;
use super::chain::Chain;
use super::input::PictureStream;
use super::raw::Transfer;
use super::sei::{Framing, without_notes};
use super::{Watch, own_fault};

/// Encoders in the order in which they are tried. `libx264` brings the GPL into a program that is given away with it;
/// the others do not.
pub(in super::super) const ENCODERS: &[&str] =
    &["h264_mediacodec", "h264_videotoolbox", "libx264", "libopenh264"];
/// Of the times of coded pictures: the clock of broadcasting, fine enough for any rate.
pub(super) const CLOCK: ff::Rational = ff::Rational(1, 90_000);
/// Frames a second that are kept at most.
const FASTEST: f64 = 60.0;
/// Pictures at least this high are coded by the matrix of high definition unless they say otherwise.
const HIGH_DEFINITION: u32 = 720;

/// The filters that a stream needs to become `width` × `height`, upright.
pub(super) fn filters(stream: &PictureStream, width: u32, height: u32) -> String {
    let facts = &stream.facts;
    let (across, down) = if stream.turn.swaps { (height, width) } else { (width, height) };
    let mut parts = Vec::new();
    if stream.rate > FASTEST * 1.05 {
        parts.push(format!("fps={FASTEST}"));
    }
    if facts.interlaced {
        parts.push("bwdif=mode=send_frame:deint=interlaced".to_owned());
    }
    let range = if facts.full_range { "full" } else { "limited" };
    match facts.transfer {
        Transfer::Standard => {
            // What does not say is coded as sets of its size show it.
            let matrix = match (facts.matrix_known, facts.height.min(facts.width) >= HIGH_DEFINITION) {
                (true, _) => "auto",
                (false, true) => "bt709",
                (false, false) => "bt601",
            };
            parts.push(format!(
                "scale={across}:{down}:flags=bicubic:in_color_matrix={matrix}:out_color_matrix=bt709:out_range=limited"
            ));
        }
        Transfer::Pq | Transfer::Hlg => {
            let transfer = if facts.transfer == Transfer::Pq { "smpte2084" } else { "arib-std-b67" };
            parts.push(format!("scale={across}:{down}:flags=bicubic"));
            parts.push(format!(
                "zscale=tin={transfer}:min=2020_ncl:pin=2020:rin={range}:t=linear:npl=100,format=gbrpf32le,\
                 zscale=p=709,tonemap=tonemap=mobius:desat=0,zscale=t=709:m=709:r=limited"
            ));
        }
    }
    parts.push("format=yuv420p".to_owned());
    if !stream.turn.filters.is_empty() {
        parts.push(stream.turn.filters.to_owned());
    }
    parts.push("setsar=1".to_owned());
    parts.join(",")
}

/// Brings frames through filters; makes the chain anew where a stream changes its size or format on the way.
pub(super) struct Shaper {
    stream: PictureStream,
    filters: String,
    time_base: ff::Rational,
    chain: Option<(Chain, (ff::format::Pixel, u32, u32))>,
    shaped: ff::frame::Video,
}

impl Shaper {
    pub(super) fn new(stream: &PictureStream, size: (u32, u32), time_base: ff::Rational) -> Self {
        Self {
            filters: filters(stream, size.0, size.1),
            stream: stream.clone(),
            time_base,
            chain: None,
            shaped: ff::frame::Video::empty(),
        }
    }

    /// Takes a frame, or the end, and hands on what comes out, with its time base.
    pub(super) fn shape(
        &mut self,
        frame: Option<&ff::frame::Video>,
        on: &mut dyn FnMut(&mut ff::frame::Video, ff::Rational) -> Result<(), Error>,
        watch: &Watch,
    ) -> Result<(), Error> {
        let fault = |error| own_fault(error, watch);
        if let Some(frame) = frame {
            let looks = (frame.format(), frame.width(), frame.height());
            if self.chain.as_ref().is_none_or(|(_, known)| *known != looks) {
                if let Some((mut chain, _)) = self.chain.take() {
                    chain.finish().map_err(fault)?;
                    drain(&mut chain, &mut self.shaped, on, watch)?;
                }
                let made = Chain::pictures(frame, self.stream.facts.pixel, self.time_base, &self.filters);
                self.chain = Some((made.map_err(fault)?, looks));
            }
        }
        let Some((chain, _)) = &mut self.chain else { return Ok(()) };
        match frame {
            Some(frame) => chain.push(frame).map_err(fault)?,
            None => chain.finish().map_err(fault)?,
        }
        drain(chain, &mut self.shaped, on, watch)
    }
}

fn drain(
    chain: &mut Chain,
    shaped: &mut ff::frame::Video,
    on: &mut dyn FnMut(&mut ff::frame::Video, ff::Rational) -> Result<(), Error>,
    watch: &Watch,
) -> Result<(), Error> {
    while chain.pull(shaped).map_err(|error| own_fault(error, watch))? {
        on(shaped, chain.time_base())?;
    }
    Ok(())
}

/// How many bits pictures may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    pub(super) kbps: u32,
    /// Whether this many are aimed at, and not only allowed.
    pub(super) strict: bool,
}

/// Codes pictures.
pub(super) struct Coder {
    encoder: ff::codec::encoder::video::Encoder,
    framing: Framing,
    last: Option<i64>,
}

impl Coder {
    pub(super) fn new(size: (u32, u32), rate: f64, bits: Bits, threads: u32) -> Result<Self, ff::Error> {
        let mut last = ff::Error::EncoderNotFound;
        for name in ENCODERS {
            match open(name, size, rate.clamp(0.0, FASTEST), bits, threads) {
                Ok(encoder) => {
                    let framing = Framing::StartCodes;
                    return Ok(Self { encoder, framing, last: None });
                }
                Err(ff::Error::EncoderNotFound) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) fn context(&self) -> &ff::codec::Context {
        &self.encoder
    }

    /// Codes a picture, or what is left, and hands on the packets.
    pub(super) fn code(
        &mut self,
        frame: Option<(&mut ff::frame::Video, ff::Rational)>,
        on: &mut dyn FnMut(ff::Packet) -> Result<(), ff::Error>,
    ) -> Result<(), ff::Error> {
        match frame {
            Some((frame, time_base)) => {
                let Some(time) = frame.pts() else { return Ok(()) };
                let time = time.rescale(time_base, CLOCK).max(0);
                if self.last.is_some_and(|last| time <= last) {
                    return Ok(());
                }
                self.last = Some(time);
                frame.set_pts(Some(time));
                // Otherwise the encoder would repeat the kinds of pictures that the source had.
                frame.set_kind(ff::picture::Type::None);
                self.encoder.send_frame(frame)?;
            }
            None => self.encoder.send_eof()?,
        }
        let mut packet = ff::Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => on(bare(&packet, self.framing))?,
                Err(ff::Error::Eof) => return Ok(()),
                Err(error) if super::wants_more(error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A packet without notes, with nothing beside its bytes and times.
pub(super) fn bare(packet: &ff::Packet, framing: Framing) -> ff::Packet {
    let data = packet.data().unwrap_or_default();
    let mut made = match without_notes(data, framing) {
        Some(kept) => ff::Packet::copy(&kept),
        None => ff::Packet::copy(data),
    };
    made.set_pts(packet.pts());
    made.set_dts(packet.dts());
    made.set_duration(packet.duration());
    made.set_flags(packet.flags());
    made
}

fn open(
    name: &str,
    (width, height): (u32, u32),
    rate: f64,
    bits: Bits,
    threads: u32,
) -> Result<ff::codec::encoder::video::Encoder, ff::Error> {
    let codec = ff::encoder::find_by_name(name).ok_or(ff::Error::EncoderNotFound)?;
    let mut encoder = ff::codec::Context::new_with_codec(codec).encoder().video()?;
    encoder.set_width(width);
    encoder.set_height(height);
    encoder.set_format(ff::format::Pixel::YUV420P);
    encoder.set_time_base(CLOCK);
    if rate > 0.0 {
        encoder.set_frame_rate(Some(ff::Rational::from(rate)));
    }
    encoder.set_aspect_ratio((1, 1));
    encoder.set_colorspace(ff::color::Space::BT709);
    encoder.set_color_primaries(ff::color::Primaries::BT709);
    encoder.set_color_transfer_characteristic(ff::color::TransferCharacteristic::BT709);
    encoder.set_color_range(ff::color::Range::MPEG);
    encoder.set_flags(ff::codec::Flags::GLOBAL_HEADER | ff::codec::Flags::BITEXACT);
    let threads = if threads == 0 { "auto".to_owned() } else { threads.to_string() };
    let Bits { kbps, strict } = bits;
    let most = format!("{kbps}k");
    let room = format!("{}k", if strict { kbps } else { kbps.saturating_mul(2) });
    let mut options = ff::Dictionary::new();
    options.set("threads", &threads);
    if name == "libx264" {
        options.set("preset", "veryfast");
        // Threads that share a picture hold none of their own; a thread that looks ahead would hold as many again
        // (docs/adr/0012-ffmpeg.md).
        options.set("x264-params", "sync-lookahead=0:sliced-threads=1:rc-lookahead=5");
        options.set("maxrate", &most);
        options.set("bufsize", &room);
    }
    if name == "libx264" && !strict {
        options.set("crf", "23");
    } else {
        options.set("b", &most);
    }
    encoder.open_as_with(codec, options)
}
