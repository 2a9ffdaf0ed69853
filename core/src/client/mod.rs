//! The composition root: opens a profile, wires the services, runs them, and wraps every layer's error.

mod action;
mod areas;
mod aspects;
mod audit;
mod compose;
mod content;
mod contents;
mod dirs;
mod entry;
mod ephemeral;
mod error;
mod export;
mod files;
mod handover;
mod held;
mod keeping;
mod known;
mod life;
mod lock;
mod maps;
mod network;
mod notifier;
mod open;
mod orders;
mod owner;
mod playback;
mod policy;
mod positions;
mod preparing;
mod profile;
mod pushing;
mod read;
mod recovery;
mod rooms;
mod run;
mod screen;
mod search;
mod share;
mod sharing;
mod stating;
mod stream;
mod surroundings;
mod talk;
mod tending;
mod track_rooms;
mod transfers;
mod verifying;
mod watching;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub use action::{Action, Outcome};
pub use compose::{Compose, MarkAs, Talk};
pub use contents::{Contents, Part};
pub use entry::{Proposed, proposed};
pub use ephemeral::keeps_nothing;
pub use error::Error;
pub use life::{Ending, Lifecycle, Link};
pub use lock::{lock_status, seal, unlock};
pub use network::NetStep;
pub use notifier::Notifier;
pub use open::{
    Access, Login, Options, account_exists, destroy_vault_keys, require_unlocked, vault_of, vaults_with_keys,
    wipe,
};
pub use playback::Playback;

pub use crate::model::LockStatus;
pub use policy::{Managed, explained};
pub use rooms::NewRoom;
pub use search::Search;
pub use sharing::{ShareRequest, Sharing};
pub use stream::{
    FIRST_PAGE, LONGEST, PositionSource, QueueSource, Reading, RoomListSource, Source, Stream, TimelineSource,
};

pub use self::read::Which;
pub use self::surroundings::Device;
pub use self::transfers::{Sending, new_txn_id};
pub use self::verifying::Verifying;
use crate::attachments::Cache;
pub use crate::attachments::{Apart, TreatAs};
use crate::clock::Clock;
use crate::crypto::Crypto;
use crate::keeping::Keeping;
use crate::mdm::Mdm;
use crate::net::Http;
use crate::outbox::Sender;
pub use crate::outbox::{Cancelled, Verb};
use crate::policy::Action as Wish;
use crate::ports::image_decoder::ImageDecoder;
use crate::push::Push;
pub use crate::push::{PushService, PushState, Registration};
use crate::recovery::Recovery;
use crate::store::Store;
use crate::store::account::{self, Account};
use crate::store::codes::AccountState;
use crate::sync::Sync;
use crate::verify::Verifier;

/// Directory of what other processes hand over, in the account's.
const INBOX: &str = "inbox";

/// One signed-in account of a profile, owned or only read by this process.
pub struct Client {
    inner: Arc<Inner>,
    listener: Option<JoinHandle<()>>,
}

pub(crate) struct Inner {
    profile: PathBuf,
    dir: PathBuf,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    account: Account,
    /// Where files are prepared.
    apart: Apart,
    /// Reads pictures that are not known here.
    image_decoder: Option<Arc<dyn ImageDecoder>>,
    /// Authorities (PEM) that the platform has believed besides the system's.
    authorities: Vec<String>,
    mdm: Mdm,
    held: ephemeral::Held,
    surroundings: surroundings::Surroundings,
    screen: screen::Screen,
    map: maps::Opened,
    owner: Option<Owner>,
    /// Whether the server answers.
    link: watch::Sender<Link>,
    /// The client is being closed: what waits for news is to end.
    ended: watch::Sender<bool>,
}

/// What only the owner of the profile has.
pub(crate) struct Owner {
    http: Http,
    crypto: Arc<Crypto>,
    sync: Arc<Sync>,
    sender: Sender,
    /// Received files.
    cache: Arc<Cache>,
    recovery: Recovery,
    verifier: Verifier,
    keeping: Arc<Keeping>,
    push: Push,
    /// The network is back.
    returned: Notify,
    /// Another process has wiped the profile.
    gone: Notify,
    /// What is shared just now, and what that needs.
    location: held::Held,
    /// Who could not be invited to where the audit goes.
    audit_refused: held::Names,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("owner", &self.is_owner()).finish_non_exhaustive()
    }
}

impl Client {
    /// Says whether this process owns the profile.
    pub fn is_owner(&self) -> bool {
        self.inner.owner.is_some()
    }

