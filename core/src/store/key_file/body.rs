//! What the key file says only after it is unlocked: accounts with their database keys, the last good policy.

use std::fmt;

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::error::KeyFileError;
use super::frame::Frame;
use super::pin::PinRecord;
use crate::secret::{DbKey, Secret};
use crate::store::vault::envelope;

/// One account of the profile. Printing it shows the number alone.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountKeys {
    /// Number inside the profile, from 1; never given to another account.
    pub number: u32,
    /// Matrix user id.
    pub user_id: String,
    /// Address of the homeserver.
    pub homeserver: String,
    /// Key of the account's database.
    pub db: DbKey,
}

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKeys").field("number", &self.number).finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(with = "secret_text")]
    pub(super) attempts_start: Secret<32>,
    pub(super) next_account: u32,
    #[serde(with = "account_list")]
    pub(super) accounts: Vec<AccountKeys>,
    #[serde(with = "policy_text")]
    pub(super) policy: Option<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pin: Option<PinRecord>,
}

impl Body {
    pub(super) fn seal(&self, device_key: &Secret<32>, header: &[u8]) -> Result<Vec<u8>, KeyFileError> {
        let names: usize =
            self.accounts.iter().map(|account| account.user_id.len() + account.homeserver.len() + 256).sum();
        let policy = self.policy.as_ref().map_or(0, |policy| policy.len() * 2);
        // Large enough that it never moves: a buffer that grows leaves keys behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(8192 + names * 2 + policy));
        serde_json::to_writer(&mut *plain, self).map_err(|_| KeyFileError::TooLarge)?;
        Ok(envelope::seal(device_key, plain, &Frame::associated_data(header))?)
    }

    pub(super) fn open(sealed: &[u8], device_key: &Secret<32>, header: &[u8]) -> Result<Self, KeyFileError> {
        let plain = envelope::open(device_key, sealed, &Frame::associated_data(header));
        let plain = plain.ok_or(KeyFileError::Tampered)?;
        serde_json::from_slice(&plain).map_err(|_| KeyFileError::Damaged("body"))
    }
}

impl AccountKeys {
    pub(super) fn seal(&self, key: &Secret<32>, aad: &[u8]) -> Result<Vec<u8>, KeyFileError> {
        let mut plain =
            Zeroizing::new(Vec::with_capacity(1024 + 2 * (self.user_id.len() + self.homeserver.len())));
        serde_json::to_writer(&mut *plain, &account_list::Written(self))
            .map_err(|_| KeyFileError::TooLarge)?;
        Ok(envelope::seal(key, plain, aad)?)
    }

    pub(super) fn open(sealed: &[u8], key: &Secret<32>, aad: &[u8]) -> Result<Self, KeyFileError> {
        let plain = envelope::open(key, sealed, aad).ok_or(KeyFileError::Tampered)?;
        let read: account_list::Read =
            serde_json::from_slice(&plain).map_err(|_| KeyFileError::Damaged("account"))?;
        Ok(read.0)
    }
}

mod secret_text {
    use super::{Deserialize, Deserializer, Secret, Serializer, Zeroizing, de};

    pub(super) fn serialize<S: Serializer>(secret: &Secret<32>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(hex::encode(secret.expose())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<32>, D::Error> {
        let text = <&str>::deserialize(from)?;
        Secret::filled(|bytes| hex::decode_to_slice(text, bytes)).map_err(|_| de::Error::custom("key"))
    }
}

mod db_key_text {
    use super::{DbKey, Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(key: &DbKey, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&key.to_raw_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DbKey, D::Error> {
        DbKey::from_raw_hex(<&str>::deserialize(from)?).ok_or_else(|| de::Error::custom("key"))
    }
}

/// Keeps keys out of any serialisation but this file's: the public type has none.
mod account_list {
    use super::{AccountKeys, DbKey, Deserialize, Deserializer, Serialize, Serializer, db_key_text};

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "AccountKeys", deny_unknown_fields)]
    struct Stored {
        number: u32,
        user_id: String,
        homeserver: String,
        #[serde(with = "db_key_text")]
        db: DbKey,
    }

    #[derive(Serialize)]
    pub(super) struct Written<'a>(#[serde(with = "Stored")] pub(super) &'a AccountKeys);

    #[derive(Deserialize)]
    pub(super) struct Read(#[serde(with = "Stored")] pub(super) AccountKeys);

    pub(super) fn serialize<S: Serializer>(accounts: &[AccountKeys], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(accounts.iter().map(Written))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AccountKeys>, D::Error> {
        Ok(Vec::<Read>::deserialize(from)?.into_iter().map(|read| read.0).collect())
    }
}

mod policy_text {
    use base64::Engine as _;
    use serde::Serialize as _;

    use super::{Deserialize, Deserializer, STANDARD, Serializer, de};

    pub(super) fn serialize<S: Serializer>(policy: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        policy.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<&str>::deserialize(from)?;
        text.map(|text| STANDARD.decode(text)).transpose().map_err(de::Error::custom)
    }
}
