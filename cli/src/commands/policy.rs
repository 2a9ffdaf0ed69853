//! Policy: what it may say, what it says here, and putting another one in place.

mod check;
mod schema;
mod sign;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use qroc_core::client::{Client, Managed, explained};
use qroc_core::kind::ErrorKind;
use qroc_core::model::{Explained, PolicyLine};
use qroc_core::policy::{
    self, ACTIONS, Action, Broken, Initial, Key, Language, Line, Policy, Value as PolicyValue,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// Larger is no policy.
const LARGEST: u64 = 4 << 20;

/// What `policy` does.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  qroc policy show\n  qroc policy explain save")]
pub(crate) enum PolicyCommand {
    /// Print the definition of all keys for a management console or a person
    Schema(schema::SchemaArgs),
    /// Say what is wrong with a policy file
    Check(check::CheckArgs),
    /// Make the key that signs policy bundles
    Keygen(sign::KeygenArgs),
    /// Sign a policy file as a bundle
    Sign(sign::SignArgs),
    /// Put a policy in place
    Apply(ApplyArgs),
    /// Show what holds, and who says so
    Show(ShowArgs),
    /// Say what a key does, or whether an action is allowed and why
    Explain(ExplainArgs),
}

/// What `policy apply` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  qroc policy apply policy.bundle\n  qroc policy apply policy.json --as-mdm"
)]
pub(crate) struct ApplyArgs {
    /// A signed bundle, or with --as-mdm a flat JSON file
    file: PathBuf,
    /// Take a flat file as if the device's management had sent it, to try it out
    #[arg(long)]
    as_mdm: bool,
    /// Which administrator says so, where several are tried out
    #[arg(long, value_name = "NAME", requires = "as_mdm", default_value = "")]
    name: String,
}

/// What `policy show` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc policy show --json")]
pub(crate) struct ShowArgs {}

/// What `policy explain` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  qroc policy explain share.max_upload_mb\n  qroc policy explain invite:@porto:police.example"
)]
pub(crate) struct ExplainArgs {
    /// A key, or an action with what it is about behind a colon
    #[arg(value_name = "KEY|ACTION")]
    what: String,
}

pub(crate) async fn run(command: PolicyCommand, session: &Session) -> Result<(), Failure> {
    match command {
        PolicyCommand::Schema(args) => schema::run(&args, session),
        PolicyCommand::Check(args) => check::run(&args, session),
        PolicyCommand::Keygen(args) => sign::keygen(&args, session),
        PolicyCommand::Sign(args) => sign::run(&args, session),
        PolicyCommand::Apply(args) => apply(&args, session).await,
        PolicyCommand::Show(_) => {
            let lines = session.reading(async |client| Ok(client.policy_lines())).await?;
            show(&lines, session)
        }
        PolicyCommand::Explain(args) => explain(&args.what, session).await,
    }
}

async fn apply(args: &ApplyArgs, session: &Session) -> Result<(), Failure> {
    let bytes = read(&args.file)?;
    let is_flat = !bytes.starts_with(policy::MAGIC);
    if is_flat && !args.as_mdm && bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Failure::usage(format!(
            "{} is not signed: `qroc policy sign` makes a bundle of it, --as-mdm tries it out",
            args.file.display()
        )));
    }
    let said = if args.as_mdm { Some(pairs(&args.file, &bytes)?) } else { None };
    let lines = session
        .handing(async |client| match said {
            Some(said) => {
                let source =
                    if args.name.is_empty() { "mdm".to_owned() } else { format!("mdm:{}", args.name) };
                client.take_managed(&Managed { name: args.name.clone(), said: Some(said) }).await?;
                Ok(of_source(client, &source))
            }
            None => {
                let (_, receipts) = client.take_bundle(&bytes).await?;
                let lines = of_source(client, "bundle");
                session.output.list(&receipts, &[], |receipt| {
                    vec![Value::Strong(format!("Done: {} ({})", receipt.order, receipt.nonce))]
                })?;
                Ok(lines)
            }
        })
        .await?;
    show(&lines, session)
}

/// The keys that a source sets, with what became of each.
fn of_source(client: &Client, source: &str) -> Vec<PolicyLine> {
    let lines = client.policy_lines();
    let told = client.policy_feedback().into_iter().filter(|told| told.source.to_string() == source);
    told.map(|told| {
        let holds = lines.iter().find(|line| line.key == told.key);
        PolicyLine {
            value: holds.and_then(|line| line.value.clone()),
            source: holds.map_or_else(|| source.to_owned(), |line| line.source.clone()),
            locked: holds.is_some_and(|line| line.locked),
            state: told.state.as_str(),
            error: told.reason,
            key: told.key,
        }
    })
    .collect()
}

fn show(lines: &[PolicyLine], session: &Session) -> Result<(), Failure> {
    session.output.list(lines, &["Key", "Value", "Source", "State", "Why"], |line| {
        let value = line.value.as_ref().map(PolicyValue::to_string).unwrap_or_default();
        let source =
            if line.locked { Value::Strong(line.source.clone()) } else { Value::Faint(line.source.clone()) };
        let state = match line.state {
            "error" => Value::Warning(line.state.to_owned()),
            state => Value::Plain(state.to_owned()),
        };
        let why = line.error.clone().unwrap_or_default();
        vec![Value::Plain(line.key.clone()), Value::Plain(value), source, state, Value::Faint(why)]
    })
}

