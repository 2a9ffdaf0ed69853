//! What tests ask the homeserver beside the client: accounts, the admin API, plain requests.

use anyhow::{Context as _, bail};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use ureq::http::Request;

use crate::{Embedded, Result};

const ADMIN: &str = "test-admin";

/// An account that is signed in on a device of its own.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The full user id.
    pub user_id: String,
    /// The device that this sign-in made.
    pub device_id: String,
    /// The token of its requests.
    pub access_token: String,
}

impl Embedded {
    /// Makes an account with no device; `user` is the part of the id before the colon.
    ///
    /// # Errors
    /// When the server refuses, for example because the name is taken.
    pub fn register(&self, user: &str, password: &str, admin: bool) -> Result<()> {
        const PATH: &str = "/_synapse/admin/v1/register";
        let (_, reply) = self.request("GET", PATH, None, None)?;
        let nonce = text(&reply, "nonce")?;
        let role = if admin { "admin" } else { "notadmin" };
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes())?;
        mac.update([nonce.as_str(), user, password, role].join("\0").as_bytes());
        let body = json!({
            "nonce": nonce,
            "username": user,
            "password": password,
            "admin": admin,
            "mac": hex::encode(mac.finalize().into_bytes()),
            "inhibit_login": true,
        });
        self.expect_ok("POST", PATH, None, Some(&body)).with_context(|| format!("cannot register {user}"))?;
        Ok(())
    }

    /// Signs an account in with its password, on a new device.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn login(&self, user: &str, password: &str) -> Result<SignedIn> {
        let body = json!({
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
        });
        let reply = self
            .expect_ok("POST", "/_matrix/client/v3/login", None, Some(&body))
            .with_context(|| format!("cannot sign {user} in"))?;
        Ok(SignedIn {
            user_id: text(&reply, "user_id")?,
            device_id: text(&reply, "device_id")?,
            access_token: text(&reply, "access_token")?,
        })
    }

    /// The token of an administrator, whose account is made at the first call.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn admin_token(&self) -> Result<String> {
        if let Some(token) = self.admin.get() {
            return Ok(token.clone());
        }
        let password = &self.secret;
        let token = match self.login(ADMIN, password) {
            Ok(admin) => admin.access_token,
            Err(_) => {
                self.register(ADMIN, password, true)?;
                self.login(ADMIN, password)?.access_token
            }
        };
        Ok(self.admin.get_or_init(|| token).clone())
    }

    /// Sends one request as the administrator and returns the reply to a success.
    ///
    /// # Errors
    /// When the server refuses; the message holds its reply.
    pub fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let token = self.admin_token()?;
        self.expect_ok(method, path, Some(&token), body)
    }

    /// Sends one request and returns status and reply, whatever the status; a reply that is not JSON is `Null`.
    ///
    /// # Errors
    /// When no reply came.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base_url()));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let response = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json").body(body.to_string())?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(())?),
        };
        let mut response = response.with_context(|| format!("no reply to {method} {path}"))?;
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(256 << 20).read_to_vec()?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    fn expect_ok(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value> {
        let (status, reply) = self.request(method, path, token, body)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status} {reply}");
        }
        Ok(reply)
    }
}

fn text(reply: &Value, key: &str) -> Result<String> {
    let value = reply.get(key).and_then(Value::as_str);
    value.map(str::to_owned).with_context(|| format!("no {key} in {reply}"))
}
