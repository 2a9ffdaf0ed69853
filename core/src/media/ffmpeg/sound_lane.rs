//! The sound of a source on its way into a file: copied, or coded anew.

use ff::format::context::Output;
use ffmpeg_next as ff;

use super::super::error::Error;
use super::super::limits::Budget;
use super::decode::{Decode, Window};
use super::input::Source;
use super::mux::{Copied, HEARD_MS, Plan, SoundPlan, write};
use super::raw;
use super::sound::{SoundCode, SoundCoder, VOICE_SAMPLE};
use super::{Watch, fault, own_fault};

pub(super) enum SoundLane {
    Copy(Copied),
    Code(Box<CodedSound>),
}

pub(super) struct CodedSound {
    index: usize,
    out: usize,
    decode: Decode,
    frame: ff::Frame,
    coder: SoundCoder,
    ear: Ear,
}

/// Notes how loud it is.
#[derive(Default)]
struct Ear {
    levels: Vec<f32>,
    peak: f32,
    samples: u32,
}

impl Ear {
    fn hear(&mut self, frame: &ff::frame::Audio) {
        if frame.format() != VOICE_SAMPLE {
            return;
        }
        let length = frame.rate() * HEARD_MS / 1000;
        for sample in frame.plane::<f32>(0) {
            self.peak = self.peak.max(sample.abs());
            self.samples += 1;
            if self.samples >= length {
                self.levels.push(self.peak.min(1.0));
                (self.peak, self.samples) = (0.0, 0);
            }
        }
    }
}

impl SoundLane {
    pub(super) fn open(
        source: &Source,
        output: &mut Output,
        plan: &Plan,
        window: Window,
        budget: &Budget,
        watch: &Watch,
    ) -> Result<Option<Self>, Error> {
        let own = |error| own_fault(error, watch);
        let Some(sound) = source.sound.as_ref().filter(|_| plan.sound != SoundPlan::Drop) else {
            return Ok(None);
        };
        if plan.sound == SoundPlan::Copy {
            return Ok(Some(Self::Copy(Copied::open(source, sound.index, output, window, &own)?)));
        }
        let stream = source.input.stream(sound.index).ok_or(Error::NothingInside)?;
        let decode = Decode::new(&stream, sound.decoder, window, budget)
            .map_err(|error| fault(error, source.format, watch))?;
        let code = match plan.sound {
            SoundPlan::Voice { bits } => SoundCode::of_voice(bits),
            SoundPlan::Copy | SoundPlan::Encode | SoundPlan::Drop => SoundCode::of_clip(sound),
        };
        let coder = SoundCoder::new(&code).map_err(own)?;
        let made = output.add_stream_with(coder.context()).map_err(own)?;
        let out = made.index();
        Ok(Some(Self::Code(Box::new(CodedSound {
            index: sound.index,
            out,
            decode,
            frame: raw::empty_frame(),
            coder,
            ear: Ear::default(),
        }))))
    }

    pub(super) fn index(&self) -> usize {
        match self {
            Self::Copy(lane) => lane.index,
            Self::Code(lane) => lane.index,
        }
    }

    pub(super) fn time_base(&self) -> ff::Rational {
        match self {
            Self::Copy(lane) => lane.time_base,
            Self::Code(lane) => lane.decode.time_base(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Copy(lane) => lane.done,
            Self::Code(lane) => lane.decode.is_done(),
        }
    }

    pub(super) fn loudness(self) -> Vec<f32> {
        match self {
            Self::Copy(_) => Vec::new(),
            Self::Code(lane) => lane.ear.levels,
        }
    }

    pub(super) fn feed(
        &mut self,
        packet: Option<&ff::Packet>,
        output: &mut Output,
        watch: &Watch,
        bad: &dyn Fn(ff::Error) -> Error,
    ) -> Result<(), Error> {
        match self {
            Self::Copy(lane) => lane.feed(packet, output, bad, &|error| own_fault(error, watch)),
            Self::Code(lane) => {
                let CodedSound { out, decode, frame, coder, ear, .. } = &mut **lane;
                let time_base = decode.time_base();
                let clock = ff::Rational::new(1, i32::try_from(coder.rate()).unwrap_or(1).max(1));
                if !decode.is_done() || packet.is_none() {
                    decode.feed(
                        packet,
                        frame,
                        &mut |frame| {
                            let mut heard = as_sound(frame);
                            coder.code(
                                Some((&mut heard, time_base)),
                                &mut |heard| ear.hear(heard),
                                &mut |made| write(made, *out, clock, output),
                                watch,
                            )
                        },
                        bad,
                    )?;
                }
                if packet.is_none() {
                    coder.code(
                        None,
                        &mut |heard| ear.hear(heard),
                        &mut |made| write(made, *out, clock, output),
                        watch,
                    )?;
                }
                Ok(())
            }
        }
    }
}

/// Takes the sound out of the frame, which is filled anew.
pub(super) fn as_sound(frame: &mut ff::Frame) -> ff::frame::Audio {
    ff::frame::Audio::from(std::mem::replace(frame, raw::empty_frame()))
}
