//! Verifications as two people go through them. Each is followed by a task of the library: what needs no person goes on
//! whether or not a screen looks.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use qroc_core::client::{Error, Lifecycle, Link, Verifying};
use qroc_core::crypto::Stage;
use qroc_core::kind::ErrorKind;
use tokio::sync::watch;

use crate::error::QrocError;
use crate::live::Live;
use crate::records::trust::VerificationStage;
use crate::runtime::{change, detached, read};

/// After a fault of the network.
const AGAIN: Duration = Duration::from_secs(1);

/// A verification under way. It goes on without being looked at, for as long as this is kept and the client syncs.
/// Freeing it cancels it, unless this side has confirmed by then: that holds.
#[derive(uniffi::Object)]
pub struct Verification {
    /// The task that follows it has it.
    core: Weak<Verifying>,
    user_id: String,
    is_ours: bool,
    /// Said before the task sees it.
    has_confirmed: Arc<AtomicBool>,
    state: watch::Receiver<State>,
    told: watch::Sender<u64>,
    closed: watch::Sender<bool>,
    _live: Live,
}

/// What the task that follows it has seen.
#[derive(Clone, Debug, Default)]
struct State {
    /// Counts the stages.
    number: u64,
    stage: Option<Result<Stage, QrocError>>,
    device_id: Option<String>,
    is_over: bool,
}

impl State {
    fn enter(&mut self, stage: Result<Stage, QrocError>) {
        self.number = self.number.saturating_add(1);
        self.stage = Some(stage);
    }

    fn has_result(&self) -> bool {
        matches!(self.stage, Some(Ok(Stage::Done | Stage::Cancelled { .. })))
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verification")
    }
}

impl Verification {
    /// To be called on the core's own threads.
    pub(crate) fn follow(verifying: Verifying, link: watch::Receiver<Link>) -> Arc<Self> {
        let verifying = Arc::new(verifying);
        let first = State { device_id: verifying.device_id(), ..State::default() };
        let (seen, state) = watch::channel(first);
        let made = Self {
            core: Arc::downgrade(&verifying),
            user_id: verifying.user_id(),
            is_ours: verifying.is_ours(),
            has_confirmed: Arc::default(),
            state,
            told: watch::channel(0).0,
            closed: watch::channel(false).0,
            _live: Live::verification(),
        };
        detached(async move {
            tokio::select! {
                () = follow(&verifying, &seen) => {}
                () = ended(link) => {}
            }
            seen.send_modify(|state| state.is_over = true);
        });
        Arc::new(made)
    }

    async fn step<F>(&self, step: impl FnOnce(Arc<Verifying>) -> F + Send + 'static) -> Result<(), QrocError>
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (core, state) = (self.core.clone(), self.state.clone());
        change(async move {
            match core.upgrade() {
                Some(verifying) => step(verifying).await,
                None if state.borrow().has_result() => Ok(()),
                None => Err(Error::Closed),
            }
        })
        .await
    }
}

async fn follow(verifying: &Verifying, seen: &watch::Sender<State>) {
    loop {
        match verifying.next().await {
            Ok(Some(stage)) => seen.send_modify(|state| {
                state.device_id = verifying.device_id();
                state.enter(Ok(stage));
            }),
            Ok(None) => return,
            Err(error) if passes(error.kind()) => tokio::time::sleep(AGAIN).await,
            Err(error) => return seen.send_modify(|state| state.enter(Err(error.into()))),
        }
    }
}

/// Whether it may go on by itself. The other side gives up after ten minutes, and with it the core.
fn passes(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Network | ErrorKind::RateLimited | ErrorKind::BadServer)
}

async fn ended(mut link: watch::Receiver<Link>) {
    let _ = link.wait_for(|link| matches!(link, Link::Ended(_))).await;
}

impl Drop for Verification {
    fn drop(&mut self) {
        if self.has_confirmed.load(Ordering::SeqCst) || self.state.borrow().has_result() {
            return;
        }
        let Some(verifying) = self.core.upgrade() else { return };
        detached(async move {
            let _ = verifying.cancel().await;
        });
    }
}

#[uniffi::export]
impl Verification {
    /// Returns the user id of the other side. From memory.
    pub fn user_id(&self) -> String {
        self.user_id.clone()
    }

    /// Returns the id of the other device, once one takes part. From memory.
    pub fn device_id(&self) -> Option<String> {
        self.state.borrow().device_id.clone()
    }

