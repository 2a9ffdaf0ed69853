//! Messages both ways while madrid's `qroc sync` runs, and what is done to a message afterwards.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::demo::officer::{Officer, number, sent, text, words};
use crate::demo::{ROOM, Scene};

const FIRST: &str = "Grey van leaving pier four, two men, north gate";
const ANSWER: &str = "North gate is ours, we stop them there";
const REPLY: &str = "Copy, unit seven sees the van";
const EDITED: &str = "Grey van leaving pier five, two men, north gate";
const ORDER: &str = "All units to channel two";
/// With a skin tone it is long enough to be searched for in ciphertext without finding it by chance.
const REACTION: &str = "👍🏽";
const LIMIT: Duration = Duration::from_secs(10);

pub(in crate::demo) fn messages(scene: &mut Scene) -> Result<()> {
    scene.madrid_live = Some(scene.madrid.follow(&scene.report)?);
    let started = Instant::now();
    scene.first = scene.lisbon_says(FIRST)?;
    let first = scene.first.clone();
    let item = scene.live()?.wait("lisbon's message", |item| text(item, "event_id") == first)?;
    let took = started.elapsed().as_millis();
    scene.report.said("madrid", &words(&item));
    let facts = json!([text(&item, "body"), text(&item, "sender"), item.get("encrypted")]);
    scene.report.equal(
        &facts,
        &json!([FIRST, "@lisbon:qroc.test", true]),
        format!("madrid's process shows it, decrypted, {took} ms after lisbon's command was started"),
    )?;

    scene.secret("a message", ANSWER);
    let owner = scene.live()?.pid();
    let started = Instant::now();
    let answer = sent(&scene.madrid.shown(&scene.report, &["send", ROOM, ANSWER])?)?;
    let took = started.elapsed().as_millis();
    let item = scene.madrid.item(ROOM, &answer)?;
    scene.report.equal(
        &[text(&item, "body"), text(&item, "state")],
        &[ANSWER, "sent"],
        format!(
            "a second process handed it to process {owner}, which owns the profile: sent after {took} ms"
        ),
    )?;
    sync(&scene.lisbon)?;
    let item = scene.lisbon.item(ROOM, &answer)?;
    scene.report.said("lisbon", &words(&item));
    let facts = json!([text(&item, "body"), text(&item, "sender"), item.get("encrypted")]);
    scene.report.equal(&facts, &json!([ANSWER, "@madrid:qroc.test", true]), "lisbon has it, decrypted")
}

pub(in crate::demo) fn relations(scene: &mut Scene) -> Result<()> {
    for (what, bytes) in [("a reply", REPLY), ("an edited message", EDITED), ("a reaction", REACTION)] {
        scene.secret(what, bytes);
    }
    let Scene { report, lisbon, madrid, first, .. } = scene;
    let reply = sent(&madrid.shown(report, &["send", ROOM, REPLY, "--reply", first])?)?;
    sync(lisbon)?;
    let item = lisbon.item(ROOM, &reply)?;
    let facts = [text(&item, "body"), text(&item, "reply_to")];
    report.equal(
        &facts,
        &[REPLY, first.as_str()],
        "lisbon sees the reply, tied to the message it answers",
    )?;

    sent(&lisbon.shown(report, &["edit", ROOM, first, EDITED])?)?;
    let item = until(madrid, first, |item| item.get("edited") == Some(&json!(true)))?;
    report.equal(&text(&item, "body"), &EDITED, "madrid reads the edited text in place of the first one")?;

    sent(&madrid.shown(report, &["react", ROOM, first, REACTION])?)?;
    sync(lisbon)?;
    let item = lisbon.item(ROOM, first)?;
    let expected = json!({ REACTION: ["@madrid:qroc.test"] });
    report.equal(&item.get("reactions"), &Some(&expected), "lisbon sees who reacted and how")?;

    let order = scene.lisbon_says(ORDER)?;
    scene.live()?.wait("lisbon's order", |item| text(item, "event_id") == order)?;
    let Scene { report, lisbon, madrid, .. } = scene;
    let before = number(&madrid.one(&["room", "info", ROOM])?, "unread");
    madrid.shown(report, &["read", ROOM])?;
    let after = number(&madrid.one(&["room", "info", ROOM])?, "unread");
    report.check(
        before > 0 && after == 0,
        format!("madrid's unread count went from {before} to {after}"),
        || format!("{before}, then {after}"),
    )?;
    sync(lisbon)?;
    let items = lisbon.stored(ROOM)?;
    let has = |item: &&Value| {
        let receipts = item.get("receipts").and_then(Value::as_array);
        receipts.is_some_and(|users| users.contains(&json!("@madrid:qroc.test")))
    };
    let read = items.iter().filter(has).map(words).collect::<Vec<_>>().join(", ");
    report.check(!read.is_empty(), format!("lisbon sees that madrid read up to “{read}”"), || {
        "no receipt of madrid".to_owned()
    })
}

/// Fetches what is new and sends what waits.
pub(in crate::demo) fn sync(officer: &Officer) -> Result<Value> {
    officer.one(&["sync", "--once", "--for", "30"])
}

/// Waits until the running process stored an item like this.
fn until(officer: &Officer, event: &str, like: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let item = officer.item(ROOM, event)?;
        if like(&item) {
            return Ok(item);
        }
        if Instant::now() > deadline {
            bail!("{} still has {item}", officer.name);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
