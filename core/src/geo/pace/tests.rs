use std::fmt::Write as _;

use super::{Pace, Pacer, Wanted};
use crate::geo::codec;
use crate::geo::exchange::gpx;
use crate::geo::replay::steps;
use crate::geo::thin::{errors_m, over_time};
use crate::geo::{Fix, Source};

/// Bytes of an encrypted event as clients get it, by the length of its plaintext: JSON around base64 around the padded
/// ciphertext with its counter, code and signature. `slim`: without what is only there for old clients.
fn event(plain: usize, slim: bool) -> f64 {
    let sealed = (plain / 16 + 1) * 16 + 79;
    let around = if slim { 271 } else { 355 };
    (around + (sealed * 4).div_ceil(3)) as f64
}

/// The same of a batch, with the room's id of 44 characters in the plaintext.
fn stored(batch: &[Fix]) -> f64 {
    let bytes = codec::encode(batch).expect("encode").len();
    event(129 + (bytes * 4).div_ceil(3), true)
}

/// The same of a standard beacon, with its relation inside and outside.
fn beacon() -> f64 {
    event(313, false) + 100.0
}

/// A real track as a receiver gives it: a fix a second, on the way between the recorded points.
fn source(name: &str) -> Vec<Fix> {
    let file = std::fs::read_to_string(qroc_fixtures::path(name)).expect("fixture");
    let recorded = steps(&gpx::read(&file).expect("gpx").longest().points);
    let mut fixes = Vec::new();
    for pair in recorded.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        // A receiver that was off, or a recorder that saved points only where something happened.
        if to.offset_ms - from.offset_ms > 60_000 {
            continue;
        }
        let mut at = (from.offset_ms + 999) / 1000 * 1000;
        while at < to.offset_ms {
            let part = (at - from.offset_ms) as f64 / (to.offset_ms - from.offset_ms) as f64;
            let mix = |from: f64, to: f64| from + part * (to - from);
            let lat = mix(from.place.lat, to.place.lat);
            let lon = mix(from.place.lon, to.place.lon);
            let sure = 4.0 + (at / 1000 % 5) as f64 * 0.3;
            let fix = Fix::at(1_763_800_000_000 + at, lat, lon).expect("on earth").with_accuracy(Some(sure));
            let fix = fix.with_speed(to.speed_mps).with_heading(to.heading_deg).with_altitude(to.altitude_m);
            fixes.push(Fix { battery: Some(80), ..fix.from_source(Source::Gnss) });
            at += 1000;
        }
    }
    fixes
}

struct Run {
    sent: Vec<Fix>,
    bytes: f64,
    messages: usize,
    /// From each fix to the batch that tells where the officer was then, in seconds.
    ages: Vec<f64>,
    paces: Vec<Pace>,
}

fn drive(fixes: &[Fix], wanted: Wanted) -> Run {
    let mut pacer = Pacer::new(wanted, 5_000);
    let mut run = Run { sent: Vec::new(), bytes: 0.0, messages: 0, ages: Vec::new(), paces: Vec::new() };
    let mut gathered: Vec<Fix> = Vec::new();
    for (position, fix) in fixes.iter().enumerate() {
        gathered.push(*fix);
        let advice = pacer.take(fix, fix.ts);
        run.paces.push(advice.pace);
        // Every end sends what is left.
        if advice.send || position + 1 == fixes.len() {
            let kept = over_time(&gathered, advice.pace.tolerance_m());
            let batch: Vec<Fix> =
                gathered.iter().zip(kept).filter(|(_, kept)| *kept).map(|(fix, _)| *fix).collect();
            run.bytes += stored(&batch);
            run.messages += 1;
            run.ages.extend(gathered.iter().map(|old| (fix.ts - old.ts) as f64 / 1000.0));
            run.sent.extend(batch);
            gathered.clear();
            pacer.sent(fix.ts);
        }
    }
    run
}

