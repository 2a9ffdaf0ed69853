//! Cursor on Target events (XML, version 2.0): how a control room's TAK sees our officers, and what it draws.

use std::fmt::Write as _;

use super::xml::{bad, child, escape, parse, place};
use super::{BadFile, read_time, write_time};
use crate::geo::{Fix, Place};

/// A friendly ground unit.
const FRIENDLY_GROUND: &str = "a-f-G-U-C";
/// What the schema writes for "not known".
pub(super) const UNKNOWN_M: f64 = 9_999_999.0;

/// Something that moves or stands somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Stays the same through all its events.
    pub uid: String,
    /// In the notation of the standard, such as `a-f-G-U-C`.
    pub kind: String,
    /// What it is called.
    pub callsign: Option<String>,
    /// When it was there, in milliseconds since 1970.
    pub ts: i64,
    /// From when it is not to be believed any more.
    pub stale_ts: i64,
    /// Where, with the radius that holds the truth.
    pub place: Place,
    /// Metres above the ellipsoid.
    pub altitude_m: Option<f64>,
    /// Metres per second.
    pub speed_mps: Option<f64>,
    /// Degrees from north.
    pub heading_deg: Option<f64>,
}

impl Event {
    /// Makes the event of an officer.
    pub fn officer(uid: &str, callsign: Option<&str>, fix: &Fix, stale_ts: i64) -> Self {
        Self {
            uid: uid.to_owned(),
            kind: FRIENDLY_GROUND.to_owned(),
            callsign: callsign.map(str::to_owned),
            ts: fix.ts,
            stale_ts,
            place: fix.place(),
            altitude_m: fix.altitude_m(),
            speed_mps: fix.speed_mps(),
            heading_deg: fix.heading_deg.map(f64::from),
        }
    }
}

/// Writes one event.
pub fn write(event: &Event) -> String {
    let mut out = String::new();
    let (time, stale) = (write_time(event.ts), write_time(event.stale_ts));
    let _ = write!(
        out,
        "<event version=\"2.0\" uid=\"{}\" type=\"{}\" how=\"m-g\" time=\"{time}\" start=\"{time}\" stale=\"{stale}\">",
        escape(&event.uid),
        escape(&event.kind)
    );
    let _ = write!(
        out,
        "<point lat=\"{:.6}\" lon=\"{:.6}\" hae=\"{:.1}\" ce=\"{:.1}\" le=\"{UNKNOWN_M:.1}\"/><detail>",
        event.place.lat,
        event.place.lon,
        event.altitude_m.unwrap_or(UNKNOWN_M),
        event.place.accuracy_m.unwrap_or(UNKNOWN_M)
    );
    if let Some(callsign) = &event.callsign {
        let _ = write!(out, "<contact callsign=\"{}\"/>", escape(callsign));
    }
    if event.speed_mps.is_some() || event.heading_deg.is_some() {
        let _ = write!(
            out,
            "<track speed=\"{:.1}\" course=\"{:.1}\"/>",
            event.speed_mps.unwrap_or(0.0),
            event.heading_deg.unwrap_or(0.0)
        );
    }
    out.push_str("</detail></event>");
    out
}

/// Reads one event.
///
/// # Errors
/// The line and the reason.
pub fn read(file: &str) -> Result<Event, BadFile> {
    let document = parse(file)?;
    let root = document.root_element();
    if root.tag_name().name() != "event" {
        return Err(bad(root, format!("an event begins with <event>, not <{}>", root.tag_name().name())));
    }
    let attribute =
        |name: &str| root.attribute(name).ok_or_else(|| bad(root, format!("<event> has no {name}")));
    let time = |name: &str| -> Result<i64, BadFile> {
        let written = attribute(name)?;
        read_time(written).ok_or_else(|| bad(root, format!("{name}={written:?} is not a time")))
    };
    let point = child(root, "point").ok_or_else(|| bad(root, "<event> has no <point>"))?;
    let known = |name: &str| {
        point
            .attribute(name)
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|metres| metres.is_finite() && *metres < UNKNOWN_M)
    };
    let at = place(point, "lat", "lon")?;
    let detail = child(root, "detail");
    let of = |tag: &str, name: &str| detail.and_then(|detail| child(detail, tag)?.attribute(name));
    let number = |name: &str| {
        of("track", name).and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite())
    };
    Ok(Event {
        uid: attribute("uid")?.to_owned(),
        kind: attribute("type")?.to_owned(),
        callsign: of("contact", "callsign").map(str::to_owned),
        ts: time("time")?,
        stale_ts: time("stale")?,
        place: Place::new(at.lat, at.lon, known("ce").filter(|metres| *metres >= 0.0)).unwrap_or(at),
        altitude_m: known("hae"),
        speed_mps: number("speed"),
        heading_deg: number("course"),
    })
}

