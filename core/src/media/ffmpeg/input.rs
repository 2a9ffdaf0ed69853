//! Opening a file: which streams it has and what they say of themselves.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::fs::FileExt as _;

use ff::codec::Id;
use ff::format::context::StreamIo;
use ff::media::Type;
use ffmpeg_next as ff;

use super::super::error::Error;
use super::super::limits::Budget;
use super::raw::{self, PictureFacts};
use super::turn::Turn;
use super::{Watch, fault, start};

/// Containers by FFmpeg's names. Play lists, image sequences and devices are not among them: they name other files.
const CONTAINERS: &str =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mp3,ogg,wav,aac,flac,amr,amrnb,amrwb,aiff,caf,asf";
const PICTURES: &[(Id, &str)] = &[
    (Id::H264, "h264"),
    (Id::HEVC, "hevc"),
    (Id::AV1, "libdav1d"),
    (Id::VP9, "vp9"),
    (Id::VP8, "vp8"),
    (Id::MPEG4, "mpeg4"),
    (Id::H263, "h263"),
    (Id::MJPEG, "mjpeg"),
    (Id::MPEG2VIDEO, "mpeg2video"),
    (Id::MPEG1VIDEO, "mpeg1video"),
    (Id::THEORA, "theora"),
    (Id::PRORES, "prores"),
];
const SOUNDS: &[(Id, &str)] = &[
    (Id::AAC, "aac"),
    (Id::OPUS, "opus"),
    (Id::MP3, "mp3float"),
    (Id::VORBIS, "vorbis"),
    (Id::FLAC, "flac"),
    (Id::ALAC, "alac"),
    (Id::AC3, "ac3"),
    (Id::EAC3, "eac3"),
    (Id::AMR_NB, "amrnb"),
    (Id::AMR_WB, "amrwb"),
    (Id::MP2, "mp2float"),
    (Id::PCM_S16LE, "pcm_s16le"),
    (Id::PCM_S16BE, "pcm_s16be"),
    (Id::PCM_S24LE, "pcm_s24le"),
    (Id::PCM_S24BE, "pcm_s24be"),
    (Id::PCM_S32LE, "pcm_s32le"),
    (Id::PCM_F32LE, "pcm_f32le"),
    (Id::PCM_U8, "pcm_u8"),
    (Id::PCM_ALAW, "pcm_alaw"),
    (Id::PCM_MULAW, "pcm_mulaw"),
    (Id::ADPCM_IMA_WAV, "adpcm_ima_wav"),
    (Id::ADPCM_MS, "adpcm_ms"),
];

/// An opened file.
pub(in super::super) struct Source {
    pub(super) input: ff::format::context::Input,
    pub(super) format: &'static str,
    pub(in super::super) picture: Option<PictureStream>,
    pub(in super::super) sound: Option<SoundStream>,
    /// Whether there are pictures besides covers, also such as cannot be decoded here.
    pub(in super::super) is_clip: bool,
    /// Where the first stream begins, in microseconds.
    pub(super) start_us: i64,
    /// As the file says; 0 where it does not.
    pub(in super::super) duration_ms: u64,
}

/// The stream of pictures.
#[derive(Clone)]
pub(in super::super) struct PictureStream {
    pub(super) index: usize,
    pub(super) id: Id,
    pub(super) decoder: &'static str,
    pub(super) facts: PictureFacts,
    pub(super) turn: Turn,
    /// Frames a second; 0 where it cannot be told.
    pub(super) rate: f64,
}

/// The stream of sound.
#[derive(Clone)]
pub(in super::super) struct SoundStream {
    pub(super) index: usize,
    pub(super) id: Id,
    pub(super) decoder: &'static str,
    pub(super) rate: u32,
    pub(super) channels: u32,
}

impl Source {
    /// Opens a file that the probe found to be of type `format`.
    pub(in super::super) fn open(
        file: File,
        format: &'static str,
        budget: &Budget,
        watch: &Watch,
    ) -> Result<Self, Error> {
        if format == "video/x-msvideo" && is_cut(&file) {
            return Err(Error::Truncated { format });
        }
        Self::read(file, format, budget, watch)
    }

