//! What the key file says before it is unlocked: slots, lock policy, offline-wipe clock.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock::Moment;
use crate::ports::key_vault::{KeyHandle, Wrapped};

/// What opens a slot. The format knows all kinds; this version makes and opens the first three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// The vault alone.
    Vault,
    /// The vault and a PIN.
    VaultPin,
    /// The vault, a PIN and a share that the server holds.
    VaultPinShare,
    /// A PIN given under duress.
    Duress,
    /// A kind of a later version.
    Other(String),
}

impl fmt::Display for SlotKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vault => "vault",
            Self::VaultPin => "vault_pin",
            Self::VaultPinShare => "vault_pin_share",
            Self::Duress => "duress",
            Self::Other(name) => name,
        })
    }
}

impl FromStr for SlotKind {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "vault" => Self::Vault,
            "vault_pin" => Self::VaultPin,
            "vault_pin_share" => Self::VaultPinShare,
            "duress" => Self::Duress,
            other => Self::Other(other.to_owned()),
        })
    }
}

/// The vault that a slot belongs to, and how it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultRef {
    /// `KeyVault::kind`.
    pub kind: String,
    /// `KeyVault::parameters`.
    pub parameters: BTreeMap<String, String>,
}

/// One way to the device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// What opens it.
    #[serde(with = "text")]
    pub kind: SlotKind,
    /// Where its key-encryption key is.
    pub vault: VaultRef,
    /// Which key of the vault.
    #[serde(with = "encoded")]
    pub handle: KeyHandle,
    /// The device key, wrapped.
    #[serde(with = "encoded")]
    pub wrapped: Wrapped,
    /// Parameters of the kind itself (the costs of a PIN); empty for `Vault`.
    pub parameters: BTreeMap<String, String>,
}

/// What is asked for at the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockKind {
    /// Digits.
    #[default]
    Pin,
    /// Any text.
    Password,
}

/// What happens after the last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMaxAttempts {
    /// The profile is signed out.
    Logout,
    /// The profile is destroyed.
    #[default]
    Wipe,
}

/// The part of the policy (`lock.*`) that is needed before anything is unlocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockPolicy {
    /// `lock.required`.
    pub required: bool,
    /// `lock.kind`.
    pub kind: LockKind,
    /// `lock.biometric`.
    pub biometric: bool,
    /// `lock.max_attempts`; unset: no limit.
    pub max_attempts: Option<u32>,
    /// `lock.on_max_attempts`.
    pub on_max_attempts: OnMaxAttempts,
    /// `lock.offline_grace_min`.
    pub offline_grace_min: u32,
}

impl Default for LockPolicy {
    /// A device without any policy source.
    fn default() -> Self {
        Self {
            required: false,
            kind: LockKind::default(),
            biometric: true,
            max_attempts: Some(5),
            on_max_attempts: OnMaxAttempts::default(),
            offline_grace_min: 720,
        }
    }
}

/// Wipes a device that is out of reach for too long (`data.offline_wipe_h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfflineClock {
    /// Last contact with the server, in milliseconds since 1970.
    pub last_contact_ms: i64,
    /// Hours without contact after which the profile is to be wiped; unset: never.
    pub limit_h: Option<u32>,
    /// The latest time that was ever seen on this device, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub latest_ms: i64,
    /// Which run of the device `up_ms` counts in; 0: unknown.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub boot: u64,
    /// How long the device had run then, in milliseconds.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub up_ms: u64,
    /// Time without contact that was counted by then, in milliseconds.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub spent_ms: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_none_yet(number: &u64) -> bool {
    *number == 0
}

impl OfflineClock {
    /// Returns how long the server was out of reach, in milliseconds. While the device runs on, its own count is
    /// believed, whatever the clock says; after a restart the longest of what count, clock and the latest time ever
    /// seen come to.
    pub fn without_contact_ms(&self, now: &Moment) -> u64 {
        let by_clock = now.now_ms.max(self.latest_ms).saturating_sub(self.last_contact_ms);
        let by_clock = u64::try_from(by_clock).unwrap_or(0);
        match &now.up {
            Some(up) if self.boot != 0 && boot_number(&up.boot) == self.boot => {
                self.spent_ms.saturating_add(up.ms.saturating_sub(self.up_ms))
            }
            Some(up) if self.boot != 0 => by_clock.max(self.spent_ms.saturating_add(up.ms)),
            Some(_) | None => by_clock,
        }
    }

    /// Says whether the limit has passed.
    pub fn is_over_at(&self, now: &Moment) -> bool {
        let limit = self.limit_h.map(|hours| u64::from(hours).saturating_mul(3_600_000));
        limit.is_some_and(|limit| self.without_contact_ms(now) > limit)
    }

    /// Notes that the server was reached.
    pub(super) fn contact(&mut self, now: &Moment) {
        self.last_contact_ms = now.now_ms;
        self.latest_ms = now.now_ms;
        self.boot = now.up.as_ref().map_or(0, |up| boot_number(&up.boot));
        self.up_ms = now.up.as_ref().map_or(0, |up| up.ms);
        self.spent_ms = 0;
    }

    /// Notes how much time has passed without contact, so that neither a restart nor a clock takes it back.
    pub(super) fn carry(&mut self, now: &Moment) {
        self.spent_ms = self.without_contact_ms(now);
        self.latest_ms = self.latest_ms.max(now.now_ms);
        self.boot = now.up.as_ref().map_or(0, |up| boot_number(&up.boot));
        self.up_ms = now.up.as_ref().map_or(0, |up| up.ms);
    }

    /// Says whether the limit has passed. A clock that was set back makes it later, never earlier.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.limit_h.is_some_and(|hours| {
            now_ms.saturating_sub(self.last_contact_ms) > i64::from(hours).saturating_mul(3_600_000)
        })
    }
}

/// Tells one run of the device from another; never 0.
fn boot_number(boot: &str) -> u64 {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(boot);
    let first = hash.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_be_bytes(first).max(1)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// Raised by one with each save: two processes never overwrite each other's.
    pub(super) generation: u64,
    /// 32 hexadecimal digits that bind slots and body to this file.
    pub(super) file_id: String,
    pub(super) slots: Vec<Slot>,
    pub(super) lock: LockPolicy,
    pub(super) offline: OfflineClock,
}

impl Header {
    pub(super) fn slot_aad(&self, kind: &SlotKind) -> Vec<u8> {
        format!("eu.qroc.device-key 1\0{}\0{kind}", self.file_id).into_bytes()
    }
}

mod text {
    use super::{Deserialize, Deserializer, Serializer, SlotKind, de};

    pub(super) fn serialize<S: Serializer>(kind: &SlotKind, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(kind)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SlotKind, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// Bytes of a vault, which stand for themselves.
pub(super) trait Opaque: Sized {
    fn wrap(bytes: Vec<u8>) -> Self;
    fn bytes(&self) -> &[u8];
}

impl Opaque for KeyHandle {
    fn wrap(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Opaque for Wrapped {
    fn wrap(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

pub(super) mod encoded {
    use base64::Engine as _;

    use super::{Deserialize, Deserializer, Opaque, STANDARD, Serializer, de};

    pub(in super::super) fn serialize<T: Opaque, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(value.bytes()))
    }

    pub(in super::super) fn deserialize<'de, T: Opaque, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(T::wrap).map_err(de::Error::custom)
    }
}
