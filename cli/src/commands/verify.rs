//! Comparing signs with another device or person, or showing and scanning a code.

mod code;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use qroc_core::client::{Client, Verifying};
use qroc_core::crypto::{Code, Emoji, Reason, Stage};
use qroc_core::kind::ErrorKind;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use crate::coordinates::seconds;
use crate::failure::Failure;
use crate::prompt;
use crate::session::Session;

/// As long as the other side may take, which has to be there as well.
const LIMIT: Duration = Duration::from_secs(300);
/// What came before is looked at first.
const CATCH_UP: Duration = Duration::from_secs(20);
/// Keys from the other devices of the account come within this, where one of them is there.
const SECRETS: Duration = Duration::from_secs(30);
/// For so long this device is there to be asked for them.
const LINGER: Duration = Duration::from_secs(6);

/// What `verify` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Both sides say `verify`, with each other's name: one asks, the other takes it up. Both then see seven signs; they are
compared by a way on which the other is known, never by the same chat. Where both say --qr, one of the two shows a code
and the other scans it instead.

Example:
  qroc verify @madrid:example.org
  qroc verify QWERTYUIOP
  qroc verify @madrid:example.org --yes-if-emoji signs.txt
  qroc verify @madrid:example.org --qr
  qroc verify @madrid:example.org --qr --scan photo.jpg
  qroc verify @madrid:example.org --accept-change")]
pub(crate) struct VerifyArgs {
    /// A user, one of their devices as USER/DEVICE, or the id of an own device
    #[arg(value_name = "USER|DEVICE")]
    who: String,
    /// Confirm without asking if FILE has the same signs, or their names; it is waited for
    #[arg(long, value_name = "FILE")]
    yes_if_emoji: Option<PathBuf>,
    /// Take a changed identity as it is, unverified, without comparing anything
    #[arg(long, conflicts_with_all = ["yes_if_emoji", "qr"])]
    accept_change: bool,
    /// By a code that one side shows and the other scans; shows ours. The other side has to say so too
    #[arg(long, conflicts_with = "yes_if_emoji")]
    qr: bool,
    /// Draw our code into FILE (.png or .svg) instead of the terminal
    #[arg(long, value_name = "FILE", requires = "qr")]
    show_to: Option<PathBuf>,
    /// Read their code from FILE: a picture, or base64; it is waited for
    #[arg(long, value_name = "FILE", requires = "qr")]
    scan: Option<PathBuf>,
    /// Confirm without asking when the other side says that it has scanned our code
    #[arg(long, requires = "qr")]
    yes_if_scanned: bool,
    /// Give up after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
}

pub(crate) async fn run(args: VerifyArgs, session: &Session) -> Result<(), Failure> {
    if args.accept_change {
        let person = session.owning(async |client| Ok(client.accept_change(&args.who).await?)).await?;
        return session.output.one(&person, |person| {
            format!("{} is {} from now on, with the keys that the server gives", person.user_id, person.trust)
        });
    }
    let needs_no_answer = match args.qr {
        true => args.scan.is_some() || args.yes_if_scanned,
        false => args.yes_if_emoji.is_some(),
    };
    if !needs_no_answer && !prompt::can_ask() {
        return Err(Failure::usage(match args.qr {
            true => "there is no terminal to ask: say --scan FILE or --yes-if-scanned",
            false => "there is no terminal to ask whether the signs are the same: say --yes-if-emoji FILE",
        }));
    }
    args.show_to.as_deref().map_or(Ok(()), code::check_name)?;
    session.owning(async |client| with_sync(&args, client, session).await).await
}

async fn with_sync(args: &VerifyArgs, client: &Client, session: &Session) -> Result<(), Failure> {
    client.sync_once(Some(CATCH_UP)).await?;
    // Nobody prints what comes meanwhile; it is stored.
    let (items, _) = mpsc::channel(1);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = client.run(items, async {
        let _ = stopped.await;
    });
    let verify = async {
        let done = tokio::time::timeout(args.limit.unwrap_or(LIMIT), converse(args, client, session)).await;
        drop(stop);
        done
    };
    let (ran, done) = tokio::join!(running, verify);
    ran?;
    done.unwrap_or_else(|_| {
        Err(Failure::new(ErrorKind::NotFound, "nobody answered in time; nothing was verified"))
    })
}

async fn converse(args: &VerifyArgs, client: &Client, session: &Session) -> Result<(), Failure> {
    let had_all = client.has_secrets().await?;
    let verifying = client.verify(&args.who).await?;
    if args.qr {
        verifying.by_code();
    }
    follow(args, &verifying, session).await?;
    finish(client, &verifying, had_all, session).await
}

