//! Secret storage (`m.secret_storage`): the account's private keys at the server, sealed under the recovery key.

use matrix_sdk_crypto::SecretImportError;
use matrix_sdk_crypto::secret_storage::{AesHmacSha2EncryptedData, DecodeError, SecretStorageKey};
use matrix_sdk_crypto::store::types::CrossSigningKeyExport;
use ruma::events::EventContentFromType as _;
use ruma::events::secret::request::SecretName;
use ruma::events::secret_storage::key::SecretStorageKeyEventContent;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use super::CryptoError;
use super::engine::Crypto;
use crate::net::{Call, Http, NetError, part};

const DEFAULT: &str = "m.secret_storage.default_key";
const KEY: &str = "m.secret_storage.key.";
/// What the account's devices need of each other, by the name under which it is stored and asked for.
const IDENTITY: [SecretName; 3] = [
    SecretName::CrossSigningMasterKey,
    SecretName::CrossSigningSelfSigningKey,
    SecretName::CrossSigningUserSigningKey,
];
/// A description that asks for more work than this is no honest client's.
const MOST_ITERATIONS: u64 = 10_000_000;
/// Letters of a recovery key without its gaps.
const LETTERS: usize = 48;

/// Says what is wrong with a recovery key that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WrongKey {
    /// Something that no recovery key has.
    #[error("{character:?} at place {place} is in no recovery key: check it for a mix-up")]
    Letter {
        /// It.
        character: char,
        /// Its place, gaps not counted, from 1.
        place: usize,
    },
    /// Too much or too little.
    #[error("a recovery key has {LETTERS} letters and digits, in twelve groups of four; this has {0}")]
    Length(usize),
    /// Some other key.
    #[error("this is no recovery key: recovery keys begin with \"Es\"")]
    Kind,
    /// The check does not come out.
    #[error(
        "a letter of this recovery key is wrong or two are swapped: compare it with what was written down"
    )]
    Mistyped,
    /// It is one, of something else.
    #[error(
        "this recovery key, well written as it is, is not the one that the account has now; it may have been replaced"
    )]
    Another,
    /// A passphrase that does not open it.
    #[error("this is neither the recovery passphrase nor the recovery key of the account")]
    Passphrase,
    /// Sealed in a way that is not known here.
    #[error("the account's secrets are sealed in a way that this version does not know: {0}")]
    Unknown(String),
}

/// The recovery key, in memory.
pub struct RecoveryKey(SecretStorageKey);

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey")
    }
}

impl RecoveryKey {
    /// Makes a new one, from a passphrase where one is given; that opens it as well then.
    pub fn generate(passphrase: Option<&str>) -> Self {
        Self(passphrase.map_or_else(SecretStorageKey::new, SecretStorageKey::new_from_passphrase))
    }

    /// Returns its id at the server.
    pub fn id(&self) -> &str {
        self.0.key_id()
    }

    /// Writes it for a person: twelve groups of four.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_base58())
    }
}

/// A description of the key that opens the account's secrets.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The key's id.
    pub id: String,
    content: SecretStorageKeyEventContent,
}

