//! One-time orders of the organisation for this device, and the signed receipts for them.

use std::time::Duration;

use super::{Error, Inner, Owner, pushing};
use crate::model::Receipt;
use crate::net::{Call, part};
use crate::policy::{BundleError, Order, OrderKind};
use crate::store::account;
use crate::store::key_file::{KeyFile, KeyFileError, begin_wipe, finish_wipe, set_wipe_intent};

/// Account data in which the organisation leaves a bundle for this user: `{"bundle": base64}`.
const BUNDLE: &str = "eu.qroc.policy";
/// Account data in which receipts go back, with the order's nonce at its end.
const RECEIPT: &str = "eu.qroc.policy.receipt.";
/// How long a server may hold up what was ordered.
const PATIENCE: Duration = Duration::from_secs(5);

impl Inner {
    /// Takes the bundle that the server brought, where it is another one than before.
    pub(super) fn take_from_server(&self) -> Result<(), Error> {
        let content = self.store.read(|connection| account::account_data(connection, 0, BUNDLE))?;
        let Some(content) = content else { return Ok(()) };
        if !self.mdm.is_new_on_server(&content) {
            return Ok(());
        }
        use base64::Engine as _;
        let said: serde_json::Value = serde_json::from_str(&content).unwrap_or_default();
        let text = said.get("bundle").and_then(serde_json::Value::as_str).unwrap_or_default();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
        match self.take_bundle(&bytes) {
            Ok(_) => Ok(()),
            // What the server says is not to be trusted: a bundle that is none changes nothing.
            Err(Error::Bundle(error)) => {
                tracing::warn!(why = reason(&error), "the bundle on the server is not put in place");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Does what waits to be done. A wipe ends with the profile gone.
    pub(super) async fn carry_out_orders(&self, owner: &Owner) -> Result<Vec<Receipt>, Error> {
        let mut receipts = Vec::new();
        for order in self.mdm.pending() {
            let receipt = self.receipt(owner, &order).await?;
            match order.what {
                OrderKind::Report => self.mdm.finish(&order)?,
                OrderKind::Lock => {
                    self.mdm.finish(&order)?;
                    match KeyFile::seal(&self.profile) {
                        // Without a PIN there is nothing that could open it again.
                        Ok(_) | Err(KeyFileError::NoPin) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                // From here on the profile can only be wiped, whatever happens to this process.
                OrderKind::Wipe => set_wipe_intent(&self.profile)?,
            }
            match order.what {
                OrderKind::Wipe => {
                    let withdrawn = owner.push.withdraw(pushing::PATIENCE);
                    tokio::join!(self.send_receipt(owner, &order, &receipt), withdrawn);
                }
                OrderKind::Report | OrderKind::Lock => self.send_receipt(owner, &order, &receipt).await,
            }
            receipts.push(receipt);
            match order.what {
                OrderKind::Wipe => {
                    begin_wipe(&self.profile).or_else(|error| match error {
                        KeyFileError::WipePending => Ok(Vec::new()),
                        other => Err(other),
                    })?;
                    finish_wipe(&self.profile)?;
                    return Ok(receipts);
                }
                OrderKind::Report | OrderKind::Lock => {}
            }
        }
        Ok(receipts)
    }

    async fn receipt(&self, owner: &Owner, order: &Order) -> Result<Receipt, Error> {
        let ts = self.clock.now_ms();
        let signed = order.receipt(ts);
        Ok(Receipt {
            order: order.what.as_str(),
            nonce: order.nonce_text(),
            user_id: order.user.clone(),
            device_id: order.device.clone(),
            ts,
            signatures: owner.crypto.sign(&signed).await?,
            signed,
        })
    }

    /// A server that does not answer holds nothing up.
    async fn send_receipt(&self, owner: &Owner, order: &Order, receipt: &Receipt) {
        let kind = format!("{RECEIPT}{}", order.nonce_text());
        let user = part(&self.account.user_id).to_string();
        let path = format!("/_matrix/client/v3/user/{user}/account_data/{}", part(&kind));
        let Ok(body) = serde_json::to_value(receipt) else { return };
        let sent =
            tokio::time::timeout(PATIENCE, owner.http.done(Call::put(&path, &body).within(PATIENCE))).await;
        if !matches!(sent, Ok(Ok(_))) {
            tracing::warn!("the receipt of an order did not reach the server");
        }
    }
}

fn reason(error: &BundleError) -> &'static str {
    match error {
        BundleError::NotABundle | BundleError::Damaged => "damaged",
        BundleError::NewerVersion(_) => "version",
        BundleError::NoKeys | BundleError::UnknownKey => "key",
        BundleError::BadSignature => "signature",
        BundleError::Expired | BundleError::NotYet => "time",
        BundleError::Rollback { .. } => "serial",
        BundleError::OtherAudience(_) => "audience",
    }
}
