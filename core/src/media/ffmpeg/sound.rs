//! The sound of a clip, coded as AAC, beginning with the pictures and without holes.

use ffmpeg_next as ff;

use super::super::error::Error;
use super::chain::Chain;
use super::input::SoundStream;
use super::{Watch, own_fault};

/// Thousands of bits a second for each channel.
const KBPS: u32 = 64;

/// Codes sound.
pub(super) struct SoundCoder {
    encoder: ff::codec::encoder::audio::Encoder,
    filters: String,
    chain: Option<(Chain, Looks)>,
    shaped: ff::frame::Audio,
    /// Samples that went in: the next one's time.
    next: i64,
}

type Looks = (ff::format::Sample, u32, u16);

/// How sound is coded.
#[derive(Clone, Debug)]
pub(super) struct SoundCode {
    pub(super) encoder: &'static str,
    pub(super) sample: ff::format::Sample,
    pub(super) rate: u32,
    pub(super) channels: u32,
    pub(super) bits: u32,
    /// Filters before the ones that fit the format.
    pub(super) filters: &'static str,
    pub(super) options: &'static [(&'static str, &'static str)],
}

/// How samples of a voice are coded: one channel, from -1 to 1.
pub(super) const VOICE_SAMPLE: ff::format::Sample = ff::format::Sample::F32(ff::format::sample::Type::Packed);

impl SoundCode {
    /// For the sound of a clip.
    pub(super) fn of_clip(stream: &SoundStream) -> Self {
        let channels = stream.channels.clamp(1, 2);
        let rate = if stream.rate == 44_100 { 44_100 } else { 48_000 };
        Self {
            encoder: "aac",
            sample: ff::format::Sample::F32(ff::format::sample::Type::Planar),
            rate,
            channels,
            bits: channels * KBPS * 1000,
            filters: "",
            options: &[],
        }
    }

    /// For a voice message: at the loudness of broadcasting, made for speech.
    pub(super) fn of_voice(bits: u32) -> Self {
        Self {
            encoder: "libopus",
            sample: VOICE_SAMPLE,
            rate: 48_000,
            channels: 1,
            bits,
            filters: "aformat=channel_layouts=mono,loudnorm=I=-16:TP=-1.5:LRA=11,",
            options: &[("application", "voip")],
        }
    }
}

impl SoundCoder {
    pub(super) fn new(code: &SoundCode) -> Result<Self, ff::Error> {
        let codec = ff::encoder::find_by_name(code.encoder).ok_or(ff::Error::EncoderNotFound)?;
        let mut encoder = ff::codec::Context::new_with_codec(codec).encoder().audio()?;
        let rate = i32::try_from(code.rate).map_err(|_| ff::Error::InvalidData)?;
        let channels = i32::try_from(code.channels).map_err(|_| ff::Error::InvalidData)?;
        let layout = if channels == 1 { ff::ChannelLayout::MONO } else { ff::ChannelLayout::STEREO };
        encoder.set_rate(rate);
        encoder.set_format(code.sample);
        encoder.set_channel_layout(layout);
        encoder.set_channels(channels);
        encoder.set_bit_rate(usize::try_from(code.bits).unwrap_or_default());
        encoder.set_time_base((1, rate));
        encoder.set_flags(ff::codec::Flags::GLOBAL_HEADER | ff::codec::Flags::BITEXACT);
        let encoder = encoder.open_as_with(codec, code.options.iter().collect())?;
        let filters = format!(
            "{}aresample={rate}:async=1:first_pts=0,aformat=sample_fmts={}:sample_rates={rate}:channel_layouts={}",
            code.filters,
            code.sample.name(),
            if channels == 1 { "mono" } else { "stereo" },
        );
        Ok(Self { encoder, filters, chain: None, shaped: ff::frame::Audio::empty(), next: 0 })
    }

    pub(super) fn context(&self) -> &ff::codec::Context {
        &self.encoder
    }

    pub(super) fn rate(&self) -> u32 {
        self.encoder.rate()
    }

    /// Takes a frame with its time in `time_base`, or the end; `heard` sees the samples as they are coded.
    pub(super) fn code(
        &mut self,
        frame: Option<(&mut ff::frame::Audio, ff::Rational)>,
        heard: &mut dyn FnMut(&ff::frame::Audio),
        on: &mut dyn FnMut(ff::Packet) -> Result<(), ff::Error>,
        watch: &Watch,
    ) -> Result<(), Error> {
        let fault = |error| own_fault(error, watch);
        match frame {
            Some((frame, time_base)) => {
                use ff::Rescale as _;
                let in_samples = ff::Rational::new(1, i32::try_from(frame.rate()).unwrap_or(1).max(1));
                let time = frame.pts().map(|time| time.rescale(time_base, in_samples));
                frame.set_pts(time);
                let looks = (frame.format(), frame.rate(), frame.channels());
                if self.chain.as_ref().is_none_or(|(_, known)| *known != looks) {
                    self.settle(heard, on, watch)?;
                    let mut chain = Chain::sound(frame, &self.filters).map_err(fault)?;
                    chain.set_frame_size(self.encoder.frame_size());
                    self.chain = Some((chain, looks));
                }
                if let Some((chain, _)) = &mut self.chain {
                    chain.push(frame).map_err(fault)?;
                }
                self.drain(heard, on).map_err(fault)
            }
            None => {
                self.settle(heard, on, watch)?;
                self.encoder.send_eof().map_err(fault)?;
                self.packets(on).map_err(fault)
            }
        }
    }

    fn settle(
        &mut self,
        heard: &mut dyn FnMut(&ff::frame::Audio),
        on: &mut dyn FnMut(ff::Packet) -> Result<(), ff::Error>,
        watch: &Watch,
    ) -> Result<(), Error> {
        let fault = |error| own_fault(error, watch);
        if let Some((chain, _)) = &mut self.chain {
            chain.finish().map_err(fault)?;
            self.drain(heard, on).map_err(fault)?;
        }
        self.chain = None;
        Ok(())
    }

    fn drain(
        &mut self,
        heard: &mut dyn FnMut(&ff::frame::Audio),
        on: &mut dyn FnMut(ff::Packet) -> Result<(), ff::Error>,
    ) -> Result<(), ff::Error> {
        loop {
            let Some((chain, _)) = &mut self.chain else { return Ok(()) };
            if !chain.pull(&mut self.shaped)? {
                return Ok(());
            }
            // Holes are filled by the filter; what is left of drift shows in its times.
            let time = self.shaped.pts().unwrap_or(self.next).max(self.next);
            self.shaped.set_pts(Some(time));
            self.next = time.saturating_add(i64::try_from(self.shaped.samples()).unwrap_or_default());
            heard(&self.shaped);
            self.encoder.send_frame(&self.shaped)?;
            self.packets(on)?;
        }
    }

    fn packets(&mut self, on: &mut dyn FnMut(ff::Packet) -> Result<(), ff::Error>) -> Result<(), ff::Error> {
        let mut packet = ff::Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    let mut made = ff::Packet::copy(packet.data().unwrap_or_default());
                    made.set_pts(packet.pts());
                    made.set_dts(packet.dts());
                    made.set_duration(packet.duration());
                    made.set_flags(packet.flags());
                    on(made)?;
                }
                Err(ff::Error::Eof) => return Ok(()),
                Err(error) if super::wants_more(error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
