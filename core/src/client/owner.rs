//! What only the owner of a profile has, wired; who may renew tokens; and what the server's answers mean for the profile.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Notify;

use super::dirs::remove_strays;
use super::{Error, INBOX, Inner, Options, Owner, media_dir};
use crate::attachments::Cache;
use crate::crypto::Crypto;
use crate::keeping::{Keeping, Time};
use crate::kind::ErrorKind;
use crate::net::{Homeserver, Http, Trust};
use crate::outbox::Sender;
use crate::policy::Policy;
use crate::push::Push;
use crate::recovery::Recovery;
use crate::session::{self, Keeper};
use crate::store::account::{self, Account};
use crate::store::key_file::{begin_wipe, finish_wipe};
use crate::store::{Durability, Store, inbox, outbox};
use crate::sync::Sync;
use crate::verify::Verifier;

/// What was taken back is watched for so long: a server tells its own device's messages at the next sync.
const RECALL_MS: i64 = 90 * 24 * 3_600_000;

pub(super) fn signed_in(
    http: &Http,
    account: &Account,
    lifetime_ms: Option<i64>,
    store: Option<&Arc<Store>>,
) -> Http {
    let http = http.speaking(session::supported(&account.versions));
    let tokens = session::tokens(account, lifetime_ms);
    match store {
        Some(store) => http.signed_in(tokens, Arc::new(Keeper(store.clone()))),
        None => http.signed_in(tokens, Arc::new(Forgetful)),
    }
}

/// Signs requests of a process that is not the owner: only that one may renew tokens, since it alone can keep them.
pub(super) fn without_refresh(http: &Http, account: &Account) -> Http {
    let tokens = crate::net::Tokens { refresh: None, before: None, ..session::tokens(account, None) };
    http.speaking(session::supported(&account.versions)).signed_in(tokens, Arc::new(Forgetful))
}

/// Returns which servers are believed: by the platform's word and by policy. A certificate of the policy that makes no sense
/// is left out; without it fewer are believed.
pub(super) fn trust_of(policy: &Policy, authorities: &[String]) -> Trust {
    let (known, pins, newest_only) = policy.server_trust();
    let mut authorities = authorities.to_vec();
    for pem in known {
        if Trust::is_authority(pem) {
            authorities.push(pem.clone());
        } else {
            tracing::error!("a certificate in server.ca_certificates cannot be read, and is left out");
        }
    }
    Trust { authorities, pins, newest_only, proxy: policy.proxy_url().map(str::to_owned) }
}

/// For the one request that takes a failed sign-in back.
#[derive(Debug)]
struct Forgetful;

#[async_trait::async_trait]
impl crate::net::TokenKeeper for Forgetful {
    async fn keep(&self, _: &crate::net::Tokens) -> Result<(), crate::net::NetError> {
        Ok(())
    }
}

pub(super) async fn become_owner(
    dir: &Path,
    store: &Arc<Store>,
    account: &mut Account,
    options: &Options,
    time: Arc<Time>,
    trust: &Trust,
) -> Result<Owner, Error> {
    let long_ago = options.clock.now_ms().saturating_sub(RECALL_MS);
    account.generation = store
        .write(Durability::Normal, move |tx, _| {
            outbox::reset_sending(tx)?;
            outbox::forget_recalled(tx, long_ago)?;
            inbox::make_key(tx)?;
            account::raise_generation(tx)
        })
        .await?;
    remove_strays(dir, store)?;
    let server = Homeserver::parse(&account.homeserver)?;
    let lifetime_ms = store.read(account::server)?.token_lifetime_ms;
    let http = Http::new(&server, trust, options.clock.clone())?;
    let keeping = Keeping::new(store.clone(), time, &account.user_id);
    let hearing = keeping.clone();
    let http = signed_in(&http, account, lifetime_ms, Some(store)).hearing(move |ms| hearing.hear(ms));
    let crypto = Arc::new(
        Crypto::open(store.clone(), options.clock.clone(), &account.user_id, &account.device_id).await?,
    );
    let sync = Arc::new(Sync::open(
        store.clone(),
        crypto.clone(),
        http.clone(),
        options.clock.clone(),
        &account.user_id,
        session::has_stable_sync(&account.versions),
        dir.join(INBOX),
    )?);
    let clock = options.clock.clone();
    let own = &account.user_id;
    let cache = Cache::new(media_dir(dir), store.clone(), http.clone(), clock.clone());
    let sender = Sender::new(store.clone(), crypto.clone(), http.clone(), clock, media_dir(dir), own)?;
    let recovery = Recovery::new(store.clone(), crypto.clone(), http.clone());
    let push = Push::open(store.clone(), http.clone(), options.clock.clone())?;
    let verifier = Verifier::new(store.clone(), crypto.clone(), http.clone(), own);
    Ok(Owner {
        recovery,
        verifier,
        http,
        crypto,
        sync,
        sender,
        cache,
        keeping,
        push,
        returned: Notify::new(),
        gone: Notify::new(),
        location: Default::default(),
        audit_refused: Default::default(),
    })
}

impl Inner {
    /// Says what to do about an answer of the server, and does it where it is final.
    pub(super) async fn judge(
        &self,
        owner: &Owner,
        answer: Result<(), &crate::net::NetError>,
    ) -> Result<(), Error> {
        let verdict = session::judge(&self.store, &owner.http, &*self.clock, answer).await?;
        match verdict {
            session::Verdict::GoOn => Ok(()),
            session::Verdict::Hold => self.gate_of_duty().and(match answer {
                Err(error) if error.kind() == ErrorKind::SignedOut => {
                    Err(Error::Held("the sign-in has ended; sign in again, nothing is lost"))
                }
                _ => Ok(()),
            }),
            session::Verdict::Destroy => {
                begin_wipe(&self.profile)?;
                finish_wipe(&self.profile)?;
                Err(Error::SignedOutForGood)
            }
        }
    }
}
