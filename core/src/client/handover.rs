//! Two processes on one profile: the one that owns it listens on a socket in the account's directory, and does what
//! the other is asked to send. One line of JSON each way.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::action::{Action, Outcome};
use super::{Error, Inner};
use crate::ids::OutboxRow;
use crate::kind::ErrorKind;
use crate::model::{Sent, SentFile};
use crate::outbox::Cancelled;
use crate::policy::Denied;
use crate::progress::Progress;

const SOCKET: &str = "owner.sock";
/// A line longer than this is not one of ours.
const LONGEST_LINE: u64 = 1 << 20;
/// Longer than any wait that a caller asks for, for the answer to arrive.
const SLACK: Duration = Duration::from_secs(60);
/// How long a look at the owner may take.
const GLANCE: Duration = Duration::from_millis(500);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Request {
    /// Nothing, and no question: the profile has been wiped, and whoever still has it open is to end.
    action: Option<Action>,
    wait_ms: Option<u64>,
    /// Another process put a policy in place.
    #[serde(default)]
    policy: bool,
    #[serde(default)]
    ask: Option<Ask>,
}

/// What is asked of the owner besides sending.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    /// When the server last answered.
    LastSync,
    /// To try a queued action again.
    Retry(i64),
    /// To take a queued action back.
    Cancel(i64),
    /// To renew tokens that have ended.
    Renew,
    /// For the account's keys, where the key file does not have them.
    Keys,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Reply {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    txn_id: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    file: Option<File>,
    #[serde(default)]
    refused: Option<Refused>,
    #[serde(default)]
    last_sync_ts: Option<i64>,
    /// Sealed with what the key file holds, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    mime: String,
    source_bytes: u64,
    sent_bytes: u64,
    thumbnail_bytes: Option<u64>,
    sha256: String,
    blurhash: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    #[serde(default)]
    duration_ms: Option<u64>,
    #[serde(default)]
    metadata_left: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refused {
    kind: String,
    message: String,
    #[serde(default)]
    denied: Option<Box<Denied>>,
}

/// Listens until the returned task is aborted. The socket is open to this user alone: its directory is.
pub(super) fn listen(inner: &Arc<Inner>) -> Result<JoinHandle<()>, Error> {
    let address = Address::of(&inner.dir)?;
    // What a process that was killed left behind; its lock is ours now, so nobody listens there.
    let _ = std::fs::remove_file(inner.dir.join(SOCKET));
    let listener = UnixListener::bind(address.path()).map_err(|error| Error::Handover(error.to_string()))?;
    let weak = Arc::downgrade(inner);
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Some(inner) = weak.upgrade() else { break };
            if is_same_user(&stream) {
                tokio::spawn(async move {
                    if let Err(error) = serve(&inner, stream).await {
                        tracing::debug!(kind = error.kind().code(), "a handed-over action got no answer");
                    }
                });
            }
        }
    }))
}

fn is_same_user(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

async fn serve(inner: &Arc<Inner>, stream: UnixStream) -> Result<(), Error> {
    let broken = |error: std::io::Error| Error::Handover(error.to_string());
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST_LINE)).read_line(&mut line).await.map_err(broken)?;
    let reply = match serde_json::from_str::<Request>(&line) {
        Ok(Request { ask: Some(ask), .. }) => match answer(inner, ask).await {
            Ok(reply) => reply,
            Err(error) => refused_by(&error),
        },
        Ok(request) => match carry_out(inner, request).await {
            Ok(outcome) => told(&outcome),
            Err(error) => refused_by(&error),
        },
        Err(_) => refused("bad_input", "the owner of this profile is another version"),
    };
    let mut text = serde_json::to_string(&reply).unwrap_or_default();
    text.push('\n');
    write.write_all(text.as_bytes()).await.map_err(broken)
}

async fn answer(inner: &Arc<Inner>, ask: Ask) -> Result<Reply, Error> {
    let Some(owner) = &inner.owner else { return Err(Error::Handover("it does not own it".to_owned())) };
    match ask {
        Ask::LastSync => Ok(Reply { last_sync_ts: Some(owner.sync.last_ts()), ..Reply::default() }),
        Ask::Renew => {
            owner.http.renew_if_due().await?;
            Ok(Reply::default())
        }
        Ask::Keys => Ok(Reply { keys: Some(STANDARD.encode(inner.sealed_keys()?)), ..Reply::default() }),
        Ask::Retry(id) => {
            inner.gate_of_duty()?;
            inner.retry(owner, id).await?;
            Ok(Reply { state: "queued".to_owned(), ..Reply::default() })
        }
        Ask::Cancel(id) => {
            let (state, event_id) = match owner.sender.cancel(OutboxRow(id)).await? {
                Cancelled::Gone => ("cancelled", None),
                Cancelled::Recalled => ("recalled", None),
                Cancelled::Sent { event_id } => ("sent", event_id),
            };
            Ok(Reply { state: state.to_owned(), event_id, ..Reply::default() })
        }
    }
}

