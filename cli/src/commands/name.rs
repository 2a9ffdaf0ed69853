//! The own name, as others see it.

use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;

/// What `name` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc name\n  qroc name 'Ana Reis, PJ Porto'")]
pub(crate) struct NameArgs {
    /// The new name, which the server can read
    name: Option<String>,
}

#[derive(Serialize)]
struct Named {
    display_name: Option<String>,
}

pub(crate) async fn run(args: NameArgs, session: &Session) -> Result<(), Failure> {
    let named = session
        .owning(async |client| {
            if let Some(name) = &args.name {
                client.set_display_name(name).await?;
            }
            Ok(Named { display_name: client.display_name().await? })
        })
        .await?;
    session.output.one(&named, |named| named.display_name.clone().unwrap_or_else(|| "no name".to_owned()))
}