/// Writes events one after the other, a line each: as a stream of TAK has them.
pub fn write_all<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    events.into_iter().map(|event| write(event) + "\n").collect()
}

/// Reads the events of a file: one after the other, as a stream has them, or a single one.
///
/// # Errors
/// The line and the reason; nothing is read of a file that is not sound as a whole.
pub fn read_all(file: &str) -> Result<Vec<Event>, BadFile> {
    const END: &str = "</event>";
    let mut events = Vec::new();
    let (mut rest, mut line) = (file, 0_u32);
    while !rest.trim().is_empty() {
        let end = rest.find(END).map_or(rest.len(), |at| at.saturating_add(END.len()));
        let (one, after) = rest.split_at(end);
        let begin = one.len().saturating_sub(one.trim_start().len());
        let (blank, one) = one.split_at(begin);
        let lines = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
        line = line.saturating_add(lines(blank));
        events.push(read(one).map_err(|bad| BadFile { line: bad.line.saturating_add(line), ..bad })?);
        line = line.saturating_add(lines(one));
        rest = after;
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Event, read, read_all, write, write_all};
    use crate::geo::Fix;

    #[test]
    fn an_officer_goes_to_a_control_room_and_back() {
        let fix = Fix::at(1_763_800_000_123, 38.7071, -9.13549).expect("on earth").with_accuracy(Some(12.0));
        let fix = fix.with_speed(Some(3.4)).with_heading(Some(271.0));
        let officer = Event::officer("@lisbon:qroc.test", Some("Lisbon \"3\" <van>"), &fix, fix.ts + 90_000);
        let text = write(&officer);
        assert!(
            text.contains("type=\"a-f-G-U-C\"")
                && text.contains("ce=\"12.0\"")
                && text.contains("hae=\"9999999.0\"")
        );
        assert_eq!(read(&text).expect("event"), officer);
    }

    #[test]
    fn what_a_tak_client_sends_is_read() {
        // The form that ATAK writes, with the attributes in its order.
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<event version="2.0" uid="ANDROID-352f8b" type="a-f-G-U-C" time="2020-12-18T06:15:50.125Z" start="2020-12-18T06:15:50.125Z"
 stale="2020-12-18T06:20:50.125Z" how="h-e"><point lat="43.855682" lon="-66.108063" hae="19.5" ce="9.3" le="9999999.0"/>
<detail><takv os="29" version="4.0" device="X" platform="ATAK-CIV"/><contact endpoint="*:-1:stcp" callsign="JENNY"/>
<__group role="Team Member" name="White"/><status battery="72"/><track speed="0.25" course="36.2"/></detail></event>"#;
        let event = read(text).expect("event");
        assert_eq!((event.callsign.as_deref(), event.altitude_m), (Some("JENNY"), Some(19.5)));
        assert_eq!((event.place.accuracy_m, event.speed_mps), (Some(9.3), Some(0.25)));
        let refused = |text: &str| read(text).expect_err(text).to_string();
        assert_eq!(refused("<event uid=\"a\" type=\"b\"/>"), "line 1: <event> has no <point>");
        assert!(
            refused(
                "<event uid=\"a\"\n type=\"b\" time=\"x\" stale=\"y\"><point lat=\"1\" lon=\"2\"/></event>"
            )
            .contains("is not a time")
        );
    }

    #[test]
    fn a_stream_is_read_whole_or_not_at_all() {
        let fix = Fix::at(1_763_800_000_000, 38.7071, -9.13549).expect("on earth");
        let events: Vec<Event> =
            ["@a:x", "@b:x"].iter().map(|uid| Event::officer(uid, None, &fix, fix.ts + 1)).collect();
        let text = write_all(&events);
        assert_eq!(read_all(&text), Ok(events));
        assert_eq!(read_all(" \n"), Ok(Vec::new()));
        let error = read_all(&format!("{text}\n<event/>")).expect_err("no event");
        assert_eq!(error.line, 4, "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
