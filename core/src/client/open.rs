//! Signing in, opening and destroying a profile.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::dirs::make_dirs;
use super::ephemeral::{self, Held};
use super::owner::{become_owner, signed_in, trust_of};
use super::policy::before_profile;
use super::pushing;
use super::screen::Screen;
use super::surroundings::Surroundings;
use super::{Client, Device, Error, Inner, Link, Managed, Wish, entry, handover};
use crate::attachments::Apart;
use crate::clock::{Clock, SystemClock};
use crate::keeping::Time;
use crate::mdm::Mdm;
use crate::model::{Destroyed, SignedIn};
use crate::net::{Homeserver, Http, discover};
use crate::ports::image_decoder::ImageDecoder;
use crate::ports::key_vault::KeyVault;
use crate::session;
use crate::store::account::{self, Account};
use crate::store::codes::{AccountState, IdentityState};
use crate::store::key_file::{
    AccountKeys, KeyFile, KeyFileError, Locked, Unlocked, VaultRef, account_dir, begin_wipe, finish_wipe,
};
use crate::store::{Durability, Store, StoreError};

/// Shown where the platform lists keys.
const LABEL: &str = "QROC";

/// What the platform decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Certificates (PEM) that are trusted besides the system's.
    pub authorities: Vec<String>,
    /// Where files are prepared.
    pub apart: Apart,
    /// Reads pictures that the core cannot read, where they are prepared on a thread.
    pub image_decoder: Option<Arc<dyn ImageDecoder>>,
    /// What the device's management says.
    pub managed: Vec<Managed>,
    /// The device of the account that a sign-in signs out where it would be one too many.
    pub instead_of: Option<String>,
    /// The device.
    pub device: Device,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            authorities: Vec::new(),
            apart: Apart::default(),
            image_decoder: None,
            managed: Vec::new(),
            instead_of: None,
            device: Device::default(),
        }
    }
}

/// How a profile is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To write, send and sync; waits so long for another owner to go.
    Own {
        /// How long.
        wait: Duration,
    },
    /// To read, beside an owner or alone.
    Read,
}

/// A profile before its services are wired.
struct Found {
    dir: PathBuf,
    store: Store,
    unlocked: Unlocked,
    held: Held,
}

/// Who signs in where.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// A URL, or a name that is looked up; empty: the one that management proposes.
    pub server: &'a str,
    /// `name` or `@name:server`; empty: the one that management proposes.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
    /// What the device is called in the list of devices.
    pub device_name: Option<&'a str>,
}

impl std::fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

