//! Keeps a profile going: once until there is nothing left to do, or until it is told to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};

use super::recovery::Looked;
use super::{Client, Error, Inner, Link, Owner};
use crate::ids::EventRow;
use crate::kind::ErrorKind;
use crate::model::{Item, SyncSummary};
use crate::net::Backoff;
use crate::outbox::Pass;
use crate::recovery::Next;
use crate::session;
use crate::store::key_file::KeyFileError;
use crate::store::{StoreError, rooms, search, shares, timeline};
use crate::sync::{Step, SyncError};
use crate::verify::VerifyError;

const LONG_POLL: Duration = Duration::from_secs(30);
/// How long an unreachable server is tried when nobody said how long.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a sync that is done waits for the server to hear of the push messages that are wanted.
const PUSH_PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at what positions need of the server, where one did not work.
const TEND_AGAIN: Duration = Duration::from_secs(1);

impl Client {
    /// Syncs until the server has nothing new and the queue is empty or holds only failed items. Waits out rate
    /// limits. `limit` bounds the whole.
    ///
    /// # Errors
    /// The network's where the server cannot be reached within `limit` (15 s without one), `Denied` where fetching costs
    /// more than policy allows, `Held`, `SignedOutForGood`, faults of the store. What came until then is stored.
    pub async fn sync_once(&self, limit: Option<Duration>) -> Result<SyncSummary, Error> {
        let owner = self.owner()?;
        self.inner.obey(owner).await?;
        self.inner.permit(self.inner.may_fetch()).await?;
        let started = Instant::now();
        self.inner.keep_for_a_moment(owner).await?;
        let mut summary = SyncSummary::default();
        let failing = AtomicBool::new(false);
        let round =
            Box::pin(self.inner.until_quiet(owner, &mut summary, limit.unwrap_or(PATIENCE), &failing));
        match limit {
            None => round.await?,
            Some(limit) => match tokio::time::timeout(limit, round).await {
                Ok(done) => done?,
                Err(_) if !failing.load(Ordering::SeqCst) && summary_is_whole(&self.inner)? => {}
                Err(_) => return Err(Error::Net(crate::net::NetError::Timeout)),
            },
        }
        self.inner.obey(owner).await?;
        // What is not told in time is told another time.
        if let Ok(tended) = tokio::time::timeout(PUSH_PATIENCE, self.inner.tend_push(owner)).await {
            tended?;
        }
        self.catch_up_on_server().await?;
        self.inner.keep_for_a_moment(owner).await?;
        self.inner.count(&mut summary)?;
        summary.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(summary)
    }

    /// Syncs and sends until `stop`, and tells new items as they come. Items that nobody takes are not waited for
    /// longer than the channel is deep.
    ///
    /// # Errors
    /// `SignedOutForGood`, and faults of the store; the network's are waited out.
    pub async fn run(
        &self,
        items: mpsc::Sender<Item>,
        stop: impl Future<Output = ()>,
    ) -> Result<SyncSummary, Error> {
        let owner = self.owner()?;
        let started = Instant::now();
        let mut summary = SyncSummary::default();
        let (keys, caught_up) = (Notify::new(), Notify::new());
        let (came, arrivals) = mpsc::unbounded_channel();
        // Each on the heap: one beside the other they are more than the stack of a thread has room for.
        let ended = tokio::select! {
            () = stop => Ok(()),
            () = owner.gone.notified() => Err(self.inner.why_gone()),
            error = Box::pin(self.inner.keep_syncing(owner, &keys, &caught_up, &items, &came, &mut summary)) => Err(error),
            error = Box::pin(self.inner.keep_sending(owner)) => Err(error),
            error = Box::pin(self.inner.keep_keys(owner, &keys)) => Err(error),
            error = Box::pin(self.keep_history(owner, &caught_up)) => Err(error),
            error = Box::pin(self.inner.keep_tending(owner)) => Err(error),
            error = Box::pin(self.inner.keep_recovery(owner)) => Err(error),
            error = Box::pin(self.inner.keep_keeping(owner)) => Err(error),
            error = Box::pin(self.inner.keep_pushing(owner)) => Err(error),
            error = Box::pin(self.inner.keep_telling(owner)) => Err(error),
            error = Box::pin(self.inner.keep_fetching(owner, arrivals)) => Err(error),
        };
        if let Err(error) = ended {
            // Signed out there, it has no pusher there either.
            if !matches!(error, Error::SignedOutForGood) {
                self.inner.withdraw_push_if_wiped(owner).await;
            }
            return Err(error);
        }
        self.inner.count(&mut summary)?;
        summary.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(summary)
    }
}

