//! Ctrl-C and SIGTERM: the first asks the command to end, the second ends the process.

use std::io;
use std::process;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Failure, status};
use qroc_core::kind::ErrorKind;

/// Tells whether the person or the system asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (ask, asked) = watch::channel(false);
        tracing::debug!("listening for signals");
        tokio::spawn(async move {
            for again in [false, true] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if again {
                    process::exit(i32::from(status(ErrorKind::Cancelled)));
                }
                ask.send_replace(true);
            }
        });
        Ok(Self(asked))
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&self) {
        let mut asked = self.0.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending().await
        }
    }

    /// Says whether somebody asked already.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Does `work` unless somebody asks first; then `work` is dropped.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.asked() => Err(Failure::interrupted()),
            done = work => done,
        }
    }
}