fn beacons(fixes: &[Fix], mut choose: impl FnMut(&Fix, &Fix) -> bool) -> Vec<Fix> {
    let mut sent: Vec<Fix> = fixes.first().copied().into_iter().collect();
    for fix in fixes {
        if choose(&sent[sent.len() - 1], fix) {
            sent.push(*fix);
        }
    }
    sent
}

fn percentile(list: &[f64], percent: usize) -> f64 {
    let mut sorted = list.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0.0)
}

const TRACKS: [&str; 3] = ["car.gpx", "garmin-activity.gpx", "korita-zbevnica.gpx"];

#[test]
fn paces_cost_less_than_beacons_at_the_same_error() {
    let mut table =
        "track                sender                error p50  p95 (m)   bytes/min  messages/min\n"
            .to_owned();
    for name in TRACKS {
        let fixes = source(name);
        let minutes = fixes.len() as f64 / 60.0;
        assert!(minutes > 5.0, "{name}: {minutes}");
        let mut row = |sender: &str, sent: &[Fix], bytes: f64, messages: usize| {
            let errors = errors_m(&fixes, sent);
            let (middle, high) = (percentile(&errors, 50), percentile(&errors, 95));
            let (bytes, messages) = (bytes / minutes, messages as f64 / minutes);
            writeln!(table, "{name:20} {sender:22} {middle:7.2} {high:7.2} {bytes:13.0} {messages:10.1}")
                .unwrap();
            (high, bytes)
        };
        let chase = drive(&fixes, Wanted::Chase);
        let patrol = drive(&fixes, Wanted::Patrol);
        let auto = drive(&fixes, Wanted::Auto);
        let (chase_error, chase_bytes) = row("chase", &chase.sent, chase.bytes, chase.messages);
        let (patrol_error, patrol_bytes) = row("patrol", &patrol.sent, patrol.bytes, patrol.messages);
        row("auto", &auto.sent, auto.bytes, auto.messages);
        let mut cheapest = f64::INFINITY;
        for seconds in [1, 2, 3, 5, 10, 15, 30] {
            let sent = beacons(&fixes, |last, fix| fix.ts - last.ts >= seconds * 1000);
            let bytes = sent.len() as f64 * beacon();
            let (error, bytes) = row(&format!("beacon every {seconds} s"), &sent, bytes, sent.len());
            if error <= patrol_error {
                cheapest = cheapest.min(bytes);
            }
        }
        for metres in [3.0, 5.0, 10.0, 20.0, 50.0] {
            let sent = beacons(&fixes, |last, fix| {
                crate::geo::earth::distance_m(last.place(), fix.place()) >= metres
            });
            let bytes = sent.len() as f64 * beacon();
            let (error, bytes) = row(&format!("beacon every {metres} m"), &sent, bytes, sent.len());
            if error <= patrol_error {
                cheapest = cheapest.min(bytes);
            }
        }
        let saved = cheapest / patrol_bytes;
        writeln!(
            table,
            "{name:20} patrol costs {saved:.1} times less than the cheapest beacons that are as good"
        )
        .unwrap();
        let per_fix = chase_bytes / 60.0;
        writeln!(table, "{name:20} chase costs {per_fix:.0} bytes per source fix").unwrap();
        assert!(chase_error <= 10.0 && per_fix <= 150.0, "{table}");
        assert!(percentile(&chase.ages, 95) <= 4.5, "{:?}", percentile(&chase.ages, 95));
        assert!(patrol_error <= 1.0, "{table}");
        assert!(percentile(&patrol.ages, 95) <= 30.0 || patrol.paces.contains(&Pace::Still));
        println!("{table}");
        table.clear();
        assert!(saved >= 8.0, "{name}: {saved}");
    }
}

#[test]
fn a_caught_up_fix_takes_26_bytes() {
    for name in TRACKS {
        let fixes = source(name);
        let of_60: f64 =
            fixes.chunks(60).take(20).map(|batch| stored(batch) / batch.len() as f64).fold(0.0, f64::max);
        let of_240: f64 = fixes
            .chunks(240)
            .filter(|batch| batch.len() == 240)
            .map(|batch| stored(batch) / 240.0)
            .fold(0.0, f64::max);
        println!("{name}: {of_60:.1} bytes a fix in batches of 60, {of_240:.1} in batches of 240");
        assert!(of_60 <= 26.5 || fixes.len() < 60, "{name}: {of_60}");
        // What waits goes out in batches of so many.
        assert!(of_240 <= 20.0, "{name}: {of_240}");
    }
}

