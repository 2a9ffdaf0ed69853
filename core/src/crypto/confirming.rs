//! The second factor of a new device: until another device of the account or the recovery key has confirmed it, it shows
//! nothing that came encrypted and asks for no key; and those who are told to give keys to confirmed devices only.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::engine::Crypto;

/// What policy demands of new devices.
#[derive(Debug, Default)]
pub(super) struct Confirming {
    /// Keys are given only to devices that their owners' accounts vouch for.
    of_others: AtomicBool,
    /// This device waits for it.
    shut: AtomicBool,
}

impl Crypto {
    /// Has keys given only to devices that their owner has confirmed.
    pub fn give_to_confirmed(&self, only: bool) {
        self.confirming.of_others.store(only, Ordering::Relaxed);
    }

    /// Has this device show nothing and ask for no key, or no longer so. Returns what held before.
    pub fn shut(&self, shut: bool) -> bool {
        self.confirming.shut.swap(shut, Ordering::Relaxed)
    }

    /// Says whether this device has to be confirmed first.
    pub fn is_shut(&self) -> bool {
        self.confirming.shut.load(Ordering::Relaxed)
    }

    pub(super) fn gives_to_confirmed(&self) -> bool {
        self.confirming.of_others.load(Ordering::Relaxed)
    }

    /// Says whether a decrypted event is not to be shown. What verifications say is no message.
    pub(super) fn hides(&self, kind: &str, content: &Value) -> bool {
        const VERIFICATION: &str = "m.key.verification.";
        let asks = content.get("msgtype").and_then(Value::as_str);
        self.is_shut()
            && !kind.starts_with(VERIFICATION)
            && !asks.is_some_and(|it| it.starts_with(VERIFICATION))
    }
}
