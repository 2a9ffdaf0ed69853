//! Comparing signs with another device or person.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use qroc_core::client::{Client, Verifying};
use qroc_core::crypto::{Emoji, Reason, Stage};
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
compared by a way on which the other is known, never by the same chat.

Example:
  qroc verify @madrid:example.org
  qroc verify QWERTYUIOP
  qroc verify @madrid:example.org --yes-if-emoji signs.txt
  qroc verify @madrid:example.org --accept-change")]
pub(crate) struct VerifyArgs {
    /// A user, one of their devices as USER/DEVICE, or the id of an own device
    #[arg(value_name = "USER|DEVICE")]
    who: String,
    /// Confirm without asking if FILE has the same signs, or their names; it is waited for
    #[arg(long, value_name = "FILE")]
    yes_if_emoji: Option<PathBuf>,
    /// Take a changed identity as it is, unverified, without comparing anything
    #[arg(long, conflicts_with = "yes_if_emoji")]
    accept_change: bool,
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
    if args.yes_if_emoji.is_none() && !prompt::can_ask() {
        return Err(Failure::usage(
            "there is no terminal to ask whether the signs are the same: say --yes-if-emoji FILE",
        ));
    }
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
    follow(args, &verifying, session).await?;
    finish(client, &verifying, had_all, session).await
}

async fn follow(args: &VerifyArgs, verifying: &Verifying, session: &Session) -> Result<(), Failure> {
    loop {
        let Some(stage) = next(verifying).await? else {
            return Err(Failure::new(ErrorKind::Cancelled, "the profile was closed meanwhile"));
        };
        match stage {
            Stage::Waiting => tell(verifying, "waiting", session)?,
            // Both are programs here, and the person said yes by saying `verify`.
            Stage::Asked => verifying.accept().await?,
            Stage::Starting | Stage::Confirmed => {}
            Stage::Compare { emoji, numbers } => {
                show(verifying, &emoji, numbers, session)?;
                let same = tokio::select! {
                    same = compare(args, &emoji, numbers, session) => same?,
                    stage = ended(verifying) => match stage? {
                        Stage::Cancelled { by_us, reason } => return Err(cancelled(by_us, reason)),
                        _ => return Ok(()),
                    },
                };
                if same { verifying.confirm().await? } else { verifying.mismatch().await? }
            }
            Stage::Done => return Ok(()),
            Stage::Cancelled { by_us, reason } => return Err(cancelled(by_us, reason)),
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
