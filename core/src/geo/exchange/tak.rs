//! Cursor on Target as TAK sends it: the same events as in XML, in protobuf, each behind a magic byte and its length.

use prost::Message as _;
use thiserror::Error;

use super::cot::{Event, UNKNOWN_M};
use crate::geo::Place;

/// Begins every event of a stream.
const MAGIC: u8 = 0xbf;
/// No event is longer, in bytes.
const LONGEST: usize = 64 * 1024;
/// What is not known, in the protobuf form.
const UNKNOWN: f64 = 999_999.0;

/// Says why a stream cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("event {number}: {reason}")]
pub struct BadStream {
    /// Which event, counted from 1.
    pub number: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TakMessage {
    #[prost(message, optional, tag = "2")]
    event: Option<CotEvent>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CotEvent {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "5")]
    uid: String,
    #[prost(uint64, tag = "6")]
    send_time: u64,
    #[prost(uint64, tag = "7")]
    start_time: u64,
    #[prost(uint64, tag = "8")]
    stale_time: u64,
    #[prost(string, tag = "9")]
    how: String,
    #[prost(double, tag = "10")]
    lat: f64,
    #[prost(double, tag = "11")]
    lon: f64,
    #[prost(double, tag = "12")]
    hae: f64,
    #[prost(double, tag = "13")]
    ce: f64,
    #[prost(double, tag = "14")]
    le: f64,
    #[prost(message, optional, tag = "15")]
    detail: Option<Detail>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Detail {
    #[prost(message, optional, tag = "2")]
    contact: Option<Contact>,
    #[prost(message, optional, tag = "7")]
    track: Option<Track>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Contact {
    #[prost(string, tag = "2")]
    callsign: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Track {
    #[prost(double, tag = "1")]
    speed: f64,
    #[prost(double, tag = "2")]
    course: f64,
}

/// Writes one event, as a part of a stream.
pub fn write(event: &Event) -> Vec<u8> {
    let millis = |ts: i64| u64::try_from(ts).unwrap_or(0);
    let moves = event.speed_mps.is_some() || event.heading_deg.is_some();
    let detail = Detail {
        contact: event.callsign.clone().map(|callsign| Contact { callsign }),
        track: moves.then(|| Track {
            speed: event.speed_mps.unwrap_or(0.0),
            course: event.heading_deg.unwrap_or(0.0),
        }),
    };
    let message = TakMessage {
        event: Some(CotEvent {
            kind: event.kind.clone(),
            uid: event.uid.clone(),
            send_time: millis(event.ts),
            start_time: millis(event.ts),
            stale_time: millis(event.stale_ts),
            how: "m-g".to_owned(),
            lat: event.place.lat,
            lon: event.place.lon,
            hae: event.altitude_m.unwrap_or(UNKNOWN),
            ce: event.place.accuracy_m.unwrap_or(UNKNOWN),
            le: UNKNOWN,
            detail: Some(detail),
        }),
    };
    let mut out = vec![MAGIC];
    out.extend(message.encode_length_delimited_to_vec());
    out
}

/// Reads a stream; what is not a position, such as a sign of life, is passed over.
///
/// # Errors
/// Which event, and the reason; nothing is read of a stream that is not sound as a whole.
pub fn read(mut stream: &[u8]) -> Result<Vec<Event>, BadStream> {
    let mut events = Vec::new();
    let mut number = 0;
    while let Some((first, rest)) = stream.split_first() {
        number += 1;
        let bad = |reason| BadStream { number, reason };
        if *first != MAGIC {
            return Err(bad("it does not begin with the byte bf"));
        }
        stream = rest;
        let length = prost::encoding::decode_varint(&mut stream).map_err(|_| bad("it has no length"))?;
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST);
        let length = length.ok_or_else(|| bad("it is longer than 64 KiB"))?;
        let (body, rest) = stream.split_at_checked(length).ok_or_else(|| bad("it is cut off"))?;
        stream = rest;
        let message = TakMessage::decode(body).map_err(|_| bad("it is no sound TAK message"))?;
        if let Some(event) = message.event {
            events.push(of(event).map_err(bad)?);
        }
    }
    Ok(events)
}

fn of(event: CotEvent) -> Result<Event, &'static str> {
    if event.uid.is_empty() || event.kind.is_empty() {
        return Err("it does not say who or what it is about");
    }
    let known = |metres: f64| (metres.is_finite() && metres < UNKNOWN.min(UNKNOWN_M)).then_some(metres);
    let accuracy = known(event.ce).filter(|metres| *metres >= 0.0);
    let place = Place::new(event.lat, event.lon, accuracy).ok_or("it is nowhere on the earth")?;
    let millis = |time: u64| i64::try_from(time).map_err(|_| "its time is none");
    let detail = event.detail.unwrap_or_default();
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    Ok(Event {
        uid: event.uid,
        kind: event.kind,
        callsign: detail.contact.map(|contact| contact.callsign).filter(|callsign| !callsign.is_empty()),
        ts: millis(event.send_time)?,
        stale_ts: millis(event.stale_time)?,
        place,
        altitude_m: known(event.hae),
        speed_mps: detail.track.as_ref().and_then(|track| finite(track.speed)),
        heading_deg: detail.track.and_then(|track| finite(track.course)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read, write};
    use crate::geo::Fix;
    use crate::geo::exchange::cot::Event;

    fn officer() -> Event {
        let fix = Fix::at(1_763_800_000_123, 38.7071, -9.13549).expect("on earth").with_accuracy(Some(12.0));
        let fix = fix.with_speed(Some(3.4)).with_heading(Some(271.0)).with_altitude(Some(-3.5));
        Event::officer("@lisbon:qroc.test", Some("Lisbon 3"), &fix, fix.ts + 90_000)
    }

    #[test]
    fn officers_go_to_a_control_room_and_back() {
        let bare =
            Event { callsign: None, speed_mps: None, heading_deg: None, altitude_m: None, ..officer() };
        let mut stream = write(&officer());
        stream.extend(write(&bare));
        assert_eq!(read(&stream), Ok(vec![officer(), bare]));
        assert_eq!(read(&[]), Ok(Vec::new()));
    }

    #[test]
    fn the_bytes_are_those_of_the_public_schema() {
        let bytes = write(&officer());
        // Magic, length; field 2 of the message; then field 1, the type, with 9 bytes.
        let length = usize::from(bytes[1] & 0x7f) | usize::from(bytes[2]) << 7;
        assert_eq!((bytes[0], length), (0xbf, bytes.len() - 3));
        assert_eq!(bytes[3], 0x12);
        assert_eq!(&bytes[6..17], b"\x0a\x09a-f-G-U-C");
        // Field 10, a double: the latitude; field 11: the longitude.
        let at = |field: u8, value: f64| {
            let wanted: Vec<u8> = std::iter::once(field).chain(value.to_le_bytes()).collect();
            bytes.windows(9).any(|window| window == wanted)
        };
        assert!(at(0x51, 38.7071) && at(0x59, -9.13549) && at(0x69, 12.0));
        // A sign of life has a control part and no event.
        assert_eq!(read(b"\xbf\x06\x0a\x04\x08\x01\x10\x01"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_stream_is_refused_with_its_event() {
        let good = write(&officer());
        let after = |bytes: &[u8]| [&good, bytes].concat();
        for (stream, reason) in [
            (after(b"<event"), "it does not begin with the byte bf"),
            (after(b"\xbf"), "it has no length"),
            (after(b"\xbf\xff\xff\xff\x7f"), "it is longer than 64 KiB"),
            (after(&good[..40]), "it is cut off"),
            (after(b"\xbf\x02\x12\x00"), "it does not say who or what it is about"),
            (after(b"\xbf\x02\x12\x7f"), "it is no sound TAK message"),
        ] {
            let error = read(&stream).expect_err(reason);
            assert_eq!((error.number, error.reason), (2, reason));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = read(&[b"\xbf\x40".as_slice(), &bytes].concat());
        }
    }
}