    /// Says whether this side asked for it. From memory.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Waits for another stage than the last one that was told, and tells it; the first one at once. One that nobody
    /// pulled in time is left out. `None` after the last one, and once this or the client was closed. A read: it ends
    /// with its caller, and the verification goes on.
    ///
    /// # Errors
    /// `Storage`, `Internal`: it has ended then. Faults of the network are tried again.
    pub async fn next(&self) -> Result<Option<VerificationStage>, QrocError> {
        let (state, told, closed) = (self.state.clone(), self.told.subscribe(), self.closed.subscribe());
        let pull = Live::pull();
        let found = read(async move {
            let _pull = pull;
            Ok::<_, Error>(newer(state, told, closed).await)
        });
        let Some((number, stage)) = found.await? else { return Ok(None) };
        self.told.send_replace(number);
        stage.map(|stage| Some(stage.into()))
    }

    /// Takes up what the other asked for. A change: it runs to its end.
    ///
    /// # Errors
    /// `Network`: to be repeated; `Closed`, `Storage`.
    pub async fn accept(&self) -> Result<(), QrocError> {
        self.step(|verifying| async move { verifying.accept().await }).await
    }

    /// Says that both see the same signs. A change: it runs to its end.
    ///
    /// # Errors
    /// As `accept`.
    pub async fn confirm(&self) -> Result<(), QrocError> {
        let confirmed = self.has_confirmed.clone();
        self.step(|verifying| async move {
            verifying.confirm().await?;
            confirmed.store(true, Ordering::SeqCst);
            Ok(())
        })
        .await
    }

    /// Says that the signs differ: somebody may be in between. Ends it on both sides. A change: it runs to its end.
    ///
    /// # Errors
    /// As `accept`.
    pub async fn mismatch(&self) -> Result<(), QrocError> {
        self.step(|verifying| async move { verifying.mismatch().await }).await
    }

    /// Does not want to go on, or not to begin. Ends it on both sides. A change: it runs to its end.
    ///
    /// # Errors
    /// As `accept`.
    pub async fn cancel(&self) -> Result<(), QrocError> {
        self.step(|verifying| async move { verifying.cancel().await }).await
    }

    /// Begins anew for another reader: the next pull tells the stage at once. From memory.
    pub fn restart(&self) {
        self.told.send_replace(0);
    }

    /// Ends the pulling: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.closed.send_replace(true);
    }
}

async fn newer(
    mut state: watch::Receiver<State>,
    mut told: watch::Receiver<u64>,
    mut closed: watch::Receiver<bool>,
) -> Option<(u64, Result<Stage, QrocError>)> {
    loop {
        if *closed.borrow_and_update() {
            return None;
        }
        {
            let (now, last) = (state.borrow_and_update(), *told.borrow_and_update());
            if let Some(stage) = now.stage.clone().filter(|_| now.number != last) {
                return Some((now.number, stage));
            }
            if now.is_over {
                return None;
            }
        }
        tokio::select! {
            _ = closed.changed() => {}
            _ = told.changed() => {}
            changed = state.changed() => changed.ok()?,
        }
    }
}

/// Verifications that others ask for. Pulled.
#[derive(uniffi::Object)]
pub struct VerificationRequests {
    life: Arc<Lifecycle>,
    found: Found,
    _live: Live,
}

/// What was found and not told yet: a pull that is given up loses none.
pub(crate) type Found = Arc<Mutex<Vec<Arc<Verification>>>>;

impl fmt::Debug for VerificationRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationRequests")
    }
}

impl VerificationRequests {
    pub(crate) fn new(life: &Arc<Lifecycle>, found: &Found) -> Arc<Self> {
        let (life, found) = (life.clone(), found.clone());
        Arc::new(Self { life, found, _live: Live::list() })
    }

    fn take(&self) -> Option<Arc<Verification>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        // What is over by now is nothing to ask a person about.
        found.retain(|verification| !verification.state.borrow().is_over);
        (!found.is_empty()).then(|| found.remove(0))
    }
}

#[uniffi::export]
impl VerificationRequests {
    /// Waits for a verification that somebody asks for, to be accepted or cancelled; the client has to sync meanwhile.
    /// `None` ends it: the client was closed. To be pulled by one reader. A read: it ends with its caller; what
    /// came until then is told to the next one.
    ///
    /// # Errors
    /// `Locked` or `SignIn` while contents are hidden, `Storage`. The next call tries again.
    pub async fn next(&self) -> Result<Option<Arc<Verification>>, QrocError> {
        loop {
            if let Some(verification) = self.take() {
                return Ok(Some(verification));
            }
            let (life, found) = (self.life.clone(), self.found.clone());
            let pull = Live::pull();
            let goes_on = read(async move {
                let _pull = pull;
                let Some(asked) = life.client()?.next_verification().await? else {
                    return Ok::<_, Error>(false);
                };
                // Nothing waits between its coming and its being kept.
                let verification = Verification::follow(asked, life.link());
                found.lock().unwrap_or_else(PoisonError::into_inner).push(verification);
                Ok(true)
            });
            match goes_on.await {
                Ok(true) => {}
                Ok(false) | Err(QrocError::Closed { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}
