//! Signing in and out, wiping, and how the account stands.

use std::path::{Path, PathBuf};

use clap::Args;
use qroc_core::client::{self, Client, Login, Options};
use qroc_core::model::{Destroyed, SignedIn};

use super::sync;
use crate::args::VaultChoice;
use crate::failure::Failure;
use crate::managed;
use crate::output::{Value, size};
use crate::prompt;
use crate::session::Session;
use crate::worker;

/// What `login` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is asked for at the terminal, or read with --password-file. The profile's key is kept in the desktop's
keyring, else under a passphrase; --vault says otherwise. Without server and user, those that this machine's management
proposes sign in.

Example:
  qroc login https://matrix.example.org lisbon
  qroc login example.org @bot:example.org --password-file - --vault file=bot.key
  qroc login example.org lisbon --stay")]
pub(crate) struct LoginArgs {
    /// URL of the server, or its name to discover it
    #[arg(default_value = "", hide_default_value = true)]
    server: String,
    /// name or @name:server
    #[arg(default_value = "", hide_default_value = true)]
    user: String,
    /// What this device is called in the account's list
    #[arg(long, value_name = "N")]
    device_name: Option<String>,
    /// Read the password from FILE; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Sign this device of the account out where policy allows no further one
    #[arg(long, value_name = "DEVICE")]
    instead_of: Option<String>,
    /// Stay, and sync as `qroc sync` does: for where policy lets nothing outlive the process that signs in
    #[arg(long)]
    stay: bool,
}

pub(crate) async fn login(args: LoginArgs, session: &Session) -> Result<(), Failure> {
    let profile = session.profile()?;
    let managed = managed::read(&session.output);
    if client::keeps_nothing(&managed) && !args.stay {
        return Err(Failure::usage(
            "policy keeps nothing on this device (data.persistence is ephemeral): a sign-in ends with its process; say \
             --stay, and use it from other terminals meanwhile",
        ));
    }
    // A sign-in that the server ended softly is renewed; any other is in the way.
    let vault = if client::account_exists(&profile)? {
        let ended = session.reading(async |client| Ok(client.status()?.state == "signed_out_soft")).await;
        if !ended.unwrap_or(false) {
            return Err(Failure::usage(format!(
                "an account is already signed in at {}: `qroc logout` signs it out, --profile DIR names another profile",
                profile.display()
            )));
        }
        session.wish.find(&profile, &session.interrupt).await?
    } else {
        session.wish.choose(&session.interrupt).await?
    };
    let password = match &args.password_file {
        Some(path) => prompt::secret_from(path, &session.interrupt).await?,
        None if prompt::can_ask() => {
            prompt::ask_secret("Password of the account", false, &session.interrupt).await?
        }
        None => {
            return Err(Failure::usage(
                "there is no terminal to ask for the password: say --password-file FILE",
            ));
        }
    };
    let login = Login {
        server: &args.server,
        user: &args.user,
        password: &password,
        device_name: args.device_name.as_deref(),
    };
    let busy = session.output.busy("Signing in");
    let options =
        Options { apart: worker::apart(), managed, instead_of: args.instead_of, ..Options::default() };
    let signing_in = async {
        let signed_in = Client::login(&profile, vault.as_ref(), login, options).await;
        if let Err(client::Error::TooManyDevices { devices, .. }) = &signed_in {
            for (device, name, _) in devices {
                let name = name.as_deref().unwrap_or_default();
                session.output.note(&format!("--instead-of {device} signs {name:?} out for this one"));
            }
        }
        Ok(signed_in?)
    };
    let (client, signed_in) = session.interrupt.or(signing_in).await?;
    drop(busy);
    let told = told(&signed_in, &profile, session);
    if args.stay && told.is_ok() {
        return sync::follow(None, client, session).await;
    }
    client.close().await;
    told
}

fn told(signed_in: &SignedIn, profile: &Path, session: &Session) -> Result<(), Failure> {
    session.output.one(signed_in, |signed_in| {
        format!(
            "Signed in as {} at {}, device {}",
            signed_in.user_id, signed_in.homeserver, signed_in.device_id
        )
    })?;
    if let Some(VaultChoice::File(path)) = &session.wish.vault {
        session.output.note(&format!(
            "whoever has both {} and the profile {} can read everything",
            path.display(),
            profile.display()
        ));
    }
    Ok(())
}

/// What `logout` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc logout")]
pub(crate) struct LogoutArgs {}

pub(crate) async fn logout(session: &Session) -> Result<(), Failure> {
    let client = session.interrupt.or(session.own()).await?;
    let busy = session.output.busy("Signing out");
    // Once begun it goes through: half signed out helps nobody.
    let destroyed = client.logout().await?;
    drop(busy);
    report(&destroyed, session)
}

/// What `wipe` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc wipe --yes")]
pub(crate) struct WipeArgs {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn wipe(args: WipeArgs, session: &Session) -> Result<(), Failure> {
    let profile = session.profile()?;
    if !args.yes {
        if !prompt::can_ask() {
            return Err(Failure::usage("there is no terminal to ask at: say --yes to destroy the profile"));
        }
        let question = format!("Destroy the keys and all data in {} for good?", profile.display());
        if !prompt::confirm(question, &session.interrupt).await? {
            return Err(Failure::usage("nothing was destroyed"));
        }
    }
    report(&client::wipe(&profile).await?, session)
}

fn report(destroyed: &Destroyed, session: &Session) -> Result<(), Failure> {
    session.output.one(destroyed, |destroyed| {
        let server = match destroyed.server_informed {
            true => "the server knows",
            false => "the server was not told: sign this device out from another one",
        };
        format!("Keys and {} files destroyed; {server}", destroyed.destroyed)
    })
}

/// What `status` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc status --json")]
pub(crate) struct StatusArgs {}

pub(crate) async fn status(session: &Session) -> Result<(), Failure> {
    let status = session.reading(async |client| Ok(client.status()?)).await?;
    session.output.details(&status, |status| {
        let synced = match status.last_sync_ts {
            0 => Value::Warning("never".to_owned()),
            ts => Value::Time(ts),
        };
        let state = match status.state {
            "active" => Value::Plain(status.state.to_owned()),
            state => Value::Warning(state.to_owned()),
        };
        vec![
            ("User", Value::Strong(status.user_id.clone())),
            ("Device", Value::Plain(status.device_id.clone())),
            ("Server", Value::Plain(status.homeserver.clone())),
            ("State", state),
            ("Last sync", synced),
            ("Waiting to be sent", Value::Plain(status.queued.to_string())),
            ("Verified", Value::Plain(if status.verified { "yes" } else { "no" }.to_owned())),
            ("Key backup", Value::Plain(status.backup.to_owned())),
            ("Recovery key", Value::Plain(status.recovery.to_owned())),
            ("Database", Value::Plain(size(status.db_bytes))),
            ("Files kept", Value::Plain(format!("{}, {}", status.cache_files, size(status.cache_bytes)))),
        ]
    })
}