/// All there is to say about a key.
#[derive(Debug, Serialize)]
struct About {
    #[serde(flatten)]
    line: PolicyLine,
    title: &'static str,
    description: &'static str,
    allowed: String,
    default: Option<PolicyValue>,
    merge: &'static str,
    mdm_only: bool,
    enforced_since: Option<&'static str>,
}

async fn explain(what: &str, session: &Session) -> Result<(), Failure> {
    if let Some(key) = Key::find(what) {
        let lines = match holding(session, async |client| client.policy_lines()).await? {
            Some(lines) => lines,
            None => client_less(&Policy::default()),
        };
        return about(key, lines, session);
    }
    let Some(action) = Action::parse(what) else {
        let names: Vec<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
        let near =
            policy::nearest(what).map(|key| format!("; did you mean {}?", key.name())).unwrap_or_default();
        let message = format!("{what:?} is neither a key nor an action{near} Actions: {}", names.join(", "));
        return Err(Failure::new(ErrorKind::NotFound, message));
    };
    let answer = match holding(session, async |client| client.explain(action)).await? {
        Some(answer) => answer,
        None => explained(&Policy::default(), action),
    };
    session.output.one(&answer, words)
}

fn words(answer: &Explained) -> String {
    let value = answer.value.as_ref().map_or_else(|| "unset".to_owned(), PolicyValue::to_string);
    let because = format!("{} is {value} (from {})", answer.because, answer.source);
    match (&answer.needed, answer.allowed) {
        (_, true) => format!("{} is allowed: {because}", answer.action),
        (Some(needed), false) => format!("{} is forbidden: {because}; allowed: {needed}", answer.action),
        (None, false) => format!("{} is forbidden: {because}", answer.action),
    }
}

/// Asks the profile, where there is one.
async fn holding<T>(session: &Session, ask: impl AsyncFnOnce(&Client) -> T) -> Result<Option<T>, Failure> {
    if !qroc_core::client::account_exists(&session.profile()?).unwrap_or(false) {
        return Ok(None);
    }
    session.reading(async |client| Ok(ask(client).await)).await.map(Some)
}

fn client_less(policy: &Policy) -> Vec<PolicyLine> {
    let entries = policy.entries().iter();
    entries
        .map(|entry| PolicyLine {
            key: entry.key.name().to_owned(),
            value: entry.value.clone(),
            source: entry.origin.to_string(),
            locked: false,
            state: "default",
            error: None,
        })
        .collect()
}

fn about(key: Key, lines: Vec<PolicyLine>, session: &Session) -> Result<(), Failure> {
    let definition = key.definition();
    let Some(line) = lines.into_iter().find(|line| line.key == definition.name) else {
        return Err(Failure::new(ErrorKind::Internal, "the policy does not know its own key"));
    };
    let words = Language::English.words();
    let about = About {
        title: words.title(key),
        description: words.description(key),
        allowed: key.allowed(),
        default: Initial::value(definition.default),
        merge: definition.merge.as_str(),
        mdm_only: definition.mdm_only,
        enforced_since: definition.since,
        line,
    };
    session.output.details(&about, |about| {
        let shown = |value: &Option<PolicyValue>| {
            Value::Plain(value.as_ref().map_or_else(|| "unset".to_owned(), PolicyValue::to_string))
        };
        let since =
            about.enforced_since.map_or(policy::NOT_ENFORCED.to_owned(), |since| format!("since {since}"));
        vec![
            ("Key", Value::Strong(about.line.key.clone())),
            ("What it does", Value::Plain(about.description.to_owned())),
            ("Value", shown(&about.line.value)),
            ("From", Value::Plain(about.line.source.clone())),
            ("Default", shown(&about.default)),
            ("May be", Value::Plain(about.allowed.clone())),
            ("Sources merge by", Value::Plain(about.merge.to_owned())),
            ("Set by MDM only", Value::Plain(if about.mdm_only { "yes" } else { "no" }.to_owned())),
            ("Enforced", Value::Plain(since)),
        ]
    })
}

/// Reads a file of a size that a policy can have.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let bad = |why: String| Failure::new(ErrorKind::BadFile, format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| bad(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| bad(error.to_string()))?;
    if bytes.len() as u64 > LARGEST { Err(bad("too large for a policy".to_owned())) } else { Ok(bytes) }
}

/// Reads the lines of a flat file.
fn lines(path: &Path, bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    let broken = |Broken { line, column, reason }| {
        Failure::new(
            ErrorKind::BadFile,
            format!("{}: line {line}, column {column}: {reason}", path.display()),
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
        broken(Broken { line, column, reason: "not UTF-8 text".to_owned() })
    })?;
    policy::parse(text).map_err(broken)
}

fn pairs(path: &Path, bytes: &[u8]) -> Result<Vec<(String, serde_json::Value)>, Failure> {
    Ok(lines(path, bytes)?.into_iter().map(|line| (line.key, line.value)).collect())
}
