//! Begins a verification anew that ended because both sides asked at the same moment. So that they do not meet that way
//! for ever, only the leader asks at once; the other waits for that first.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::{Error, Owner, Pull, Verifying};
use crate::crypto::{APART, Reason, Stage, Want};

/// The leader's request is waited for so long.
const GIVE_WAY: Duration = Duration::from_secs(3);
/// After so many collisions something else is wrong.
const COLLISIONS: u32 = 4;

/// How often both asked, and what is next.
#[derive(Default)]
pub(super) struct Seeking {
    collisions: u32,
    /// When this side asks again.
    anew: Option<Instant>,
    /// When the other's request was taken up instead of ours.
    gave_way: Option<Instant>,
}

impl Seeking {
    /// Says whether an end came of both asking. Whoever is at the other side did not end it.
    fn is_collision(&self, want: &Want, by_us: bool) -> bool {
        let late = self.gave_way.is_some_and(|since| since.elapsed() < APART);
        self.collisions < COLLISIONS && (by_us || late || want.is_crossed())
    }

    fn collide(&mut self, want: &Want) {
        self.collisions = self.collisions.saturating_add(1);
        let wait = if want.leads() { Duration::ZERO } else { GIVE_WAY };
        let now = Instant::now();
        self.anew = Some(now.checked_add(wait).unwrap_or(now));
    }
}

impl Verifying {
    /// Hides an end that is none. Nothing where it is to be begun anew from now on.
    pub(super) fn past_collisions(&self, pull: &mut Pull, stage: Stage) -> Option<Stage> {
        let Stage::Cancelled { by_us, reason: Reason::Cancelled } = stage else { return Some(stage) };
        let (Some(want), seeking) = (&self.want, &mut pull.seeking) else { return Some(stage) };
        let is_given_up = self.given_up.load(Ordering::SeqCst);
        if seeking.anew.is_some() {
            let ended = Stage::Cancelled { by_us: true, reason: Reason::Cancelled };
            return Some(if is_given_up { ended } else { Stage::Waiting });
        }
        let nothing_compared = matches!(pull.told, None | Some(Stage::Waiting | Stage::Starting));
        if is_given_up || !nothing_compared || !seeking.is_collision(want, by_us) {
            return Some(stage);
        }
        tracing::debug!(collisions = seeking.collisions, "both asked for a verification");
        seeking.collide(want);
        None
    }

    /// Takes up the other's request after a collision, or asks again once it is time to.
    pub(super) async fn begin_anew(&self, owner: &Owner, pull: &mut Pull) -> Result<(), Error> {
        let (Some(want), Some(when)) = (&self.want, pull.seeking.anew) else { return Ok(()) };
        if self.given_up.load(Ordering::SeqCst) {
            return Ok(());
        }
        let held = match owner.crypto.take_asked_by(want.user_id(), want.device_id()) {
            Some(held) => {
                owner.verifier.accept(&held).await?;
                held
            }
            None if Instant::now() >= when => owner.verifier.ask(want).await?,
            None => return Ok(()),
        };
        pull.seeking.anew = None;
        pull.seeking.gave_way = (!held.is_ours()).then(Instant::now);
        pull.ready_since = None;
        self.hold(held.clone());
        // It was ended while it was sent.
        if self.given_up.load(Ordering::SeqCst) {
            owner.verifier.cancel(&held, Reason::Cancelled).await?;
        }
        Ok(())
    }
}
