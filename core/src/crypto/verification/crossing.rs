//! Two who ask each other at the same moment. The machine would end both requests; here that of one side goes on: the
//! leader's, who is the smaller of the two by user and device. The other gives up its own and takes the leader's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ruma::MilliSecondsSinceUnixEpoch;

use super::super::CryptoError;
use super::super::engine::Crypto;
use super::opening::Opening;
use super::{Flow, Held, Reason, Stage};

/// A request that is younger may still be on its way when the other's comes.
pub const APART: Duration = Duration::from_secs(3);
/// The machine passes over requests from before or after this, so nothing is given up for them.
const VALID_MS: u64 = 300_000;

/// Says that this side wants somebody verified. Until it ends, requests of theirs are for whoever keeps it.
pub struct Want {
    crypto: Arc<Crypto>,
    wanted: Arc<Wanted>,
}

impl std::fmt::Debug for Want {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Want")
    }
}

#[derive(Debug)]
pub(in crate::crypto) struct Wanted {
    user_id: String,
    device_id: Option<String>,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    ours: Option<(Flow, Instant)>,
    /// The device that asked for the same, and when that came.
    theirs: Option<(String, Instant)>,
    passed_over: Option<String>,
}

impl Wanted {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, user_id: &str, device_id: Option<&str>) -> bool {
        self.user_id == user_id && self.device_id.as_deref().is_none_or(|id| device_id == Some(id))
    }
}

impl Want {
    /// Returns the user.
    pub fn user_id(&self) -> &str {
        &self.wanted.user_id
    }

    /// Returns the device, where it is to be that one.
    pub fn device_id(&self) -> Option<&str> {
        self.wanted.device_id.as_deref()
    }

    /// Says whether this side goes on where both asked.
    pub fn leads(&self) -> bool {
        let asked = self.wanted.asked();
        let device = self.device_id().or(asked.theirs.as_ref().map(|(device, _)| device.as_str()));
        self.crypto.leads(self.user_id(), device)
    }

    /// Says whether the other asked too, just now, after this side did.
    pub fn is_crossed(&self) -> bool {
        let asked = self.wanted.asked();
        match (&asked.ours, &asked.theirs) {
            (Some((_, ours)), Some((_, theirs))) => theirs >= ours && theirs.elapsed() < APART,
            _ => false,
        }
    }

    /// Has what they ask for from now on be for everybody.
    pub fn end(&self) {
        self.crypto.wants().retain(|wanted| !Arc::ptr_eq(wanted, &self.wanted));
        self.crypto.news.tell();
    }

    pub(super) fn set_asked(&self, flow: &Flow) {
        self.wanted.asked().ours = Some((flow.clone(), Instant::now()));
    }
}

impl Drop for Want {
    fn drop(&mut self) {
        self.end();
    }
}

impl Crypto {
    /// Notes that this side wants a user verified, or one device of theirs.
    pub fn want(self: &Arc<Self>, user_id: &str, device_id: Option<&str>) -> Want {
        let (user_id, device_id) = (user_id.to_owned(), device_id.map(str::to_owned));
        let wanted = Arc::new(Wanted { user_id, device_id, asked: Mutex::default() });
        self.wants().push(wanted.clone());
        Want { crypto: self.clone(), wanted }
    }

    fn wants(&self) -> MutexGuard<'_, Vec<Arc<Wanted>>> {
        self.news.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_wanted(&self, user_id: &str, device_id: Option<&str>) -> bool {
        self.wants().iter().any(|wanted| wanted.is(user_id, device_id))
    }

    fn leads(&self, user_id: &str, device_id: Option<&str>) -> bool {
        let (own_user, own_device) = (self.machine.user_id().as_str(), self.machine.device_id().as_str());
        match own_user.cmp(user_id) {
            std::cmp::Ordering::Equal => device_id.is_some_and(|id| own_device < id),
            order => order.is_lt(),
        }
    }

    /// Decides where a request comes from somebody whom we asked: says whether the machine is to get it. One that
    /// cannot have crossed ours shows that ours was lost there, so the leader gives way to it as well.
    pub(super) fn makes_way(&self, opening: &Opening) -> Result<bool, CryptoError> {
        let (Some(id), Some(device)) = (opening.id(), &opening.content.from_device) else { return Ok(true) };
        let wanted = self.wants().iter().find(|wanted| wanted.is(&opening.sender, Some(device))).cloned();
        let Some(wanted) = wanted.filter(|_| is_valid(opening)) else { return Ok(true) };
        let mut asked = wanted.asked();
        if asked.passed_over.as_deref() == Some(id) {
            return Ok(false);
        }
        let Some((flow, since)) = asked.ours.clone() else { return Ok(true) };
        let ours = self.held(&flow).filter(|ours| ours.clone().stage() == Stage::Waiting);
        let Some(ours) = ours.filter(|_| flow.id != id) else { return Ok(true) };
        asked.theirs = Some((device.clone(), Instant::now()));
        if self.leads(&opening.sender, Some(device)) && since.elapsed() < APART {
            asked.passed_over = Some(id.to_owned());
            return Ok(false);
        }
        ours.cancel(Reason::Cancelled)?;
        self.given_up().push(ours);
        Ok(true)
    }

    fn given_up(&self) -> MutexGuard<'_, Vec<Held>> {
        self.news.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns one that was given up and the other side is to be told of.
    pub fn next_given_up(&self) -> Option<Held> {
        self.given_up().first().cloned()
    }

    /// Notes that the other side was told.
    pub fn told_given_up(&self, held: &Held) {
        self.given_up().retain(|other| other.flow() != held.flow());
    }
}

fn is_valid(opening: &Opening) -> bool {
    let now = u64::from(MilliSecondsSinceUnixEpoch::now().get());
    opening.content.timestamp.or(opening.origin_server_ts).is_some_and(|at| now.abs_diff(at) < VALID_MS)
}