impl Client {
    /// After each time the sync caught up: what can wait until then.
    async fn keep_history(&self, owner: &Owner, caught_up: &Notify) -> Error {
        let mut is_warm = false;
        loop {
            caught_up.notified().await;
            if !std::mem::replace(&mut is_warm, true)
                && let Err(error) = self.inner.store.read(search::warm)
            {
                return error.into();
            }
            // The network's errors are met again, and waited out, by the sync.
            match owner.sync.fill_unread().await {
                Err(error) if error.kind() == ErrorKind::Storage => return error.into(),
                Ok(_) | Err(_) => {}
            }
            if let Err(error) = self.catch_up_on_server().await {
                return error;
            }
            if let Err(error) = self.inner.forget_old_positions().await {
                return error;
            }
        }
    }
}

/// Whether the time was over with nothing left but what cannot be sent yet.
fn summary_is_whole(inner: &Inner) -> Result<bool, Error> {
    Ok(inner.store.read(crate::store::outbox::all)?.is_empty())
}

impl Client {
    /// Says that the network is back: what waited for it is tried at once.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn network_returned(&self) -> Result<(), Error> {
        let owner = self.owner()?;
        owner.location.patience.forget();
        owner.returned.notify_waiters();
        Ok(owner.sender.hurry().await?)
    }
}

impl Inner {
    /// Does what others demand of this device before anything else goes on: policy, orders, the lock, the time that
    /// it may be out of reach.
    async fn obey(&self, owner: &Owner) -> Result<(), Error> {
        self.mdm.refresh()?;
        self.take_from_server()?;
        self.mind_persistence()?;
        self.mind_keys(owner)?;
        if let Err(error) = owner.http.trust(&self.trust()) {
            tracing::error!(kind = error.kind().code(), "what policy says of servers cannot be followed");
        }
        if !self.mdm.pending().is_empty() {
            let wiped = self.carry_out_orders(owner).await?.iter().any(|receipt| receipt.order == "wipe");
            if wiped {
                return Err(KeyFileError::WipePending.into());
            }
        }
        self.check_device()?;
        self.check_idle()?;
        self.check_sealed()?;
        self.check_reach()?;
        self.tend_cache(owner).await
    }

    /// Another process has wiped or sealed the profile.
    fn why_gone(&self) -> Error {
        match self.mdm.refresh().map_err(Error::from).and_then(|_| self.check_sealed()) {
            Err(error) => error,
            Ok(()) => KeyFileError::WipePending.into(),
        }
    }

    fn count(&self, summary: &mut SyncSummary) -> Result<(), Error> {
        let (rooms, undecryptable) = self.store.read(rooms::counts)?;
        summary.rooms = rooms;
        summary.undecryptable = undecryptable;
        Ok(())
    }