async fn follow(args: &VerifyArgs, verifying: &Verifying, session: &Session) -> Result<(), Failure> {
    let mut scanning = false;
    loop {
        let stage = tokio::select! {
            stage = next(verifying) => stage?,
            scanned = scan(args, verifying), if scanning => {
                // Said here, where nothing runs beside it that would end it half-way.
                if scanned.is_err() {
                    verifying.cancel().await?;
                }
                scanned?;
                scanning = false;
                continue;
            }
        };
        let Some(stage) = stage else {
            return Err(Failure::new(ErrorKind::Cancelled, "the profile was closed meanwhile"));
        };
        match stage {
            Stage::Waiting => tell(verifying, "waiting", session)?,
            // Both are programs here, and the person said yes by saying `verify`.
            Stage::Asked => verifying.accept().await?,
            Stage::Starting | Stage::Confirmed => {}
            Stage::Code { shown } => {
                offer(args, verifying, shown.as_ref(), session)?;
                scanning = args.scan.is_some();
            }
            Stage::Scanned => {
                scanning = false;
                session
                    .output
                    .one(&about(verifying, "scanned"), |_| "They say that they have scanned it".to_owned())?;
                let seen = async {
                    match args.yes_if_scanned {
                        true => Ok(true),
                        false => {
                            let question =
                                "Does the other device say that it has scanned your code?".to_owned();
                            prompt::confirm(question, &session.interrupt).await
                        }
                    }
                };
                if let Some(ended) = answer(verifying, seen).await? {
                    return ended;
                }
            }
            Stage::Compare { .. } if args.qr && args.yes_if_emoji.is_none() && !prompt::can_ask() => {
                verifying.cancel().await?;
                return Err(Failure::new(
                    ErrorKind::Forbidden,
                    "the other side wants signs compared: say --qr there too",
                ));
            }
            Stage::Compare { emoji, numbers } => {
                show(verifying, &emoji, numbers, session)?;
                if let Some(ended) = answer(verifying, compare(args, &emoji, numbers, session)).await? {
                    return ended;
                }
            }
            Stage::Done => return Ok(()),
            Stage::Cancelled { by_us, reason } => return Err(cancelled(by_us, reason)),
        }
    }
}

/// Hands the person's answer on, unless it ends before; then says how.
async fn answer(
    verifying: &Verifying,
    asked: impl Future<Output = Result<bool, Failure>>,
) -> Result<Option<Result<(), Failure>>, Failure> {
    let same = tokio::select! {
        same = asked => same?,
        stage = ended(verifying) => return Ok(Some(match stage? {
            Stage::Cancelled { by_us, reason } => Err(cancelled(by_us, reason)),
            _ => Ok(()),
        })),
    };
    if same {
        verifying.confirm().await?
    } else {
        verifying.mismatch().await?
    }
    Ok(None)
}

/// Shows our code, where the other side can scan it.
fn offer(
    args: &VerifyArgs,
    verifying: &Verifying,
    shown: Option<&Code>,
    session: &Session,
) -> Result<(), Failure> {
    let mut said = about(verifying, "code");
    if let Some(object) = said.as_object_mut() {
        object.insert("code".to_owned(), json!(shown.map(code::text)));
    }
    if let (Some(code), Some(to)) = (shown, &args.show_to) {
        code::write(code, to)?;
    }
    match (shown, &args.show_to) {
        (None, _) => session
            .output
            .one(&said, |_| "The other side cannot scan a code: scan theirs, with --scan".to_owned()),
        (Some(_), Some(to)) => session.output.one(&said, |_| format!("The code is in {}", to.display())),
        (Some(code), None) => session.output.drawn(&said, |_| code::blocks(code)),
    }
}

/// Waits for the picture of their code, and hands it on.
async fn scan(args: &VerifyArgs, verifying: &Verifying) -> Result<(), Failure> {
    let Some(path) = &args.scan else { return std::future::pending().await };
    let bytes = code::read(path).await?;
    loop {
        match verifying.scan(&bytes).await {
            Err(error) if matches!(error.kind(), ErrorKind::Network | ErrorKind::RateLimited) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return Ok(other?),
        }
    }
}

