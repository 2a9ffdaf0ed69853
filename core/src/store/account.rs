//! The signed-in account, its tokens, and where the sync is.

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use zeroize::Zeroizing;

use super::StoreError;
use super::codes::{AccountState, IdentityState};

/// The one row of `account`. Not `Debug`: it holds the tokens.
#[derive(Clone)]
pub struct Account {
    /// `@name:server`.
    pub user_id: String,
    /// The device of this sign-in.
    pub device_id: String,
    /// Base URL.
    pub homeserver: String,
    /// In use.
    pub access_token: Zeroizing<String>,
    /// Buys the next.
    pub refresh_token: Option<Zeroizing<String>>,
    /// What bought the tokens in use.
    pub refresh_before: Option<Zeroizing<String>>,
    /// End of the access token, in milliseconds since 1970.
    pub expires_ts: Option<i64>,
    /// What the server lets it do.
    pub state: AccountState,
    /// First hard refusal, in milliseconds since 1970.
    pub refused_ts: Option<i64>,
    /// Last answer of `/versions`, JSON; empty before the first.
    pub versions: String,
    /// The cross-signing identity.
    pub identity: IdentityState,
    /// Raised by each new owner.
    pub generation: i64,
}

/// What is known of the server, besides what it supports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The largest upload that it takes, in bytes; `None` where it did not say.
    pub max_upload_bytes: Option<i64>,
    /// How long an access token lives, in milliseconds; `None` where that is not known.
    pub token_lifetime_ms: Option<i64>,
}

/// Position of one sliding-sync connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncConn {
    /// Where the next request goes on; `None`: from the start.
    pub pos: Option<String>,
    /// Where the to-device messages go on.
    pub to_device_since: Option<String>,
    /// How many rooms the list asked for.
    pub window: i64,
    /// Time of the last answer.
    pub last_ts: i64,
}

/// Writes the account of a new database.
pub fn insert(tx: &Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO account (id, user_id, device_id, homeserver, access_token, refresh_token, expires_ts, versions)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        &account.user_id,
        &account.device_id,
        &account.homeserver,
        account.access_token.as_str(),
        account.refresh_token.as_ref().map(|token| token.as_str()),
        account.expires_ts,
        &account.versions,
    ))?;
    Ok(())
}

/// Reads the account.
pub fn load(connection: &Connection) -> Result<Account, StoreError> {
    connection
        .prepare_cached(
            "SELECT user_id, device_id, homeserver, access_token, refresh_token, expires_ts, state, refused_ts,
                    versions, identity, generation, (SELECT token FROM spare_token WHERE id = 1)
             FROM account WHERE id = 1",
        )?
        .query_row([], |row| {
            Ok(Account {
                user_id: row.get(0)?,
                device_id: row.get(1)?,
                homeserver: row.get(2)?,
                access_token: Zeroizing::new(row.get(3)?),
                refresh_token: row.get::<_, Option<String>>(4)?.map(Zeroizing::new),
                expires_ts: row.get(5)?,
                state: row.get(6)?,
                refused_ts: row.get(7)?,
                versions: row.get(8)?,
                identity: row.get(9)?,
                generation: row.get(10)?,
                refresh_before: row.get::<_, Option<String>>(11)?.map(Zeroizing::new),
            })
        })
        .optional()?
        .ok_or(StoreError::NotFound("account"))
}

/// Replaces the tokens; `before` is what bought them.
pub fn set_tokens(
    tx: &Transaction<'_>,
    access: &str,
    refresh: Option<&str>,
    before: Option<&str>,
    expires_ts: Option<i64>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE account SET access_token = ?1, refresh_token = ?2, expires_ts = ?3 WHERE id = 1",
    )?
    .execute((access, refresh, expires_ts))?;
    match before {
        Some(before) => tx
            .prepare_cached(
                "INSERT INTO spare_token (id, token) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET token = excluded.token",
            )?
            .execute([before])?,
        None => tx.prepare_cached("DELETE FROM spare_token")?.execute([])?,
    };
    Ok(())
}