    async fn until_quiet(
        &self,
        owner: &Owner,
        summary: &mut SyncSummary,
        patience: Duration,
        failing: &AtomicBool,
    ) -> Result<(), Error> {
        let mut backoff = Backoff::default();
        let mut failing_since: Option<Instant> = None;
        let quiet_since = Instant::now();
        loop {
            let turn = self.turn(owner, summary).await;
            failing.store(turn.is_err(), Ordering::SeqCst);
            let step = match turn {
                Ok(step) => {
                    self.judge(owner, Ok(())).await?;
                    failing_since = None;
                    backoff.reset();
                    self.mdm.contact()?;
                    step
                }
                Err(error) => {
                    self.weigh(owner, &error).await?;
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    let transient = matches!(
                        error.kind(),
                        ErrorKind::Network | ErrorKind::RateLimited | ErrorKind::BadServer
                    );
                    if !transient || since.elapsed() >= patience {
                        return Err(error.into());
                    }
                    tokio::time::sleep(wait_of(&error, &mut backoff)).await;
                    continue;
                }
            };
            if !(step.empty && step.covers_all) {
                continue;
            }
            let tended = self.tend(owner).await?;
            if tended.done {
                continue;
            }
            if self.secure(owner).await? || self.tell_some(owner).await? {
                continue;
            }
            let pass = owner.sender.pass().await?;
            summary.sent = summary.sent.saturating_add(pass.sent);
            self.judge_pass(owner, &pass).await?;
            match pass.next_ts {
                // What was sent comes back with the next answer.
                None if pass.sent > 0 => {}
                // The end of a sharing that could not be told, or waits for what comes before it.
                None if tended.again
                    && quiet_since.elapsed() < patience.min(PATIENCE)
                    && self.store.read(shares::is_any_untold)? =>
                {
                    tokio::time::sleep(TEND_AGAIN).await;
                }
                None => {
                    owner.sender.share_owed().await?;
                    return Ok(());
                }
                Some(next_ts) => {
                    let wait = next_ts.saturating_sub(self.clock.now_ms());
                    tokio::time::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0).min(60_000)))
                        .await;
                }
            }
        }
    }

    /// Looks after backup and secrets. Says whether there is more to do at once; what the server does not do now is due
    /// again later.
    async fn secure(&self, owner: &Owner) -> Result<bool, Error> {
        match self.tend_recovery(owner).await {
            Ok(Looked { next, keys }) => Ok(next == Next::More || keys > 0),
            Err(error) if error.kind() == ErrorKind::Storage => Err(error),
            Err(error) => {
                tracing::debug!(kind = error.kind().code(), "the backup waits");
                Ok(false)
            }
        }
    }

    async fn turn(&self, owner: &Owner, summary: &mut SyncSummary) -> Result<Step, SyncError> {
        let step = owner.sync.step(Duration::ZERO).await?;
        summary.events = summary.events.saturating_add(step.new_events.len());
        self.send_keys(owner).await?;
        self.fetch_quoted(owner, &step.new_events).await?;
        if step.empty && step.covers_all && owner.sync.fill_unread().await? > 0 {
            return Ok(Step { empty: false, ..step });
        }
        Ok(step)
    }

    /// Lets the sign-in be judged by an error; what ends the run is returned.
    async fn weigh(&self, owner: &Owner, error: &SyncError) -> Result<(), Error> {
        match error.net() {
            Some(net) => self.judge(owner, Err(net)).await,
            None => Ok(()),
        }
    }

    async fn keep_syncing(
        &self,
        owner: &Owner,
        keys: &Notify,
        caught_up: &Notify,
        items: &mpsc::Sender<Item>,
        came: &mpsc::UnboundedSender<Vec<EventRow>>,
        summary: &mut SyncSummary,
    ) -> Error {
        let mut backoff = Backoff::default();
        let mut answered = false;
        loop {
            // A wipe by another process has made this one's keys worthless.
            if let Err(error) = self.obey(owner).await {
                return error;
            }
            if !self.mdm.policy().decide(self.may_fetch()).allowed {
                self.link.send_replace(Link::Idle);
                answered = false;
                self.until_free().await;
                continue;
            }
            let timeout = if answered { LONG_POLL } else { Duration::ZERO };
            let step = tokio::select! {
                step = owner.sync.step(timeout) => step,
                () = self.fetching_becomes(false) => continue,
            };
            match step {
                Ok(step) => {
                    backoff.reset();
                    if let Err(error) = self.mdm.contact() {
                        return error.into();
                    }
                    // A refusal before this answer, wherever it came from, was not the last word.
                    if let Err(error) = self.judge(owner, Ok(())).await {
                        return error;
                    }
                    if step.covers_all && !answered {
                        owner.sender.wake();
                        caught_up.notify_one();
                    }
                    self.link.send_replace(Link::Online);
                    if !step.empty {
                        owner.keeping.wake();
                    } else if let Err(error) = owner.keeping.look() {
                        return error.into();
                    }
                    answered = step.covers_all;
                    if step.queued {
                        owner.sender.wake();
                    }
                    summary.events = summary.events.saturating_add(step.new_events.len());
                    keys.notify_one();
                    if let Err(error) = self.tell(&step.new_events, items).await {
                        return error;
                    }
                    if !step.new_events.is_empty() {
                        // Nobody listens only where everything ends.
                        let _ = came.send(step.new_events.clone());
                    }
                    if let Err(error) = self.fetch_quoted(owner, &step.new_events).await {
                        return error.into();
                    }
                }
                Err(error) => {
                    answered = false;
                    let weighed = self.weigh(owner, &error).await;
                    let held = matches!(weighed, Err(Error::Held(_)));
                    self.link.send_replace(if held { Link::Held } else { Link::Offline });
                    match weighed {
                        Err(Error::SignedOutForGood) => return Error::SignedOutForGood,
                        Err(Error::Store(error)) => return error.into(),
                        // Held: asked again, quietly, until it is known what it means.
                        _ => {}
                    }
                    if error.kind() == ErrorKind::Storage {
                        return error.into();
                    }
                    let wait = wait_of(&error, &mut backoff);
                    if tokio::time::timeout(wait, owner.returned.notified()).await.is_ok() {
                        backoff.reset();
                    }
                }
            }
        }
    }

    async fn tell(&self, rows: &[EventRow], items: &mpsc::Sender<Item>) -> Result<(), Error> {
        if rows.is_empty() || items.is_closed() {
            return Ok(());
        }
        let found = self.store.read(|connection| {
            let mut named = Vec::new();
            for (room, item) in timeline::by_rows(connection, rows)? {
                named.push((rooms::get(connection, room)?.room_id, item));
            }
            Ok::<_, StoreError>(named)
        })?;
        for (room_id, item) in found {
            // A listener that is gone is no reason to stop.
            let _ = items.send(crate::timeline::item(&room_id, item)).await;
        }
        Ok(())
    }

    async fn judge_pass(&self, owner: &Owner, pass: &Pass) -> Result<(), Error> {
        match pass.error.as_ref().and_then(|error| error.net()) {
            Some(error) => self.judge(owner, Err(error)).await,
            None if pass.sent > 0 => Ok(session::may_send(&self.store).await?),
            None => Ok(()),
        }
    }

    /// Sends what is queued, as soon as it may be.
    pub(super) async fn keep_sending(&self, owner: &Owner) -> Error {
        loop {
            let pass = match owner.sender.pass().await {
                Ok(pass) => pass,
                Err(error) => return error.into(),
            };
            if let Err(error @ (Error::SignedOutForGood | Error::Store(_))) =
                self.judge_pass(owner, &pass).await
            {
                return error;
            }
            match pass.next_ts {
                None => owner.sender.woken().await,
                Some(next_ts) => {
                    let wait = u64::try_from(next_ts.saturating_sub(self.clock.now_ms())).unwrap_or(0);
                    tokio::select! {
                        () = owner.sender.woken() => {}
                        () = tokio::time::sleep(Duration::from_millis(wait)) => {}
                    }
                }
            }
        }
    }

    async fn send_keys(&self, owner: &Owner) -> Result<(), SyncError> {
        match owner.verifier.send_queued().await {
            Ok(()) => Ok(()),
            Err(VerifyError::Crypto(error)) => Err(error.into()),
            Err(VerifyError::Net(error)) => Err(error.into()),
            Err(VerifyError::Store(error)) => Err(error.into()),
            // Of asking, which is not done here.
            Err(VerifyError::NoWay(_) | VerifyError::Nobody(_)) => Ok(()),
        }
    }

    /// Sends what the keys want sent, beside the sync: a slow server elsewhere holds nobody up.
    async fn keep_keys(&self, owner: &Owner, due: &Notify) -> Error {
        let mut backoff = Backoff::default();
        loop {
            match self.send_keys(owner).await {
                Ok(()) => {
                    backoff.reset();
                    let owed = match owner.sender.share_owed().await {
                        Ok(owed) => owed,
                        Err(error) => return error.into(),
                    };
                    tokio::select! {
                        () = due.notified() => {}
                        () = owner.sender.owes() => {}
                        () = tokio::time::sleep(owed.unwrap_or(LONG_POLL)), if owed.is_some() => {}
                    }
                }
                Err(error) if error.kind() == ErrorKind::Storage => return error.into(),
                Err(error) => tokio::time::sleep(wait_of(&error, &mut backoff)).await,
            }
        }
    }
}

fn wait_of(error: &SyncError, backoff: &mut Backoff) -> Duration {
    match error.net() {
        Some(crate::net::NetError::RateLimited { retry_after }) => *retry_after,
        _ => backoff.wait(),
    }
}
