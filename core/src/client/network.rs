//! The way to the server, looked at step by step.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::owner::without_refresh;
use super::{Client, Error};
use crate::net::{Call, Homeserver, Http, NetError};
use crate::session;
use crate::sliding::sync_path;
use crate::store::account;

/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(8);
/// So many answers are timed.
const ASKED: usize = 5;
/// A clock that is further off makes certificates and policies look expired.
const CLOCK_OFF_MS: u64 = 60_000;

/// One step on the way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetStep {
    /// `address`, `trust`, `name`, `connection`, `server`, `clock`, `latency`, `sign_in`, `sync` or `media`.
    pub step: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// What was found, or what is wrong.
    pub detail: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What was found.
#[derive(Default)]
struct Steps(Vec<NetStep>);

impl Steps {
    fn add(&mut self, step: &'static str, begun: Instant, found: Result<String, String>) -> bool {
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ok = found.is_ok();
        let (Ok(detail) | Err(detail)) = found;
        self.0.push(NetStep { step, ok, detail, took_ms });
        ok
    }
}

impl Client {
    /// Looks at the way to the configured server, from its address to what it lets this account do. Ends with the first
    /// step that nothing works without. No other host is asked. Works beside the owner of the profile.
    ///
    /// # Errors
    /// `Held`; faults of the store. What is wrong with the network is in the steps.
    pub async fn check_network(&self) -> Result<Vec<NetStep>, Error> {
        self.inner.gate_of_duty()?;
        let account = self.inner.store.read(account::load)?;
        let mut steps = Steps::default();
        let begun = Instant::now();
        let server = match Homeserver::parse(&account.homeserver) {
            Ok(server) => server,
            Err(error) => {
                steps.add("address", begun, Err(error.to_string()));
                return Ok(steps.0);
            }
        };
        steps.add("address", begun, Ok(server.as_str().to_owned()));
        let trust = self.inner.trust();
        let begun = Instant::now();
        let http = match Http::new(&server, &trust, self.inner.clock.clone()) {
            Ok(http) => http,
            Err(error) => {
                steps.add("trust", begun, Err(error.to_string()));
                return Ok(steps.0);
            }
        };
        steps.add("trust", begun, Ok(trust.to_string()));
        // With a proxy that is as far as this device itself goes.
        let first = trust.proxy.as_deref().map(Homeserver::parse).transpose()?;
        if !reach(&mut steps, first.as_ref().unwrap_or(&server)).await {
            return Ok(steps.0);
        }
        let begun = Instant::now();
        // The wall clock, on purpose: that is what certificates are judged by.
        let heard = Arc::new(OnceLock::new());
        let hears = heard.clone();
        let listening = http.hearing(move |ms| {
            let _ = hears.set(ms);
        });
        let versions: Result<Value, NetError> =
            listening.json(Call::get("/_matrix/client/versions").within(PATIENCE)).await;
        let found = versions.map(|versions| newest(&versions)).map_err(|error| error.to_string());
        if !steps.add("server", begun, found) {
            return Ok(steps.0);
        }
        if let Some(server_ms) = heard.get() {
            let off_ms = server_ms.abs_diff(self.inner.clock.now_ms());
            let detail = format!("this device's clock is {} s off the server's", off_ms / 1000);
            steps.add("clock", Instant::now(), if off_ms < CLOCK_OFF_MS { Ok(detail) } else { Err(detail) });
        }
        let begun = Instant::now();
        steps.add("latency", begun, latency(&http).await.map_err(|error| error.to_string()));
        let signed_in = match &self.inner.owner {
            Some(owner) => owner.http.clone(),
            None => without_refresh(&http, &account),
        };
        for (step, path) in [
            ("sign_in", "/_matrix/client/v3/account/whoami"),
            ("sync", sync_path(session::has_stable_sync(&account.versions))),
            ("media", "/_matrix/client/v1/media/config"),
        ] {
            let begun = Instant::now();
            let call = if step == "sync" {
                Call::post(path, &serde_json::json!({ "conn_id": "check", "lists": {} }))
            } else {
                Call::get(path)
            };
            let answer: Result<Value, NetError> = signed_in.json(call.within(PATIENCE)).await;
            let found = match (step, answer) {
                ("sign_in", Ok(answer)) => Ok(text(&answer, "user_id")),
                ("media", Ok(answer)) => Ok(match answer.get("m.upload.size").and_then(Value::as_u64) {
                    Some(bytes) => format!("files of up to {} MiB", bytes >> 20),
                    None => "files of any size".to_owned(),
                }),
                (_, Ok(_)) => Ok("simplified sliding sync".to_owned()),
                // Its owner renews the sign-in.
                (_, Err(NetError::Unauthorized { soft: true, .. })) => {
                    Err("the sign-in is to be renewed: `qroc sync` does it".to_owned())
                }
                (_, Err(error)) => Err(error.to_string()),
            };
            steps.add(step, begun, found);
        }
        Ok(steps.0)
    }
}

/// Looks the name up and connects.
async fn reach(steps: &mut Steps, server: &Homeserver) -> bool {
    let begun = Instant::now();
    let (host, port) = server.host_and_port();
    let late = || format!("no answer within {} s", PATIENCE.as_secs());
    let addresses: Vec<_> = match timeout(PATIENCE, lookup_host((host.as_str(), port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            steps.add("name", begun, Err(format!("{host} has no address: {error}")));
            return false;
        }
        Err(_) => {
            steps.add("name", begun, Err(late()));
            return false;
        }
    };
    let list = addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
    steps.add("name", begun, Ok(format!("{host} is {list}")));
    let begun = Instant::now();
    let mut wrong = late();
    for address in &addresses {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return steps.add("connection", begun, Ok(address.to_string())),
            Ok(Err(error)) => wrong = format!("{address}: {error}"),
            Err(_) => {}
        }
    }
    steps.add("connection", begun, Err(wrong))
}

async fn latency(http: &Http) -> Result<String, NetError> {
    let mut times = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let begun = Instant::now();
        http.done(Call::get("/_matrix/client/versions").within(PATIENCE)).await?;
        times.push(begun.elapsed());
    }
    times.sort();
    let of = |at: usize| times.get(at).map_or(0, Duration::as_millis);
    Ok(format!("{} ms, {} to {} ms of {ASKED}", of(ASKED / 2), of(0), of(ASKED - 1)))
}

fn newest(versions: &Value) -> String {
    let list = versions.get("versions").and_then(Value::as_array);
    match list.and_then(|list| list.last()).and_then(Value::as_str) {
        Some(newest) => format!("Matrix up to {newest}"),
        None => "Matrix".to_owned(),
    }
}

fn text(answer: &Value, key: &str) -> String {
    answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