    fn owner(&self) -> Result<&Owner, Error> {
        self.inner.owner.as_ref().ok_or(Error::Store(crate::store::StoreError::InUse))
    }

    fn gate(&self) -> Result<(), Error> {
        self.inner.gate()
    }

    /// Ends it: stops listening, finishes what is being written, closes the database, frees the keys.
    pub async fn close(self) {
        let Self { inner, listener } = self;
        inner.ended.send_replace(true);
        inner.settle().await;
        let left = inner.take_leave().await.then(|| inner.profile.clone());
        if let Some(listener) = listener {
            listener.abort();
            let _ = listener.await;
            let _ = std::fs::remove_file(inner.dir.join("owner.sock"));
        }
        Self::let_go(inner).await;
        if let Some(Err(error)) = left.map(|profile| ephemeral::end(&profile)) {
            // The keys are gone; the next start removes the rest.
            tracing::error!(kind = error.kind().code(), "not all files of this profile could be removed");
        }
    }

    async fn let_go(inner: Arc<Inner>) {
        // Handed-over actions may be waiting for their answer; they hold the rest open no longer than that.
        let mut inner = inner;
        for _ in 0..50 {
            match Arc::try_unwrap(inner) {
                Ok(last) => {
                    let _ = tokio::task::spawn_blocking(move || drop(last)).await;
                    return;
                }
                Err(shared) => inner = shared,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Inner {
    /// Writes what was not worth a write before: when the server last answered, and that nothing is being sent.
    async fn settle(&self) {
        let Some(owner) = &self.owner else { return };
        let _ = tokio::time::timeout(Duration::from_secs(10), async {
            owner.sync.settled().await;
            owner.http.settled().await;
        })
        .await;
        // The disk may be full and the profile gone; neither keeps it from ending.
        let _ = owner.sync.note_last_ts().await;
        let sending = self.store.read(crate::store::outbox::all).is_ok_and(|list| {
            list.iter().any(|queued| queued.state == crate::store::codes::SendState::Sending)
        });
        if sending {
            let reset = |tx: &rusqlite::Transaction<'_>, _: &mut _| crate::store::outbox::reset_sending(tx);
            let _ = self.store.write(crate::store::Durability::Normal, reset).await;
        }
    }

    fn media_dir(&self) -> PathBuf {
        media_dir(&self.dir)
    }

    /// Asks the policy; what it forbids is noted.
    async fn permit(&self, wish: Wish<'_>) -> Result<(), Error> {
        Ok(self.mdm.permit(&self.store, self.clock.now_ms(), wish).await?)
    }

    /// Returns which servers are believed, by the policy that holds now.
    fn trust(&self) -> crate::net::Trust {
        owner::trust_of(&self.mdm.policy(), &self.authorities)
    }

    /// Notes a denial that was met elsewhere.
    async fn note_denied(&self, denied: &crate::policy::Denied) {
        self.mdm.note(&self.store, self.clock.now_ms(), denied).await;
    }

    /// What other processes hand over.
    fn inbox_dir(&self) -> PathBuf {
        self.dir.join(INBOX)
    }

    /// Contents stay hidden while the screen is locked, and for all that holds duty up as well.
    fn gate(&self) -> Result<(), Error> {
        self.gate_of_duty()?;
        if self.is_screen_locked() { Err(Error::ScreenLocked) } else { Ok(()) }
    }

    /// What is sent and done behind a locked screen waits while the server refuses the sign-in or holds the account, and
    /// once a wipe has begun.
    fn gate_of_duty(&self) -> Result<(), Error> {
        // Sees a wipe by another process, and a policy that it put in place.
        self.mdm.refresh()?;
        let policy = self.mdm.policy();
        for wish in [
            Wish::Run { version: env!("CARGO_PKG_VERSION") },
            Wish::Unlocked { protected: self.mdm.has_lock() },
        ] {
            policy.decide(wish).permit(wish)?;
        }
        self.check_device()?;
        self.check_lock()?;
        self.check_idle()?;
        match self.store.read(account::load)?.state {
            AccountState::Active | AccountState::Suspended | AccountState::SoftSignedOut => Ok(()),
            AccountState::Locked => Err(Error::Held(
                "the account is locked by an administrator; nothing is lost, `sync` asks again",
            )),
            AccountState::Expired => Err(Error::Held("the account's time is over; ask an administrator")),
            AccountState::RefusedOnce => Err(Error::Held(
                "the server refuses this sign-in; contents are sealed until `sync` finds out whether that is final",
            )),
        }
    }
}

fn media_dir(account_dir: &Path) -> PathBuf {
    account_dir.join(crate::store::MEDIA)
}
