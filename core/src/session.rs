//! Signing in and out, the tokens, and what it means when the server refuses. A refusal is confirmed before
//! anything is destroyed: a server fault must not wipe phones.

use std::sync::Arc;

use async_trait::async_trait;
use ruma::api::SupportedVersions;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::net::{Call, Http, NetError, TokenKeeper, Tokens, part};
use crate::store::account::{self, Account};
use crate::store::codes::AccountState;
use crate::store::{Durability, Store, StoreError, changes::Change};

/// A hard refusal is believed when it is repeated after so long.
pub const CONFIRM_AFTER_MS: i64 = 60_000;

/// A first refusal longer ago than this confirms nothing.
const STALE_MS: i64 = 7 * 86_400_000;

/// What a sign-in gave.
#[derive(Debug)]
pub struct Login {
    /// `@name:server`.
    pub user_id: String,
    /// The new device.
    pub device_id: String,
    /// Its tokens.
    pub tokens: Tokens,
}

/// Signs in with user and password; with a `device_id`, as that device again.
///
/// # Errors
/// The server's refusal (`M_FORBIDDEN`: wrong user or password), the network's.
pub async fn sign_in(
    http: &Http,
    clock: &dyn Clock,
    user: &str,
    password: &str,
    device_name: &str,
    device_id: Option<&str>,
) -> Result<Login, NetError> {
    #[derive(Deserialize)]
    struct Answer {
        user_id: String,
        device_id: String,
        access_token: String,
        refresh_token: Option<String>,
        expires_in_ms: Option<i64>,
    }
    let mut body = json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user },
        "password": password,
        "initial_device_display_name": device_name,
        "refresh_token": true,
    });
    if let (Some(id), Some(body)) = (device_id, body.as_object_mut()) {
        body.insert("device_id".to_owned(), json!(id));
    }
    let answer: Answer = http.json(Call::post("/_matrix/client/v3/login", &body)).await?;
    Ok(Login {
        user_id: answer.user_id,
        device_id: answer.device_id,
        tokens: Tokens {
            access: answer.access_token.into(),
            refresh: answer.refresh_token.map(Into::into),
            before: None,
            expires_ts: answer.expires_in_ms.map(|ms| clock.now_ms().saturating_add(ms)),
            lifetime_ms: answer.expires_in_ms,
        },
    })
}

/// Asks the server what it supports.
///
/// # Errors
/// The network's; `NotMatrix` where something else answers.
pub async fn versions(http: &Http) -> Result<String, NetError> {
    let answer: Value = http.json(Call::get("/_matrix/client/versions")).await?;
    if answer.get("versions").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(NetError::NotMatrix("it lists no protocol versions".to_owned()));
    }
    Ok(answer.to_string())
}

/// Reads a stored answer of `versions`.
pub fn supported(versions: &str) -> SupportedVersions {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        versions: Vec<String>,
        unstable_features: std::collections::BTreeMap<String, bool>,
    }
    let answer: Answer = serde_json::from_str(versions).unwrap_or_default();
    SupportedVersions::from_parts(&answer.versions, &answer.unstable_features)
}

/// Says whether the server has the accepted sliding-sync endpoint.
pub fn has_stable_sync(versions: &str) -> bool {
    let answer: Value = serde_json::from_str(versions).unwrap_or_default();
    answer.pointer("/unstable_features/org.matrix.msc4186.stable").and_then(Value::as_bool).unwrap_or(false)
}

/// Keeps refreshed tokens in the account's database.
#[derive(Debug)]
pub struct Keeper(pub Arc<Store>);

#[async_trait]
impl TokenKeeper for Keeper {
    async fn keep(&self, tokens: &Tokens) -> Result<(), NetError> {
        let tokens = tokens.clone();
        self.0.write(Durability::Full, move |tx, _| keep_tokens(tx, &tokens)).await.map_err(
            |error: StoreError| {
                tracing::error!(kind = error.kind().code(), "tokens not stored");
                NetError::TokensNotKept
            },
        )
    }
}

/// Writes tokens, and how long such ones live.
///
/// # Errors
/// Faults of the store.
pub fn keep_tokens(tx: &rusqlite::Transaction<'_>, tokens: &Tokens) -> Result<(), StoreError> {
    let refresh = tokens.refresh.as_ref().map(|token| token.as_str());
    let before = tokens.before.as_ref().map(|token| token.as_str());
    account::set_tokens(tx, &tokens.access, refresh, before, tokens.expires_ts)?;
    match tokens.lifetime_ms {
        Some(ms) => account::set_token_lifetime(tx, ms),
        None => Ok(()),
    }
}

/// Returns the stored tokens; `lifetime_ms` is what such a token is known to live.
pub fn tokens(account: &Account, lifetime_ms: Option<i64>) -> Tokens {
    Tokens {
        access: account.access_token.clone(),
        refresh: account.refresh_token.clone(),
        before: account.refresh_before.clone(),
        expires_ts: account.expires_ts,
        lifetime_ms,
    }
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    GoOn,
    /// Hide everything, keep everything, ask again later.
    Hold,
    /// The sign-in is gone for good: destroy keys and data.
    Destroy,
}

