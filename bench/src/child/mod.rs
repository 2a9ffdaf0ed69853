//! The measured client: the core through its public API, in a process of its own.

mod files;
mod reading;
mod sending;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use qroc_core::client::{Access, Client, Login, Options};
use qroc_core::store::vault::FileVault;

use crate::protocol::{Job, Task, say};

const LIMIT: Option<Duration> = Some(Duration::from_secs(600));

impl Task {
    fn profile(&self) -> PathBuf {
        self.dir.join("profile")
    }

    fn vault(&self) -> FileVault {
        FileVault::new(self.dir.join("vault.key"))
    }

    fn room(&self) -> Result<&str> {
        self.room.as_deref().context("no room is named")
    }

    async fn sign_in(&self) -> Result<Client> {
        let login = Login { server: &self.server, user: "lisbon", password: "bench", device_name: None };
        let (client, _) = Client::login(&self.profile(), &self.vault(), login, Options::default()).await?;
        Ok(client)
    }

    async fn open(&self, access: Access) -> Result<Client> {
        Ok(Client::open(&self.profile(), &self.vault(), access, Options::default()).await?)
    }
}

pub(crate) async fn run(task: &Task) -> Result<()> {
    let report = match task.job {
        Job::Cold => reading::cold(task).await?,
        Job::Warm => reading::warm(task).await?,
        Job::Timeline => reading::timeline(task).await?,
        Job::Scroll => reading::scroll(task).await?,
        Job::Encrypted => reading::encrypted(task).await?,
        Job::Paginated => reading::paginated(task).await?,
        Job::Members => reading::members(task).await?,
        Job::Search => reading::search(task).await?,
        Job::Send => sending::one_by_one(task).await?,
        Job::Burst => sending::burst(task).await?,
        Job::Idle => sending::idle(task).await?,
        Job::Photo => files::photo(task)?,
        Job::Clip => files::clip(task)?,
        Job::Seal => files::seal_file(task)?,
        Job::Keys => sending::keys(task).await?,
    };
    say(&serde_json::to_string(&report)?)
}
