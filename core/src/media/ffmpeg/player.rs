//! Sound for a loudspeaker: decoded piece by piece, as the listener takes it.

use ffmpeg_next as ff;

use super::super::error::Error;
use super::super::limits::Budget;
use super::super::sound::PLAYED_RATE;
use super::chain::Chain;
use super::decode::{Decode, Window};
use super::input::Source;
use super::sound_lane::as_sound;
use super::{Watch, fault, own_fault, raw};

/// A page of Ogg says when it ends, so the first one after a seek has no times; a page is rarely longer than a second.
const EARLIER_US: i64 = 3_000_000;
/// Reads that fail and are passed over.
const BAD_READS: u32 = 100;

/// Takes samples of one channel; says whether it wants more.
type Listener<'a> = dyn FnMut(&[i16]) -> bool + 'a;

/// Plays from `from_ms` on. Ends where the source does, or the listener wants no more.
pub(in super::super) fn play(
    source: &mut Source,
    from_ms: u64,
    budget: &Budget,
    watch: &Watch,
    on: &mut Listener<'_>,
) -> Result<(), Error> {
    let format = source.format;
    let bad = |error| fault(error, format, watch);
    let sound = source.sound.clone().ok_or(Error::NothingInside)?;
    let from_us =
        source.start_us.saturating_add(i64::try_from(from_ms.saturating_mul(1000)).unwrap_or(i64::MAX));
    let early_us = from_us.saturating_sub(EARLIER_US);
    if early_us > source.start_us {
        source.seek(early_us, watch)?;
    }
    let stream = source.input.stream(sound.index).ok_or(Error::NothingInside)?;
    let window = Window { from_us, until_us: None };
    let mut decode = Decode::new(&stream, sound.decoder, window, budget).map_err(bad)?;
    let mut frame = raw::empty_frame();
    let mut player = Player { chain: None, shaped: ff::frame::Audio::empty(), wants_more: true };
    let mut bad_reads = 0_u32;
    while player.wants_more {
        watch.check()?;
        let packet = match source.next() {
            Ok(packet) => packet,
            Err(ff::Error::Eof) => break,
            Err(ff::Error::InvalidData) if bad_reads < BAD_READS => {
                bad_reads += 1;
                continue;
            }
            Err(error) => return Err(bad(error)),
        };
        if packet.stream() == sound.index {
            decode.feed(Some(&packet), &mut frame, &mut |frame| player.take(frame, on, watch), &bad)?;
        }
    }
    if player.wants_more {
        decode.feed(None, &mut frame, &mut |frame| player.take(frame, on, watch), &bad)?;
        player.settle(on).map_err(|error| own_fault(error, watch))?;
    }
    Ok(())
}

struct Player {
    chain: Option<(Chain, Looks)>,
    shaped: ff::frame::Audio,
    wants_more: bool,
}

type Looks = (ff::format::Sample, u32, u16);

impl Player {
    fn take(&mut self, frame: &mut ff::Frame, on: &mut Listener<'_>, watch: &Watch) -> Result<(), Error> {
        let own = |error| own_fault(error, watch);
        let mut heard = as_sound(frame);
        // Times are of no use here: what is missing is left out.
        heard.set_pts(None);
        let looks = (heard.format(), heard.rate(), heard.channels());
        if self.chain.as_ref().is_none_or(|(_, known)| *known != looks) {
            self.settle(on).map_err(own)?;
            let filters = format!(
                "aresample={PLAYED_RATE},aformat=sample_fmts=s16:sample_rates={PLAYED_RATE}:channel_layouts=mono"
            );
            self.chain = Some((Chain::sound(&heard, &filters).map_err(own)?, looks));
        }
        if let Some((chain, _)) = &mut self.chain {
            chain.push(&heard).map_err(own)?;
        }
        self.drain(on).map_err(own)
    }

    fn settle(&mut self, on: &mut Listener<'_>) -> Result<(), ff::Error> {
        if let Some((chain, _)) = &mut self.chain {
            chain.finish()?;
            self.drain(on)?;
        }
        self.chain = None;
        Ok(())
    }

    fn drain(&mut self, on: &mut Listener<'_>) -> Result<(), ff::Error> {
        while let Some((chain, _)) = self.chain.as_mut().filter(|_| self.wants_more) {
            if !chain.pull(&mut self.shaped)? {
                break;
            }
            self.wants_more = on(self.shaped.plane::<i16>(0));
        }
        Ok(())
    }
}
