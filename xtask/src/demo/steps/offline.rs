//! Madrid is offline while lisbon goes on sending, then comes back.

use anyhow::Result;
use serde_json::{Value, json};

use super::{photo, talk};
use crate::demo::officer::{number, text};
use crate::demo::{ROOM, Scene};

const TEXTS: &[&str] = &[
    "Van stopped at the north gate, both men are out",
    "One of them runs towards São Bento",
    "Suspect in custody at São Bento station",
];

pub(in crate::demo) fn send(scene: &mut Scene) -> Result<()> {
    photo::stop_following(scene)?;
    let mut events = Vec::new();
    for text in TEXTS {
        events.push(scene.lisbon_says(text)?);
    }
    let here = |items: &[Value]| -> Vec<Value> {
        let sent = items.iter().filter(|item| events.iter().any(|event| text(item, "event_id") == event));
        sent.map(|item| json!([text(item, "body"), item.get("undecryptable")])).collect()
    };
    let items = scene.madrid.stored(ROOM)?;
    scene.report.equal(
        &here(&items),
        &Vec::new(),
        format!("offline, madrid still reads {} stored events, and none of these", items.len()),
    )?;
    let summary = scene.madrid.shown(&scene.report, &["sync", "--once"])?;
    let facts = [number(&summary, "events"), number(&summary, "undecryptable")];
    scene.report.equal(
        &facts,
        &[i64::try_from(TEXTS.len())?, 0],
        format!(
            "back after {} ms: {} new events, 0 that cannot be read",
            number(&summary, "took_ms"),
            facts[0]
        ),
    )?;
    let expected: Vec<Value> = TEXTS.iter().map(|text| json!([text, null])).collect();
    scene.report.equal(
        &here(&scene.madrid.stored(ROOM)?),
        &expected,
        "madrid reads all of them, in order",
    )?;
    let again = talk::sync(&scene.madrid)?;
    scene.report.equal(&number(&again, "events"), &0, "a further sync brings nothing twice")
}
