//! A verification as a screen follows it: its stage is pulled, its steps are calls.

mod collision;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::Instant;

use self::collision::Seeking;
use super::{Client, Error, Inner, Owner};
use crate::crypto::{Held, Reason, Stage, Trust, Want};
use crate::model::PersonTrust;

/// How often it is looked whether the time is over.
const LOOK: Duration = Duration::from_secs(1);

/// One verification under way.
pub struct Verifying {
    inner: Arc<Inner>,
    held: std::sync::Mutex<Held>,
    /// Where this side began it.
    want: Option<Want>,
    /// Ended by the person at this side.
    given_up: AtomicBool,
    /// To be done by a code, not by signs.
    by_code: AtomicBool,
    /// The person at this side did something: `next` looks again.
    moved: Notify,
    /// What goes on by itself and what is scanned, one after the other.
    stepping: Mutex<()>,
    pull: Mutex<Pull>,
}

struct Pull {
    news: watch::Receiver<u64>,
    ended: watch::Receiver<bool>,
    told: Option<Stage>,
    ready_since: Option<Instant>,
    seeking: Seeking,
}

impl fmt::Debug for Verifying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifying")
    }
}

impl Client {
    /// Begins a verification: of `@name:server`, of one of their devices as `@name:server/DEVICE`, of an own device by
    /// its id, or of the own account by all its other devices. Takes up the one that they have asked for, where they
    /// have. The client has to sync meanwhile.
    ///
    /// # Errors
    /// `BadInput` for this device, `Nobody`, `NoWay`; the network's; `Held`.
    pub async fn verify(&self, who: &str) -> Result<Verifying, Error> {
        self.gate()?;
        let owner = self.owner()?;
        let own = &self.inner.account.user_id;
        let (user, device) = match who.split_once('/') {
            Some((user, device)) if who.starts_with('@') => (user, Some(device)),
            _ if who.starts_with('@') => (who, None),
            _ => (own.as_str(), Some(who)),
        };
        if ruma::UserId::parse(user).is_err() || device.is_some_and(str::is_empty) {
            return Err(Error::BadInput(format!("{who:?} is neither a user nor a device")));
        }
        if user == own && device == Some(self.inner.account.device_id.as_str()) {
            return Err(Error::BadInput("this is the device in use: name another one".to_owned()));
        }
        if user != own {
            self.inner.permit_sending().await?;
        }
        let want = owner.crypto.want(user, device);
        let held = match owner.crypto.take_asked_by(user, device) {
            Some(held) => {
                owner.verifier.accept(&held).await?;
                held
            }
            None => owner.verifier.ask(&want).await?,
        };
        Ok(self.verifying(owner, held, Some(want)))
    }

    /// Waits for a verification that somebody else asks for; it is for the user to accept or cancel. Nothing once the
    /// client is closed. To be asked for by one caller, while the client syncs.
    ///
    /// # Errors
    /// `InUse` where another process owns the profile; `Held`.
    pub async fn next_verification(&self) -> Result<Option<Verifying>, Error> {
        let owner = self.owner()?;
        let mut news = owner.crypto.news();
        let mut ended = self.inner.ended.subscribe();
        loop {
            if *ended.borrow() {
                return Ok(None);
            }
            self.gate()?;
            news.mark_unchanged();
            if let Some(held) = owner.crypto.take_asked() {
                return Ok(Some(self.verifying(owner, held, None)));
            }
            tokio::select! {
                _ = news.changed() => {}
                _ = ended.changed() => {}
            }
        }
    }

    fn verifying(&self, owner: &Owner, held: Held, want: Option<Want>) -> Verifying {
        Verifying {
            inner: self.inner.clone(),
            held: std::sync::Mutex::new(held),
            want,
            given_up: AtomicBool::new(false),
            by_code: AtomicBool::new(false),
            moved: Notify::new(),
            stepping: Mutex::default(),
            pull: Mutex::new(Pull {
                news: owner.crypto.news(),
                ended: self.inner.ended.subscribe(),
                told: None,
                ready_since: None,
                seeking: Seeking::default(),
            }),
        }
    }

    /// Says what is believed of a person. Beside an owner too.
    ///
    /// # Errors
    /// `Held`; faults of the store.
    pub async fn trust(&self, user_id: &str) -> Result<PersonTrust, Error> {
        self.gate()?;
        let crypto = self.inner.crypto().await?;
        let people = crypto.trust_of_all(&[user_id.to_owned()]).await?;
        Ok(PersonTrust {
            user_id: user_id.to_owned(),
            trust: people.get(user_id).copied().unwrap_or(Trust::Unverified).as_str(),
        })
    }

    /// Says whether this device is verified and has all that the account's devices share: its private keys, and the
    /// backup's with what that held.
    ///
    /// # Errors
    /// `InUse`; faults of the store.
    pub async fn has_secrets(&self) -> Result<bool, Error> {
        let standing = self.owner()?.crypto.standing().await?;
        let overview = self.inner.store.read(crate::recovery::overview)?;
        let open = !matches!(overview.backup, "locked" | "restoring");
        Ok(standing.verified && standing.complete && open)
    }

