//! What waits to be sent.

use clap::Args;
use qroc_core::client::Cancelled;
use qroc_core::kind::ErrorKind;
use qroc_core::model::QueueItem;
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
            session.handing(async |client| Ok(client.retry(id).await?)).await?;
            session.output.one(&json!({"id": id, "state": "queued"}), |_| {
                format!("{id} is queued again; `qroc sync` sends it")
            })
        }
        (None, Some(id)) => match session.handing(async |client| Ok(client.cancel(id).await?)).await? {
            Cancelled::Gone => {
                session.output.one(&json!({"id": id, "state": "cancelled"}), |_| format!("{id} is given up"))
            }
            Cancelled::Recalled => session.output.one(&json!({"id": id, "state": "recalled"}), |_| {
                format!("{id} is given up here; the server may have it: then `qroc sync` removes it there")
            }),
            Cancelled::Sent { event_id } => Err(Failure::new(
                ErrorKind::Forbidden,
                match event_id {
                    Some(event) => {
                        format!("too late, the server has it as {event}; `qroc redact ROOM EVENT` removes it")
                    }
                    None => "too late, the server has it".to_owned(),
                },
            )),
        },
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
            Value::Plain(why(item)),
        ]
    })
}

fn why(item: &QueueItem) -> String {
    let waits = item.after.map(|after| format!("waits for {after}"));
    let error = item.error.clone().map(|error| match item.advice {
        Some(advice) => format!("{error}; {advice}"),
        None => error,
    });
    error.or(waits).unwrap_or_default()
}
