//! Making the organisation's key, and signing bundles with it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use qroc_core::kind::ErrorKind;
use qroc_core::policy::{Bundle, Order, OrderKind, SigningKey, Source};
use serde::Serialize;
use zeroize::Zeroizing;

use super::check::{check, refuse};
use super::{pairs, read};
use crate::failure::Failure;
use crate::session::Session;

const FIRST_WORD: &str = "qroc-policy-key-1";

/// What `policy keygen` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc policy keygen --to policy.key")]
pub(crate) struct KeygenArgs {
    /// The new file; whoever has it can sign policy
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// What `policy sign` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  qroc policy sign policy.json --key policy.key --serial 7 --expires 2027-01-31 --to policy.bundle"
)]
pub(crate) struct SignArgs {
    /// One flat JSON object with dotted keys
    file: PathBuf,
    /// The key that `keygen` made
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Higher than that of every bundle before
    #[arg(long, value_name = "N")]
    serial: u64,
    /// Last day on which it can be put in place, or a time like 2027-01-31T12:00:00Z
    #[arg(long, value_name = "DATE")]
    expires: Expiry,
    /// For whom: a user, a server, device:ID; everybody otherwise. May be repeated
    #[arg(long, value_name = "A")]
    audience: Vec<String>,
    /// A one-time order for one device: wipe, lock or report. May be repeated
    #[arg(long, value_name = "WHAT:@USER:SERVER:DEVICE")]
    order: Vec<Ordered>,
    /// The new bundle
    #[arg(long, value_name = "BUNDLE")]
    to: PathBuf,
}

/// A moment, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiry(i64);

impl FromStr for Expiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_millis()));
        }
        let day = text.parse::<NaiveDate>().map_err(|_| "not a date like 2027-01-31".to_owned())?;
        let end = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or_default();
        Ok(Self(day.and_time(end).and_utc().timestamp_millis()))
    }
}

/// An order as it is written on the command line.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    what: OrderKind,
    user: String,
    device: String,
}

impl FromStr for Ordered {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "an order is like wipe:@lisbon:police.example:DEVICEID".to_owned();
        let (what, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (user, device) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let kinds = [OrderKind::Wipe, OrderKind::Lock, OrderKind::Report];
        let what = kinds.into_iter().find(|kind| kind.as_str() == what).ok_or_else(wrong)?;
        if !user.starts_with('@') || !user.contains(':') || device.is_empty() {
            return Err(wrong());
        }
        Ok(Self { what, user: user.to_owned(), device: device.to_owned() })
    }
}

#[derive(Debug, Serialize)]
struct Made {
    path: String,
    public_key: String,
}

#[derive(Debug, Serialize)]
struct Signed {
    path: String,
    serial: u64,
    expires_ts: i64,
    public_key: String,
    orders: Vec<String>,
}

pub(super) fn keygen(args: &KeygenArgs, session: &Session) -> Result<(), Failure> {
    let key = SigningKey::generate().map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    let text = Zeroizing::new(format!("{FIRST_WORD} {}\n", *key.secret()));
    write(&args.to, text.as_bytes(), false)?;
    let made = Made { path: args.to.display().to_string(), public_key: key.public() };
    session
        .output
        .one(&made, |made| format!("{}: the secret key. For org.policy_keys: {}", made.path, made.public_key))
}

pub(super) fn run(args: &SignArgs, session: &Session) -> Result<(), Failure> {
    let key = secret(&args.key)?;
    refuse(&args.file, &check(&args.file, &Source::bundle())?)?;
    let now_ms = Utc::now().timestamp_millis();
    if args.expires.0 <= now_ms {
        return Err(Failure::usage("--expires is over already"));
    }
    let orders = args.order.iter().map(|order| {
        Order::new(order.what, &order.user, &order.device)
            .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))
    });
    let orders = orders.collect::<Result<Vec<_>, _>>()?;
    let bundle = Bundle {
        key: key.public_bytes(),
        issued_ms: now_ms,
        expires_ms: args.expires.0,
        serial: args.serial,
        audience: args.audience.clone(),
        keys: pairs(&args.file, &read(&args.file)?)?,
        orders,
    };
    write(&args.to, &bundle.sign(&key), true)?;
    let signed = Signed {
        path: args.to.display().to_string(),
        serial: args.serial,
        expires_ts: args.expires.0,
        public_key: key.public(),
        orders: bundle.orders.iter().map(Order::nonce_text).collect(),
    };
    session.output.one(&signed, |signed| format!("{}: signed, serial {}", signed.path, signed.serial))
}

fn secret(path: &Path) -> Result<SigningKey, Failure> {
    let bad = |why: &str| Failure::new(ErrorKind::BadFile, format!("{}: {why}", path.display()));
    let about = std::fs::metadata(path).map_err(|error| bad(&error.to_string()))?;
    if about.mode() & 0o077 != 0 {
        return Err(bad(&format!("can be read by others; run: chmod 600 {}", path.display())));
    }
    let bytes = Zeroizing::new(read(path)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("is not a policy key"))?;
    let rest = text.trim().strip_prefix(FIRST_WORD).ok_or_else(|| bad("is not a policy key"))?;
    SigningKey::read(rest.trim()).ok_or_else(|| bad("is not a policy key"))
}

/// A key is never overwritten; a bundle is.
fn write(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), Failure> {
    let bad = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!("{} is there already", path.display())),
        _ => Failure::new(ErrorKind::BadFile, format!("cannot write {}: {error}", path.display())),
    };
    let mut options = OpenOptions::new();
    options.write(true).mode(if overwrite { 0o644 } else { 0o600 });
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = options.open(path).map_err(bad)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(bad)
}
