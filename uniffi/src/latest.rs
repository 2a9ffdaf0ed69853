//! The newest state of what a task of the library follows, as it crosses: pulled, begun anew, ended.

use qroc_core::client::Error;
use tokio::sync::watch;

use crate::error::QrocError;
use crate::live::Live;
use crate::runtime::read;

/// The side of the task.
#[derive(Debug)]
pub(crate) struct Teller<T>(watch::Sender<Latest<T>>);

/// The side of the object: it sees the newest state alone, and keeps nothing that the task has.
#[derive(Debug)]
pub(crate) struct Followed<T> {
    latest: watch::Receiver<Latest<T>>,
    told: watch::Sender<u64>,
    closed: watch::Sender<bool>,
}

#[derive(Debug)]
struct Latest<T> {
    /// Counts the states; 0 while there is none.
    number: u64,
    now: Option<T>,
    is_over: bool,
}

/// Makes both sides.
pub(crate) fn latest<T>() -> (Teller<T>, Followed<T>) {
    let (tell, latest) = watch::channel(Latest { number: 0, now: None, is_over: false });
    (Teller(tell), Followed { latest, told: watch::channel(0).0, closed: watch::channel(false).0 })
}

impl<T> Clone for Teller<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: PartialEq> Teller<T> {
    /// Tells the state, where it is another than before.
    pub(crate) fn tell(&self, now: T) {
        self.0.send_if_modified(|latest| {
            if latest.now.as_ref() == Some(&now) {
                return false;
            }
            latest.number = latest.number.saturating_add(1);
            latest.now = Some(now);
            true
        });
    }

    /// Says that no other state follows.
    pub(crate) fn over(&self) {
        self.0.send_modify(|latest| latest.is_over = true);
    }
}

impl<T: Clone + Send + Sync + 'static> Followed<T> {
    /// Looks at the newest state, if there is one.
    pub(crate) fn now<R>(&self, look: impl FnOnce(Option<&T>) -> R) -> R {
        look(self.latest.borrow().now.as_ref())
    }

    /// Says whether no other state follows.
    pub(crate) fn is_over(&self) -> bool {
        self.latest.borrow().is_over
    }

    /// Waits for another state than the last one that was told. `None`: there is none any more, or this was closed.
    pub(crate) async fn next(&self) -> Result<Option<T>, QrocError> {
        let (latest, told, closed) = (self.latest.clone(), self.told.subscribe(), self.closed.subscribe());
        let pull = Live::pull();
        let found = read(async move {
            let _pull = pull;
            Ok::<_, Error>(newer(latest, told, closed).await)
        });
        // Told only to somebody who still waits for it.
        let Some((number, now)) = found.await? else { return Ok(None) };
        self.told.send_replace(number);
        Ok(Some(now))
    }

    /// Lets the next pull tell the state at once.
    pub(crate) fn restart(&self) {
        self.told.send_replace(0);
    }

    /// Ends the pulling.
    pub(crate) fn end(&self) {
        self.closed.send_replace(true);
    }
}

async fn newer<T: Clone>(
    mut latest: watch::Receiver<Latest<T>>,
    mut told: watch::Receiver<u64>,
    mut closed: watch::Receiver<bool>,
) -> Option<(u64, T)> {
    loop {
        if *closed.borrow_and_update() {
            return None;
        }
        {
            let (seen, last) = (latest.borrow_and_update(), *told.borrow_and_update());
            if let Some(now) = seen.now.clone().filter(|_| seen.number != last) {
                return Some((seen.number, now));
            }
            if seen.is_over {
                return None;
            }
        }
        tokio::select! {
            _ = closed.changed() => {}
            _ = told.changed() => {}
            changed = latest.changed() => changed.ok()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::latest;

    #[tokio::test]
    async fn what_nobody_pulled_in_time_is_left_out_and_the_end_is_told_after_the_last() {
        let (tell, followed) = latest();
        tell.tell(1);
        tell.tell(2);
        assert_eq!(followed.next().await, Ok(Some(2)));
        tell.tell(2);
        tell.tell(3);
        tell.over();
        assert!(followed.is_over() && followed.now(|now| now == Some(&3)));
        assert_eq!((followed.next().await, followed.next().await), (Ok(Some(3)), Ok(None)));
        followed.restart();
        assert_eq!((followed.next().await, followed.next().await), (Ok(Some(3)), Ok(None)));
    }

    #[tokio::test]
    async fn a_pull_that_waits_ends_with_its_object_and_with_its_task() {
        let (tell, followed) = latest::<u8>();
        let (ended, ()) = tokio::join!(followed.next(), async { followed.end() });
        assert_eq!(ended, Ok(None));
        tell.tell(1);
        assert_eq!(followed.next().await, Ok(None), "closed once is closed");
        let (tell, followed) = latest::<u8>();
        let (ended, ()) = tokio::join!(followed.next(), async { drop(tell) });
        assert_eq!(ended, Ok(None));
    }
}
