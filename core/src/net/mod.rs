//! Requests to the one configured server: typed where ruma has the type, plain JSON elsewhere. Knows nothing of rows.

mod address;
mod backoff;
mod body;
mod error;
mod fetch;
mod tokens;
mod trust;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use reqwest::{Method, StatusCode, redirect};
use ruma::api::auth_scheme::{AuthScheme, SendAccessToken};
use ruma::api::path_builder::PathBuilder;
use ruma::api::{IncomingResponse, OutgoingRequest, SupportedVersions};
use serde::Deserialize;
use serde_json::Value;

pub use address::{Homeserver, discover};
pub use backoff::Backoff;
pub use error::NetError;
pub use fetch::modified;
use tokens::TokenCell;
pub use tokens::{TokenKeeper, Tokens};
pub use trust::Trust;

use crate::clock::Clock;

/// An ordinary request that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer but media is larger than this, whoever answers.
const LARGEST_JSON: usize = 256 << 20;
/// A link slower than this carries no media.
const SLOWEST_BYTES_PER_S: u64 = 4_000;

/// Talks to one server, signed in or not.
#[derive(Clone)]
pub struct Http {
    /// Shared by all that were made of one: another trust holds for all of them.
    client: Arc<RwLock<(Trust, reqwest::Client)>>,
    base: Arc<str>,
    tokens: Option<TokenCell>,
    versions: Arc<SupportedVersions>,
    clock: Arc<dyn Clock>,
    hears: Option<Arc<Hears>>,
}

/// Takes what the server says the time is, in milliseconds since 1970.
type Hears = dyn Fn(i64) + Send + Sync;

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("signed_in", &self.tokens.is_some()).finish_non_exhaustive()
    }
}

/// One request of which ruma has no type.
#[derive(Debug)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: Method,
    /// Path and query, from `/_matrix` on; parts that come from outside are percent-encoded by the caller.
    pub path: &'a str,
    /// JSON body.
    pub body: Option<Vec<u8>>,
    /// How long the whole may take.
    pub timeout: Duration,
}

impl<'a> Call<'a> {
    /// Prepares a GET.
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, timeout: PATIENCE }
    }

    /// Prepares a POST with a JSON body.
    pub fn post(path: &'a str, body: &Value) -> Self {
        Self { method: Method::POST, path, body: Some(body.to_string().into_bytes()), timeout: PATIENCE }
    }

    /// Prepares a PUT with a JSON body.
    pub fn put(path: &'a str, body: &Value) -> Self {
        Self { method: Method::PUT, ..Self::post(path, body) }
    }

    /// Replaces the time limit.
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

impl Http {
    /// Prepares to talk to `server`, not signed in.
    ///
    /// # Errors
    /// `BadAddress` where one of the authorities (PEM) cannot be read.
    pub fn new(server: &Homeserver, trust: &Trust, clock: Arc<dyn Clock>) -> Result<Self, NetError> {
        Ok(Self {
            client: Arc::new(RwLock::new((trust.clone(), client(trust)?))),
            base: server.as_str().into(),
            tokens: None,
            versions: Arc::new(SupportedVersions::from_parts(&["v1.1".to_owned()], &[].into())),
            clock,
            hears: None,
        })
    }

    /// Believes these servers from now on, in all that were made of this one. What is under way goes on.
    ///
    /// # Errors
    /// `BadAddress` where one of the authorities (PEM) cannot be read; then what held goes on to hold.
    pub fn trust(&self, trust: &Trust) -> Result<(), NetError> {
        if self.client.read().unwrap_or_else(PoisonError::into_inner).0 != *trust {
            let made = (trust.clone(), client(trust)?);
            *self.client.write().unwrap_or_else(PoisonError::into_inner) = made;
        }
        Ok(())
    }

    fn client(&self) -> reqwest::Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Returns the same, telling what the server says the time is, in milliseconds since 1970.
    pub fn hearing(&self, hears: impl Fn(i64) + Send + Sync + 'static) -> Self {
        Self { hears: Some(Arc::new(hears)), ..self.clone() }
    }

    /// Returns the same, signed in.
    pub fn signed_in(&self, tokens: Tokens, keeper: Arc<dyn TokenKeeper>) -> Self {
        Self { tokens: Some(TokenCell::new(tokens, keeper)), ..self.clone() }
    }

    /// Returns the same, choosing paths for what the server said it supports.
    pub fn speaking(&self, versions: SupportedVersions) -> Self {
        Self { versions: Arc::new(versions), ..self.clone() }
    }

