//! The organisation's signed bundle: keys and one-time orders, signed with Ed25519. `docs/policy-bundle.md` has it
//! byte by byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use prost::Message;
use serde_json::Value as Json;

use super::form;
use crate::secret::{NoRandomness, Secret, fill_random};

/// First bytes of a bundle.
pub const MAGIC: &[u8; 8] = b"QROC-POL";
/// Newest version that this program reads, and the one it writes.
const VERSION: u32 = 1;
/// What is signed begins with this, so that no signature for another purpose fits.
const CONTEXT: &[u8] = b"eu.qroc.policy-bundle 1\0";
const RECEIPT_CONTEXT: &str = "eu.qroc.policy-receipt 1";
/// Larger is no policy.
pub const LARGEST: usize = 1 << 20;
/// Clocks of device and organisation may differ by so much.
pub const SKEW_MS: i64 = 3_600_000;
/// Bytes of a nonce.
const NONCE: usize = 16;

#[derive(Clone, PartialEq, Message)]
struct Envelope {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    signature: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Body {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(int64, tag = "2")]
    issued_ms: i64,
    #[prost(int64, tag = "3")]
    expires_ms: i64,
    #[prost(uint64, tag = "4")]
    serial: u64,
    #[prost(string, repeated, tag = "5")]
    audience: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    keys: Vec<Entry>,
    #[prost(message, repeated, tag = "7")]
    orders: Vec<WireOrder>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    json: String,
}

#[derive(Clone, PartialEq, Message)]
struct WireOrder {
    #[prost(bytes = "vec", tag = "1")]
    nonce: Vec<u8>,
    #[prost(string, tag = "2")]
    user: String,
    #[prost(string, tag = "3")]
    device: String,
    #[prost(uint32, tag = "4")]
    what: u32,
}

/// Something that one device is to do, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Makes it one of its kind.
    pub nonce: [u8; NONCE],
    /// `@name:server`.
    pub user: String,
    /// Which of the user's devices.
    pub device: String,
    /// What to do.
    pub what: OrderKind,
}

/// What a device can be ordered to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Destroy keys and data.
    Wipe,
    /// Seal: keys leave the memory until somebody unlocks.
    Lock,
    /// Say that it is there.
    Report,
}

impl OrderKind {
    /// Returns its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wipe => "wipe",
            Self::Lock => "lock",
            Self::Report => "report",
        }
    }

    fn number(self) -> u32 {
        match self {
            Self::Wipe => 1,
            Self::Lock => 2,
            Self::Report => 3,
        }
    }

    fn of(number: u32) -> Option<Self> {
        [Self::Wipe, Self::Lock, Self::Report].into_iter().find(|kind| kind.number() == number)
    }
}

/// What a bundle says, once its signature is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Who signed it.
    pub key: [u8; 32],
    /// When, in milliseconds since 1970.
    pub issued_ms: i64,
    /// Until when it may be put in place; what is in place keeps its strictness.
    pub expires_ms: i64,
    /// Raised with each bundle.
    pub serial: u64,
    /// For whom: `*`, a user, a server, or `device:ID`. Empty: everybody.
    pub audience: Vec<String>,
    /// Keys and what they are set to.
    pub keys: Vec<(String, Json)>,
    /// One-time orders.
    pub orders: Vec<Order>,
}

/// Who reads a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// `@name:server`.
    pub user: &'a str,
    /// The device.
    pub device: &'a str,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// Says why a bundle is not put in place. What holds goes on to hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It does not begin as a bundle does.
    #[error("this is not a policy bundle")]
    NotABundle,
    /// It is cut off or damaged.
    #[error("the policy bundle is damaged")]
    Damaged,
    /// A later version wrote it.
    #[error("the policy bundle has version {0}, this program knows {VERSION}: update the program")]
    NewerVersion(u32),
    /// No source names any key.
    #[error("no key for signed bundles is known here: the device's MDM sets org.policy_keys")]
    NoKeys,
    /// Another key signed it.
    #[error("the policy bundle is signed by a key that org.policy_keys does not name")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature of the policy bundle is wrong")]
    BadSignature,
    /// Its time is over.
    #[error("the policy bundle expired, or this device's clock is wrong; what holds goes on to hold")]
    Expired,
    /// It comes from the future.
    #[error("the policy bundle was issued in the future, or this device's clock is wrong")]
    NotYet,
    /// Something newer is in place.
    #[error("the policy bundle has serial {found}, and {known} is in place: an older one is never taken")]
    Rollback {
        /// Its serial.
        found: u64,
        /// The one in place.
        known: u64,
    },
    /// It is for others.
    #[error("the policy bundle is for {0}")]
    OtherAudience(String),
}

impl Bundle {
    /// Signs it. The key in it is that of `signer`.
    pub fn sign(&self, signer: &SigningKey) -> Vec<u8> {
        let entry = |(name, json): &(String, Json)| Entry { name: name.clone(), json: json.to_string() };
        let order = |order: &Order| WireOrder {
            nonce: order.nonce.to_vec(),
            user: order.user.clone(),
            device: order.device.clone(),
            what: order.what.number(),
        };
        let body = Body {
            version: VERSION,
            issued_ms: self.issued_ms,
            expires_ms: self.expires_ms,
            serial: self.serial,
            audience: self.audience.clone(),
            keys: self.keys.iter().map(entry).collect(),
            orders: self.orders.iter().map(order).collect(),
        };
        let body = body.encode_to_vec();
        let signature = signer.0.sign(&signed(&body)).to_bytes().to_vec();
        let envelope = Envelope { key: signer.public_bytes().to_vec(), signature, body };
        [MAGIC.as_slice(), &envelope.encode_to_vec()].concat()
    }

