//! What waits to be sent.

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Value;
use crate::session::Session;

/// What `queue` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc queue\n  qroc queue --retry 7\n  qroc queue --cancel 7")]
pub(crate) struct QueueArgs {
    /// Try this one again now
    #[arg(long, value_name = "ID", conflicts_with = "cancel")]
    retry: Option<i64>,
    /// Give this one up
    #[arg(long, value_name = "ID")]
    cancel: Option<i64>,
}

pub(crate) async fn run(args: QueueArgs, session: &Session) -> Result<(), Failure> {
    match (args.retry, args.cancel) {
        (Some(id), _) => {
            session.owning(async |client| Ok(client.retry(id).await?)).await?;
            session.output.one(&json!({"id": id, "state": "queued"}), |_| {
                format!("{id} is queued again; `qroc sync` sends it")
            })
        }
        (None, Some(id)) => {
            session.owning(async |client| Ok(client.cancel(id).await?)).await?;
            session.output.one(&json!({"id": id, "state": "cancelled"}), |_| format!("{id} is given up"))
        }
        (None, None) => list(session).await,
    }
}

async fn list(session: &Session) -> Result<(), Failure> {
    let (items, names) = session
        .reading(async |client| {
            let items = client.queue()?;
            let names: Vec<_> = items.iter().map(|item| client.room(&item.room_id)).collect();
            Ok((items, names))
        })
        .await?;
    let named: Vec<_> = items.iter().zip(names).collect();
    let name = |id: i64| {
        let found = named.iter().find(|(item, _)| item.id == id);
        found.map_or_else(String::new, |(item, room)| {
            room.as_ref().map_or_else(|_| item.room_id.clone(), |room| room.name.clone())
        })
    };
    session.output.list(&items, &["Id", "Room", "Kind", "State", "Tries", "Not before", "Why"], |item| {
        let state = match item.state {
            "failed" => Value::Warning(item.state.to_owned()),
            state => Value::Plain(state.to_owned()),
        };
        vec![
            Value::Strong(item.id.to_string()),
            Value::Plain(name(item.id)),
            Value::Plain(item.kind.to_owned()),
            state,
            Value::Plain(item.attempts.to_string()),
            Value::Time(item.next_ts),
            Value::Plain(item.error.clone().unwrap_or_default()),
        ]
    })
}