    /// Sends a typed request and reads its typed answer.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn send<R>(&self, request: R, timeout: Duration) -> Result<R::IncomingResponse, NetError>
    where
        R: OutgoingRequest,
        for<'a> R::Authentication: AuthScheme<Input<'a> = SendAccessToken<'a>>,
        for<'a> R::PathBuilder: PathBuilder<Input<'a> = Cow<'a, SupportedVersions>>,
    {
        let answer = self
            .with_token(LARGEST_JSON, |token| {
                let auth = match &token {
                    Some(token) => SendAccessToken::IfRequired(token),
                    None => SendAccessToken::None,
                };
                let request: http::Request<Vec<u8>> = request
                    .clone()
                    .try_into_http_request(&self.base, auth, Cow::Borrowed(&*self.versions))
                    .map_err(|error| NetError::Request(error.to_string()))?;
                let mut request = reqwest::Request::try_from(request)
                    .map_err(|error| NetError::Request(error.to_string()))?;
                *request.timeout_mut() = Some(timeout);
                Ok(request)
            })
            .await?;
        body::check(&answer)?;
        let response = http::Response::builder()
            .status(StatusCode::OK)
            .body(answer)
            .map_err(|error| NetError::Request(error.to_string()))?;
        R::IncomingResponse::try_from_http_response(response)
            .map_err(|error| NetError::NotMatrix(error.to_string()))
    }

