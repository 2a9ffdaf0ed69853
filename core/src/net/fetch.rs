//! Files of the organisation's other servers.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Http, NetError};

impl Http {
    /// Asks an address for a file, saying nothing of who asks. Those servers are believed that the homeserver's
    /// certificate would be believed from. `None` where it did not change since.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn fetch(
        &self,
        address: &str,
        since: Option<SystemTime>,
    ) -> Result<Option<reqwest::Response>, NetError> {
        let mut request = self.client().get(address);
        if let Some(since) = since.and_then(written) {
            request = request.header(http::header::IF_MODIFIED_SINCE, since);
        }
        let response = request.send().await?;
        let status = response.status();
        match status {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_MODIFIED => Ok(None),
            _ if status.is_server_error() => Err(NetError::ServerFault { status: status.as_u16() }),
            _ => Err(NetError::Refused {
                status: status.as_u16(),
                errcode: status.as_str().to_owned(),
                message: format!("the address of the file answers with status {}", status.as_u16()),
                body: Box::default(),
            }),
        }
    }
}

/// Returns since when what a server sends is as it is, where it says so.
pub fn modified(response: &reqwest::Response) -> Option<SystemTime> {
    let ms = super::date(response.headers().get(http::header::LAST_MODIFIED)?)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(ms).ok()?))
}

/// As HTTP writes a time.
fn written(time: SystemTime) -> Option<String> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    OffsetDateTime::from(time).format(form).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_time_is_written_as_http_does() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(super::written(time).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }
}