async fn carry_out(inner: &Arc<Inner>, request: Request) -> Result<Outcome, Error> {
    let Some(owner) = &inner.owner else { return Err(Error::Handover("it does not own it".to_owned())) };
    if request.policy {
        inner.mdm.refresh()?;
        inner.mind_persistence()?;
        let receipts = inner.carry_out_orders(owner).await?;
        if receipts.iter().any(|receipt| receipt.order != "report") {
            owner.gone.notify_waiters();
        }
        return Err(Error::NotSignedIn);
    }
    let gate = inner.gate_of_duty().and(inner.check_sealed());
    let Some(action) = request.action else {
        if gate.is_err() {
            owner.gone.notify_waiters();
        }
        return Err(Error::NotSignedIn);
    };
    gate?;
    inner.carry_out(owner, action, request.wait_ms.map(Duration::from_millis), Progress::default()).await
}

fn refused_by(error: &Error) -> Reply {
    let mut reply = refused(error.kind().code(), &error.to_string());
    if let (Some(refused), Some(denied)) = (&mut reply.refused, error.denied()) {
        refused.denied = Some(Box::new(denied.clone()));
    }
    reply
}

fn refused(kind: &str, message: &str) -> Reply {
    Reply {
        refused: Some(Refused { kind: kind.to_owned(), message: message.to_owned(), denied: None }),
        ..Reply::default()
    }
}

fn told(outcome: &Outcome) -> Reply {
    let sent = outcome.sent();
    let file = match outcome {
        Outcome::Sent(_) => None,
        Outcome::File(file) => Some(File {
            mime: file.mime.clone(),
            source_bytes: file.source_bytes,
            sent_bytes: file.sent_bytes,
            thumbnail_bytes: file.thumbnail_bytes,
            sha256: file.sha256.clone(),
            blurhash: file.blurhash.clone(),
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            metadata_left: file.metadata_left,
        }),
    };
    Reply {
        txn_id: Some(sent.txn_id.clone()),
        event_id: sent.event_id.clone(),
        state: sent.state.to_owned(),
        error: sent.error.clone(),
        file,
        ..Reply::default()
    }
}

/// Tells a process that has a wiped profile open, so that it ends at once rather than at its next look.
pub(super) async fn tell_gone(account_dir: &Path) {
    tell(account_dir, &Request::default(), Duration::from_millis(500)).await;
}

/// Tells a process that owns the profile that the key file holds another policy, and waits until it holds there.
pub(super) async fn tell_policy(account_dir: &Path) {
    tell(account_dir, &Request { policy: true, ..Request::default() }, Duration::from_secs(2)).await;
}

async fn tell(account_dir: &Path, request: &Request, wait: Duration) {
    let Ok(address) = Address::of(account_dir) else { return };
    let told = async {
        let mut stream = UnixStream::connect(address.path()).await?;
        let mut text = serde_json::to_string(request)?;
        text.push('\n');
        stream.write_all(text.as_bytes()).await?;
        stream.read_to_end(&mut Vec::new()).await
    };
    // Nobody there is the usual case.
    let _ = tokio::time::timeout(wait, told).await;
}

/// Asks the owner to do it. Whether or not an answer comes, asking again with the same transaction id is safe.
pub(super) async fn hand_over(
    inner: &Inner,
    action: &Action,
    wait: Option<Duration>,
) -> Result<Outcome, Error> {
    let wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let request = Request { action: Some(action.clone()), wait_ms, ..Request::default() };
    understand(exchange(inner, &request, wait.unwrap_or_default() + SLACK).await?)
}

/// Asks the owner to try a queued action again.
pub(super) async fn retry(inner: &Inner, id: i64) -> Result<(), Error> {
    let request = Request { ask: Some(Ask::Retry(id)), ..Request::default() };
    let reply = exchange(inner, &request, SLACK).await?;
    reply.refused.map_or(Ok(()), |refused| Err(refused.into()))
}

/// Asks the owner to take a queued action back.
pub(super) async fn cancel(inner: &Inner, id: i64) -> Result<Cancelled, Error> {
    let request = Request { ask: Some(Ask::Cancel(id)), ..Request::default() };
    let reply = exchange(inner, &request, SLACK).await?;
    match (reply.refused, reply.state.as_str()) {
        (Some(refused), _) => Err(refused.into()),
        (None, "cancelled") => Ok(Cancelled::Gone),
        (None, "sent") => Ok(Cancelled::Sent { event_id: reply.event_id }),
        (None, _) => Ok(Cancelled::Recalled),
    }
}