    /// Opens what is read from elsewhere than a file.
    pub(in super::super) fn read<R: Read + Seek + Send + 'static>(
        from: R,
        format: &'static str,
        budget: &Budget,
        watch: &Watch,
    ) -> Result<Self, Error> {
        start()?;
        let names =
            |list: &[(Id, &'static str)]| list.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(",");
        let decoders = format!("{},{}", names(PICTURES), names(SOUNDS));
        let pixels = budget.max_pixels.to_string();
        let options = ff::Dictionary::from_iter([
            ("format_whitelist", CONTAINERS),
            ("codec_whitelist", decoders.as_str()),
            ("protocol_whitelist", "none"),
            ("max_streams", "64"),
            ("max_pixels", pixels.as_str()),
        ]);
        let stream = StreamIo::from_read_seek_with_capacity(from, 256 * 1024)
            .map_err(|error| fault(error, format, watch))?;
        let interrupt = watch.clone();
        let opened = ff::format::input_from_stream_with_interrupt(stream, None, Some(options), move || {
            interrupt.stops()
        });
        let input = opened.map_err(|error| fault(error, format, watch))?;
        let picture = picture(&input);
        let sound = sound(&input);
        let is_clip =
            input.streams().any(|stream| stream.parameters().medium() == Type::Video && !is_cover(&stream));
        let start_us = begin(&input);
        let duration_ms = u64::try_from(input.duration()).unwrap_or_default() / 1000;
        Ok(Self { input, format, picture, sound, is_clip, start_us, duration_ms })
    }

    /// Reads the next packet. Always into a new one: reading lets go of nothing that the old one holds.
    pub(super) fn next(&mut self) -> Result<ff::Packet, ff::Error> {
        let mut packet = ff::Packet::empty();
        packet.read(&mut self.input)?;
        Ok(packet)
    }

    /// What the file says under a name, of itself or of its pictures.
    pub(in super::super) fn said(&self, key: &str) -> Option<String> {
        let stream = self.picture.as_ref().and_then(|picture| self.input.stream(picture.index));
        let of_stream = stream.and_then(|stream| stream.metadata().get(key).map(str::to_owned));
        self.input.metadata().get(key).map(str::to_owned).or(of_stream)
    }

    /// Goes back to its start, or to the last point before `at_us` from which pictures can be decoded.
    pub(super) fn seek(&mut self, at_us: i64, watch: &Watch) -> Result<(), Error> {
        self.input.seek(at_us, ..at_us.saturating_add(1)).map_err(|error| fault(error, self.format, watch))
    }
}

/// Whether an AVI is shorter than it says. FFmpeg then takes what is there for the whole.
fn is_cut(file: &File) -> bool {
    let mut head = [0_u8; 4];
    let read = file.read_exact_at(&mut head, 4);
    let said = u32::from_le_bytes(head);
    // A camera that was switched off says nothing, or the most.
    let known = said != 0 && said != u32::MAX;
    read.is_ok() && known && file.metadata().is_ok_and(|about| about.len() < u64::from(said))
}

/// The earliest start of the streams that are used: what is left out must not shift them.
fn begin(input: &ff::format::context::Input) -> i64 {
    use ff::Rescale as _;
    let starts = [Type::Video, Type::Audio].into_iter().filter_map(|kind| {
        let stream = input.streams().best(kind)?;
        let start = stream.start_time();
        (start != i64::MIN).then(|| start.rescale(stream.time_base(), ff::rescale::TIME_BASE))
    });
    starts.min().unwrap_or_default()
}

fn is_cover(stream: &ff::Stream<'_>) -> bool {
    stream.disposition().contains(ff::format::stream::Disposition::ATTACHED_PIC)
}

fn picture(input: &ff::format::context::Input) -> Option<PictureStream> {
    let stream = input.streams().best(Type::Video).filter(|stream| !is_cover(stream))?;
    let parameters = stream.parameters();
    let (id, decoder) = PICTURES.iter().copied().find(|(id, _)| *id == parameters.id())?;
    let turn = stream
        .side_data()
        .find(|data| data.kind() == ff::packet::side_data::Type::DisplayMatrix)
        .map_or(Turn::NONE, |data| Turn::of(data.data()));
    let rate = stream.avg_frame_rate();
    let rate = if rate.numerator() > 0 { f64::from(rate) } else { f64::from(stream.rate()) };
    Some(PictureStream {
        index: stream.index(),
        id,
        decoder,
        facts: raw::picture(&parameters),
        turn,
        rate: if rate.is_finite() && rate > 0.0 { rate } else { 0.0 },
    })
}

fn sound(input: &ff::format::context::Input) -> Option<SoundStream> {
    let stream = input.streams().best(Type::Audio)?;
    let parameters = stream.parameters();
    let (id, decoder) = SOUNDS.iter().copied().find(|(id, _)| *id == parameters.id())?;
    let (rate, channels) = raw::sound(&parameters);
    Some(SoundStream { index: stream.index(), id, decoder, rate, channels })
}

impl PictureStream {
    /// Width and height once it stands upright and its pixels are square.
    pub(in super::super) fn upright(&self) -> (u32, u32) {
        let facts = &self.facts;
        let across = u64::from(facts.width) * u64::from(facts.pixel.0) / u64::from(facts.pixel.1);
        let across = u32::try_from(across).unwrap_or(u32::MAX).max(1);
        if self.turn.swaps { (facts.height, across) } else { (across, facts.height) }
    }

    /// Whether its packets can go into an MP4 as they are and every player shows them.
    pub(in super::super) fn is_portable(&self, input: &Source) -> bool {
        let facts = &self.facts;
        let avc = input
            .input
            .stream(self.index)
            .is_some_and(|stream| raw::extradata(&stream.parameters()).first() == Some(&1));
        self.id == Id::H264
            && avc
            && facts.is_plain
            && !facts.interlaced
            && facts.pixel.0 == facts.pixel.1
            && facts.transfer == raw::Transfer::Standard
            && !facts.wide_gamut
            && self.turn == Turn::NONE
    }

    pub(in super::super) fn is_hdr(&self) -> bool {
        self.facts.transfer != raw::Transfer::Standard
    }
}

impl SoundStream {
    /// The container that takes its packets as they are, and the type of such a file.
    pub(in super::super) fn container(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.id {
            Id::AAC | Id::ALAC => ("ipod", "audio/mp4"),
            Id::MP3 => ("mp3", "audio/mpeg"),
            Id::OPUS | Id::VORBIS => ("ogg", "audio/ogg"),
            Id::FLAC => ("flac", "audio/flac"),
            Id::AMR_NB | Id::AMR_WB => ("amr", "audio/amr"),
            Id::PCM_S16LE
            | Id::PCM_S24LE
            | Id::PCM_S32LE
            | Id::PCM_F32LE
            | Id::PCM_U8
            | Id::PCM_ALAW
            | Id::PCM_MULAW
            | Id::ADPCM_IMA_WAV
            | Id::ADPCM_MS => ("wav", "audio/wav"),
            _ => return None,
        })
    }

    /// Whether its packets can go into an MP4 as they are and every player plays them.
    pub(in super::super) fn is_portable(&self) -> bool {
        self.id == Id::AAC && (1..=2).contains(&self.channels)
    }
}
