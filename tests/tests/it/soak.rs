//! A week of fifty thousand messages: hours pass, tokens end, keys are rotated, others use one-time keys up, connections
//! are forgotten, and what is past its time goes. The core is the real one; what it is told comes from a generator, since
//! no homeserver tells so much in a minute. It runs in a process of its own, whose memory is measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use qroc_bench::world::{OWN, START_TS};
use qroc_core::client::{self, Managed};
use serde_json::json;

use crate::prepared::Officer;
use crate::retention::Device;
use crate::seed::times;

const CHILD: &str = "QROC_SOAK_CHILD";
const HOURS: u64 = 7 * 24;
const HOUR_MS: i64 = 3_600_000;
const KEPT_DAYS: u64 = 2;
/// Others take so many one-time keys in an hour.
const CLAIMED: usize = 7;

/// Bytes of memory that this process holds.
pub fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").expect("statm");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("pages") * 4096
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[test]
fn a_week_of_thousands_of_messages_leaves_memory_and_file_as_they_were() {
    let messages = times("QROC_SOAK_MESSAGES", 50_000);
    let begun = Instant::now();
    let name = "soak::lives_the_week_of_the_test_that_measures_it";
    let said = alone(name, CHILD, &messages.to_string());
    let told: Vec<&str> = said.lines().filter(|line| line.starts_with("soak:")).collect();
    assert!(!told.is_empty(), "the child did nothing: {said}");
    eprintln!("{}\nin {} s", told.join("\n"), begun.elapsed().as_secs());
}

/// Runs one test of this program in a process of its own, whose memory is nobody else's, and returns what it wrote.
pub fn alone(test: &str, variable: &str, value: &str) -> String {
    let ended = Command::new(std::env::current_exe().expect("this program"))
        .args([test, "--exact", "--nocapture"])
        .env(variable, value)
        .output()
        .expect("child");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stdout));
    said
}

/// Run in a process of its own by the test above.
#[test]
fn lives_the_week_of_the_test_that_measures_it() {
    let Some(messages) = std::env::var(CHILD).ok().and_then(|text| text.parse::<u64>().ok()) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let dir = tempfile::tempdir().expect("dir");
    runtime.block_on(week(messages, dir.path()));
}

async fn week(messages: u64, dir: &Path) {
    let each = messages.div_ceil(HOURS);
    let device = Device::at(START_TS);
    let said = vec![("data.message_days".to_owned(), json!(KEPT_DAYS))];
    let managed = vec![Managed { name: "system".to_owned(), said: Some(said) }];
    let options = client::Options { clock: device.clone(), managed, ..client::Options::default() };
    let mut lisbon = Officer::meet(dir, options).await;

    let (mut heard, mut claimed, mut measured) = (Vec::new(), 0, Vec::new());
    for hour in 0..HOURS {
        let now_ms = START_TS + i64::try_from(hour).expect("hours") * HOUR_MS;
        // Another key each hour, as after so many messages or so much time.
        lisbon.peer.rotate(&lisbon.room).await.expect("rotated");
        let to_device = vec![lisbon.peer.share(&lisbon.room).await.expect("shared")];
        let mut events = Vec::new();
        for number in 0..each {
            let text = format!("{hour}.{number} {}", lisbon.dice.text(hour * each + number));
            // In the half hour before: what claims to be later than now counts as now.
            let ts = now_ms - 1_800_000 + i64::try_from(number * 1_000_000 / each).expect("ms");
            events.push(lisbon.hears(&text, ts).await.1);
            heard.push((hour, text));
        }
        lisbon.tell(&events, to_device);
        claimed += lisbon.server.claim(OWN, CLAIMED);
        if hour % 24 == 23 {
            lisbon.server.forget_position();
        }
        assert_eq!(lisbon.sync().await, 0, "hour {hour}");
        let text = format!("{hour} from here");
        lisbon.say(&text).await;
        heard.push((hour, text));
        assert_eq!(lisbon.sync().await, 0, "hour {hour}");
        device.pass_ms(HOUR_MS);
        lisbon.server.set_time(now_ms + HOUR_MS);
        assert!(lisbon.bytes().1 < 8 << 20, "hour {hour}: a log of {:?} bytes", lisbon.bytes());
        if hour % 24 == 23 {
            let (file, log) = lisbon.bytes();
            measured.push((resident(), file));
            eprintln!(
                "soak: day {}: {:.1} MB in memory, {:.1} MB of database, {:.1} MB of log",
                hour / 24 + 1,
                megabytes(resident()),
                megabytes(file),
                megabytes(log)
            );
        }
    }
    lisbon.sync().await;
    let texts = lisbon.texts().await;
    // What is kept is what was said in the last two days, each once, in order.
    let kept: Vec<String> = heard
        .iter()
        .filter(|(hour, _)| *hour > HOURS - KEPT_DAYS * 24)
        .map(|(_, text)| text.clone())
        .collect();
    assert_eq!(texts.len(), kept.len());
    assert_eq!(texts, kept);
    assert!(lisbon.client.search("from here", None, 10).expect("search").len() == 10);
    let hours = usize::try_from(HOURS).expect("hours");
    assert_eq!(claimed, hours * CLAIMED, "there was always a key left to be claimed");
    let renewed = lisbon.server.renewed();
    assert!((HOURS - 2..HOURS * 2).contains(&renewed), "tokens were renewed {renewed} times");
    // From the third day on as much goes as comes.
    let (memory, file) = measured[3];
    let (last_memory, last_file) = measured[6];
    assert!(last_memory < memory + (24 << 20), "memory grew from {memory} to {last_memory} bytes");
    assert!(last_file < file + file / 5 + (2 << 20), "the file grew from {file} to {last_file} bytes");
    eprintln!("soak: {} messages, {renewed} tokens, {claimed} keys claimed", heard.len());
    lisbon.client.close().await;
}
