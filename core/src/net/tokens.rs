//! Access and refresh tokens: refreshed once however many requests notice at the same time, and stored before use.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::error::NetError;

/// The tokens of one sign-in.
#[derive(Clone)]
pub struct Tokens {
    /// Goes with each request.
    pub access: Zeroizing<String>,
    /// Buys the next pair; absent where the server does not refresh.
    pub refresh: Option<Zeroizing<String>>,
    /// What bought this pair. A purchase that was stuck on its way and is delivered after this one takes this pair away;
    /// the server then takes what bought it once more.
    pub before: Option<Zeroizing<String>>,
    /// When the access token ends, in milliseconds since 1970.
    pub expires_ts: Option<i64>,
    /// How long an access token of this server lives, in milliseconds; `None` where that is not known.
    pub lifetime_ms: Option<i64>,
}

/// A token is replaced so long before its end, not after the server refused it.
const AHEAD_MS: i64 = 20_000;
/// But never in a larger part of its life than one in so many: a short one would be replaced all the time.
const SHARE: i64 = 5;

impl Tokens {
    /// Says whether it is time for the next ones.
    fn are_due(&self, now_ms: i64) -> bool {
        let ahead = AHEAD_MS.min(self.lifetime_ms.unwrap_or(0) / SHARE);
        self.expires_ts.is_some_and(|expires| expires < now_ms.saturating_add(ahead))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_ts", &self.expires_ts).finish_non_exhaustive()
    }
}

/// Keeps new tokens durably. They are used only after it returned.
#[async_trait]
pub trait TokenKeeper: fmt::Debug + Send + Sync {
    /// Stores the pair; an error means that it was not stored.
    ///
    /// # Errors
    /// `TokensNotKept`.
    async fn keep(&self, tokens: &Tokens) -> Result<(), NetError>;
}

/// The tokens in use, shared by all requests of a client.
#[derive(Clone, Debug)]
pub(super) struct TokenCell {
    current: Arc<Mutex<Tokens>>,
    keeper: Arc<dyn TokenKeeper>,
}

impl TokenCell {
    pub(super) fn new(tokens: Tokens, keeper: Arc<dyn TokenKeeper>) -> Self {
        Self { current: Arc::new(Mutex::new(tokens)), keeper }
    }

    /// Waits for a refresh under way, so no request leaves with a token that is being replaced.
    pub(super) async fn access(&self) -> Zeroizing<String> {
        self.current.lock().await.access.clone()
    }

    pub(super) async fn are_due(&self, now_ms: i64) -> bool {
        self.current.lock().await.are_due(now_ms)
    }

    /// Replaces the pair by what `exchange` gets for the refresh token, unless another caller did so already. Where the
    /// server does not know that token, the one before it is tried.
    ///
    /// Returns false where there is nothing to refresh with.
    pub(super) async fn refresh<F>(
        &self,
        used: &str,
        exchange: impl Fn(Zeroizing<String>) -> F,
    ) -> Result<bool, NetError>
    where
        F: Future<Output = Result<Tokens, NetError>>,
    {
        let mut current = self.current.lock().await;
        if *current.access != used {
            return Ok(true);
        }
        let Some(mut bought_with) = current.refresh.clone() else { return Ok(false) };
        let mut bought = exchange(bought_with.clone()).await;
        if let (Err(error), Some(before)) = (&bought, &current.before)
            && is_unknown(error)
        {
            tracing::info!("the refresh token is refused, trying the one before it");
            bought_with = before.clone();
            bought = exchange(bought_with.clone()).await;
        }
        let mut fresh = bought?;
        if fresh.refresh.is_none() {
            fresh.refresh = Some(bought_with);
        } else {
            fresh.before = Some(bought_with);
        }
        self.keeper.keep(&fresh).await?;
        *current = fresh;
        Ok(true)
    }
}

