//! Twenty messages; the process that sends them is killed in the middle; nothing is lost, nothing comes twice.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{arrive, server_view, talk};
use crate::demo::officer::{number, text};
use crate::demo::{ROOM, Scene};

const COUNT: usize = 20;
/// The process is killed once the server has so many.
const ENOUGH: usize = 5;
const PREFIX: &str = "Checkpoint ";
const LIMIT: Duration = Duration::from_secs(20);

pub(in crate::demo) fn send(scene: &mut Scene) -> Result<()> {
    scene.madrid_live = Some(scene.madrid.follow(&scene.report)?);
    let texts: Vec<String> = (1..=COUNT).map(|n| format!("{PREFIX}{n:02} of the cordon is manned")).collect();
    let first = texts.first().context("no text")?;
    scene
        .report
        .command("lisbon", &format!("qroc send '{ROOM}' '{}' --queue     # and {} more", first, COUNT - 1));
    for text in &texts {
        scene.secret("a message", text);
        arrive::queue(&scene.lisbon, text)?;
    }
    let waiting = scene.lisbon.all(&["queue"])?.len();
    scene.report.equal(&waiting, &COUNT, format!("{COUNT} messages wait on lisbon's disk"))?;

    let before = server_view::messages(scene)?.len();
    let sender = scene.lisbon.follow(&scene.report)?;
    let pid = sender.pid();
    let deadline = Instant::now() + LIMIT;
    while server_view::messages(scene)?.len() < before + ENOUGH {
        if Instant::now() > deadline {
            bail!("lisbon's process does not send");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let status = sender.kill()?;
    scene.report.command("lisbon", &format!("kill -9 {pid}"));
    let arrived = server_view::messages(scene)?.len() - before;
    let left = scene.lisbon.all(&["queue"])?.len();
    scene.report.check(
        left > 0 && (ENOUGH..COUNT).contains(&arrived) && arrived + left >= COUNT,
        format!(
            "killed in the middle ({status}): the server has {arrived} of {COUNT}, {left} wait on the disk"
        ),
        || format!("the server has {arrived}, {left} wait"),
    )?;

    let summary = talk::sync(&scene.lisbon)?;
    let waiting = scene.lisbon.all(&["queue"])?.len();
    // What was on its way when the process died may have arrived: the sync finds it by its transaction id.
    let resumed = usize::try_from(number(&summary, "sent"))?;
    let took = number(&summary, "took_ms");
    let met = left.saturating_sub(resumed);
    scene.report.check(
        waiting == 0 && resumed > 0 && met <= 1,
        format!(
            "`qroc sync --once` sends {resumed} and finds {met} already there, {took} ms: the queue is empty"
        ),
        || format!("{resumed} sent of {left}, {waiting} wait"),
    )?;
    let last = texts.last().context("no text")?;
    scene.live()?.wait("the last of them", |item| text(item, "body") == last)?;
    let live = bodies(&scene.live()?.seen);
    scene.report.equal(
        &live,
        &texts,
        format!("madrid's process showed all {COUNT} as they came, each once, in order"),
    )?;
    for officer in [&scene.lisbon, &scene.madrid] {
        let stored = bodies(&officer.stored(ROOM)?);
        let what = format!("{} has each of the {COUNT} exactly once, in order", officer.name);
        scene.report.equal(&stored, &texts, what)?;
    }
    let times = |items: &[Value]| -> Vec<(String, i64)> {
        items.iter().map(|item| (text(item, "event_id").to_owned(), number(item, "ts"))).collect()
    };
    talk::sync(&scene.lisbon)?;
    let [ours, theirs] = [scene.lisbon.stored(ROOM)?, scene.madrid.stored(ROOM)?].map(|items| times(&items));
    let last = |list: Vec<(String, i64)>| list.into_iter().rev().take(COUNT).collect::<Vec<_>>();
    scene.report.equal(
        &last(ours),
        &last(theirs),
        "both have the server's time for each, not their own clock's",
    )?;
    let total = server_view::messages(scene)?.len() - before;
    scene.report.equal(&total, &COUNT, format!("the server has {total}, no more"))
}

fn bodies(items: &[Value]) -> Vec<String> {
    let bodies = items.iter().map(|item| text(item, "body"));
    bodies.filter(|body| body.starts_with(PREFIX)).map(str::to_owned).collect()
}
