//! A chain of filters with one end for frames to go in and one for them to come out.

use ffmpeg_next as ff;

use super::wants_more;

/// A configured chain.
pub(super) struct Chain {
    graph: ff::filter::Graph,
    time_base: ff::Rational,
}

impl Chain {
    /// A chain for pictures of one size and format, with times in `time_base`.
    pub(super) fn pictures(
        frame: &ff::frame::Video,
        pixel: (u32, u32),
        time_base: ff::Rational,
        filters: &str,
    ) -> Result<Self, ff::Error> {
        let format = frame.format().descriptor().ok_or(ff::Error::InvalidData)?.name();
        let ends = format!(
            "video_size={}x{}:pix_fmt={format}:time_base={}/{}:pixel_aspect={}/{}",
            frame.width(),
            frame.height(),
            time_base.numerator(),
            time_base.denominator(),
            pixel.0,
            pixel.1,
        );
        Self::new("buffer", &ends, "buffersink", filters)
    }

    /// A chain for sound in one format, with times in samples.
    pub(super) fn sound(frame: &ff::frame::Audio, filters: &str) -> Result<Self, ff::Error> {
        let mut layout = frame.channel_layout();
        if layout.is_empty() {
            layout = ff::ChannelLayout::default(i32::from(frame.channels()));
        }
        let rate = frame.rate();
        let ends = format!(
            "time_base=1/{rate}:sample_rate={rate}:sample_fmt={}:channel_layout=0x{:x}",
            frame.format().name(),
            layout.bits(),
        );
        Self::new("abuffer", &ends, "abuffersink", filters)
    }

    fn new(source: &str, ends: &str, sink: &str, filters: &str) -> Result<Self, ff::Error> {
        let mut graph = ff::filter::Graph::new();
        let find = |name| ff::filter::find(name).ok_or(ff::Error::FilterNotFound);
        graph.add(&find(source)?, "in", ends)?;
        graph.add(&find(sink)?, "out", "")?;
        graph.output("in", 0)?.input("out", 0)?.parse(filters)?;
        graph.validate()?;
        let time_base = graph.get("out").ok_or(ff::Error::FilterNotFound)?.sink().time_base();
        Ok(Self { graph, time_base })
    }

    /// Of the times of frames that come out.
    pub(super) fn time_base(&self) -> ff::Rational {
        self.time_base
    }

    /// Makes every frame of sound but the last this long.
    pub(super) fn set_frame_size(&mut self, samples: u32) {
        if let Some(mut out) = self.graph.get("out") {
            out.sink().set_frame_size(samples);
        }
    }

    pub(super) fn push(&mut self, frame: &ff::Frame) -> Result<(), ff::Error> {
        self.graph.get("in").ok_or(ff::Error::FilterNotFound)?.source().add(frame)
    }

    /// Says that nothing more goes in.
    pub(super) fn finish(&mut self) -> Result<(), ff::Error> {
        self.graph.get("in").ok_or(ff::Error::FilterNotFound)?.source().flush()
    }

    /// Takes the next frame out, if there is one.
    pub(super) fn pull(&mut self, frame: &mut ff::Frame) -> Result<bool, ff::Error> {
        match self.graph.get("out").ok_or(ff::Error::FilterNotFound)?.sink().frame(frame) {
            Ok(()) => Ok(true),
            Err(error) if wants_more(error) || error == ff::Error::Eof => Ok(false),
            Err(error) => Err(error),
        }
    }
}
