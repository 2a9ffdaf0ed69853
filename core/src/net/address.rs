//! Which server: a URL as it is, or a name that is looked up through its well-known file.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;
use url::{Host, Url};

use super::{Call, Http, NetError, Trust};
use crate::clock::Clock;

/// The base URL of a homeserver, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homeserver(String);

impl Homeserver {
    /// Checks a URL. Plain http is for loopback alone.
    ///
    /// # Errors
    /// `BadAddress` saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        let url = Url::parse(text)
            .map_err(|error| NetError::BadAddress(format!("{text:?} is not a server address: {error}")))?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => return Err(NetError::BadAddress(format!("{text:?} names no server"))),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(NetError::BadAddress(format!(
                    "{text:?} is not encrypted: use https (plain http is for this machine only)"
                )));
            }
            other => return Err(NetError::BadAddress(format!("{other:?} is not https"))),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NetError::BadAddress("a server address holds no user or password".to_owned()));
        }
        Ok(Self(url.as_str().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()))
    }

    /// Returns the URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, without the brackets of an IPv6 address, and the port.
    pub fn host_and_port(&self) -> (String, u16) {
        let url = Url::parse(&self.0).ok();
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or(443);
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        (host.trim_matches(['[', ']']).to_owned(), port)
    }
}

#[derive(Deserialize)]
struct WellKnown {
    #[serde(rename = "m.homeserver")]
    homeserver: WellKnownServer,
}

#[derive(Deserialize)]
struct WellKnownServer {
    base_url: String,
}

/// Finds the server of `name`: a URL is used as it is, a bare name is looked up, and is the server itself where
/// it has no well-known file.
///
/// # Errors
/// `BadAddress` for a name that cannot be one, and what the look-up ran into.
pub async fn discover(name: &str, trust: &Trust, clock: Arc<dyn Clock>) -> Result<Homeserver, NetError> {
    if name.contains("://") {
        return Homeserver::parse(name);
    }
    let own = Homeserver::parse(&format!("https://{name}"))?;
    let http = Http::new(&own, trust, clock)?;
    match http.json::<WellKnown>(Call::get("/.well-known/matrix/client")).await {
        Ok(found) => Homeserver::parse(&found.homeserver.base_url),
        Err(NetError::Refused { status: 404, .. } | NetError::NotMatrix(_)) => Ok(own),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::Homeserver;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert_eq!(
            Homeserver::parse("https://chat.police.example/").expect("url").as_str(),
            "https://chat.police.example"
        );
        assert_eq!(
            Homeserver::parse("http://127.0.0.1:8008").expect("url").as_str(),
            "http://127.0.0.1:8008"
        );
        assert!(Homeserver::parse("http://[::1]:1").is_ok());
        for wrong in [
            "http://chat.police.example",
            "ftp://x",
            "https://",
            "chat",
            "https://me:pw@x",
            "http://127.0.0.1.example.org",
        ] {
            assert!(Homeserver::parse(wrong).is_err(), "{wrong}");
        }
    }
}
