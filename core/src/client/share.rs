//! The half of the lock's key that the organisation's server holds: given to it with a new PIN, fetched to unlock. What goes
//! over the wire is described in `docs/share.md`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::owner::without_refresh;
use super::{Client, Error};
use crate::clock::{Clock, SystemClock};
use crate::net::{Call, Homeserver, Http, NetError, Trust, part};
use crate::ports::key_vault::KeyVault;
use crate::secret::{Secret, SecretBytes};
use crate::store::key_file::{KeyFileError, Locked, SharePlace};
use crate::store::vault::Cost;

/// Somebody waits in front of a screen.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct OpenId {
    access_token: String,
}

#[derive(Deserialize)]
struct Given {
    share: String,
}

impl Client {
    /// Gives the organisation's server a new share for a new PIN, where policy wants it to hold one.
    ///
    /// # Errors
    /// `BadInput` where policy names no server, the network's; then nothing has changed.
    pub(super) async fn give_share(
        &self,
        pin: &SecretBytes,
        cost: Cost,
    ) -> Result<Option<(SharePlace, Secret<32>)>, Error> {
        let policy = self.policy();
        if !policy.wants_share() {
            return Ok(None);
        }
        let url = policy.share_url().ok_or_else(|| {
            Error::BadInput(
                "policy has a server hold half of the key (lock.remote_share), and names none: lock.share_url is not set"
                    .to_owned(),
            )
        })?;
        let trust = self.inner.trust();
        let mut place = SharePlace::new(url)?;
        place.authorities.clone_from(&trust.authorities);
        place.pins = trust.pins.as_ref().map(|pins| pins.iter().map(hex::encode).collect());
        place.newest_only = trust.newest_only;
        place.proxy.clone_from(&trust.proxy);
        let share = Secret::<32>::random().map_err(KeyFileError::from)?;
        let proof = place.proof(pin, cost).await?;

        let account = &self.inner.account;
        let homeserver = match self.owner() {
            Ok(owner) => owner.http.clone(),
            Err(_) => {
                let server = Homeserver::parse(&account.homeserver)?;
                let stored = self.inner.store.read(crate::store::account::load)?;
                without_refresh(&Http::new(&server, &trust, self.inner.clock.clone())?, &stored)
            }
        };
        let path = format!("/_matrix/client/v3/user/{}/openid/request_token", part(&account.user_id));
        let known: OpenId = homeserver.json(Call::post(&path, &json!({})).within(PATIENCE)).await?;
        let request = json!({
            "openid": known.access_token,
            "device": account.device_id,
            "share": STANDARD.encode(share.expose()),
            "proof": STANDARD.encode(proof.expose()),
        });
        let path = format!("/v1/shares/{}", place.id);
        service(&place)?.done(Call::put(&path, &request).within(PATIENCE)).await?;
        Ok(Some((place, share)))
    }
}

/// Fetches the share that the PIN needs. A PIN that the service finds wrong is an attempt, durably counted; where it cannot
/// be reached, what was kept in memory counts for as long as policy says.
///
/// # Errors
/// `WrongPin`, `TooEarly`, `Exhausted`; `ShareRevoked`, `ShareOutOfReach`.
pub(super) async fn fetch(
    locked: &mut Locked,
    vault: &dyn KeyVault,
    pin: &SecretBytes,
    clock: &dyn Clock,
) -> Result<Option<Secret<32>>, Error> {
    let Some((place, cost)) = locked.share()? else { return Ok(None) };
    locked.may_try(&clock.moment())?;
    let proof = place.proof(pin, cost).await?;
    match ask(&place, &proof).await {
        Ok(share) => {
            if let Err(error) = locked.remember_share(vault, &share, &clock.moment()).await {
                // Without it the next time needs the service again, and no more.
                tracing::warn!(kind = Error::from(error).kind().code(), "the share is not kept in memory");
            }
            Ok(Some(share))
        }
        Err(NetError::RateLimited { retry_after }) => {
            let wait_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            Err(KeyFileError::TooEarly { wait_ms }.into())
        }
        Err(error) => match error.errcode() {
            Some("QROC_WRONG_PROOF") => Err(locked.refuse(&clock.moment()).into()),
            Some("QROC_REVOKED" | "QROC_NO_SHARE") => {
                locked.forget_share()?;
                Err(Error::ShareRevoked)
            }
            _ => match locked.remembered_share(vault, &clock.moment()).await? {
                Some(share) => Ok(Some(share)),
                None => Err(Error::ShareOutOfReach(error)),
            },
        },
    }
}

async fn ask(place: &SharePlace, proof: &Secret<32>) -> Result<Secret<32>, NetError> {
    let path = format!("/v1/shares/{}/open", place.id);
    let request = json!({ "proof": STANDARD.encode(proof.expose()) });
    let given: Given = service(place)?.json(Call::post(&path, &request).within(PATIENCE)).await?;
    let text = Zeroizing::new(given.share);
    let bytes = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).unwrap_or_default();
    Secret::from_slice(&bytes).ok_or_else(|| NetError::NotMatrix("no share of 32 bytes".to_owned()))
}

fn service(place: &SharePlace) -> Result<Http, NetError> {
    let pin = |text: &String| hex::decode(text).ok()?.try_into().ok();
    let trust = Trust {
        authorities: place.authorities.clone(),
        // One that makes no sense is no reason to believe anybody.
        pins: place.pins.as_ref().map(|pins| pins.iter().filter_map(pin).collect()),
        newest_only: place.newest_only,
        proxy: place.proxy.clone(),
    };
    Http::new(&Homeserver::parse(&place.url)?, &trust, std::sync::Arc::new(SystemClock))
}
