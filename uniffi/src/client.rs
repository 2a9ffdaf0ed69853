//! A signed-in account.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use qroc_core::client::{self as core, Access, Error, Lifecycle, Login};
use qroc_core::net::NetError;

use crate::error::QrocError;
use crate::live::Live;
use crate::platform;
use crate::positions::Positions;
use crate::queue::SendQueue;
use crate::records::account::{Destroyed, Device, LoginDetails, SignedIn, Status, SyncSummary};
use crate::records::outgoing::{NewRoom, QueueItem};
use crate::records::search::{SearchHit, SearchQuery};
use crate::records::talk::Draft;
use crate::room::Room;
use crate::room_list::RoomList;
use crate::runtime::{change, detached, read};
use crate::states::ConnectionStates;
use crate::vault::Vault;
use crate::verification::Found;

/// How long another process may take to let go of a profile.
const HAND_OVER: Duration = Duration::from_secs(5);

/// Says whether a profile has an account: `Client.open` it then, else `Client.login`. A profile is one account; an app
/// with several gives each a directory of its own. A read: it ends with its caller.
///
/// # Errors
/// `Storage` for a profile that is damaged.
#[uniffi::export]
pub async fn account_exists(profile: String) -> Result<bool, QrocError> {
    read(async move { core::account_exists(&PathBuf::from(profile)) }).await
}

/// Destroys a profile: first the keys, then everything else. Needs neither key nor network, works while the profile is
/// open (clients of it end), and is finished at the next start where it was interrupted. A change: it runs to its end.
///
/// # Errors
/// `SignIn` where there is nothing, `Storage`.
#[uniffi::export]
pub async fn wipe(profile: String) -> Result<Destroyed, QrocError> {
    change(async move { core::wipe(&PathBuf::from(profile)).await.map(Destroyed::from) }).await
}

/// A signed-in account: its rooms, its queue, its devices. Close it when the app ends; freeing it without that closes
/// it too, but nobody waits for it.
#[derive(Debug, uniffi::Object)]
pub struct Client {
    life: Arc<Lifecycle>,
    profile: PathBuf,
    /// Has a key to be destroyed with the profile.
    vault: Option<Arc<Vault>>,
    signed_in: SignedIn,
    /// Verifications that others ask for, not told yet.
    found: Found,
    _live: Live,
}

impl Client {
    fn new(profile: PathBuf, vault: &Arc<Vault>, client: core::Client, signed_in: SignedIn) -> Arc<Self> {
        let (life, vault) = (Lifecycle::new(client), vault.has_keys().then(|| vault.clone()));
        Arc::new(Self { life, profile, vault, signed_in, found: Found::default(), _live: Live::client() })
    }

    pub(crate) fn life(&self) -> &Arc<Lifecycle> {
        &self.life
    }

    pub(crate) fn found(&self) -> &Found {
        &self.found
    }

    pub(crate) fn profile(&self) -> &Path {
        &self.profile
    }

    fn room_of(&self, room_id: String) -> Arc<Room> {
        Room::new(self.life.clone(), room_id)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let life = self.life.clone();
        detached(async move { life.close().await });
    }
}

#[uniffi::export]
impl Client {
    /// Signs in, makes the profile, publishes identity and keys. A directory that does not exist is made. A change: it
    /// runs to its end; a client that nobody waited for is closed again, and can be opened.
    ///
    /// # Errors
    /// `SignIn` (`wrong_password`), `BadInput` for a profile that has an account, `Locked` by the vault, `Network`,
    /// `RateLimited`, `Storage`.
    #[uniffi::constructor]
    pub async fn login(
        profile: String,
        vault: Arc<Vault>,
        details: LoginDetails,
    ) -> Result<Arc<Self>, QrocError> {
        let options = platform::options()?;
        change(async move {
            let ready = vault.ready().await?;
            let LoginDetails { server, user, password, device_name } = details;
            let login = Login {
                server: &server,
                user: &user,
                password: &password,
                device_name: device_name.as_deref(),
            };
            let profile = PathBuf::from(profile);
            let (client, signed_in) =
                core::Client::login(&profile, &*ready, login, options).await.map_err(of_login)?;
            Ok::<_, QrocError>(Self::new(profile, &vault, client, signed_in.into()))
        })
        .await
    }

