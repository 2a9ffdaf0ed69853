//! Names of single values.

pub(super) const ACCOUNT: &str = "account";
pub(super) const IDENTITY: &str = "identity";
pub(crate) const BACKUP_VERSION: &str = "backup_version";
pub(crate) const BACKUP_KEY: &str = "backup_key";
pub(super) const DEHYDRATION_KEY: &str = "dehydration_key";
pub(super) const NEXT_BATCH: &str = "next_batch";

/// Returns the name of a value that the crypto crate named.
pub(super) fn custom(key: &str) -> String {
    format!("custom/{key}")
}
