//! Files of messages, looked at without being saved.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use qroc_core::client::{Contents as Core, Error, Lifecycle, Part};

use crate::error::QrocError;
use crate::live::Live;
use crate::records::contents::ContentsRights;
use crate::records::outgoing::Downloaded;
use crate::runtime::{change, read};

/// A file of a message, proven to the last byte and read without being saved: nothing of it lies on the disk in plain.
/// What is freed may be thrown out to make room for others.
#[derive(uniffi::Object)]
pub struct Contents {
    core: Arc<Core>,
    _live: Live,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contents")
    }
}

impl Contents {
    pub(crate) async fn open(
        life: Arc<Lifecycle>,
        room: String,
        event_id: String,
        part: Part,
    ) -> Result<Arc<Self>, QrocError> {
        let core = read(async move { life.client()?.contents(&room, &event_id, part).await }).await?;
        Ok(Arc::new(Self { core: Arc::new(core), _live: Live::contents() }))
    }
}

#[uniffi::export]
impl Contents {
    /// Returns its length in bytes. From memory.
    pub fn length(&self) -> u64 {
        self.core.length()
    }

    /// Returns its name, safe to be a file's. From memory.
    pub fn name(&self) -> String {
        self.core.name().to_owned()
    }

    /// Returns its MIME type, by content. From memory.
    pub fn mime(&self) -> String {
        self.core.mime().to_owned()
    }

    /// Says what policy lets be done with it besides looking. A read: it ends with its caller.
    ///
    /// # Errors
    /// As `read_at`.
    pub async fn rights(&self) -> Result<ContentsRights, QrocError> {
        let core = self.core.clone();
        read(async move { core.rights().map(ContentsRights::from) }).await
    }

    /// Reads up to `count` bytes from `offset` on; fewer mean the end. For players: any place costs the same. A read: it
    /// ends with its caller.
    ///
    /// # Errors
    /// `NotFound` once the message was removed, `Locked`, `SignIn`, `Closed`, `Storage`.
    pub async fn read_at(&self, offset: u64, count: u32) -> Result<Vec<u8>, QrocError> {
        let core = self.core.clone();
        read(async move { core.read_at(offset, u64::from(count)).await }).await
    }

    /// Reads all of it. A read: it ends with its caller.
    ///
    /// # Errors
    /// `BadInput` where it is longer than 64 MiB, else as `read_at`.
    pub async fn bytes(&self) -> Result<Vec<u8>, QrocError> {
        let core = self.core.clone();
        read(async move { core.bytes().await }).await
    }

    /// Saves it to `to`: a directory, or the file's path. A change: it runs to its end.
    ///
    /// # Errors
    /// `Policy` (`share.save_to_device`), `BadInput` where `to` is taken, `Storage`, else as `read_at`.
    pub async fn save(&self, to: String, overwrite: bool) -> Result<Downloaded, QrocError> {
        let core = self.core.clone();
        change(async move {
            Ok::<_, Error>(Downloaded::from(core.save(PathBuf::from(to).as_path(), overwrite).await?))
        })
        .await
    }

    /// Puts a copy into the directory `to` for another program that is to open it. Whoever asked removes the copy. A
    /// change: it runs to its end.
    ///
    /// # Errors
    /// `Policy` (`share.open_external`), `Storage`, else as `read_at`.
    pub async fn hand_out(&self, to: String) -> Result<Downloaded, QrocError> {
        let core = self.core.clone();
        change(async move { Ok::<_, Error>(Downloaded::from(core.hand_out(PathBuf::from(to).as_path()).await?)) })
            .await
    }
}
