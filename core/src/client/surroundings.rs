//! What the platform says of the device and of its connection, and what follows from it: an old or manipulated system
//! is refused, messages and files are not fetched where that costs more than policy allows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Client, Error, Inner, Owner, Wish};
use crate::ids::{EventRow, RoomRow};
use crate::kind::ErrorKind;
use crate::policy::{Policy, System};
use crate::store::codes::Membership;
use crate::store::key_file::{begin_wipe, finish_wipe};
use crate::store::{rooms, timeline};

/// Rooms whose files are fetched before anybody asks.
const ROOMS: usize = 100;
/// Larger ones wait until somebody asks, in bytes.
const LARGEST: u64 = 32 << 20;
/// What else has to be looked after is looked at again after this, while messages cost too much.
const LOOK: Duration = Duration::from_secs(15);

/// The device, as the platform knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its operating system.
    pub system: System,
    /// The system's version, such as `14` or `17.2`; empty where the platform does not say.
    pub version: String,
    /// Whether the platform found the system tampered with.
    pub tampered: bool,
}

impl Device {
    /// Asks policy about the device.
    pub(super) fn judge(&self, policy: &Policy) -> Result<(), Error> {
        for wish in [
            Wish::RunOn { system: self.system, version: &self.version },
            Wish::Trust { tampered: self.tampered },
        ] {
            policy.decide(wish).permit(wish)?;
        }
        Ok(())
    }
}

/// What is known of the surroundings of an open profile.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) device: Device,
    metered: watch::Sender<bool>,
    fetches: AtomicBool,
}

impl Surroundings {
    pub(super) fn new(device: Device) -> Self {
        Self { device, metered: watch::channel(false).0, fetches: AtomicBool::new(false) }
    }

    fn metered(&self) -> bool {
        *self.metered.borrow()
    }
}

impl Client {
    /// Says whether the connection costs by volume, as the platform finds it. Holds at once; until it is said, none does.
    pub fn set_metered(&self, metered: bool) {
        self.inner.surroundings.metered.send_replace(metered);
    }

    /// Says whether the files of messages that arrive are fetched before anybody asks for them, where policy allows it
    /// (`media.auto_download`). Until it is said they are not.
    pub fn set_fetching(&self, on: bool) {
        self.inner.surroundings.fetches.store(on, Ordering::Relaxed);
    }

    /// Says whether policy wants the user to be warned of this device: its system was tampered with.
    pub fn warns_of_device(&self) -> bool {
        self.inner.surroundings.device.tampered && self.policy().warns_of_tampering()
    }

    /// Fetches the files of each room's newest messages that are not kept yet, and returns how many came. What cannot be
    /// fetched now is left.
    ///
    /// # Errors
    /// `Denied` by `media.auto_download`; `Held`, faults of the store.
    pub async fn fetch_files(&self, newest: usize) -> Result<usize, Error> {
        self.gate()?;
        let owner = self.owner()?;
        self.inner.permit(Wish::FetchFiles { metered: self.inner.surroundings.metered() }).await?;
        let mut fetched: usize = 0;
        let page = self.inner.store.read(|connection| rooms::page(connection, None, None, ROOMS))?;
        for room in page.into_iter().filter(|room| room.membership == Membership::Join) {
            for item in self.timeline(&room.room_id, None, newest, true).await? {
                let Some(event) = item.event_id.filter(|_| item.attachment.is_some()) else { continue };
                fetched = fetched.saturating_add(self.inner.fetch_file(owner, room.id, &event).await?);
            }
        }
        Ok(fetched)
    }
}

impl Inner {
    /// Refuses an old system, and one that was tampered with. Where policy says so the latter costs the profile first.
    pub(super) fn check_device(&self) -> Result<(), Error> {
        let policy = self.mdm.policy();
        if self.surroundings.device.tampered && policy.wipes_tampered() {
            begin_wipe(&self.profile)?;
            finish_wipe(&self.profile)?;
        }
        self.surroundings.device.judge(&policy)
    }

    pub(super) fn may_fetch(&self) -> Wish<'static> {
        Wish::Fetch { metered: self.surroundings.metered() }
    }

    /// Waits until messages may be fetched; gives up after a while, since other things have to be looked after.
    pub(super) async fn until_free(&self) {
        // Either way it is looked at again.
        let _ = tokio::time::timeout(LOOK, self.fetching_becomes(true)).await;
    }

    /// Waits until messages may, or may not, be fetched over this connection.
    pub(super) async fn fetching_becomes(&self, allowed: bool) {
        let mut metered = self.surroundings.metered.subscribe();
        let mut policies = self.mdm.subscribe();
        loop {
            let wish = Wish::Fetch { metered: *metered.borrow_and_update() };
            if self.mdm.policy().decide(wish).allowed == allowed {
                return;
            }
            tokio::select! {
                _ = metered.changed() => {}
                _ = policies.recv() => {}
            }
        }
    }

    /// Fetches the files of messages as they come, for as long as it is polled.
    pub(super) async fn keep_fetching(
        &self,
        owner: &Owner,
        mut came: mpsc::UnboundedReceiver<Vec<EventRow>>,
    ) -> Error {
        while let Some(rows) = came.recv().await {
            let wish = Wish::FetchFiles { metered: self.surroundings.metered() };
            let wanted = self.surroundings.fetches.load(Ordering::Relaxed);
            if !wanted || !self.mdm.policy().decide(wish).allowed {
                continue;
            }
            let found = match self.store.read(|connection| timeline::by_rows(connection, &rows)) {
                Ok(found) => found,
                Err(error) => return error.into(),
            };
            for (room, item) in found {
                let Some(event) = item.event_id else { continue };
                if let Err(error) = self.fetch_file(owner, room, &event).await {
                    return error;
                }
            }
        }
        std::future::pending().await
    }

    /// Fetches the file of one message, where it has one that is worth it; counts it.
    async fn fetch_file(&self, owner: &Owner, room: RoomRow, event: &str) -> Result<usize, Error> {
        let fetched = match self.event_content(room, event) {
            Ok((row, content)) => self.fetch_into_cache(owner, row, &content, LARGEST).await,
            Err(error) => Err(error),
        };
        match fetched {
            Ok(true) => Ok(1),
            Ok(false) => Ok(0),
            Err(error) if error.kind() == ErrorKind::Storage => Err(error),
            // It is fetched when somebody asks, who is then told why not.
            Err(_) => Ok(0),
        }
    }
}