    /// Sends a plain request and returns the answer's bytes, whatever they are: for who reads them at once.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn call(&self, call: Call<'_>) -> Result<Bytes, NetError> {
        self.call_for(call, LARGEST_JSON).await
    }

    /// Does as `call`, for an answer of at most so many bytes: what others have stored at the server.
    ///
    /// # Errors
    /// Any of `NetError`; `TooLarge` before more is read.
    pub async fn call_for(&self, call: Call<'_>, largest: usize) -> Result<Bytes, NetError> {
        let address = format!("{}{}", self.base, call.path);
        let request = |token: Option<zeroize::Zeroizing<String>>| {
            let mut request = self.client().request(call.method.clone(), &address).timeout(call.timeout);
            if let Some(token) = &token {
                request = request.bearer_auth(token.as_str());
            }
            if let Some(body) = &call.body {
                request = request.header("content-type", "application/json").body(body.clone());
            }
            Ok(request.build()?)
        };
        self.with_token(largest, request).await
    }

    /// Sends a plain request and reads the answer as JSON.
    ///
    /// # Errors
    /// Any of `NetError`; `NotMatrix` where the answer has another shape.
    pub async fn json<T: for<'de> Deserialize<'de>>(&self, call: Call<'_>) -> Result<T, NetError> {
        let answer = self.call(call).await?;
        body::parse(&answer)
    }

    /// Sends a plain request whose answer says no more than that it was done.
    ///
    /// # Errors
    /// Any of `NetError`; `NotMatrix` where something else than the server said so.
    pub async fn done(&self, call: Call<'_>) -> Result<(), NetError> {
        body::check(&self.call(call).await?)
    }

    /// Sends `bytes` bytes as they come, constant in memory. `source` is asked again for each try.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn upload<S>(
        &self,
        method: Method,
        path: &str,
        bytes: u64,
        source: impl Fn() -> Result<S, NetError>,
    ) -> Result<Bytes, NetError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static,
    {
        let address = format!("{}{path}", self.base);
        let request = |token: Option<zeroize::Zeroizing<String>>| {
            let mut request = self
                .client()
                .request(method.clone(), &address)
                .timeout(PATIENCE + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S))
                .header("content-type", "application/octet-stream")
                .header("content-length", bytes)
                .body(reqwest::Body::wrap_stream(source()?));
            if let Some(token) = &token {
                request = request.bearer_auth(token.as_str());
            }
            Ok(request.build()?)
        };
        let answer = self.with_token(LARGEST_JSON, request).await?;
        body::check(&answer)?;
        Ok(answer)
    }

    /// Asks for a stream of bytes: media. An answer that is not 200 is read as an error.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn download(&self, path: &str) -> Result<reqwest::Response, NetError> {
        let address = format!("{}{path}", self.base);
        let request = |token: Option<zeroize::Zeroizing<String>>| {
            let mut request = self.client().get(&address);
            if let Some(token) = &token {
                request = request.bearer_auth(token.as_str());
            }
            Ok(request.build()?)
        };
        self.retry_once_after_refresh(request, |response| async move {
            if response.status().is_success() { Ok(response) } else { Err(body::refusal(response).await) }
        })
        .await
    }

    async fn with_token(
        &self,
        largest: usize,
        request: impl Fn(Option<zeroize::Zeroizing<String>>) -> Result<reqwest::Request, NetError>,
    ) -> Result<Bytes, NetError> {
        self.retry_once_after_refresh(request, |response| async move {
            if response.status().is_success() {
                body::bounded(response, largest).await
            } else {
                Err(body::refusal(response).await)
            }
        })
        .await
    }

    async fn retry_once_after_refresh<T, F>(
        &self,
        request: impl Fn(Option<zeroize::Zeroizing<String>>) -> Result<reqwest::Request, NetError>,
        read: impl Fn(reqwest::Response) -> F,
    ) -> Result<T, NetError>
    where
        F: Future<Output = Result<T, NetError>>,
    {
        let Some(tokens) = &self.tokens else {
            return read(self.ask(request(None)?).await?).await;
        };
        let mut used = tokens.access().await;
        if tokens.are_due(self.clock.now_ms()).await {
            // A refresh that fails here is decided by the request itself: the clock may be the one that is wrong.
            if let Ok(true) = self.refresh(tokens, &used).await {
                used = tokens.access().await;
            }
        }
        let first = read(self.ask(request(Some(used.clone()))?).await?).await;
        match first {
            Err(NetError::Unauthorized { errcode, .. })
                if errcode == "M_UNKNOWN_TOKEN" && self.refresh(tokens, &used).await.unwrap_or(false) =>
            {
                let fresh = tokens.access().await;
                read(self.ask(request(Some(fresh))?).await?).await
            }
            other => other,
        }
    }

    async fn ask(&self, request: reqwest::Request) -> Result<reqwest::Response, NetError> {
        let response = self.client().execute(request).await?;
        if let Some(hears) = &self.hears
            && response.status().is_success()
            && let Some(ms) = response.headers().get(http::header::DATE).and_then(date)
        {
            hears(ms);
        }
        Ok(response)
    }

    /// Buys new tokens now, whatever the state of the old ones: the second question after a hard sign-out.
    ///
    /// # Errors
    /// Any of `NetError`; false where there is nothing to refresh with.
    pub async fn refresh_now(&self) -> Result<bool, NetError> {
        let Some(tokens) = &self.tokens else { return Ok(false) };
        let used = tokens.access().await;
        self.refresh(tokens, &used).await
    }

    /// Buys new tokens where the old ones have ended or are about to.
    ///
    /// # Errors
    /// Any of `NetError`.
    pub async fn renew_if_due(&self) -> Result<(), NetError> {
        match &self.tokens {
            Some(tokens) if tokens.are_due(self.clock.now_ms()).await => self.refresh_now().await.map(drop),
            Some(_) | None => Ok(()),
        }
    }

    async fn refresh(&self, tokens: &TokenCell, used: &str) -> Result<bool, NetError> {
        // A refresh given up and made again could reach the server after its second, and take the tokens of that away:
        // it goes on to its end, whoever stops waiting.
        let (this, cell, used) = (self.clone(), tokens.clone(), zeroize::Zeroizing::new(used.to_owned()));
        let refresh = async move { cell.refresh(&used, |token| this.exchange(token)).await };
        match tokio::spawn(refresh).await {
            Ok(refreshed) => refreshed,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => Err(NetError::Timeout),
        }
    }

    async fn exchange(&self, refresh: zeroize::Zeroizing<String>) -> Result<Tokens, NetError> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            refresh_token: Option<String>,
            expires_in_ms: Option<i64>,
        }
        let body = zeroize::Zeroizing::new(serde_json::json!({ "refresh_token": *refresh }).to_string());
        let request = self
            .client()
            .post(format!("{}/_matrix/client/v3/refresh", self.base))
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .body(body.as_bytes().to_vec());
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(body::refusal(response).await);
        }
        let answer: Answer = body::parse(&body::bounded(response, 1 << 20).await?)?;
        Ok(Tokens {
            access: answer.access_token.into(),
            refresh: answer.refresh_token.map(Into::into),
            before: None,
            expires_ts: answer.expires_in_ms.map(|ms| self.clock.now_ms().saturating_add(ms)),
            lifetime_ms: answer.expires_in_ms,
        })
    }

    /// Waits for a refresh under way.
    pub async fn settled(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.access().await;
        }
    }
}

/// Reads the time at which an answer was made.
fn date(value: &http::HeaderValue) -> Option<i64> {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc2822;
    let at = OffsetDateTime::parse(value.to_str().ok()?, &Rfc2822).ok()?;
    at.unix_timestamp().checked_mul(1000)
}

/// Percent-encodes one part of a path.
pub fn part(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            other => {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([other]));
            }
        }
    }
    encoded
}

fn client(trust: &Trust) -> Result<reqwest::Client, NetError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(trust.config()?)
        // The configured server and no other: neither a redirect nor a proxy of the environment leads elsewhere, but for the
        // one that the device's management names.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("qroc/", env!("CARGO_PKG_VERSION")));
    let builder = match &trust.proxy {
        None => builder,
        Some(address) => {
            let unusable = |_| NetError::BadAddress(format!("{address:?} is no proxy (net.proxy_url)"));
            builder.proxy(reqwest::Proxy::all(address.as_str()).map_err(unusable)?)
        }
    };
    Ok(builder.build()?)
}
