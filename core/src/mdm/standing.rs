//! What sources said last, as the key file keeps it: enough to know the policy before any database opens, and
//! without any network.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::policy::{
    self, Bundle, BundleError, Choices, Key, Layer, Merged, Note, Order, OrderKind, Policy, Rank, Reader,
    Reading, Source, State,
};

/// Nonces of orders that were carried out; more than any organisation gives.
const MOST_NONCES: usize = 1000;

/// What sources said last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Sources, each with its good values.
    pub layers: Vec<Layer>,
    /// Values that held before, for keys that two sources fight over.
    kept: Choices,
    /// The bundle in place.
    pub bundle: Option<InPlace>,
    /// Highest serial seen, by signing key.
    serials: BTreeMap<String, u64>,
    /// Orders that wait to be carried out.
    pub pending: Vec<Order>,
    /// Orders that were carried out.
    done: Vec<String>,
}

/// The bundle in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPlace {
    /// Who signed it, base64.
    pub key: String,
    /// Its serial.
    pub serial: u64,
    /// When it was issued, in milliseconds since 1970.
    pub issued_ms: i64,
    /// Until when it could be put in place.
    pub expires_ms: i64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    version: u32,
    layers: Vec<StoredLayer>,
    kept: Map<String, Json>,
    bundle: Option<InPlace>,
    serials: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pending: Vec<StoredOrder>,
    done: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredOrder {
    nonce: String,
    user: String,
    device: String,
    what: String,
}

#[derive(Serialize, Deserialize)]
struct StoredLayer {
    mdm: bool,
    name: String,
    values: Map<String, Json>,
    #[serde(default)]
    notes: Vec<StoredNote>,
}

#[derive(Serialize, Deserialize)]
struct StoredNote {
    key: String,
    error: bool,
    reason: String,
}

impl Standing {
    /// Reads what was kept. Damage costs what is damaged; nothing kept is the state of a new device.
    pub fn read(bytes: Option<&[u8]>) -> Self {
        let stored: Stored = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let layers = stored.layers.into_iter().map(|layer| {
            let rank = if layer.mdm { Rank::Mdm } else { Rank::Bundle };
            let source = Source { rank, name: layer.name };
            let said = layer.values.iter().map(|(key, value)| (key.as_str(), value));
            let mut read = Layer::read(source, said, None);
            read.notes.extend(layer.notes.into_iter().map(|note| Note {
                key: note.key,
                state: if note.error { State::Error } else { State::Ignored },
                reason: note.reason,
            }));
            read
        });
        let kept = stored.kept.iter().filter_map(|(name, json)| {
            let key = Key::find(name)?;
            match policy::read(key.definition(), json) {
                Reading::Value(value) => Some((key, value)),
                Reading::Unset | Reading::Malformed(_) => None,
            }
        });
        Self {
            layers: layers.collect(),
            kept: kept.collect(),
            bundle: stored.bundle,
            serials: stored.serials,
            pending: stored.pending.into_iter().filter_map(StoredOrder::order).collect(),
            done: stored.done,
        }
    }

    /// Returns it as the key file keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let note = |note: &Note| StoredNote {
            key: note.key.clone(),
            error: note.state == State::Error,
            reason: note.reason.clone(),
        };
        let layer = |layer: &Layer| StoredLayer {
            mdm: layer.source.rank == Rank::Mdm,
            name: layer.source.name.clone(),
            values: layer.to_json(),
            notes: layer.notes.iter().map(note).collect(),
        };
        let kept = self.kept.iter();
        let stored = Stored {
            version: 1,
            layers: self.layers.iter().map(layer).collect(),
            kept: kept
                .map(|(key, value)| (key.name().to_owned(), serde_json::to_value(value).unwrap_or_default()))
                .collect(),
            bundle: self.bundle.clone(),
            serials: self.serials.clone(),
            pending: self.pending.iter().map(StoredOrder::of).collect(),
            done: self.done.clone(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Works out what holds.
    pub fn policy(&self) -> Policy {
        Policy::resolve(&Merged::all(&self.layers), &self.kept, &Choices::new())
    }

    /// Takes what a source says now in the place of what it said before.
    pub fn take<'a>(&mut self, source: Source, said: impl IntoIterator<Item = (&'a str, &'a Json)>) {
        let before = self.layers.iter().find(|layer| layer.source == source);
        let layer = Layer::read(source, said, before);
        // What holds until now is what stays where the new word contradicts another.
        self.kept.extend(self.policy().to_keep());
        self.layers.retain(|known| known.source != layer.source);
        self.layers.push(layer);
    }

    /// Takes a signed bundle. Orders in it that are for this device and not carried out yet wait from now on.
    ///
    /// # Errors
    /// What is wrong with it; what holds goes on to hold.
    pub fn take_bundle(&mut self, bytes: &[u8], reader: Reader<'_>) -> Result<(), BundleError> {
        let believed = self.policy().policy_keys();
        let bundle = Bundle::open(bytes, &believed)?;
        bundle.check(reader)?;
        let sha256 = sha256(bytes);
        let again = self.bundle.as_ref().is_some_and(|known| known.sha256 == sha256);
        let known = believed.iter().filter_map(|key| self.serials.get(&STANDARD.encode(key))).max();
        if let (false, Some(known)) = (again, known.copied())
            && bundle.serial <= known
        {
            return Err(BundleError::Rollback { found: bundle.serial, known });
        }
        self.take(Source::bundle(), bundle.keys.iter().map(|(key, value)| (key.as_str(), value)));
        let key = STANDARD.encode(bundle.key);
        self.serials.insert(key.clone(), bundle.serial);
        self.bundle = Some(InPlace {
            key,
            serial: bundle.serial,
            issued_ms: bundle.issued_ms,
            expires_ms: bundle.expires_ms,
            sha256,
        });
        for order in bundle.orders {
            let is_ours = order.user == reader.user && order.device == reader.device;
            if is_ours && !self.done.contains(&order.nonce_text()) && !self.pending.contains(&order) {
                self.pending.push(order);
            }
        }
        Ok(())
    }

    /// Notes that an order was carried out: it is never carried out again.
    pub fn note_done(&mut self, order: &Order) {
        self.pending.retain(|waiting| waiting.nonce != order.nonce);
        self.done.push(order.nonce_text());
        let over = self.done.len().saturating_sub(MOST_NONCES);
        self.done.drain(..over);
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

impl StoredOrder {
    fn of(order: &Order) -> Self {
        Self {
            nonce: order.nonce_text(),
            user: order.user.clone(),
            device: order.device.clone(),
            what: order.what.as_str().to_owned(),
        }
    }

    fn order(self) -> Option<Order> {
        let kinds = [OrderKind::Wipe, OrderKind::Lock, OrderKind::Report];
        let what = kinds.into_iter().find(|kind| kind.as_str() == self.what)?;
        let nonce = hex::decode(&self.nonce).ok()?.try_into().ok()?;
        Some(Order { nonce, user: self.user, device: self.device, what })
    }
}
