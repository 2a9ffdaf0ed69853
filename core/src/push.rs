//! The phone's place at the homeserver for push messages: what is wanted is kept, told, told again and taken back. What the
//! gateway gets names an event and nothing of it.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use self::state::{PushService, PushState, Registration};
use self::state::{Pusher, Refusal, State};
use crate::clock::Clock;
use crate::net::{Backoff, Call, Http, NetError};
use crate::store::changes::Changes;
use crate::store::{Durability, Store, StoreError};

const SET: &str = "/_matrix/client/v3/pushers/set";
/// The one path that a gateway of Matrix answers at.
const NOTIFY: &str = "/_matrix/push/v1/notify";
/// The server forgets a pusher that a gateway once refused, so it is told again after so long.
const AGAIN_MS: i64 = 24 * 3_600_000;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks after the one pusher of this device.
#[derive(Debug)]
pub struct Push {
    store: Arc<Store>,
    http: Http,
    clock: Arc<dyn Clock>,
    /// As in the database, but also when that is gone.
    state: Arc<Mutex<State>>,
    wanted: watch::Sender<u64>,
    backoff: Mutex<Backoff>,
    /// Done once at a time.
    once: tokio::sync::Mutex<()>,
}

impl Push {
    /// Takes over what is kept.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn open(store: Arc<Store>, http: Http, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let state = Arc::new(Mutex::new(store.read(state::load)?));
        let (wanted, backoff) = (watch::channel(0).0, Mutex::default());
        Ok(Self { store, http, clock, state, wanted, backoff, once: tokio::sync::Mutex::default() })
    }

    /// Wants push messages for this registration from now on, or none. It is kept when this returns; the server is told
    /// by `tend`.
    ///
    /// # Errors
    /// Faults of the store.
    pub async fn want(&self, registration: Option<Registration>) -> Result<(), StoreError> {
        if self.state().wanted == registration {
            return Ok(());
        }
        self.change(|state| state.wanted = registration).await?;
        self.wanted.send_modify(|count| *count = count.wrapping_add(1));
        Ok(())
    }

    /// Follows what is wanted.
    pub fn wants(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// Says how it stands with the gateway that policy names.
    pub fn state_with(&self, gateway: Option<&str>) -> PushState {
        let state = self.state();
        match state.goal(gateway.map(notify_url)) {
            None if state.wanted.is_some() => PushState::NoGateway,
            None => PushState::Off,
            Some(goal) if state.told.iter().any(|told| told.is(&goal) && told.told_ts.is_some()) => {
                PushState::On
            }
            Some(goal) => match state.refused.filter(|refusal| refusal.pusher.is(&goal)) {
                Some(refusal) => PushState::Refused(refusal.why),
                None => PushState::Waiting,
            },
        }
    }

    /// Makes the server know what is wanted and nothing else. Returns after how long to look again. Whoever waits may
    /// give up at any await: it is noted before the server is asked that it may know of a pusher.
    ///
    /// # Errors
    /// Faults of the store; the network's are waited out.
    pub async fn tend(&self, gateway: Option<&str>) -> Result<Duration, StoreError> {
        let _once = self.once.lock().await;
        let now = self.clock.now_ms();
        let mut failed = None;
        let mut goal = self.state().goal(gateway.map(notify_url));
        if let Some(wanted) = goal.clone().filter(|goal| !self.state().knows(goal, now, AGAIN_MS)) {
            if self.state().refuses(&wanted, now, AGAIN_MS) {
                goal = None;
            } else {
                self.change(|state| state.trying(&wanted)).await?;
                match self.http.done(Call::post(SET, &wanted.body()).within(PATIENCE)).await {
                    Ok(()) => self.change(|state| state.told(&wanted, now)).await?,
                    Err(error) if error.is_transient() => failed = Some(error),
                    Err(error) => {
                        tracing::warn!(kind = error.kind().code(), "the server takes no pusher");
                        let refusal = Refusal { pusher: wanted, ts: now, why: error.to_string() };
                        self.change(|state| state.refused = Some(refusal)).await?;
                        goal = None;
                    }
                }
            }
        }
        for told in self.state().told {
            if goal.as_ref().is_some_and(|goal| told.is_at_same_place(goal)) {
                continue;
            }
            match self.take_back(&told).await {
                Err(error) if error.is_transient() => failed = Some(error),
                // What the server does not want to hear of, it does not have.
                Ok(()) | Err(_) => self.change(|state| state.told.retain(|other| *other != told)).await?,
            }
        }
        Ok(self.wait(failed.as_ref()))
    }

    /// Takes everything back at once: the device signs out, or its keys are destroyed. From then on nothing is wanted, and
    /// the server is told nothing any more. Says whether it has nothing left. Writes nothing.
    pub async fn withdraw(&self, patience: Duration) -> bool {
        self.locked().wanted = None;
        let all = async {
            let _once = self.once.lock().await;
            for told in self.state().told {
                self.take_back(&told).await?;
                self.locked().told.retain(|other| *other != told);
            }
            Ok::<_, NetError>(())
        };
        matches!(tokio::time::timeout(patience, all).await, Ok(Ok(())))
    }

    async fn take_back(&self, told: &Pusher) -> Result<(), NetError> {
        let body = json!({ "app_id": told.app_id, "pushkey": told.token, "kind": Value::Null });
        self.http.done(Call::post(SET, &body).within(PATIENCE)).await
    }

    fn wait(&self, failed: Option<&NetError>) -> Duration {
        let mut backoff = self.backoff.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            Some(NetError::RateLimited { retry_after }) => *retry_after,
            Some(_) => backoff.wait(),
            None => {
                backoff.reset();
                Duration::from_millis(u64::try_from(AGAIN_MS / 4).unwrap_or_default())
            }
        }
    }

    fn state(&self) -> State {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), StoreError> {
        {
            let mut state = self.locked();
            let before = state.clone();
            change(&mut state);
            if *state == before {
                return Ok(());
            }
        }
        let state = self.state.clone();
        // Whichever of two writes comes last, it writes the newest.
        let save = move |tx: &Transaction<'_>, _: &mut Changes| {
            state::save(tx, &state.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.store.write(Durability::Full, save).await
    }
}

/// An organisation may name its gateway without the path that every gateway has.
fn notify_url(gateway: &str) -> String {
    match url::Url::parse(gateway) {
        Ok(url) if url.path() == "/" && url.query().is_none() => {
            format!("{}{NOTIFY}", gateway.trim_end_matches('/'))
        }
        Ok(_) | Err(_) => gateway.to_owned(),
    }
}
