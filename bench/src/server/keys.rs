//! Keys of devices, one-time keys and cross-signing, as a homeserver keeps them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Server;

#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) devices: BTreeMap<String, Value>,
    pub(super) one_time: BTreeMap<String, Value>,
    pub(super) cross: BTreeMap<&'static str, Value>,
}

impl Server {
    pub(super) fn keys_upload(&self, user: &str, body: &Value) -> Value {
        let mut state = self.lock();
        let keys = state.keys.entry(user.to_owned()).or_default();
        if let Some(device) = body.get("device_keys")
            && let Some(id) = device.get("device_id").and_then(Value::as_str)
        {
            keys.devices.insert(id.to_owned(), device.clone());
        }
        for (id, key) in body.get("one_time_keys").and_then(Value::as_object).into_iter().flatten() {
            keys.one_time.insert(id.clone(), key.clone());
        }
        json!({ "one_time_key_counts": { "signed_curve25519": keys.one_time.len() } })
    }

    pub(super) fn keys_query(&self, body: &Value) -> Value {
        let state = self.lock();
        let mut answer = json!({ "device_keys": {}, "master_keys": {}, "self_signing_keys": {}, "user_signing_keys": {},
            "failures": {} });
        for user in
            body.get("device_keys").and_then(Value::as_object).into_iter().flatten().map(|(user, _)| user)
        {
            // As Synapse says of its own users who have no device. Without it a client would wait for more.
            let Some(keys) = state.keys.get(user) else {
                insert(&mut answer, "device_keys", user, json!({}));
                continue;
            };
            insert(&mut answer, "device_keys", user, json!(keys.devices));
            for (kind, key) in &keys.cross {
                insert(&mut answer, &format!("{kind}s"), user, key.clone());
            }
        }
        answer
    }

    pub(super) fn keys_claim(&self, body: &Value) -> Value {
        let mut state = self.lock();
        let mut answer = json!({ "one_time_keys": {}, "failures": {} });
        for (user, devices) in body.get("one_time_keys").and_then(Value::as_object).into_iter().flatten() {
            let mut given = Map::new();
            for device in devices.as_object().into_iter().flatten().map(|(device, _)| device) {
                if let Some((id, key)) = state.keys.get_mut(user).and_then(|keys| keys.one_time.pop_first()) {
                    given.insert(device.clone(), json!({ id: key }));
                }
            }
            insert(&mut answer, "one_time_keys", user, Value::Object(given));
        }
        answer
    }

    pub(super) fn cross_signing(&self, user: &str, body: &Value) -> Value {
        let mut state = self.lock();
        let keys = state.keys.entry(user.to_owned()).or_default();
        for kind in ["master_key", "self_signing_key", "user_signing_key"] {
            if let Some(key) = body.get(kind) {
                keys.cross.insert(kind, key.clone());
            }
        }
        json!({})
    }

    pub(super) fn signatures(&self, body: &Value) -> Value {
        let mut state = self.lock();
        for (user, signed) in body.as_object().into_iter().flatten() {
            for (device, signed) in signed.as_object().into_iter().flatten() {
                let Some(known) = state.keys.get_mut(user).and_then(|keys| keys.devices.get_mut(device))
                else {
                    continue;
                };
                let new = signed.pointer(&format!("/signatures/{}", user.replace('/', "~1")));
                let old = known
                    .get_mut("signatures")
                    .and_then(|all| all.get_mut(user))
                    .and_then(Value::as_object_mut);
                if let (Some(old), Some(new)) = (old, new.and_then(Value::as_object)) {
                    old.extend(new.clone());
                }
            }
        }
        json!({ "failures": {} })
    }
}

fn insert(answer: &mut Value, part: &str, key: &str, value: Value) {
    if let Some(part) = answer.get_mut(part).and_then(Value::as_object_mut) {
        part.insert(key.to_owned(), value);
    }
}