/// Asks the owner to renew tokens that have ended, and waits until it has.
pub(super) async fn renew_tokens(inner: &Inner) {
    let request = Request { ask: Some(Ask::Renew), ..Request::default() };
    // Where it does not work, the next question to the server says so.
    let _ = exchange(inner, &request, SLACK).await;
}

/// Asks the owner when the server last answered it. Nothing where there is none, or it is busy.
pub(super) fn last_sync_ts(inner: &Inner) -> Option<i64> {
    use std::io::{BufRead as _, Write as _};
    let address = Address::of(&inner.dir).ok()?;
    let mut stream = std::os::unix::net::UnixStream::connect(address.path()).ok()?;
    stream.set_read_timeout(Some(GLANCE)).ok()?;
    stream.set_write_timeout(Some(GLANCE)).ok()?;
    let request = Request { ask: Some(Ask::LastSync), ..Request::default() };
    stream.write_all((serde_json::to_string(&request).ok()? + "\n").as_bytes()).ok()?;
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line).ok()?;
    serde_json::from_str::<Reply>(&line).ok()?.last_sync_ts
}

/// Asks whoever owns the account in this directory for its keys; sealed. Nothing where nobody does.
pub(super) async fn keys(account_dir: &Path) -> Option<Vec<u8>> {
    let request = Request { ask: Some(Ask::Keys), ..Request::default() };
    let reply = exchange_in(account_dir, &request, SLACK).await.ok()?;
    STANDARD.decode(reply.keys?).ok()
}

async fn exchange(inner: &Inner, request: &Request, patience: Duration) -> Result<Reply, Error> {
    exchange_in(&inner.dir, request, patience).await
}

async fn exchange_in(dir: &Path, request: &Request, patience: Duration) -> Result<Reply, Error> {
    let broken = |error: std::io::Error| Error::Handover(error.to_string());
    let address = Address::of(dir)?;
    let mut stream = UnixStream::connect(address.path()).await.map_err(broken)?;
    let mut text = serde_json::to_string(request).map_err(|error| Error::BadInput(error.to_string()))?;
    text.push('\n');
    stream.write_all(text.as_bytes()).await.map_err(broken)?;
    let mut line = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_LINE));
    match tokio::time::timeout(patience, reader.read_line(&mut line)).await {
        Ok(read) => read.map_err(broken)?,
        Err(_) => return Err(Error::Handover("no answer in time".to_owned())),
    };
    serde_json::from_str(&line).map_err(|_| Error::Handover("it went away".to_owned()))
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused.denied {
            Some(denied) => Self::Denied(denied),
            None => Self::Owner { kind: kind_of(&refused.kind), message: refused.message },
        }
    }
}

fn understand(reply: Reply) -> Result<Outcome, Error> {
    if let Some(refused) = reply.refused {
        return Err(refused.into());
    }
    let state = match reply.state.as_str() {
        "sent" => "sent",
        "failed" => "failed",
        _ => "queued",
    };
    let sent = Sent {
        txn_id: reply.txn_id.unwrap_or_default(),
        event_id: reply.event_id,
        state,
        error: reply.error,
    };
    Ok(match reply.file {
        None => Outcome::Sent(sent),
        Some(file) => Outcome::File(SentFile {
            sent,
            mime: file.mime,
            source_bytes: file.source_bytes,
            sent_bytes: file.sent_bytes,
            thumbnail_bytes: file.thumbnail_bytes,
            sha256: file.sha256,
            blurhash: file.blurhash,
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            metadata_left: file.metadata_left,
        }),
    })
}

fn kind_of(code: &str) -> ErrorKind {
    use ErrorKind::{
        BadFile, BadInput, BadServer, Cancelled, Forbidden, InUse, Internal, Network, NotFound, Policy,
        RateLimited, SignedOut, Storage,
    };
    let all = [
        Network,
        RateLimited,
        SignedOut,
        Forbidden,
        Policy,
        NotFound,
        BadInput,
        BadFile,
        InUse,
        Storage,
        BadServer,
        Cancelled,
    ];
    all.into_iter().find(|kind| kind.code() == code).unwrap_or(Internal)
}

/// A socket's path may be no longer than about 100 bytes; through an open directory it is always short.
struct Address {
    path: PathBuf,
    _dir: Option<std::fs::File>,
}

impl Address {
    fn of(dir: &Path) -> Result<Self, Error> {
        use std::os::fd::AsRawFd as _;
        let path = dir.join(SOCKET);
        if path.as_os_str().len() < 100 {
            return Ok(Self { path, _dir: None });
        }
        let open = std::fs::File::open(dir).map_err(|error| Error::Handover(error.to_string()))?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd()));
        Ok(Self { path, _dir: Some(open) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