    /// Checks the signature against the keys that are believed, and reads what was signed.
    ///
    /// # Errors
    /// What is wrong with it; not whether it is for this device, which is `check`'s.
    pub fn open(bytes: &[u8], believed: &[[u8; 32]]) -> Result<Self, BundleError> {
        let bytes = bytes.strip_prefix(MAGIC).ok_or(BundleError::NotABundle)?;
        if bytes.len() > LARGEST {
            return Err(BundleError::Damaged);
        }
        let envelope = Envelope::decode(bytes).map_err(|_| BundleError::Damaged)?;
        let key: [u8; 32] = envelope.key.as_slice().try_into().map_err(|_| BundleError::Damaged)?;
        if believed.is_empty() {
            return Err(BundleError::NoKeys);
        }
        if !believed.contains(&key) {
            return Err(BundleError::UnknownKey);
        }
        let verifier = VerifyingKey::from_bytes(&key).map_err(|_| BundleError::BadSignature)?;
        let signature = Signature::from_slice(&envelope.signature).map_err(|_| BundleError::BadSignature)?;
        verifier.verify_strict(&signed(&envelope.body), &signature).map_err(|_| BundleError::BadSignature)?;
        let body = Body::decode(envelope.body.as_slice()).map_err(|_| BundleError::Damaged)?;
        if body.version != VERSION {
            return Err(BundleError::NewerVersion(body.version));
        }
        // Values that are no JSON are malformed values of their keys, not a reason to lose the others.
        let entry = |entry: Entry| {
            let json = serde_json::from_str(&entry.json).unwrap_or(Json::String(entry.json));
            (entry.name, json)
        };
        // An order of a later version is none that this one can carry out.
        let order = |order: WireOrder| {
            let nonce = order.nonce.as_slice().try_into().ok()?;
            Some(Order { nonce, user: order.user, device: order.device, what: OrderKind::of(order.what)? })
        };
        Ok(Self {
            key,
            issued_ms: body.issued_ms,
            expires_ms: body.expires_ms,
            serial: body.serial,
            audience: body.audience,
            keys: body.keys.into_iter().map(entry).collect(),
            orders: body.orders.into_iter().filter_map(order).collect(),
        })
    }

    /// Says whether this device may put it in place now.
    ///
    /// # Errors
    /// `OtherAudience`, `NotYet`, `Expired`.
    pub fn check(&self, reader: Reader<'_>) -> Result<(), BundleError> {
        let is_meant = |name: &String| {
            let server = reader.user.split_once(':').map_or("", |(_, server)| server);
            match name.strip_prefix("device:") {
                Some(device) => device == reader.device,
                None => name == "*" || name == reader.user || name == server,
            }
        };
        if !self.audience.is_empty() && !self.audience.iter().any(is_meant) {
            return Err(BundleError::OtherAudience(self.audience.join(", ")));
        }
        if self.issued_ms > reader.now_ms.saturating_add(SKEW_MS) {
            return Err(BundleError::NotYet);
        }
        if self.expires_ms < reader.now_ms.saturating_sub(SKEW_MS) {
            return Err(BundleError::Expired);
        }
        Ok(())
    }
}

impl Order {
    /// Makes an order with a new nonce.
    ///
    /// # Errors
    /// Without random bytes.
    pub fn new(what: OrderKind, user: &str, device: &str) -> Result<Self, NoRandomness> {
        let mut nonce = [0; NONCE];
        fill_random(&mut nonce)?;
        Ok(Self { nonce, user: user.to_owned(), device: device.to_owned(), what })
    }

    /// Returns the nonce in hexadecimal.
    pub fn nonce_text(&self) -> String {
        hex::encode(self.nonce)
    }

    /// Returns the text that the device signs when it has done, or is about to do, what was ordered.
    pub fn receipt(&self, ts: i64) -> String {
        let nonce = hex::encode(self.nonce);
        let (user, device, what) = (&self.user, &self.device, self.what.as_str());
        format!("{RECEIPT_CONTEXT}\n{nonce}\n{user}\n{device}\n{what}\n{ts}")
    }
}

fn signed(body: &[u8]) -> Vec<u8> {
    [CONTEXT, body].concat()
}

/// The key with which an organisation signs.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// Makes a new one.
    ///
    /// # Errors
    /// Without random bytes.
    pub fn generate() -> Result<Self, NoRandomness> {
        let seed = Secret::<32>::random()?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(seed.expose())))
    }

    /// Reads the base64 of a secret key.
    pub fn read(text: &str) -> Option<Self> {
        let seed = zeroize::Zeroizing::new(form::decode(text)?);
        Some(Self(ed25519_dalek::SigningKey::from_bytes(seed.as_slice().try_into().ok()?)))
    }

    /// Returns the secret key in base64.
    pub fn secret(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(STANDARD.encode(self.0.as_bytes()))
    }

    /// Returns the public key in base64, as `org.policy_keys` takes it.
    pub fn public(&self) -> String {
        STANDARD.encode(self.public_bytes())
    }

    /// Returns the public key.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}
