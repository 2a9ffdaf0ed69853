//! Signing in and opening as matrix-sdk-ffi does it: keyed stores, one process, its defaults for encryption.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::cross_process_lock::CrossProcessLockConfig;
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::sliding_sync::VersionBuilder;
use matrix_sdk::store::RoomLoadSettings;
use matrix_sdk::{Client, SqliteStoreConfig};
use matrix_sdk_ui::sync_service::SyncService;

use crate::protocol::Task;

/// Stands for what the phone's key store hands out. A raw key, not a passphrase: that would cost the peer 90 ms at each start.
const KEY: [u8; 32] = [7; 32];

/// So many events a room, where there are as many.
const TIMELINE_LIMIT: u32 = 50;

async fn client(task: &Task) -> Result<Client> {
    let data = task.dir.join("data");
    let cache = task.dir.join("cache");
    fs::create_dir_all(&data)?;
    fs::create_dir_all(&cache)?;
    let settings = EncryptionSettings {
        auto_enable_cross_signing: false,
        backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
        auto_enable_backups: false,
    };
    let builder = Client::builder()
        .cross_process_store_config(CrossProcessLockConfig::SingleProcess)
        .sqlite_store_with_config_and_cache_path(SqliteStoreConfig::new(data).key(Some(&KEY)), Some(cache))
        .homeserver_url(&task.server)
        .sliding_sync_version_builder(VersionBuilder::Native)
        .handle_refresh_tokens()
        .with_encryption_settings(settings);
    Ok(builder.build().await?)
}

pub(crate) async fn sign_in(task: &Task) -> Result<Client> {
    let client = client(task).await?;
    client.matrix_auth().login_username("lisbon", "bench").send().await?;
    let session = client.matrix_auth().session().context("signed in without a session")?;
    fs::write(task.dir.join("session.json"), serde_json::to_vec(&session)?)?;
    Ok(client)
}

pub(crate) async fn open(task: &Task) -> Result<Client> {
    let session: MatrixSession = serde_json::from_slice(&fs::read(task.dir.join("session.json"))?)?;
    let client = client(task).await?;
    client.restore_session_with(session, RoomLoadSettings::All).await?;
    Ok(client)
}

pub(crate) async fn service(client: &Client) -> Result<SyncService> {
    let builder = SyncService::builder(client.clone());
    Ok(builder.with_offline_mode().with_room_list_timeline_limit(TIMELINE_LIMIT).build().await?)
}

/// Bytes of the databases once their logs are folded in, as a client that closes leaves them.
pub(crate) fn folded(dir: &Path) -> Result<u64> {
    let mut sum = 0_u64;
    for folder in ["data", "cache"] {
        for entry in fs::read_dir(dir.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "sqlite3") {
                let connection = rusqlite::Connection::open(&path)?;
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                sum += fs::metadata(&path)?.len();
            }
        }
    }
    Ok(sum)
}
