//! Many officers with one device each, known to the server with keys that are signed as real ones.

use anyhow::Result;
use matrix_sdk_crypto::vodozemac::olm::Account;
use ruma::CanonicalJsonValue;
use serde_json::{Value, json};

use crate::server::Server;

/// Returns the name of an officer of the crowd.
#[must_use]
pub fn name(number: usize) -> String {
    format!("@officer{number}:bench.example")
}

/// Makes the devices of so many officers known to the server, each with one one-time key.
///
/// # Errors
/// What cannot be written as canonical JSON.
pub fn join(server: &Server, officers: usize) -> Result<()> {
    for number in 0..officers {
        let (user, device) = (name(number), format!("PHONE{number}"));
        let mut account = Account::new();
        let keys = account.identity_keys();
        let device_keys = json!({
            "user_id": user, "device_id": device,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": { format!("curve25519:{device}"): keys.curve25519.to_base64(),
                format!("ed25519:{device}"): keys.ed25519.to_base64() },
        });
        account.generate_one_time_keys(1);
        let one_time: serde_json::Map<String, Value> = account
            .one_time_keys()
            .into_iter()
            .map(|(id, key)| {
                let key = json!({ "key": key.to_base64() });
                Ok((format!("signed_curve25519:{}", id.to_base64()), signed(&account, &user, &device, key)?))
            })
            .collect::<Result<_>>()?;
        let body = json!({ "device_keys": signed(&account, &user, &device, device_keys)?, "one_time_keys": one_time });
        server.answer(&user, "POST", "/_matrix/client/v3/keys/upload", &body);
    }
    Ok(())
}

fn signed(account: &Account, user: &str, device: &str, mut value: Value) -> Result<Value> {
    let canonical = CanonicalJsonValue::try_from(value.clone())?.to_string();
    let signature = account.sign(&canonical).to_base64();
    if let Some(object) = value.as_object_mut() {
        object.insert("signatures".to_owned(), json!({ user: { format!("ed25519:{device}"): signature } }));
    }
    Ok(value)
}
