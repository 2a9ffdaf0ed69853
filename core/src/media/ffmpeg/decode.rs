//! From packets to frames whose times begin at 0, within a window and a budget.

use ff::Rescale as _;
use ff::codec::decoder::Opened;
use ffmpeg_next as ff;

use super::super::error::Error;
use super::super::limits::Budget;
use super::wants_more;

/// Packets of a file that may be beyond decoding, of a hundred: clips that were cut begin with some.
const BAD_OF_A_HUNDRED: u64 = 5;
const BAD_AT_LEAST: u64 = 8;

/// Which part of a file is wanted, in microseconds of its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_us: i64,
    /// Nothing for all of the rest.
    pub(super) until_us: Option<i64>,
}

/// Decodes one stream.
pub(super) struct Decode {
    decoder: Opened,
    time_base: ff::Rational,
    from: i64,
    until: Option<i64>,
    /// A frame that ends before is not wanted.
    grace: i64,
    done: bool,
    packets: u64,
    bad: u64,
    pub(super) frames: u64,
    max_frames: u64,
}

impl Decode {
    pub(super) fn new(
        stream: &ff::Stream<'_>,
        name: &str,
        window: Window,
        budget: &Budget,
    ) -> Result<Self, ff::Error> {
        let time_base = stream.time_base();
        let context = ff::codec::Context::from_parameters(stream.parameters())?;
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(time_base);
        let threads = if budget.threads == 0 { "auto".to_owned() } else { budget.threads.to_string() };
        let pixels = budget.max_pixels.to_string();
        let options =
            ff::Dictionary::from_iter([("threads", threads.as_str()), ("max_pixels", pixels.as_str())]);
        let decoder = decoder.open_as_with(name, options)?;
        let here = |us: i64| us.rescale(ff::rescale::TIME_BASE, time_base);
        Ok(Self {
            decoder,
            time_base,
            from: here(window.from_us),
            until: window.until_us.map(here),
            grace: here(1000),
            done: false,
            packets: 0,
            bad: 0,
            frames: 0,
            max_frames: budget.max_frames,
        })
    }

    /// Whether the window is over: nothing more needs to be fed.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes a packet, or the end; hands on each frame that is wanted, with its time from the window's start on.
    pub(super) fn feed(
        &mut self,
        packet: Option<&ff::Packet>,
        frame: &mut ff::Frame,
        on: &mut dyn FnMut(&mut ff::Frame) -> Result<(), Error>,
        fault: &dyn Fn(ff::Error) -> Error,
    ) -> Result<(), Error> {
        let fed = match packet {
            Some(packet) => {
                self.packets += 1;
                self.decoder.send_packet(packet)
            }
            None => self.decoder.send_eof(),
        };
        match fed {
            Ok(()) | Err(ff::Error::Eof) => {}
            Err(ff::Error::InvalidData) => self.bad += 1,
            Err(error) => return Err(fault(error)),
        }
        loop {
            match self.decoder.receive_frame(frame) {
                Ok(()) => self.take(frame, on)?,
                Err(ff::Error::Eof) => break,
                Err(error) if wants_more(error) => break,
                Err(ff::Error::InvalidData) if self.bad <= self.packets => self.bad += 1,
                Err(error) => return Err(fault(error)),
            }
        }
        if packet.is_none() && self.is_bad() { Err(fault(ff::Error::InvalidData)) } else { Ok(()) }
    }

    fn is_bad(&self) -> bool {
        self.frames == 0 && !self.done && self.packets > 0
            || self.bad > (self.packets * BAD_OF_A_HUNDRED / 100).max(BAD_AT_LEAST)
    }

    fn take(
        &mut self,
        frame: &mut ff::Frame,
        on: &mut dyn FnMut(&mut ff::Frame) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.frames += 1;
        if self.frames > self.max_frames {
            return Err(Error::OverBudget("frames"));
        }
        let Some(time) = frame.timestamp() else { return Ok(()) };
        if self.until.is_some_and(|until| time >= until) {
            self.done = true;
            return Ok(());
        }
        let time = time.saturating_sub(self.from);
        let length = frame.packet().duration.max(self.grace);
        if time.saturating_add(length) <= 0 {
            return Ok(());
        }
        frame.set_pts(Some(time));
        on(frame)
    }

    pub(super) fn time_base(&self) -> ff::Rational {
        self.time_base
    }
}
