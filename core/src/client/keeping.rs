//! When what is over is let go of: while a profile is kept going, and for a moment whenever one is synced.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::{Error, Inner, Owner};

/// Nobody who waits for something else waits longer for this.
const MOMENT: Duration = Duration::from_secs(1);
/// Between two steps, so that whatever somebody waits for comes first.
const PAUSE: Duration = Duration::from_millis(5);

impl Inner {
    /// Lets go of what is over when it is, for as long as it is polled.
    pub(super) async fn keep_keeping(&self, owner: &Owner) -> Error {
        let mut policies = self.mdm.subscribe();
        loop {
            if let Err(error) = owner.keeping.follow(&self.mdm.policy()).await {
                return error.into();
            }
            loop {
                match owner.keeping.some().await {
                    Ok(true) => tokio::time::sleep(PAUSE).await,
                    Ok(false) => break,
                    Err(error) => return error.into(),
                }
            }
            let left = match owner.keeping.until_due() {
                Ok(left) => left,
                Err(error) => return error.into(),
            };
            tokio::select! {
                () = owner.keeping.woken() => {}
                changed = policies.recv() => if let Err(RecvError::Closed) = changed {
                    std::future::pending::<()>().await;
                },
                () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => {}
            }
        }
    }

    /// Lets go of what is over, as far as that goes in a moment.
    pub(super) async fn keep_for_a_moment(&self, owner: &Owner) -> Result<(), Error> {
        owner.keeping.follow(&self.mdm.policy()).await?;
        owner.keeping.work(MOMENT).await?;
        Ok(())
    }
}