/// Says whether a profile has an account, or the remains of one.
///
/// # Errors
/// A key file that cannot be read.
pub fn account_exists(profile: &Path) -> Result<bool, Error> {
    ephemeral::clear_remains(profile)?;
    match KeyFile::read(profile) {
        // Until the key file knows the account, its directory is what a sign-in that was interrupted left.
        Ok(locked) => Ok(locked.was_saved() && account_dir(profile, 1).exists()),
        Err(KeyFileError::Missing) => Ok(false),
        Err(KeyFileError::WipePending) => {
            finish_wipe(profile)?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says which vault holds the key of a profile.
///
/// # Errors
/// `NotSignedIn`; a key file that cannot be read.
pub fn vault_of(profile: &Path) -> Result<VaultRef, Error> {
    if ephemeral::clear_remains(profile)? {
        return Err(Error::Ended);
    }
    match KeyFile::read(profile) {
        Ok(locked) => locked.slots().first().map(|slot| slot.vault.clone()).ok_or(Error::NotSignedIn),
        Err(KeyFileError::Missing) => Err(Error::NotSignedIn),
        Err(KeyFileError::WipePending) => {
            finish_wipe(profile)?;
            Err(Error::NotSignedIn)
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads the key file: a wipe that was interrupted is finished, and one that is due because nobody reached the server
/// for too long is done, before anything else is looked at; so is the end of a profile that nothing outlives.
pub(super) fn read_key_file(profile: &Path, clock: &dyn Clock) -> Result<Locked, Error> {
    if ephemeral::clear_remains(profile)? {
        return Err(Error::Ended);
    }
    match KeyFile::read(profile) {
        Ok(locked) if locked.offline_clock().is_over_at(&clock.moment()) => {
            begin_wipe(profile)?;
            finish_wipe(profile)?;
            Err(Error::DestroyedOffline)
        }
        Ok(locked) => Ok(locked),
        Err(KeyFileError::Missing) => Err(Error::NotSignedIn),
        Err(KeyFileError::WipePending) => {
            finish_wipe(profile)?;
            Err(Error::NotSignedIn)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says no where the profile is sealed.
///
/// # Errors
/// `Sealed`, `NotSignedIn`; a key file that cannot be read.
pub fn require_unlocked(profile: &Path, clock: &dyn Clock) -> Result<(), Error> {
    if read_key_file(profile, clock)?.is_unlocked() { Ok(()) } else { Err(KeyFileError::Sealed.into()) }
}

/// Lists the vaults that still hold a key of a profile which was wiped or signed out here, for
/// [`destroy_vault_keys`]. Cheap where there is none.
pub fn vaults_with_keys(profile: &Path) -> Vec<VaultRef> {
    crate::store::key_file::vaults_with_keys(profile)
}

/// Has a vault destroy its keys of profiles that were wiped here, and returns how many it destroyed. To be called after
/// `wipe`, `logout` and `SignedOutForGood`, and at the next start where a wipe was interrupted or the vault was locked.
pub async fn destroy_vault_keys(profile: &Path, vault: &dyn KeyVault) -> usize {
    crate::store::key_file::destroy_vault_keys(profile, vault).await
}

/// Destroys a profile: first the keys, then everything else. Needs neither key nor network, works while in use, and
/// is finished at the next start where it was interrupted. What the vault holds goes with [`destroy_vault_keys`].
///
/// # Errors
/// `NotSignedIn` where there is nothing; what the file system says.
pub async fn wipe(profile: &Path) -> Result<Destroyed, Error> {
    match begin_wipe(profile) {
        Ok(_) | Err(KeyFileError::WipePending) => {}
        Err(KeyFileError::Missing) => return Err(Error::NotSignedIn),
        Err(error) => return Err(error.into()),
    }
    handover::tell_gone(&account_dir(profile, 1)).await;
    let destroyed = finish_wipe(profile)?;
    Ok(Destroyed { destroyed, server_informed: false })
}

impl Client {
    /// Signs in, makes the profile, publishes identity and keys.
    ///
    /// # Errors
    /// `AlreadySignedIn` (but where the sign-in has ended and is renewed), a refused password, `TooManyDevices` unless
    /// `Options::instead_of` names one to be signed out, the network's, the vault's; then nothing is left behind but the
    /// device on the server, which is signed out again where it can be reached.
    pub async fn login(
        profile: &Path,
        vault: &dyn KeyVault,
        login: Login<'_>,
        options: Options,
    ) -> Result<(Self, SignedIn), Error> {
        if account_exists(profile)? {
            return Self::login_again(profile, vault, login, options).await;
        }
        if KeyFile::read(profile).is_ok() {
            // A sign-in that was interrupted before it had an account.
            wipe(profile).await?;
        }
        let policy = before_profile(&options.managed);
        let proposed = entry::proposed(&options.managed);
        let login = entry::complete(login, &proposed)?;
        entry::may_enter(&policy, &options.device, profile)?;
        let trust = trust_of(&policy, &options.authorities);
        let server = discover(login.server, &trust, options.clock.clone()).await?;
        let wish = Wish::SignIn { server: server.as_str(), user: login.user };
        policy.decide(wish).permit(wish)?;
        let http = Http::new(&server, &trust, options.clock.clone())?;
        let versions = session::versions(&http).await?;
        let name = login.device_name.unwrap_or("QROC");
        let signed = session::sign_in(&http, &*options.clock, login.user, login.password, name, None).await?;
        let mut account = Account {
            user_id: signed.user_id,
            device_id: signed.device_id,
            homeserver: server.as_str().to_owned(),
            access_token: signed.tokens.access.clone(),
            refresh_token: signed.tokens.refresh.clone(),
            refresh_before: None,
            expires_ts: signed.tokens.expires_ts,
            state: AccountState::Active,
            refused_ts: None,
            versions,
            identity: IdentityState::Unknown,
            generation: 0,
        };
        let device = (account.user_id.as_str(), account.device_id.as_str(), login.password);
        let instead_of = options.instead_of.as_deref();
        let authorized = signed_in(&http, &account, None, None);
        if let Err(error) = entry::make_room(&policy, &authorized, device, instead_of).await {
            let _ = session::sign_out(&signed_in(&http, &account, None, None)).await;
            return Err(error);
        }
        let found = match make(profile, vault, &account, &signed.tokens, policy.keeps_nothing()).await {
            Ok(made) => made,
            Err(error) => {
                let _ = session::sign_out(&signed_in(&http, &account, None, None)).await;
                let _ = wipe(profile).await;
                return Err(error);
            }
        };
        let client = Self::assemble(profile, found, &mut account, true, &options).await?;
        client.publish(login.password).await;
        let signed_in = SignedIn {
            user_id: account.user_id.clone(),
            device_id: account.device_id.clone(),
            homeserver: account.homeserver.clone(),
        };
        Ok((client, signed_in))
    }

    /// Gives a sign-in whose token ended a new one, with everything that is stored.
    async fn login_again(
        profile: &Path,
        vault: &dyn KeyVault,
        login: Login<'_>,
        options: Options,
    ) -> Result<(Self, SignedIn), Error> {
        let access = Access::Own { wait: Duration::from_secs(5) };
        let ended = match Self::open(profile, vault, access, options.clone()).await {
            Ok(client) if client.inner.account.state == AccountState::SoftSignedOut => client,
            _ => return Err(Error::AlreadySignedIn),
        };
        let known = ended.inner.account.clone();
        let server = Homeserver::parse(&known.homeserver)?;
        let http = Http::new(&server, &ended.inner.trust(), options.clock.clone())?;
        let device = Some(known.device_id.as_str());
        let name = login.device_name.unwrap_or("QROC");
        let signed =
            session::sign_in(&http, &*options.clock, &known.user_id, login.password, name, device).await?;
        let tokens = signed.tokens;
        ended
            .inner
            .store
            .write(Durability::Full, move |tx, _| {
                session::keep_tokens(tx, &tokens)?;
                account::set_state(tx, AccountState::Active, None)
            })
            .await?;
        ended.close().await;
        let client = Self::open(profile, vault, access, options).await?;
        let signed_in =
            SignedIn { user_id: known.user_id, device_id: known.device_id, homeserver: known.homeserver };
        Ok((client, signed_in))
    }

    /// Publishes the identity. Without it the sign-in works all the same, and the sync tries again.
    async fn publish(&self, password: &str) {
        let Ok(owner) = self.owner() else { return };
        let published =
            owner.crypto.publish_identity(&owner.http, &self.inner.account.user_id, password).await;
        let identity = match published {
            Ok(true) => IdentityState::Owned,
            Ok(false) => IdentityState::Foreign,
            Err(error) => {
                tracing::warn!(kind = error.kind().code(), "the identity is not published yet");
                return;
            }
        };
        let noted =
            self.inner.store.write(Durability::Full, move |tx, _| account::set_identity(tx, identity)).await;
        if let Err(error) = noted.and_then(|()| self.inner.mind_keys(owner)) {
            tracing::warn!(kind = error.kind().code(), "the identity's state is not stored");
        }
    }

    /// Asks again what the server supports, and publishes the identity where that has not worked yet.
    pub(super) async fn catch_up_on_server(&self) -> Result<(), Error> {
        if let Ok(owner) = self.owner()
            && let Ok(versions) = session::versions(&owner.http).await
        {
            self.inner
                .store
                .write(Durability::Normal, move |tx, _| account::set_versions(tx, &versions))
                .await?;
            owner.sender.learn_limit().await?;
        }
        if self.inner.store.read(account::load)?.identity == IdentityState::Unknown {
            self.publish("").await;
        }
        Ok(())
    }

    /// Opens a profile. No network is touched.
    ///
    /// # Errors
    /// `NotSignedIn`, `InUse` when the owner does not go in time, the vault's, the database's.
    pub async fn open(
        profile: &Path,
        vault: &dyn KeyVault,
        access: Access,
        options: Options,
    ) -> Result<Self, Error> {
        let unlocked = unlock(profile, vault, &*options.clock).await?;
        Self::open_with(profile, unlocked, access, &options).await
    }

    pub(super) async fn open_with(
        profile: &Path,
        mut unlocked: Unlocked,
        access: Access,
        options: &Options,
    ) -> Result<Self, Error> {
        // What this process read before may not hold any more.
        unlocked.reload()?;
        let keys = ephemeral::find_keys(profile, &unlocked, &options.managed).await?;
        let dir = account_dir(profile, keys.number);
        let store = match access {
            Access::Read => Store::open_reader(&dir, &keys.db)?,
            Access::Own { wait } => own(&dir, &keys, wait).await?,
        };
        let mut account = store.read(account::load)?;
        let found = Found { dir, store, unlocked, held: Held::new(keys, false) };
        Self::assemble(profile, found, &mut account, access != Access::Read, options).await
    }

    async fn assemble(
        profile: &Path,
        found: Found,
        account: &mut Account,
        owns: bool,
        options: &Options,
    ) -> Result<Self, Error> {
        let Found { dir, store, unlocked, held } = found;
        let store = Arc::new(store);
        let time = Time::tell(&store, options.clock.clone())?;
        let mdm = Mdm::new(unlocked, options.clock.clone());
        let trust = trust_of(&mdm.policy(), &options.authorities);
        let owner = match owns {
            true => Some(become_owner(&dir, &store, account, options, time, &trust).await?),
            false => None,
        };
        let inner = Inner {
            profile: profile.to_owned(),
            dir,
            store,
            clock: options.clock.clone(),
            account: account.clone(),
            apart: options.apart.clone(),
            image_decoder: options.image_decoder.clone(),
            authorities: options.authorities.clone(),
            mdm,
            held,
            surroundings: Surroundings::new(options.device.clone()),
            screen: Screen::default(),
            map: super::maps::Opened::default(),
            owner,
            link: watch::channel(Link::Idle).0,
            ended: watch::channel(false).0,
        };
        if owns {
            for managed in &options.managed {
                inner.take_managed(managed)?;
            }
            inner.mind_persistence()?;
        }
        inner.check_idle()?;
        if let Some(owner) = &inner.owner {
            owner.http.trust(&inner.trust())?;
            owner.keeping.follow(&inner.mdm.policy()).await?;
            inner.mind_keys(owner)?;
        }
        let inner = Arc::new(inner);
        let listener = if owns { Some(handover::listen(&inner)?) } else { None };
        Ok(Self { inner, listener })
    }

    /// Signs out and destroys the profile. Without a network the server is not told, everything else is done.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn logout(self) -> Result<Destroyed, Error> {
        let told = match self.owner() {
            Ok(owner) => {
                owner.push.withdraw(pushing::PATIENCE).await;
                tokio::time::timeout(Duration::from_secs(10), session::sign_out(&owner.http)).await
            }
            Err(error) => return Err(error),
        };
        let server_informed = matches!(told, Ok(Ok(())));
        let profile = self.inner.profile.clone();
        begin_wipe(&profile)?;
        self.inner.held.release();
        self.close().await;
        let destroyed = finish_wipe(&profile)?;
        Ok(Destroyed { destroyed, server_informed })
    }
}

/// Opens the key file.
pub(super) async fn unlock(
    profile: &Path,
    vault: &dyn KeyVault,
    clock: &dyn Clock,
) -> Result<Unlocked, Error> {
    Ok(read_key_file(profile, clock)?.unlock(vault).await?)
}

async fn own(dir: &Path, keys: &AccountKeys, wait: Duration) -> Result<Store, Error> {
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        match Store::open(dir, &keys.db) {
            Err(StoreError::InUse) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return Ok(other?),
        }
    }
}

/// The database first, then the key file that knows it: what is interrupted in between is no account.
async fn make(
    profile: &Path,
    vault: &dyn KeyVault,
    account: &Account,
    tokens: &crate::net::Tokens,
    ephemeral: bool,
) -> Result<Found, Error> {
    let mut unlocked = KeyFile::create(profile, vault, LABEL).await?;
    let keys = unlocked.add_account(&account.user_id, &account.homeserver)?;
    let dir = account_dir(profile, keys.number);
    make_dirs(profile, &dir).map_err(StoreError::from)?;
    let store = Store::create(&dir, &keys.db)?;
    if ephemeral {
        // The file never learns of the account: this process alone has its key.
        ephemeral::mark(&dir)?;
        unlocked.remove_account(keys.number)?;
    }
    let (account, tokens) = (account.clone(), tokens.clone());
    store
        .write(Durability::Full, move |tx, _| {
            account::insert(tx, &account)?;
            session::keep_tokens(tx, &tokens)
        })
        .await?;
    unlocked.save()?;
    Ok(Found { dir, store, unlocked, held: Held::new(keys, ephemeral) })
}
