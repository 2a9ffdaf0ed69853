//! A list of the core as it crosses: pulled, begun anew, ended, and counted while it is kept.

use std::fmt;
use std::sync::Arc;

use qroc_core::client::{Source, Stream};
use qroc_core::diff::Diff;

use crate::error::QrocError;
use crate::live::Live;
use crate::runtime::read;

/// What each list of this side is made of.
pub(crate) struct Pulled<S: Source> {
    stream: Arc<Stream<S>>,
    _live: Live,
}

impl<S: Source> fmt::Debug for Pulled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pulled")
    }
}

impl<S: Source + 'static> Pulled<S> {
    pub(crate) fn new(stream: Stream<S>) -> Self {
        Self { stream: Arc::new(stream), _live: Live::list() }
    }

    pub(crate) fn stream(&self) -> &Arc<Stream<S>> {
        &self.stream
    }

    /// Waits for the next batch. Only the waiting is elsewhere: what is taken is told, or the caller is gone.
    pub(crate) async fn next<D: From<Diff<S::Item>>>(&self) -> Result<Option<Vec<D>>, QrocError> {
        loop {
            let (stream, pull) = (self.stream.clone(), Live::pull());
            let ready = read(async move {
                let _pull = pull;
                stream.ready().await
            });
            if !ready.await? {
                return Ok(None);
            }
            let steps = self.stream.take();
            if !steps.is_empty() {
                return Ok(Some(steps.into_iter().map(Into::into).collect()));
            }
        }
    }
}