/// Waits for the end, whatever it is.
async fn ended(verifying: &Verifying) -> Result<Stage, Failure> {
    loop {
        match next(verifying).await? {
            Some(stage @ (Stage::Done | Stage::Cancelled { .. })) => return Ok(stage),
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

/// A network that is away for a moment ends nothing.
async fn next(verifying: &Verifying) -> Result<Option<Stage>, Failure> {
    loop {
        match verifying.next().await {
            Err(error) if matches!(error.kind(), ErrorKind::Network | ErrorKind::RateLimited) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return Ok(other?),
        }
    }
}

fn cancelled(by_us: bool, reason: Reason) -> Failure {
    let (kind, words) = match reason {
        Reason::Mismatch => {
            (ErrorKind::Forbidden, "the signs differ: somebody may be in between; nothing was verified")
        }
        Reason::KeyMismatch => {
            (ErrorKind::Forbidden, "the keys are not those that the signs belong to; nothing was verified")
        }
        Reason::TimedOut => (ErrorKind::NotFound, "nobody went on in time; nothing was verified"),
        Reason::TakenElsewhere => (ErrorKind::NotFound, "another device of the account took it up"),
        Reason::Protocol => (ErrorKind::BadServer, "the other program does not understand this one"),
        Reason::Cancelled if by_us => (ErrorKind::Forbidden, "it was cancelled here; nothing was verified"),
        Reason::Cancelled => (ErrorKind::Forbidden, "the other side cancelled; nothing was verified"),
    };
    Failure::new(kind, words)
}

fn about(verifying: &Verifying, state: &str) -> Json {
    json!({ "state": state, "user_id": verifying.user_id(), "device_id": verifying.device_id() })
}

fn tell(verifying: &Verifying, state: &str, session: &Session) -> Result<(), Failure> {
    session.output.one(&about(verifying, state), |_| {
        format!("Waiting for {}: say `qroc verify` there, or accept it", verifying.user_id())
    })
}

fn show(verifying: &Verifying, emoji: &[Emoji], numbers: [u16; 3], session: &Session) -> Result<(), Failure> {
    let mut said = about(verifying, "compare");
    if let Some(object) = said.as_object_mut() {
        object.insert("emoji".to_owned(), emoji.iter().map(|sign| sign.symbol).collect());
        object.insert("words".to_owned(), emoji.iter().map(|sign| sign.word).collect());
        object.insert("numbers".to_owned(), json!(numbers));
    }
    session.output.one(&said, |_| {
        let signs: Vec<String> = emoji.iter().map(|sign| format!("{} {}", sign.symbol, sign.word)).collect();
        match signs.is_empty() {
            true => format!("{} {} {}", numbers[0], numbers[1], numbers[2]),
            false => signs.join("   "),
        }
    })
}

async fn compare(
    args: &VerifyArgs,
    emoji: &[Emoji],
    numbers: [u16; 3],
    session: &Session,
) -> Result<bool, Failure> {
    match &args.yes_if_emoji {
        Some(path) => Ok(is_same(&wait_for(path).await?, emoji, numbers)),
        None => {
            let question = "Does the other side show exactly these?".to_owned();
            prompt::confirm(question, &session.interrupt).await
        }
    }
}

async fn wait_for(path: &Path) -> Result<String, Failure> {
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => return Ok(text),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let shown = path.display();
                return Err(Failure::new(ErrorKind::BadFile, format!("cannot read {shown}: {error}")));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Says whether a text has these signs: what `--json` prints, or signs, names or numbers with gaps or commas between.
fn is_same(text: &str, emoji: &[Emoji], numbers: [u16; 3]) -> bool {
    let words: Vec<String> = match serde_json::from_str::<Json>(text.trim()) {
        Ok(Json::Object(object)) => {
            let list = object.get("emoji").and_then(Json::as_array).cloned().unwrap_or_default();
            list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
        }
        _ => text
            .split(|letter: char| letter.is_whitespace() || letter == ',')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    if emoji.is_empty() {
        return words == numbers.map(|number| number.to_string());
    }
    // Some names are two words.
    let joined = words.join(" ").to_lowercase();
    let symbols = emoji.iter().map(|sign| sign.symbol).collect::<Vec<_>>().join(" ");
    let names = emoji.iter().map(|sign| sign.word).collect::<Vec<_>>().join(" ").to_lowercase();
    joined == symbols || joined == names
}

/// Says what came of it, and sees to it that the account's keys get where they belong.
async fn finish(
    client: &Client,
    verifying: &Verifying,
    had_all: bool,
    session: &Session,
) -> Result<(), Failure> {
    let own = client.status()?.user_id == verifying.user_id();
    if own {
        let begun = Instant::now();
        let limit = if had_all { LINGER } else { SECRETS };
        while begun.elapsed() < limit && (had_all || !client.has_secrets().await?) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    } else {
        // The signature is on its way here.
        let begun = Instant::now();
        while begun.elapsed() < LINGER && client.trust(&verifying.user_id()).await?.trust != "verified" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let mut done = about(verifying, "done");
    if let Some(object) = done.as_object_mut() {
        object.insert("trust".to_owned(), json!("verified"));
        object.insert("secrets".to_owned(), json!(client.has_secrets().await?));
    }
    session.output.one(&done, |_| format!("{} is verified", verifying.user_id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_compared_however_they_are_written() {
        let emoji = [Emoji { symbol: "🐶", word: "Dog" }, Emoji { symbol: "🎅", word: "Santa" }];
        for same in
            ["🐶 🎅", "🐶,🎅\n", "dog santa", "Dog, Santa", r#"{"emoji":["🐶","🎅"],"state":"compare"}"#]
        {
            assert!(is_same(same, &emoji, [1, 2, 3]), "{same}");
        }
        for other in ["🎅 🐶", "🐶", "dog cat", "1 2 3", "{}", "{\"emoji\":[]}", "🐶 🎅 🐶"] {
            assert!(!is_same(other, &emoji, [1, 2, 3]), "{other}");
        }
        assert!(is_same("1 2 3", &[], [1, 2, 3]) && !is_same("", &[], [1, 2, 3]));
    }
}
