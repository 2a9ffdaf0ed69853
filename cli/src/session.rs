//! One run of the program: its profile, its vault, its output, and how it gets at the client.

use std::path::PathBuf;
use std::time::Duration;

use qroc_core::client::{self, Access, Client, Notifier, Options};
use qroc_core::kind::ErrorKind;
use qroc_core::model::Notification;

use crate::args::Global;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::managed;
use crate::output::Output;
use crate::vault::Wish;
use crate::worker;

/// How long a command waits for another process to let the profile go.
const OWNER: Duration = Duration::from_secs(5);

/// How a command gets at the profile.
#[derive(Clone, Copy, Debug)]
enum Door {
    Read,
    Own,
    /// As owner, or beside one that takes over what is asked for.
    Hand,
}

/// What every command works with.
pub(crate) struct Session {
    pub(crate) output: Output,
    pub(crate) interrupt: Interrupt,
    profile: Option<PathBuf>,
    pub(crate) wish: Wish,
}

impl Session {
    pub(crate) fn new(global: Global, output: Output, interrupt: Interrupt) -> Self {
        let wish = Wish { vault: global.vault, passphrase_file: global.passphrase_file };
        Self { output, interrupt, profile: global.profile, wish }
    }

    /// Returns the profile's directory: as asked for, else the platform's place for this user.
    pub(crate) fn profile(&self) -> Result<PathBuf, Failure> {
        match &self.profile {
            Some(profile) if profile.as_os_str().is_empty() => {
                Err(Failure::usage("--profile or QROC_PROFILE is empty: name a directory"))
            }
            Some(profile) => Ok(profile.clone()),
            None => match directories::ProjectDirs::from("eu", "", "qroc") {
                Some(places) => Ok(places.data_local_dir().to_owned()),
                None => Err(Failure::usage("this user has no home directory: say --profile DIR")),
            },
        }
    }

    /// Does what only reads the database, beside an owner too.
    pub(crate) async fn reading<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with(Door::Read, work).await
    }

    /// Does what needs the profile for itself; waits a little for another owner to go.
    pub(crate) async fn owning<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with(Door::Own, work).await
    }

    /// Does what is handed to the owner where there is one.
    pub(crate) async fn handing<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with(Door::Hand, work).await
    }

    /// Shows one event beside whoever owns the profile.
    pub(crate) async fn notifying(
        &self,
        room: &str,
        event: &str,
        patience: Duration,
    ) -> Result<Notification, Failure> {
        let profile = self.profile()?;
        let vault = self.wish.find(&profile, &self.interrupt).await?;
        let notifier = Notifier::open(&profile, vault.as_ref(), Options::default()).await?;
        let shown = self.interrupt.or(async { Ok(notifier.fetch(room, event, patience).await?) }).await;
        notifier.close().await;
        shown
    }

    /// Opens the profile as its owner; the caller closes it.
    pub(crate) async fn own(&self) -> Result<Client, Failure> {
        self.used(Door::Own).await
    }

    /// As `own`, for what goes on without anybody using it.
    pub(crate) async fn own_unattended(&self) -> Result<Client, Failure> {
        self.open(Door::Own).await
    }

    /// Has the vault destroy what it still holds of a profile that was wiped, now or earlier.
    pub(crate) async fn forget_vault_keys(&self) {
        let Ok(profile) = self.profile() else { return };
        for known in client::vaults_with_keys(&profile) {
            // A vault that cannot be reached now is asked at the next start.
            if let Some(vault) = Wish::platform(&known).await {
                client::destroy_vault_keys(&profile, vault.as_ref()).await;
            }
        }
    }

    /// Opens the profile as its owner, or beside one to read; the caller closes it.
    pub(crate) async fn own_or_read(&self) -> Result<Client, Failure> {
        self.used(Door::Hand).await
    }

    async fn with<T>(
        &self,
        door: Door,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let client = self.interrupt.or(self.used(door)).await?;
        let done = self.interrupt.or(work(&client)).await;
        client.close().await;
        done
    }

    /// Opens the profile because somebody asks for something.
    async fn used(&self, door: Door) -> Result<Client, Failure> {
        let client = self.open(door).await?;
        client.touch()?;
        Ok(client)
    }

    async fn open(&self, door: Door) -> Result<Client, Failure> {
        let profile = self.profile()?;
        let vault = self.wish.find(&profile, &self.interrupt).await?;
        let options =
            Options { apart: worker::apart(), managed: managed::read(&self.output), ..Options::default() };
        let open = async |access| Client::open(&profile, vault.as_ref(), access, options.clone()).await;
        let opened = match door {
            Door::Read => open(Access::Read).await,
            Door::Own => open(Access::Own { wait: OWNER }).await,
            Door::Hand => match open(Access::Own { wait: Duration::ZERO }).await {
                Err(error) if error.kind() == ErrorKind::InUse => open(Access::Read).await,
                other => other,
            },
        };
        Ok(opened?)
    }
}