/// The server answered, and does not know the token or not any more.
fn is_unknown(error: &NetError) -> bool {
    matches!(error, NetError::Unauthorized { .. } | NetError::Refused { status: 403, .. })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Keeper(AtomicUsize);

    #[async_trait]
    impl TokenKeeper for Keeper {
        async fn keep(&self, _: &Tokens) -> Result<(), NetError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    fn tokens(access: &str) -> Tokens {
        let refresh = Some("r".to_owned().into());
        Tokens {
            access: access.to_owned().into(),
            refresh,
            before: None,
            expires_ts: None,
            lifetime_ms: None,
        }
    }

    #[test]
    fn a_token_is_replaced_ahead_of_its_end_by_a_share_of_its_life() {
        let due = |lifetime_ms: Option<i64>, left_ms: i64| {
            Tokens { expires_ts: Some(1_000_000 + left_ms), lifetime_ms, ..tokens("t") }.are_due(1_000_000)
        };
        let (hour, short) = (Some(3_600_000), Some(3_000));
        assert!(due(hour, 19_000) && !due(hour, 21_000));
        assert!(due(short, 500) && !due(short, 700), "a fifth of three seconds");
        assert!(!due(None, 1) && due(None, -1), "how long it lives is not known");
        assert!(!Tokens { expires_ts: None, ..tokens("t") }.are_due(i64::MAX));
    }

    #[tokio::test]
    async fn twenty_requests_that_notice_together_refresh_once() {
        let keeper = Arc::new(Keeper::default());
        let cell = TokenCell::new(tokens("old"), keeper.clone());
        let exchanges = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (cell, exchanges) = (cell.clone(), exchanges.clone());
                tokio::spawn(async move {
                    cell.refresh("old", |_| async {
                        tokio::task::yield_now().await;
                        exchanges.fetch_add(1, Ordering::SeqCst);
                        Ok(tokens("new"))
                    })
                    .await
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.expect("task").expect("refresh"));
        }
        assert_eq!(exchanges.load(Ordering::SeqCst), 1);
        assert_eq!(keeper.0.load(Ordering::SeqCst), 1);
        assert_eq!(*cell.access().await, "new");
    }

    fn unknown() -> NetError {
        NetError::Unauthorized { errcode: "M_UNKNOWN_TOKEN".to_owned(), soft: false }
    }

    #[tokio::test]
    async fn what_bought_the_tokens_buys_them_again_where_they_are_not_known() {
        let first = Tokens { refresh: Some("r1".to_owned().into()), ..tokens("a1") };
        let cell = TokenCell::new(first, Arc::new(Keeper::default()));
        let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
        let server = |known: &'static str| {
            let asked = asked.clone();
            move |token: Zeroizing<String>| {
                asked.lock().expect("asked").push((*token).clone());
                let number = asked.lock().expect("asked").len();
                async move {
                    if *token != known {
                        return Err(unknown());
                    }
                    Ok(Tokens {
                        refresh: Some(format!("r{number}x").into()),
                        ..tokens(&format!("a{number}x"))
                    })
                }
            }
        };
        assert!(cell.refresh("a1", server("r1")).await.expect("bought"));
        // The pair was taken away: its own token is not known, what bought it is.
        assert!(cell.refresh("a1x", server("r1")).await.expect("bought again"));
        assert_eq!(*cell.access().await, "a3x");
        assert!(cell.refresh("a3x", server("r3x")).await.expect("bought"));
        // Nothing is known any more: that is said, and nothing changes.
        assert!(matches!(cell.refresh("a4x", server("none")).await, Err(NetError::Unauthorized { .. })));
        assert_eq!(*asked.lock().expect("asked"), ["r1", "r1x", "r1", "r3x", "r4x", "r3x"]);
        assert_eq!(*cell.access().await, "a4x");
    }

    #[derive(Debug)]
    struct FullDisk;

    #[async_trait]
    impl TokenKeeper for FullDisk {
        async fn keep(&self, _: &Tokens) -> Result<(), NetError> {
            Err(NetError::TokensNotKept)
        }
    }

    #[tokio::test]
    async fn tokens_that_could_not_be_stored_are_not_used() {
        let cell = TokenCell::new(tokens("old"), Arc::new(FullDisk));
        let refreshed = cell.refresh("old", |_| async { Ok(tokens("new")) }).await;
        assert!(matches!(refreshed, Err(NetError::TokensNotKept)));
        assert_eq!(*cell.access().await, "old");
    }
}
