//! What the homeserver is configured to do, written as JSON, which is YAML too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

/// How often a client may ask before it gets 429.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// So high that no test meets them.
    #[default]
    Raised,
    /// Synapse's own, as a client meets them at a server that nobody tuned.
    Synapse,
    /// Those that the server of an organisation is meant to be set up with: enough for an incident, not for an attack.
    Kit,
}

/// How an [`Embedded`](crate::Embedded) server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The rate limits.
    pub limits: Limits,
    /// How long an access token lives that was got with a refresh token.
    pub refreshable_access_token_lifetime: Duration,
    /// The folder of its data, made if absent and kept at the end; without one, a temporary folder.
    pub data_dir: Option<PathBuf>,
    /// The loopback port; without one, a free port.
    pub port: Option<u16>,
    /// The domain of user and room ids.
    pub server_name: String,
    /// Top-level keys of Synapse's configuration that replace ours.
    pub overrides: Map<String, Value>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::Raised,
            refreshable_access_token_lifetime: Duration::from_secs(300),
            data_dir: None,
            port: None,
            server_name: "qroc.test".to_owned(),
            overrides: Map::new(),
        }
    }
}

impl Options {
    /// Sets the rate limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how long an access token lives that was got with a refresh token.
    #[must_use]
    pub fn refreshable_access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refreshable_access_token_lifetime = lifetime;
        self
    }

    /// Keeps the data in this folder.
    #[must_use]
    pub fn data_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(dir.into());
        self
    }

    /// Listens on this loopback port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Replaces one top-level key of Synapse's configuration.
    #[must_use]
    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.overrides.insert(key.to_owned(), value);
        self
    }

    pub(crate) fn homeserver_config(&self, dir: &Path, port: u16, secret: &str) -> Value {
        let mut config = json!({
            "server_name": self.server_name,
            "public_baseurl": format!("http://127.0.0.1:{port}/"),
            "listeners": [{
                "port": port,
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client", "openid"], "compress": false}],
            }],
            "database": {"name": "sqlite3", "args": {"database": dir.join("homeserver.db")}},
            "media_store_path": dir.join("media"),
            "signing_key_path": dir.join("signing.key"),
            "log_config": dir.join("log.yaml"),
            "pid_file": dir.join("homeserver.pid"),
            "registration_shared_secret": secret,
            "macaroon_secret_key": secret,
            "form_secret": secret,

            // Nothing but loopback is ever asked.
            "report_stats": false,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "url_preview_enabled": false,

            "enable_authenticated_media": true,
            "max_upload_size": "100M",
            "max_event_delay_duration": "24h",
            // In milliseconds.
            "refreshable_access_token_lifetime":
                u64::try_from(self.refreshable_access_token_lifetime.as_millis()).unwrap_or(u64::MAX),
            "user_directory": {"enabled": true, "search_all_users": true},
            "experimental_features": {
                "msc3575_enabled": true,
                "msc4143_enabled": true,
                "msc4222_enabled": true,
            },
            // Signing in is not what the tests measure.
            "bcrypt_rounds": 4,
        });
        let Some(keys) = config.as_object_mut() else { return config };
        match self.limits {
            Limits::Raised => keys.extend(raised_limits()),
            Limits::Kit => keys.extend(kit_limits()),
            Limits::Synapse => {}
        }
        keys.extend(self.overrides.clone());
        config
    }
}

fn kit_limits() -> Map<String, Value> {
    let rate = |per_second: u32, burst: u32| json!({"per_second": per_second, "burst_count": burst});
    let mut keys = Map::new();
    keys.insert("rc_message".to_owned(), rate(10, 100));
    keys.insert("rc_joins".to_owned(), json!({"local": rate(5, 50), "remote": rate(5, 50)}));
    let invites = json!({"per_room": rate(5, 50), "per_user": rate(5, 50), "per_issuer": rate(5, 50)});
    keys.insert("rc_invites".to_owned(), invites);
    keys.insert("rc_login".to_owned(), json!({"address": rate(1, 30)}));
    keys
}

fn raised_limits() -> Map<String, Value> {
    let rate = json!({"per_second": 100_000, "burst_count": 100_000});
    let mut keys = Map::new();
    for plain in [
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_admin_redaction",
        "rc_joins_per_room",
        "rc_key_requests",
        "rc_third_party_invite",
        "rc_3pid_validation",
        "rc_media_create",
        "rc_delayed_event_mgmt",
        "rc_room_creation",
        "rc_reports",
        "rc_user_directory",
        "rc_profile",
    ] {
        keys.insert(plain.to_owned(), rate.clone());
    }
    keys.insert("rc_login".to_owned(), json!({"address": rate, "account": rate, "failed_attempts": rate}));
    keys.insert("rc_joins".to_owned(), json!({"local": rate, "remote": rate}));
    keys.insert("rc_invites".to_owned(), json!({"per_room": rate, "per_user": rate, "per_issuer": rate}));
    keys.insert("rc_presence".to_owned(), json!({"per_user": rate}));
    keys
}

/// Everything from level INFO goes to one file in the server's folder.
pub(crate) fn log_config(dir: &Path) -> Value {
    json!({
        "version": 1,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"},
        },
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "formatter": "line",
                "filename": dir.join("homeserver.log"),
                "encoding": "utf8",
            },
        },
        "root": {"level": "INFO", "handlers": ["file"]},
        "disable_existing_loggers": false,
    })
}