    /// Takes a person's changed identity as it is now, without comparing anything: they count as not verified then.
    ///
    /// # Errors
    /// `BadInput` where nothing changed; `Held`; faults of the store.
    pub async fn accept_change(&self, user_id: &str) -> Result<PersonTrust, Error> {
        self.gate()?;
        let owner = self.owner()?;
        if !owner.crypto.accept_change(user_id).await? {
            return Err(Error::BadInput(format!("the identity of {user_id} has not changed")));
        }
        self.trust(user_id).await
    }
}

impl Inner {
    /// The keys, to be read.
    pub(super) async fn crypto(&self) -> Result<Arc<crate::crypto::Crypto>, Error> {
        match &self.owner {
            Some(owner) => Ok(owner.crypto.clone()),
            None => {
                let (user, device) = (&self.account.user_id, &self.account.device_id);
                let reading =
                    crate::crypto::Crypto::open_reading(self.store.clone(), self.clock.clone(), user, device);
                Ok(Arc::new(reading.await?))
            }
        }
    }
}

impl Verifying {
    fn held(&self) -> Held {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    async fn give_up(&self, reason: Reason) -> Result<(), Error> {
        self.given_up.store(true, Ordering::SeqCst);
        self.want.iter().for_each(Want::end);
        Ok(self.owner()?.verifier.cancel(&self.held(), reason).await?)
    }

    fn owner(&self) -> Result<&Owner, Error> {
        self.inner.owner.as_ref().ok_or(Error::Closed)
    }

    /// Returns the other user.
    pub fn user_id(&self) -> String {
        self.held().flow().user_id.clone()
    }

    /// Returns the other device, once one takes part.
    pub fn device_id(&self) -> Option<String> {
        let mut held = self.held();
        held.stage();
        held.device_id()
    }

    /// Says whether this side asked for it.
    pub fn is_ours(&self) -> bool {
        self.held().is_ours()
    }

    /// Waits for the next stage; first the one that it is in. Nothing after the last one, and once the client is
    /// closed. What needs no person is done meanwhile, so it has to be waited for: also that two who ask each other at
    /// the same moment come together, which is `Waiting` until they have.
    ///
    /// # Errors
    /// The network's, after which it can be asked again; faults of the store.
    pub async fn next(&self) -> Result<Option<Stage>, Error> {
        let mut pull = self.pull.lock().await;
        let owner = self.owner()?;
        loop {
            if *pull.ended.borrow() {
                return Ok(None);
            }
            if matches!(pull.told, Some(Stage::Done | Stage::Cancelled { .. })) {
                return Ok(None);
            }
            pull.news.mark_unchanged();
            self.begin_anew(owner, &mut pull).await?;
            let stage = {
                let _one_at_a_time = self.stepping.lock().await;
                let mut held = self.held();
                let by_code = self.by_code.load(Ordering::SeqCst);
                owner.verifier.go_on(&mut held, by_code, &mut pull.ready_since).await?;
                let stage = held.stage();
                self.hold(held);
                stage
            };
            let Some(stage) = self.past_collisions(&mut pull, stage) else { continue };
            if pull.told.as_ref() != Some(&stage) {
                if matches!(stage, Stage::Done | Stage::Cancelled { .. }) {
                    self.want.iter().for_each(Want::end);
                }
                pull.told = Some(stage.clone());
                return Ok(Some(stage));
            }
            let Pull { news, ended, .. } = &mut *pull;
            tokio::select! {
                _ = news.changed() => {}
                _ = ended.changed() => {}
                () = self.moved.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Takes up what the other asked for.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn accept(&self) -> Result<(), Error> {
        Ok(self.owner()?.verifier.accept(&self.held()).await?)
    }

    /// Has it done by a code that one device shows and the other scans, where the other's program knows codes; by signs
    /// where not, which is what is done without this word. To be said before the other has taken it up, or before it is
    /// accepted; the other side has to say so too, else it begins with signs.
    pub fn by_code(&self) {
        self.by_code.store(true, Ordering::SeqCst);
        self.moved.notify_one();
    }

    /// Has it done by signs after all: the code cannot be scanned.
    pub fn by_signs(&self) {
        self.by_code.store(false, Ordering::SeqCst);
        self.moved.notify_one();
    }

    /// Takes the code that the other device shows, as a scanner read it.
    ///
    /// # Errors
    /// What is wrong with the code: another can be scanned, but one with other keys ends the verification; the network's;
    /// faults of the store.
    pub async fn scan(&self, bytes: &[u8]) -> Result<(), Error> {
        let owner = self.owner()?;
        let scanned = {
            let _one_at_a_time = self.stepping.lock().await;
            let mut held = self.held();
            let scanned = owner.verifier.scan(&mut held, bytes).await;
            self.hold(held);
            scanned
        };
        self.moved.notify_one();
        Ok(scanned?)
    }

    /// Says that both see the same signs, or that the other's screen says that it has scanned our code.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn confirm(&self) -> Result<(), Error> {
        Ok(self.owner()?.verifier.confirm(&self.held()).await?)
    }

    /// Says that the signs differ, or that the other's screen does not say that it has scanned our code: somebody may be
    /// in between. Ends it.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn mismatch(&self) -> Result<(), Error> {
        self.give_up(Reason::Mismatch).await
    }

    /// Does not want to go on, or not to begin. Ends it.
    ///
    /// # Errors
    /// The network's; faults of the store.
    pub async fn cancel(&self) -> Result<(), Error> {
        self.give_up(Reason::Cancelled).await
    }
}