impl Lock {
    /// Opens it with what a person typed.
    ///
    /// # Errors
    /// What is wrong with that.
    pub fn open(&self, typed: &str) -> Result<RecoveryKey, WrongKey> {
        let by_passphrase = self.content.passphrase.as_ref();
        let iterations = by_passphrase.map_or(0, |it| u64::from(it.iterations));
        if iterations > MOST_ITERATIONS {
            return Err(WrongKey::Unknown(format!("{iterations} rounds")));
        }
        let looks_like_key = letters(typed).count() == LETTERS && typed.trim_start().starts_with("Es");
        let content = match by_passphrase {
            // Spares the work of trying a key as a passphrase, and says what is wrong with it.
            Some(_) if looks_like_key => {
                let mut content = self.content.clone();
                content.passphrase = None;
                content
            }
            Some(_) | None => self.content.clone(),
        };
        let opened = SecretStorageKey::from_account_data(typed, content);
        opened.map(RecoveryKey).map_err(|error| match error {
            _ if by_passphrase.is_some() && !looks_like_key => WrongKey::Passphrase,
            DecodeError::UnsupportedAlgorithm(name) => WrongKey::Unknown(name),
            DecodeError::Mac(_) => WrongKey::Another,
            DecodeError::Prefix(..) => WrongKey::Kind,
            DecodeError::Parity(..) => WrongKey::Mistyped,
            DecodeError::Base58(_) => foreign_letter(typed),
            // A key of the right length with a wrong letter may decode to another length.
            DecodeError::KeyLength(..) if letters(typed).count() == LETTERS => WrongKey::Mistyped,
            DecodeError::KeyLength(..) => WrongKey::Length(letters(typed).count()),
            DecodeError::Base64(_)
            | DecodeError::MacLength(..)
            | DecodeError::IvLength(..)
            | DecodeError::KdfIterationCount(_) => WrongKey::Unknown("a malformed description".to_owned()),
        })
    }
}

fn letters(typed: &str) -> impl Iterator<Item = char> + '_ {
    typed.chars().filter(|letter| !letter.is_whitespace())
}

/// Names the first character that Base58 does not have; it leaves out 0, O, I and l.
fn foreign_letter(typed: &str) -> WrongKey {
    let is_known = |letter: char| letter.is_ascii_alphanumeric() && !"0OIl".contains(letter);
    match letters(typed).enumerate().find(|(_, letter)| !is_known(*letter)) {
        Some((place, character)) => WrongKey::Letter { character, place: place.saturating_add(1) },
        None => WrongKey::Length(letters(typed).count()),
    }
}

/// What the recovery key opened.
#[derive(Default)]
pub struct Opened {
    master: Option<Zeroizing<String>>,
    self_signing: Option<Zeroizing<String>>,
    user_signing: Option<Zeroizing<String>>,
    /// The key of the backup, where one is stored.
    pub backup: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened")
    }
}

impl Crypto {
    /// Asks the server which key opens the account's secrets. Nothing where there is none.
    ///
    /// # Errors
    /// The network's.
    pub async fn lock(&self, http: &Http) -> Result<Option<Lock>, CryptoError> {
        let Some(default) = self.account_data(http, DEFAULT).await? else { return Ok(None) };
        let Some(id) = default.get("key").and_then(Value::as_str).filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        self.lock_of(http, id).await
    }

    async fn lock_of(&self, http: &Http, id: &str) -> Result<Option<Lock>, CryptoError> {
        let kind = format!("{KEY}{id}");
        let Some(content) = self.account_data(http, &kind).await? else { return Ok(None) };
        let raw: Box<RawValue> = serde_json::value::to_raw_value(&content)?;
        let content = SecretStorageKeyEventContent::from_parts(&kind, &raw)?;
        Ok(Some(Lock { id: id.to_owned(), content }))
    }

    /// Writes the description of a new key. It opens nothing yet.
    ///
    /// # Errors
    /// The network's.
    pub async fn put_lock(&self, http: &Http, key: &RecoveryKey) -> Result<(), CryptoError> {
        let content = serde_json::to_value(key.0.event_content())?;
        self.put_account_data(http, &format!("{KEY}{}", key.id()), &content).await
    }

    /// Makes this the key that opens the account's secrets.
    ///
    /// # Errors
    /// The network's.
    pub async fn put_default(&self, http: &Http, key: &RecoveryKey) -> Result<(), CryptoError> {
        self.put_account_data(http, DEFAULT, &json!({ "key": key.id() })).await
    }

