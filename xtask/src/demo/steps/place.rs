//! One position, as measured.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::{Value, json};

use crate::demo::officer::{number, sent, text};
use crate::demo::{ROOM, Scene};

const LAT: f64 = 38.703_614;
const LON: f64 = -9.142_538;
const ACCURACY: f64 = 12.0;

pub(in crate::demo) fn send(scene: &mut Scene) -> Result<()> {
    let point = format!("{LAT},{LON}");
    for part in [point.clone(), LAT.to_string(), LON.to_string()] {
        scene.secret("a position", part);
    }
    let accuracy = ACCURACY.to_string();
    let words = ["location", "send", ROOM, &point, "--accuracy", &accuracy];
    let event = sent(&scene.lisbon.shown(&scene.report, &words)?)?;
    let item = scene.live()?.wait("the position", |item| text(item, "event_id") == event)?;
    let place = item.get("location").cloned().unwrap_or_default();
    scene.report.said("madrid", &format!("@lisbon: {place}"));
    let part = |key: &str| place.get(key).and_then(Value::as_f64);
    scene.report.equal(
        &[part("lat"), part("lon"), part("accuracy_m")],
        &[Some(LAT), Some(LON), Some(ACCURACY)],
        format!("madrid reads the place as it was sent: {LAT}, {LON} ± {ACCURACY} m"),
    )?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let age = now.saturating_sub(number(&place, "ts"));
    scene
        .report
        .check((0..60_000).contains(&age), format!("it was measured {age} ms ago"), || place.to_string())?;
    let encrypted = item.get("encrypted");
    scene.report.equal(&encrypted, &Some(&json!(true)), "it came end-to-end encrypted")
}
