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
use crate::latest::{Followed, Teller, latest};
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
    /// Set before the stage that it belongs to is told.
    device_id: DeviceId,
    stage: Followed<Reached>,
    _live: Live,
}

type DeviceId = Arc<Mutex<Option<String>>>;

/// A stage, or why there is none any more.
type Reached = Result<Stage, QrocError>;

fn is_result(reached: Option<&Reached>) -> bool {
    matches!(reached, Some(Ok(Stage::Done | Stage::Cancelled { .. })))
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
        let device_id = DeviceId::new(Mutex::new(verifying.device_id()));
        let (tell, stage) = latest();
        let made = Self {
            core: Arc::downgrade(&verifying),
            user_id: verifying.user_id(),
            is_ours: verifying.is_ours(),
            has_confirmed: Arc::default(),
            device_id: device_id.clone(),
            stage,
            _live: Live::verification(),
        };
        detached(async move {
            tokio::select! {
                () = follow(&verifying, &device_id, &tell) => {}
                () = ended(link) => {}
            }
            tell.over();
        });
        Arc::new(made)
    }

    async fn step<F>(&self, step: impl FnOnce(Arc<Verifying>) -> F + Send + 'static) -> Result<(), QrocError>
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        // Its task lets go of the core after it has told the end.
        let (core, has_result) = (self.core.upgrade(), self.stage.now(is_result));
        change(async move {
            match core {
                Some(verifying) => step(verifying).await,
                None if has_result => Ok(()),
                None => Err(Error::Closed),
            }
        })
        .await
    }
}

async fn follow(verifying: &Verifying, device_id: &DeviceId, tell: &Teller<Reached>) {
    loop {
        match verifying.next().await {
            Ok(Some(stage)) => {
                *device_id.lock().unwrap_or_else(PoisonError::into_inner) = verifying.device_id();
                tell.tell(Ok(stage));
            }
            Ok(None) => return,
            Err(error) if passes(error.kind()) => tokio::time::sleep(AGAIN).await,
            Err(error) => return tell.tell(Err(error.into())),
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
        if self.has_confirmed.load(Ordering::SeqCst) || self.stage.now(is_result) {
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
        self.device_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        match self.stage.next().await? {
            Some(reached) => Ok(Some(reached?.into())),
            None => Ok(None),
        }
    }

    /// Takes up what the other asked for. A change: it runs to its end.
    ///
    /// # Errors
    /// `Network`: to be repeated; `Closed`, `Storage`.
    pub async fn accept(&self) -> Result<(), QrocError> {
        self.step(|verifying| async move { verifying.accept().await }).await
    }

    /// Has it done by a code that one device shows and the other scans, where the other's program knows codes; by signs
    /// where not, which is what is done without this word. To be said at once after it was asked for, or before it is
    /// accepted; the other side has to say so too, else it begins with signs. From memory.
    pub fn by_code(&self) {
        if let Some(verifying) = self.core.upgrade() {
            verifying.by_code();
        }
    }

    /// Has it done by signs after all: neither code can be scanned. From memory.
    pub fn by_signs(&self) {
        if let Some(verifying) = self.core.upgrade() {
            verifying.by_signs();
        }
    }

    /// Takes the code that the other device shows, as a scanner read it: `code_in_picture` or the platform's. A change: it
    /// runs to its end.
    ///
    /// # Errors
    /// `BadInput` for a code of no use (`code_unreadable`, `code_of_another`, `code_not_now`, `code_no_identity`): scan
    /// another. `Forbidden` (`code_other_keys`): somebody may be in between, and it has ended. Else as `accept`.
    pub async fn scan(&self, code: Vec<u8>) -> Result<(), QrocError> {
        let confirmed = self.has_confirmed.clone();
        self.step(|verifying| async move {
            verifying.scan(&code).await?;
            confirmed.store(true, Ordering::SeqCst);
            Ok(())
        })
        .await
    }

    /// Says that both see the same signs, or that the other's screen says that it has scanned our code. A change: it runs
    /// to its end.
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

    /// Says that the signs differ, or that the other's screen does not say so: somebody may be in between. Ends it on both sides. A change: it runs to its end.
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
        self.stage.restart();
    }

    /// Ends the pulling: a pull that waits returns at once. From memory.
    pub fn end(&self) {
        self.stage.end();
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
        found.retain(|verification| !verification.stage.is_over());
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
