//! Signing in and out, wiping, and how the account stands.

use std::path::PathBuf;

use clap::Args;
use qroc_core::client::{self, Client, Login, Options};
use qroc_core::model::Destroyed;

use crate::args::VaultChoice;
use crate::failure::Failure;
use crate::managed;
use crate::output::{Value, size};
use crate::prompt;
use crate::session::Session;

/// What `login` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is asked for at the terminal, or read with --password-file. The profile's key is kept in the desktop's
keyring, else under a passphrase; --vault says otherwise. Without server and user, those that this machine's management
proposes sign in.

Example:
  qroc login https://matrix.example.org lisbon
  qroc login example.org @bot:example.org --password-file - --vault file=bot.key")]
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
}

pub(crate) async fn login(args: LoginArgs, session: &Session) -> Result<(), Failure> {
    let profile = session.profile()?;
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
    let options = Options { managed: managed::read(&session.output), ..Options::default() };
    let signing_in = Client::login(&profile, vault.as_ref(), login, options);
    let (client, signed_in) = session.interrupt.or(async { Ok(signing_in.await?) }).await?;
    client.close().await;
    drop(busy);
    session.output.one(&signed_in, |signed_in| {
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