fn still(ts: i64) -> Fix {
    Fix::at(ts * 1000, 38.7071, -9.1355).expect("on earth").with_accuracy(Some(8.0)).with_speed(Some(0.0))
}

#[test]
fn who_stands_gives_a_sign_of_life_and_is_told_when_setting_out() {
    let mut pacer = Pacer::new(Wanted::Auto, 5_000);
    let mut sent = Vec::new();
    for second in 0..1200 {
        let advice = pacer.take(&still(second), second * 1000);
        if advice.send {
            pacer.sent(second * 1000);
            sent.push((second, advice.pace));
        }
    }
    assert_eq!(sent.len(), 7, "{sent:?}");
    assert_eq!(pacer.pace(), Pace::Still);
    let off = Fix::at(1_200_000, 38.7076, -9.1355).expect("on earth").with_speed(Some(6.0));
    let advice = pacer.take(&off, 1_200_000);
    assert_eq!((advice.pace, advice.send), (Pace::Patrol, true));
}

#[test]
fn speed_makes_a_chase_unless_the_battery_is_low() {
    let moving = |second: i64, speed: f64, battery: u8| {
        let fix = Fix::at(second * 1000, 38.0 + second as f64 * 1e-3, -9.0).expect("on earth");
        Fix { battery: Some(battery), ..fix.with_speed(Some(speed)) }
    };
    let mut pacer = Pacer::new(Wanted::Auto, 5_000);
    assert_eq!(pacer.take(&moving(0, 10.0, 80), 0).pace, Pace::Patrol);
    assert_eq!(pacer.take(&moving(1, 25.0, 80), 1000).pace, Pace::Chase);
    assert_eq!(pacer.take(&moving(20, 10.0, 80), 20_000).pace, Pace::Chase, "a bend");
    assert_eq!(pacer.take(&moving(60, 10.0, 80), 60_000).pace, Pace::Patrol);
    assert_eq!(pacer.take(&moving(61, 25.0, 12), 61_000).pace, Pace::Patrol);
    pacer.want(Wanted::Chase);
    assert_eq!(pacer.take(&moving(62, 1.0, 12), 62_000).pace, Pace::Chase, "asked for");
}

#[test]
fn nothing_is_sent_more_often_than_allowed() {
    let mut pacer = Pacer::new(Wanted::Chase, 12_000);
    let mut sent = Vec::new();
    for second in 0..60 {
        if pacer.take(&still(second), second * 1000).send {
            pacer.sent(second * 1000);
            sent.push(second);
        }
    }
    assert_eq!(sent, [0, 12, 24, 36, 48]);
    assert_eq!(pacer.due_ms(), Some(60_300), "the fix of that second is waited for");
}

#[test]
fn a_receiver_that_is_a_little_early_or_late_keeps_no_fix_back() {
    // A fix a second, each some milliseconds off, as a phone gives them; the timer is asked before each.
    let mut pacer = Pacer::new(Wanted::Chase, 5_000);
    let (mut oldest, mut waits, mut gathered) = (None, Vec::new(), 0);
    for second in 0..600_i64 {
        let now = second * 1000 + (second * 7919) % 23;
        if let Some(due) = pacer.due_ms().filter(|due| *due < now && gathered > 0) {
            waits.push(due - oldest.take().unwrap_or(due));
            pacer.sent(due);
            gathered = 0;
        }
        oldest.get_or_insert(now);
        gathered += 1;
        if pacer.take(&still(second), now).send {
            waits.push(now - oldest.take().unwrap_or(now));
            pacer.sent(now);
            gathered = 0;
        }
    }
    assert!(waits.len() >= 118 && waits.len() <= 121, "{}", waits.len());
    assert!(waits.iter().all(|wait| *wait <= 4_100), "{waits:?}");
}
