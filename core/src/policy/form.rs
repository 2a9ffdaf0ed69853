//! What texts have to look like, and what covers what in lists of patterns.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use url::{Host, Url};

use super::key::Form;

/// Stands for everything that runs when it is opened, in lists of file kinds; covers nothing but itself.
pub(super) const EXECUTABLES: &str = "executables";

/// Brings a text into the form in which equal texts are equal.
///
/// # Errors
/// What is wrong with it, to stand behind the key and the value.
pub(super) fn canonical(form: Form, text: &str) -> Result<String, String> {
    let text = text.trim();
    if form != Form::Pem && text.chars().any(char::is_control) {
        return Err("has control characters".to_owned());
    }
    let no = |what: &str| Err(what.to_owned());
    match form {
        Form::Plain if text.is_empty() => no("is empty"),
        Form::Plain => Ok(text.to_owned()),
        Form::Url => web_address(text).map(|url| url.as_str().trim_end_matches('/').to_owned()),
        Form::Origin => web_address(text).map(|url| url.origin().ascii_serialization()),
        Form::Host => match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && is_host(host) => Ok(text.to_lowercase()),
            None if is_host(text) => Ok(text.to_lowercase()),
            Some(_) | None => no("is not a host, or host:port"),
        },
        Form::Server => {
            let rest = text.strip_prefix("*.").unwrap_or(text);
            if ruma::ServerName::parse(rest).is_ok() {
                Ok(text.to_lowercase())
            } else {
                no("is not the name of a server, or *. and the end of one")
            }
        }
        Form::User => match ruma::UserId::parse(text) {
            Ok(user) => Ok(user.to_string()),
            Err(_) => no("is not a user id like @name:server"),
        },
        Form::Login if text.starts_with('@') => canonical(Form::User, text),
        Form::Login if text.is_empty() || text.contains(char::is_whitespace) => no("is not a user name"),
        Form::Login => Ok(text.to_owned()),
        Form::Color => match text.strip_prefix('#') {
            Some(digits) if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(text.to_ascii_lowercase())
            }
            Some(_) | None => no("is not a colour like #1a2b3c"),
        },
        Form::Version => match version(text) {
            Some(parts) => Ok(parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".")),
            None => no("is not a version like 17 or 1.2.3"),
        },
        Form::Hours => {
            if text.split_once('-').is_some_and(|(from, to)| is_hour(from) && is_hour(to)) {
                Ok(text.to_owned())
            } else {
                no("is not a span like 22:00-06:00")
            }
        }
        Form::Mime => mime(text),
        Form::Language => {
            let mut parts = text.split('-');
            let first = parts.next().unwrap_or_default();
            let alphabetic = first.bytes().all(|byte| byte.is_ascii_alphabetic());
            let rest = parts.all(|part| {
                (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            if (2..=3).contains(&first.len()) && alphabetic && rest {
                Ok(text.to_owned())
            } else {
                no("is not a language's code like el or pt-BR")
            }
        }
        Form::Key => match decode(text) {
            Some(bytes) if bytes.len() == 32 => Ok(STANDARD.encode(bytes)),
            Some(_) | None => no("is not the base64 of 32 bytes"),
        },
        Form::Pem => {
            let inside = text
                .strip_prefix("-----BEGIN CERTIFICATE-----")
                .and_then(|rest| rest.strip_suffix("-----END CERTIFICATE-----"));
            let body: Option<String> =
                inside.map(|body| body.chars().filter(|letter| !letter.is_whitespace()).collect());
            match body {
                Some(body) if !body.is_empty() && STANDARD.decode(&body).is_ok() => {
                    Ok(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"))
                }
                Some(_) | None => no("is not one certificate in PEM"),
            }
        }
    }
}

fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is not an address like https://example.org".to_owned())?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name or password in it".to_owned());
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if local => Ok(url),
        _ => Err("is not an https:// address (http:// only to this machine)".to_owned()),
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && Host::parse(text).is_ok()
}

fn is_hour(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    let two = |text: &str, most: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|number| number < most);
    two(hours, 24) && two(minutes, 60)
}

fn mime(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    if text == EXECUTABLES {
        return Ok(text);
    }
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
    };
    match text.split_once('/') {
        Some((kind, sub)) if is_token(kind) && (sub == "*" || is_token(sub)) => Ok(text),
        Some(_) | None => Err("is not a kind of file like image/png, image/* or executables".to_owned()),
    }
}

/// Reads base64 with or without its padding.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

/// Reads a version; zeros at its end mean nothing.
pub(super) fn version(text: &str) -> Option<Vec<u32>> {
    let mut parts = text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    if parts.len() > 4 {
        return None;
    }
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}

/// Says whether a pattern covers all that another covers. Any two patterns of a list are nested or apart.
pub(super) fn covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    if let Some(kind) = wide.strip_suffix("/*") {
        return narrow.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/'));
    }
    match wide.strip_prefix('*') {
        Some(end) if end.starts_with('.') => {
            narrow.strip_prefix('*').unwrap_or(narrow).ends_with(end) && narrow.len() > end.len()
        }
        Some(_) | None => false,
    }
}

impl Form {
    /// Says what such a text is, in words for an administrator.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Plain => "text",
            Self::Url => "https address",
            Self::Origin => "https origin",
            Self::Host => "host[:port]",
            Self::Server => "server name or *.end",
            Self::User => "@name:server",
            Self::Login => "user name",
            Self::Color => "#rrggbb",
            Self::Version => "version",
            Self::Hours => "HH:MM-HH:MM",
            Self::Mime => "type/subtype, type/* or executables",
            Self::Language => "language code",
            Self::Key => "base64 of 32 bytes",
            Self::Pem => "PEM certificate",
        }
    }
}