    /// Seals the account's private keys and the backup's under this key; with `keep`, beside what other keys open.
    ///
    /// # Errors
    /// `NoIdentity` where the private keys are not here; the network's; faults of the store.
    pub async fn put_secrets(&self, http: &Http, key: &RecoveryKey, keep: bool) -> Result<(), CryptoError> {
        for name in IDENTITY.iter().chain([&SecretName::RecoveryKey]) {
            let secret = self.machine.store().export_secret(name).await?.map(Zeroizing::new);
            let Some(secret) = secret else {
                if *name == SecretName::RecoveryKey {
                    continue;
                }
                return Err(CryptoError::NoIdentity);
            };
            let sealed = serde_json::to_value(key.0.encrypt(secret.as_bytes().to_vec(), name))?;
            let before = if keep { self.account_data(http, name.as_str()).await? } else { None };
            let mut all = before
                .and_then(|content| content.get("encrypted").and_then(Value::as_object).cloned())
                .unwrap_or_else(Map::new);
            all.insert(key.id().to_owned(), sealed);
            self.put_account_data(http, name.as_str(), &json!({ "encrypted": all })).await?;
        }
        Ok(())
    }

    /// Fetches the secrets and opens them.
    ///
    /// # Errors
    /// `Wrong` where this key opens none of them; the network's.
    pub async fn open_secrets(&self, http: &Http, key: &RecoveryKey) -> Result<Opened, CryptoError> {
        let mut opened = Opened::default();
        for name in IDENTITY.iter().chain([&SecretName::RecoveryKey]) {
            let content = self.account_data(http, name.as_str()).await?;
            let sealed = content.as_ref().and_then(|content| content.get("encrypted")?.get(key.id()));
            let sealed =
                sealed.and_then(|it| serde_json::from_value::<AesHmacSha2EncryptedData>(it.clone()).ok());
            let Some(sealed) = sealed else { continue };
            let clear = key.0.decrypt(&sealed, name).map_err(|_| WrongKey::Another)?;
            let clear = Zeroizing::new(clear);
            let Ok(text) = std::str::from_utf8(&clear) else { continue };
            let text = Some(Zeroizing::new(text.trim().to_owned()));
            match name {
                SecretName::CrossSigningMasterKey => opened.master = text,
                SecretName::CrossSigningSelfSigningKey => opened.self_signing = text,
                SecretName::CrossSigningUserSigningKey => opened.user_signing = text,
                _ => opened.backup = text,
            }
        }
        Ok(opened)
    }

    /// Takes the account's private keys and has this device signed with them. Returns whether they are all here.
    ///
    /// # Errors
    /// `OtherIdentity` where the account has another identity by now; the network's; faults of the store.
    pub async fn take_identity(&self, http: &Http, opened: &Opened) -> Result<bool, CryptoError> {
        let own = self.machine.user_id().to_owned();
        self.look_up(http, &[own]).await?;
        let text = |secret: &Option<Zeroizing<String>>| secret.as_ref().map(|text| text.to_string());
        let export = CrossSigningKeyExport {
            master_key: text(&opened.master),
            self_signing_key: text(&opened.self_signing),
            user_signing_key: text(&opened.user_signing),
        };
        let status = match self.machine.import_cross_signing_keys(export).await {
            Ok(status) => status,
            Err(SecretImportError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(CryptoError::OtherIdentity),
        };
        if status.has_self_signing {
            self.sign_own_device(http).await?;
        }
        self.news.trust();
        Ok(status.is_complete())
    }

    async fn account_data(&self, http: &Http, kind: &str) -> Result<Option<Value>, CryptoError> {
        match http.json::<Value>(Call::get(&self.place_of(kind))).await {
            Ok(content) => Ok(Some(content)),
            Err(NetError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn put_account_data(&self, http: &Http, kind: &str, content: &Value) -> Result<(), CryptoError> {
        Ok(http.done(Call::put(&self.place_of(kind), content)).await?)
    }

    fn place_of(&self, kind: &str) -> String {
        let user = part(self.machine.user_id().as_str());
        format!("/_matrix/client/v3/user/{user}/account_data/{}", part(kind))
    }
}
