//! The core's own threads. UniFFI polls a future on the caller's thread, which may draw a screen: so all work is done
//! here, and the caller only waits.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, JoinError};

use crate::error::QrocError;

const NAME: &str = "qroc";

pub(crate) fn start() -> Result<(), QrocError> {
    runtime().map(drop)
}

fn runtime() -> Result<&'static Runtime, QrocError> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 4));
    let start =
        || Builder::new_multi_thread().worker_threads(threads).thread_name(NAME).enable_all().build().ok();
    RUNTIME.get_or_init(start).as_ref().ok_or_else(QrocError::no_threads)
}

/// Runs a change to its end, whether or not the caller still waits for it.
pub(crate) async fn change<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, QrocError>
where
    T: Send + 'static,
    E: Send + 'static,
    QrocError: From<E>,
{
    ended(runtime()?.spawn(work).await)
}

/// Runs a read, which ends when the caller stops waiting.
pub(crate) async fn read<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, QrocError>
where
    T: Send + 'static,
    E: Send + 'static,
    QrocError: From<E>,
{
    let task = runtime()?.spawn(work);
    let _abort = AbortOnDrop(task.abort_handle());
    ended(task.await)
}

/// Runs what nobody waits for.
pub(crate) fn detached(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = runtime() {
        runtime.spawn(work);
    }
}

fn ended<T, E>(end: Result<Result<T, E>, JoinError>) -> Result<T, QrocError>
where
    QrocError: From<E>,
{
    match end {
        Ok(done) => Ok(done?),
        Err(error) => Err(QrocError::of_task(&error)),
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use qroc_core::client::Error;
    use tokio::sync::Notify;

    use super::{change, read};
    use crate::error::QrocError;

    fn started<T>(work: impl Future<Output = T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(50), work).await.ok() })
    }

    fn counted(
        counter: &Arc<AtomicU32>,
        go: &Arc<Notify>,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let (counter, go) = (counter.clone(), go.clone());
        async move {
            go.notified().await;
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[test]
    fn a_change_goes_on_without_its_caller_and_a_read_does_not() {
        let (done, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        assert!(started(change(counted(&done, &go))).is_none(), "nobody said go");
        go.notify_one();
        while done.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert!(started(read(counted(&done, &go))).is_none());
        while Arc::strong_count(&go) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(done.load(Ordering::SeqCst), 1, "the read was dropped");
    }

    #[test]
    fn a_panic_is_an_error_once_and_says_nothing_of_its_words() {
        let fault = started(change(async {
            if true {
                panic!("@ana:harbour.example");
            }
            Ok::<(), Error>(())
        }));
        let fault = fault.expect("an answer").expect_err("a fault");
        assert!(matches!(&fault, QrocError::Internal { code, .. } if code == "panic"), "{fault:?}");
        let next = started(change(async { Ok::<_, Error>(7) }));
        assert_eq!(next, Some(Ok(7)));
    }
}
