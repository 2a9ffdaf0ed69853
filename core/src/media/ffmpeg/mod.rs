//! Clips, recordings and coded pictures through FFmpeg's libraries. Everything is read and written through streams of
//! this process, never by a path, so that a file cannot make FFmpeg open another one; only containers and codecs that
//! telephones and cameras write are let in.

mod chain;
mod decode;
mod input;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod late;
mod mux;
mod picture;
mod player;
mod poster;
mod raw;
mod sei;
mod sound;
mod sound_lane;
mod still;
mod turn;

use std::sync::Once;
use std::time::{Duration, Instant};

use ffmpeg_next as ff;

use super::error::Error;
use super::limits::Budget;
use crate::progress::Cancel;

pub(super) use input::Source;
pub(super) use mux::{Made, PicturePlan, Plan, SoundPlan, make};
pub(super) use player::play;
pub(super) use poster::{POSTER_PX, poster};
pub(super) use still::decode_still;

/// Quiet: what FFmpeg prints may name files and places. Before anything else of FFmpeg is called.
fn start() -> Result<(), Error> {
    static ONCE: Once = Once::new();
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    late::load().map_err(Error::NoFfmpeg)?;
    ONCE.call_once(|| {
        let _ = ff::init();
        ff::log::set_level(ff::log::Level::Quiet);
    });
    Ok(())
}

/// When a work has to stop.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    cancel: Cancel,
    until: Instant,
}

impl Watch {
    pub(super) fn new(cancel: Cancel, budget: &Budget) -> Self {
        Self { cancel, until: Instant::now() + Duration::from_secs(budget.max_seconds.into()) }
    }

    fn stops(&self) -> bool {
        self.cancel.is_cancelled() || Instant::now() >= self.until
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            Err(Error::Cancelled)
        } else if Instant::now() >= self.until {
            Err(Error::OverBudget("time"))
        } else {
            Ok(())
        }
    }
}

/// Says what a failed call means for the file of this type.
fn fault(error: ff::Error, format: &'static str, watch: &Watch) -> Error {
    if let Err(stopped) = watch.check() {
        return stopped;
    }
    match error {
        ff::Error::Eof => Error::Truncated { format },
        ff::Error::DecoderNotFound | ff::Error::DemuxerNotFound | ff::Error::PatchWelcome => {
            Error::UnsupportedFormat(format)
        }
        ff::Error::Other { errno: ff::error::ENOMEM } => Error::OverBudget("memory"),
        _ => Error::Damaged { format },
    }
}

/// Says what a failed call of an encoder, a filter or the muxer means: the file is not at fault.
fn own_fault(error: ff::Error, watch: &Watch) -> Error {
    if let Err(stopped) = watch.check() {
        return stopped;
    }
    match error {
        ff::Error::EncoderNotFound | ff::Error::FilterNotFound | ff::Error::MuxerNotFound => Error::NoCodec,
        ff::Error::Other { errno: ff::error::ENOMEM } => Error::OverBudget("memory"),
        ff::Error::Other { errno: ff::error::EFBIG } => Error::OverBudget("room"),
        other => Error::Io(std::io::Error::other(format!("FFmpeg: {other}"))),
    }
}

fn wants_more(error: ff::Error) -> bool {
    error == ff::Error::Other { errno: ff::error::EAGAIN }
}
