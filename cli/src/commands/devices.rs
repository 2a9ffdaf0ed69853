//! The devices of the account, and of other users.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Value;
use crate::prompt;
use crate::session::Session;

/// What `devices` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  qroc devices
  qroc devices @madrid:example.org
  qroc devices --sign-out QWERTYUIOP")]
pub(crate) struct DevicesArgs {
    /// Whose devices; without it the account's own
    #[arg(value_name = "USER", conflicts_with = "sign_out")]
    user: Option<String>,
    /// Sign this device out; the account's password is asked for
    #[arg(long, value_name = "ID")]
    sign_out: Option<String>,
    /// Read the password from FILE; - is standard input
    #[arg(long, value_name = "FILE", requires = "sign_out")]
    password_file: Option<PathBuf>,
}

pub(crate) async fn run(args: DevicesArgs, session: &Session) -> Result<(), Failure> {
    let Some(device) = args.sign_out else { return list(args.user.as_deref(), session).await };
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
    session.owning(async |client| Ok(client.sign_out_device(&device, &password).await?)).await?;
    session
        .output
        .one(&json!({"device_id": device, "signed_out": true}), |_| format!("{device} is signed out"))
}

async fn list(user: Option<&str>, session: &Session) -> Result<(), Failure> {
    let devices = session.owning(async |client| {
        Ok(match user {
            Some(user) => client.devices_of(user).await?,
            None => client.devices().await?,
        })
    });
    let devices = devices.await?;
    session.output.list(&devices, &["Device", "Name", "Trust", "Last seen"], |device| {
        let trust = match device.trust {
            "unverified" | "changed" => Value::Warning(device.trust.to_owned()),
            trust => Value::Plain(trust.to_owned()),
        };
        vec![
            Value::Strong(device.device_id.clone()),
            Value::Plain(device.name.clone().unwrap_or_default()),
            trust,
            Value::Time(device.last_seen_ts.unwrap_or_default()),
        ]
    })
}
