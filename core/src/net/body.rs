//! Reads answers: bounded, and whatever a proxy, a captive portal or a broken server puts there.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::error::NetError;
use crate::json;

/// Errors are short; what is longer is not read.
const LARGEST_ERROR: usize = 1 << 20;
const UNSAID_WAIT: Duration = Duration::from_secs(5);
/// A server that says "in a year" is asked again before that.
const LONGEST_WAIT_MS: u64 = 3_600_000;

pub(super) async fn bounded(mut response: reqwest::Response, limit: usize) -> Result<Bytes, NetError> {
    let announced = response.content_length().and_then(|bytes| usize::try_from(bytes).ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(NetError::TooLarge);
    }
    let mut all = BytesMut::with_capacity(announced.unwrap_or(0));
    while let Some(piece) = response.chunk().await? {
        if all.len().saturating_add(piece.len()) > limit {
            return Err(NetError::TooLarge);
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

/// Parses JSON; bytes that are not UTF-8 are replaced rather than losing the whole answer for one event.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, NetError> {
    let parsed = match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_str(&String::from_utf8_lossy(bytes)),
    };
    parsed.map_err(|error| {
        let what = if error.is_data() { "JSON of another shape" } else { "not JSON" };
        NetError::NotMatrix(format!("{what}, line {} column {}", error.line(), error.column()))
    })
}

/// Says whether an answer is a JSON object, as every answer of a homeserver is. Many say nothing else: without this a
/// captive portal's "200, please sign in" would be taken for a room key that has arrived.
pub(super) fn check(bytes: &[u8]) -> Result<(), NetError> {
    #[derive(Deserialize)]
    struct Object {}
    // What is passed over unread has no limit of its own; an answer of which all is passed over would be believed.
    if json::is_too_deep(bytes) {
        return Err(NetError::NotMatrix(format!("JSON nested deeper than {}", json::DEEPEST)));
    }
    parse::<Object>(bytes).map(|Object {}| ())
}

/// Reads an answer that is not a success.
pub(super) async fn refusal(response: reqwest::Response) -> NetError {
    let status = response.status();
    let retry_header = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .map(|seconds| seconds.saturating_mul(1000));
    let kind = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type")
        .to_owned();
    let body = match bounded(response, LARGEST_ERROR).await {
        Ok(body) => body,
        Err(error) => return error,
    };
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) if value.is_object() => classify(status, retry_header, value),
        _ if status == StatusCode::TOO_MANY_REQUESTS => rate_limited(retry_header),
        _ if status.is_server_error() => NetError::ServerFault { status: status.as_u16() },
        // A proxy in front of the server has a limit of its own, and will not change its mind.
        _ if status == StatusCode::PAYLOAD_TOO_LARGE => NetError::Refused {
            status: status.as_u16(),
            errcode: "M_TOO_LARGE".to_owned(),
            message: "too large for a proxy before the server".to_owned(),
            body: Box::default(),
        },
        _ => NetError::NotMatrix(format!("status {}, {kind}", status.as_u16())),
    }
}

fn rate_limited(wait_ms: Option<u64>) -> NetError {
    let retry_after = wait_ms.map_or(UNSAID_WAIT, |ms| Duration::from_millis(ms.min(LONGEST_WAIT_MS)));
    NetError::RateLimited { retry_after }
}

fn classify(status: StatusCode, retry_header: Option<u64>, body: Value) -> NetError {
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let errcode = text("errcode");
    if status == StatusCode::TOO_MANY_REQUESTS || errcode == "M_LIMIT_EXCEEDED" {
        return rate_limited(body.get("retry_after_ms").and_then(Value::as_u64).or(retry_header));
    }
    // Interactive authentication also answers 401, without these codes.
    if status == StatusCode::UNAUTHORIZED
        && matches!(errcode.as_str(), "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN" | "M_USER_LOCKED")
    {
        let soft = body.get("soft_logout").and_then(Value::as_bool).unwrap_or(false);
        return NetError::Unauthorized { errcode, soft };
    }
    if status.is_server_error() {
        return NetError::ServerFault { status: status.as_u16() };
    }
    NetError::Refused { status: status.as_u16(), errcode, message: text("error"), body: Box::new(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> NetError {
        classify(
            StatusCode::from_u16(status).expect("status"),
            None,
            serde_json::from_str(body).expect("json"),
        )
    }

    #[test]
    fn every_way_to_lose_access_is_told_apart() {
        let gone = said(401, r#"{"errcode":"M_UNKNOWN_TOKEN","soft_logout":false}"#);
        assert!(matches!(gone, NetError::Unauthorized { soft: false, .. }));
        let expired = said(401, r#"{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}"#);
        assert!(matches!(expired, NetError::Unauthorized { soft: true, .. }));
        let locked = said(401, r#"{"errcode":"M_USER_LOCKED","soft_logout":true}"#);
        assert_eq!(locked.errcode(), Some("M_USER_LOCKED"));
        let stages = said(401, r#"{"session":"s","flows":[]}"#);
        assert!(matches!(stages, NetError::Refused { status: 401, .. }));
    }

    #[test]
    fn a_wait_is_the_servers_and_bounded() {
        let wait = |body: &str| match said(429, body) {
            NetError::RateLimited { retry_after } => retry_after.as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1234}"#), 1234);
        assert_eq!(wait(r#"{"errcode":"M_LIMIT_EXCEEDED"}"#), 5000);
        assert_eq!(wait(r#"{"retry_after_ms":99999999999999}"#), 3_600_000);
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_one_character() {
        let value: Value = parse(b"{\"body\":\"a\xff b\"}").expect("lossy");
        assert_eq!(value["body"], "a\u{fffd} b");
        assert!(matches!(parse::<Value>(b"<html>"), Err(NetError::NotMatrix(_))));
    }

    #[test]
    fn only_an_object_says_that_something_was_done() {
        assert!(check(b"{}").is_ok());
        assert!(check(b" {\"event_id\": \"$a\", \"x\": [1, {}]}").is_ok());
        for answer in [&b""[..], b"<html>Bad gateway</html>", b"{", b"null", b"\"ok\"", b"200", b"{} <html>"]
        {
            assert!(matches!(check(answer), Err(NetError::NotMatrix(_))), "{answer:?}");
        }
        let nested = |deep: usize| format!("{{\"pos\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
        assert!(check(nested(100).as_bytes()).is_ok());
        assert!(matches!(check(nested(50_000).as_bytes()), Err(NetError::NotMatrix(_))));
    }
}