    /// Opens a profile. No network is touched; waits up to five seconds for another process to let go of it. A read:
    /// it ends with its caller.
    ///
    /// # Errors
    /// `SignIn` where nobody is signed in, `Locked` by the vault, `InUse`, `Storage`.
    #[uniffi::constructor]
    pub async fn open(profile: String, vault: Arc<Vault>) -> Result<Arc<Self>, QrocError> {
        let options = platform::options()?;
        read(async move {
            let ready = vault.ready().await?;
            let profile = PathBuf::from(profile);
            let access = Access::Own { wait: HAND_OVER };
            let client = core::Client::open(&profile, &*ready, access, options).await?;
            let status = client.status()?;
            let signed_in = SignedIn {
                user_id: status.user_id,
                device_id: status.device_id,
                homeserver: status.homeserver,
            };
            Ok::<_, QrocError>(Self::new(profile, &vault, client, signed_in))
        })
        .await
    }

    /// Returns who is signed in. From memory.
    pub fn signed_in(&self) -> SignedIn {
        self.signed_in.clone()
    }

    /// Syncs and sends from now on, until `background` or `close`. Returns at once. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn foreground(&self) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move { life.foreground() }).await
    }

    /// Goes on until what is queued is sent, at most until `limit` is over; then nothing runs. Returns whether all was
    /// sent (what failed does not count). A `foreground` meanwhile wins. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn background(&self, limit: Duration) -> Result<bool, QrocError> {
        let life = self.life.clone();
        change(async move { life.background(limit).await }).await
    }

    /// Ends everything and closes the database: lists end, waiting pulls return, later calls answer `Closed`. What was
    /// begun is finished, for at most ten seconds. Closing twice is closing once. A change: it runs to its end.
    ///
    /// # Errors
    /// `Internal`.
    pub async fn shut_down(&self) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move {
            life.close().await;
            Ok::<_, Error>(())
        })
        .await
    }

    /// Signs out: tells the server, where it can be reached, and destroys the profile, and its key in the platform's
    /// vault. The client is closed after. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn logout(&self) -> Result<Destroyed, QrocError> {
        let (life, profile, vault) = (self.life.clone(), self.profile.clone(), self.vault.clone());
        change(async move {
            let destroyed = life.logout().await?;
            if let Some(vault) = vault {
                vault.destroy_keys(&profile).await;
            }
            Ok::<_, Error>(Destroyed::from(destroyed))
        })
        .await
    }

    /// Says that the network is back or has changed: what waited for it is tried at once. A change: it runs to its end.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn network_returned(&self) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move { life.client()?.network_returned().await }).await
    }

    /// Syncs once, until the server has nothing new and the queue is sent: for a wake-up in the background. A read: it
    /// ends with its caller; what came until then is stored.
    ///
    /// # Errors
    /// `Network` where the server cannot be reached within `limit`, `Locked`, `SignIn`, `Closed`, `Storage`.
    pub async fn sync_once(&self, limit: Duration) -> Result<SyncSummary, QrocError> {
        let life = self.life.clone();
        read(async move {
            let client = life.client()?;
            client.sync_once(Some(limit)).await.map(SyncSummary::from)
        })
        .await
    }

    /// Reads the account's state; works while contents are hidden. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Closed`, `Storage`.
    pub async fn status(&self) -> Result<Status, QrocError> {
        let life = self.life.clone();
        read(async move { life.client()?.status().map(Status::from) }).await
    }

    /// Follows whether the server answers. From memory.
    pub fn connection_states(&self) -> Arc<ConnectionStates> {
        ConnectionStates::new(self.life.link())
    }

    /// Opens the room list, to be pulled; `filter` is part of a name. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn room_list(&self, filter: Option<String>) -> Result<Arc<RoomList>, QrocError> {
        Ok(RoomList::new(self.life.client()?.room_list(filter)))
    }

    /// Opens the queue of what waits to be sent, to be pulled. From memory.
    ///
    /// # Errors
    /// `Closed`.
    pub fn send_queue(&self) -> Result<Arc<SendQueue>, QrocError> {
        Ok(SendQueue::new(self.life.clone(), self.life.client()?.watch_queue()))
    }

    /// Lists what waits to be sent, oldest first. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn queued(&self) -> Result<Vec<QueueItem>, QrocError> {
        let life = self.life.clone();
        read(async move {
            let queue = life.client()?.queue()?;
            Ok::<_, Error>(queue.into_iter().map(QueueItem::from).collect())
        })
        .await
    }

    /// Opens the list of where everybody is, in all rooms, to be pulled. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn positions(&self) -> Result<Arc<Positions>, QrocError> {
        let life = self.life.clone();
        read(async move { life.client()?.follow_positions(None) }).await.map(Positions::new)
    }

    /// Finds a room by id, alias, or a name that only one room has. A read: it ends with its caller.
    ///
    /// # Errors
    /// `NotFound`, `BadInput` (`ambiguous_room`), `Locked`, `Closed`, `Storage`.
    pub async fn room(&self, name: String) -> Result<Arc<Room>, QrocError> {
        let life = self.life.clone();
        let room = read(async move { life.client()?.room(&name) }).await?;
        Ok(self.room_of(room.room_id))
    }

    /// Makes a room, which is always encrypted; it is in the list when this returns. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for what is no user id, `Forbidden`, `Network`, `RateLimited`, `Locked`, `Closed`.
    pub async fn create_room(&self, room: NewRoom) -> Result<Arc<Room>, QrocError> {
        let life = self.life.clone();
        let NewRoom { name, invite, kind } = room;
        let made =
            change(async move { life.client()?.create_room(core::NewRoom { name, invite, kind }).await });
        Ok(self.room_of(made.await?))
    }

    /// Joins a room, by its id, its alias, or the name of an invitation; it is in the list when this returns. A change:
    /// it runs to its end.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Network`, `RateLimited`, `Locked`, `Closed`.
    pub async fn join_room(&self, room: String) -> Result<Arc<Room>, QrocError> {
        let life = self.life.clone();
        let joined = change(async move { life.client()?.join(&room).await });
        Ok(self.room_of(joined.await?))
    }

    /// Finds messages by words, beginnings of words and phrases, newest first, on this device; what waits to be sent is
    /// among them. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` where nothing is asked for, `NotFound` for the room, `Locked`, `Closed`, `Storage`.
    pub async fn search(&self, query: SearchQuery, limit: u32) -> Result<Vec<SearchHit>, QrocError> {
        let life = self.life.clone();
        read(async move {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let hits = life.client()?.find(&query.into(), limit)?;
            Ok::<_, Error>(hits.into_iter().map(SearchHit::from).collect())
        })
        .await
    }

    /// Lists the texts that are being written, newest first. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Locked`, `Closed`, `Storage`.
    pub async fn drafts(&self) -> Result<Vec<Draft>, QrocError> {
        let life = self.life.clone();
        read(async move {
            let drafts = life.client()?.drafts(None)?;
            Ok::<_, Error>(drafts.into_iter().map(Draft::from).collect())
        })
        .await
    }

    /// Lists the account's devices, as the server has them. A read: it ends with its caller.
    ///
    /// # Errors
    /// `Network`, `Locked`, `SignIn`, `Closed`.
    pub async fn devices(&self) -> Result<Vec<Device>, QrocError> {
        let life = self.life.clone();
        read(async move {
            let client = life.client()?;
            Ok::<_, Error>(client.devices().await?.into_iter().map(Device::from).collect())
        })
        .await
    }

    /// Signs another device of the account out. A change: it runs to its end.
    ///
    /// # Errors
    /// `BadInput` for this device, `NotFound`, `SignIn` (`wrong_password`), `Network`, `Locked`, `Closed`.
    pub async fn sign_out_device(&self, device_id: String, password: String) -> Result<(), QrocError> {
        let life = self.life.clone();
        change(async move {
            life.client()
                .map_err(QrocError::from)?
                .sign_out_device(&device_id, &password)
                .await
                .map_err(of_login)
        })
        .await
    }
}

impl From<qroc_core::model::SignedIn> for SignedIn {
    fn from(signed_in: qroc_core::model::SignedIn) -> Self {
        Self { user_id: signed_in.user_id, device_id: signed_in.device_id, homeserver: signed_in.homeserver }
    }
}

/// Where a password is asked for, the server's plain no means that it is wrong.
fn of_login(error: Error) -> QrocError {
    match &error {
        Error::Net(NetError::Refused { errcode, status, .. })
            if errcode == "M_FORBIDDEN" || (*status == 401 && errcode != "M_USER_LOCKED") =>
        {
            QrocError::of("wrong_password")
        }
        _ => error.into(),
    }
}