/// Notes what an answer says about the sign-in, and decides what follows from it.
///
/// # Errors
/// Faults of the store.
pub async fn judge(
    store: &Store,
    http: &Http,
    clock: &dyn Clock,
    answer: Result<(), &NetError>,
) -> Result<Verdict, StoreError> {
    let known = store.read(account::load)?;
    let state = match answer {
        Ok(()) => AccountState::Active,
        Err(NetError::Unauthorized { errcode, .. }) if errcode == "M_USER_LOCKED" => AccountState::Locked,
        Err(NetError::Unauthorized { soft: true, .. }) => AccountState::SoftSignedOut,
        Err(NetError::Unauthorized { soft: false, .. }) => {
            return refused(store, http, clock, known).await;
        }
        Err(NetError::Refused { errcode, .. }) if errcode == "M_USER_SUSPENDED" => AccountState::Suspended,
        Err(NetError::Refused { errcode, .. }) if errcode == "ORG_MATRIX_EXPIRED_ACCOUNT" => {
            AccountState::Expired
        }
        // Says nothing about the sign-in.
        Err(_) => return Ok(Verdict::GoOn),
    };
    // A suspended account still syncs; only `may_send` shows that it no longer is.
    let stays = state == AccountState::Active && known.state == AccountState::Suspended;
    if !stays && (known.state != state || known.refused_ts.is_some()) {
        set(store, state, None).await?;
    }
    Ok(match state {
        AccountState::Active | AccountState::Suspended => Verdict::GoOn,
        AccountState::SoftSignedOut
        | AccountState::Locked
        | AccountState::Expired
        | AccountState::RefusedOnce => Verdict::Hold,
    })
}

/// Notes that the server took something: a suspension, which only sending shows, is over.
///
/// # Errors
/// Faults of the store.
pub async fn may_send(store: &Store) -> Result<(), StoreError> {
    if store.read(account::load)?.state == AccountState::Suspended {
        set(store, AccountState::Active, None).await?;
    }
    Ok(())
}

async fn refused(
    store: &Store,
    http: &Http,
    clock: &dyn Clock,
    known: Account,
) -> Result<Verdict, StoreError> {
    let now = clock.now_ms();
    let Some(since) = known.refused_ts else {
        set(store, AccountState::RefusedOnce, Some(now)).await?;
        return Ok(Verdict::Hold);
    };
    // A clock that went back starts the wait again, and so does one that was put right by days: a server fault that falls
    // on such a moment must not look as if it had lasted.
    if now < since || now.saturating_sub(since) > STALE_MS {
        set(store, AccountState::RefusedOnce, Some(now)).await?;
        return Ok(Verdict::Hold);
    }
    if now.saturating_sub(since) < CONFIRM_AFTER_MS {
        return Ok(Verdict::Hold);
    }
    let who: Result<Value, NetError> = http.json(Call::get("/_matrix/client/v3/account/whoami")).await;
    let buys = http.refresh_now().await;
    let who_refused =
        matches!(&who, Err(NetError::Unauthorized { soft: false, errcode }) if errcode != "M_USER_LOCKED");
    let buy_refused = match &buys {
        // Nothing to refresh with: the first question decides.
        Ok(false) => true,
        Err(NetError::Unauthorized { errcode, .. }) => errcode != "M_USER_LOCKED",
        Err(NetError::Refused { status: 403, .. }) => true,
        Ok(true) | Err(_) => false,
    };
    if who_refused && buy_refused {
        return Ok(Verdict::Destroy);
    }
    if who.is_ok() || matches!(buys, Ok(true)) {
        set(store, AccountState::Active, None).await?;
        return Ok(Verdict::GoOn);
    }
    Ok(Verdict::Hold)
}

/// Notes what the server lets the account do, and since when it refuses.
///
/// # Errors
/// Faults of the store.
pub async fn set(store: &Store, state: AccountState, refused_ts: Option<i64>) -> Result<(), StoreError> {
    store
        .write(Durability::Full, move |tx, changes| {
            changes.note(Change::Account);
            account::set_state(tx, state, refused_ts)
        })
        .await
}

/// Tells the server that this device is gone.
///
/// # Errors
/// The network's.
pub async fn sign_out(http: &Http) -> Result<(), NetError> {
    http.done(Call::post("/_matrix/client/v3/logout", &json!({}))).await
}

/// Lists the account's devices: id, name, last seen.
///
/// # Errors
/// The network's.
pub async fn devices(http: &Http) -> Result<Vec<(String, Option<String>, Option<i64>)>, NetError> {
    #[derive(Deserialize)]
    struct Answer {
        devices: Vec<Device>,
    }
    #[derive(Deserialize)]
    struct Device {
        device_id: String,
        display_name: Option<String>,
        last_seen_ts: Option<i64>,
    }
    let answer: Answer = http.json(Call::get("/_matrix/client/v3/devices")).await?;
    Ok(answer
        .devices
        .into_iter()
        .map(|device| (device.device_id, device.display_name, device.last_seen_ts))
        .collect())
}

/// Signs another device of the account out, proving with the password that it is the owner who asks.
///
/// # Errors
/// `Refused` with `M_NOT_FOUND` or a wrong password's `M_FORBIDDEN`; the network's.
pub async fn sign_out_device(
    http: &Http,
    user_id: &str,
    device_id: &str,
    password: &str,
) -> Result<(), NetError> {
    let path = format!("/_matrix/client/v3/devices/{}", part(device_id));
    // The server deletes what is not there without a word.
    http.json::<Value>(Call::get(&path)).await?;
    let delete = |body: &Value| {
        Call { method: reqwest::Method::DELETE, ..Call::post(&path, body) }
            .within(std::time::Duration::from_secs(30))
    };
    match http.done(delete(&json!({}))).await {
        Err(NetError::Refused { status: 401, body, .. }) => {
            let proof = json!({ "auth": {
                "type": "m.login.password",
                "identifier": { "type": "m.id.user", "user": user_id },
                "password": password,
                "session": body.get("session"),
            } });
            http.done(delete(&proof)).await
        }
        other => other,
    }
}
