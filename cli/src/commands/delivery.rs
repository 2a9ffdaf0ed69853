//! How long a command waits for the server to have what it sends, and what it says then.

use std::time::{Duration, Instant};

use clap::Args;
use qroc_core::client::{self, Action, Outcome};
use qroc_core::kind::ErrorKind;
use qroc_core::model::Sent;
use qroc_core::secret::fill_random;
use serde::Serialize;

use crate::coordinates::seconds;
use crate::failure::Failure;
use crate::session::Session;

const PATIENCE: Duration = Duration::from_secs(30);
/// How long an owner that does not answer is asked again.
const OWNER: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(100);

/// Options of everything that is sent.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// Return as soon as it is stored to be sent
    #[arg(long, conflicts_with = "timeout")]
    queue: bool,
    /// Wait so many seconds for the server (30), then leave it queued with status 4
    #[arg(long, value_name = "S", value_parser = seconds)]
    timeout: Option<Duration>,
}

impl Delivery {
    /// Does the action, here or through the owner of the profile, and reports what became of it with `words` and the
    /// fields of `change`.
    pub(super) async fn change(
        &self,
        action: Action,
        mut change: serde_json::Value,
        words: String,
        session: &Session,
    ) -> Result<(), Failure> {
        let wait = if self.queue { None } else { Some(self.timeout.unwrap_or(PATIENCE)) };
        let outcome = hand(action, wait, session).await?;
        let sent = outcome.sent();
        if let Some(fields) = change.as_object_mut() {
            fields.insert("txn_id".to_owned(), sent.txn_id.as_str().into());
            fields.insert("state".to_owned(), sent.state.into());
        }
        refused(sent)?;
        session.output.one(&change, |_| match sent.state {
            "sent" => words,
            state => format!("{state}: {words}"),
        })?;
        waiting(sent, wait)
    }

    /// Does the action, here or through the owner of the profile, and reports it.
    pub(crate) async fn perform(&self, action: Action, session: &Session) -> Result<(), Failure> {
        let wait = if self.queue { None } else { Some(self.timeout.unwrap_or(PATIENCE)) };
        let busy = session.output.busy("Sending");
        let outcome = hand(action, wait, session).await?;
        drop(busy);
        match outcome {
            Outcome::Sent(sent) => report(&sent, &sent, String::new(), wait, session),
            Outcome::File(file) => {
                let sizes = format!(
                    " ({}, {} of {})",
                    file.mime,
                    crate::output::size(file.sent_bytes),
                    crate::output::size(file.source_bytes)
                );
                report(&file, &file.sent, sizes, wait, session)
            }
        }
    }
}

/// An owner that ends just now may neither answer nor be there any more: asked again, since one id is one action.
async fn hand(action: Action, wait: Option<Duration>, session: &Session) -> Result<Outcome, Failure> {
    let deadline = Instant::now() + OWNER;
    loop {
        let action = action.clone();
        let done = session.handing(async |client| Ok(client.perform(action, wait).await)).await?;
        match done {
            Err(client::Error::Handover(_)) if Instant::now() < deadline => {
                tokio::time::sleep(AGAIN).await;
            }
            done => return Ok(done?),
        }
    }
}

/// Names an action, so that asking twice does it once.
pub(crate) fn new_txn() -> Result<Option<String>, Failure> {
    let mut bytes = [0; 16];
    fill_random(&mut bytes).map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    Ok(Some(format!("qroc-{}", bytes.map(|byte| format!("{byte:02x}")).concat())))
}

fn report(
    whole: &impl Serialize,
    sent: &Sent,
    details: String,
    wait: Option<Duration>,
    session: &Session,
) -> Result<(), Failure> {
    refused(sent)?;
    session.output.one(whole, |_| match &sent.event_id {
        Some(event) => format!("{} {event}{details}", sent.state),
        None => format!("{} {}{details}", sent.state, sent.txn_id),
    })?;
    waiting(sent, wait)
}

fn refused(sent: &Sent) -> Result<(), Failure> {
    if sent.state != "failed" {
        return Ok(());
    }
    let reason = sent.error.as_deref().unwrap_or("the server refused it");
    Err(Failure::new(
        ErrorKind::Forbidden,
        format!("not sent: {reason}; `qroc queue` lists it, --retry or --cancel there"),
    ))
}

fn waiting(sent: &Sent, wait: Option<Duration>) -> Result<(), Failure> {
    match (sent.state, wait) {
        ("queued" | "sending", Some(wait)) => Err(Failure::Waiting(format!(
            "not sent within {} s ({}); it stays queued and is sent by the next `qroc sync`",
            wait.as_secs(),
            sent.error.as_deref().unwrap_or("no answer from the server yet")
        ))),
        _ => Ok(()),
    }
}