/// Notes what the server lets the account do, and since when it refuses.
pub fn set_state(
    tx: &Transaction<'_>,
    state: AccountState,
    refused_ts: Option<i64>,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE account SET state = ?1, refused_ts = ?2 WHERE id = 1")?
        .execute((state, refused_ts))?;
    Ok(())
}

/// Notes whose the cross-signing identity is.
pub fn set_identity(tx: &Transaction<'_>, identity: IdentityState) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE account SET identity = ?1 WHERE id = 1")?.execute([identity])?;
    Ok(())
}

/// Keeps the server's `/versions`.
pub fn set_versions(tx: &Transaction<'_>, versions: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE account SET versions = ?1 WHERE id = 1 AND versions <> ?1")?
        .execute([versions])?;
    Ok(())
}

/// Reads what is known of the server.
pub fn server(connection: &Connection) -> Result<Server, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max_upload_bytes, token_lifetime_ms FROM server WHERE id = 1")?
        .query_row([], |row| Ok(Server { max_upload_bytes: row.get(0)?, token_lifetime_ms: row.get(1)? }))
        .optional()?
        .unwrap_or_default())
}

/// Keeps the largest upload that the server takes, in bytes.
pub fn set_max_upload(tx: &Transaction<'_>, bytes: Option<i64>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO server (id, max_upload_bytes) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET max_upload_bytes = excluded.max_upload_bytes
         WHERE max_upload_bytes IS NOT excluded.max_upload_bytes",
    )?
    .execute([bytes])?;
    Ok(())
}

/// Keeps how long an access token lives, in milliseconds.
pub fn set_token_lifetime(tx: &Transaction<'_>, ms: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO server (id, token_lifetime_ms) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET token_lifetime_ms = excluded.token_lifetime_ms
         WHERE token_lifetime_ms IS NOT excluded.token_lifetime_ms",
    )?
    .execute([ms])?;
    Ok(())
}

/// Counts a new owner of the writer and returns its number.
pub fn raise_generation(tx: &Transaction<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached("UPDATE account SET generation = generation + 1 WHERE id = 1 RETURNING generation")?
        .query_row([], |row| row.get(0))?)
}

/// Reads a connection's position; one never used has none.
pub fn sync_conn(connection: &Connection, conn_id: &str) -> Result<SyncConn, StoreError> {
    Ok(connection
        .prepare_cached("SELECT pos, to_device_since, window, last_ts FROM sync_conn WHERE conn_id = ?1")?
        .query_row([conn_id], |row| {
            Ok(SyncConn {
                pos: row.get(0)?,
                to_device_since: row.get(1)?,
                window: row.get(2)?,
                last_ts: row.get(3)?,
            })
        })
        .optional()?
        .unwrap_or_default())
}

/// Writes a connection's position.
pub fn set_sync_conn(tx: &Transaction<'_>, conn_id: &str, conn: &SyncConn) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO sync_conn (conn_id, pos, to_device_since, window, last_ts) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (conn_id) DO UPDATE SET pos = excluded.pos, to_device_since = excluded.to_device_since,
           window = excluded.window, last_ts = excluded.last_ts",
    )?
    .execute((conn_id, &conn.pos, &conn.to_device_since, conn.window, conn.last_ts))?;
    Ok(())
}

/// Writes when a connection was last answered, where nothing else of it changed.
pub fn set_last_ts(tx: &Transaction<'_>, conn_id: &str, ts: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sync_conn SET last_ts = ?2 WHERE conn_id = ?1 AND last_ts < ?2")?
        .execute((conn_id, ts))?;
    Ok(())
}

/// Reads account data; `room` 0 is the account's own.
pub fn account_data(connection: &Connection, room: i64, kind: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT content FROM account_data WHERE room = ?1 AND type = ?2")?
        .query_row((room, kind), |row| row.get(0))
        .optional()?)
}

/// Replaces account data; `room` 0 is the account's own.
pub fn set_account_data(
    tx: &Transaction<'_>,
    room: i64,
    kind: &str,
    content: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO account_data (room, type, content) VALUES (?1, ?2, ?3)
         ON CONFLICT (room, type) DO UPDATE SET content = excluded.content",
    )?
    .execute((room, kind, content))?;
    Ok(())
}
