//! Preparing a file: by the core's own decoders, and where they know a kind of picture not, by the platform's.

use std::time::Duration;

use tokio::time::Instant;

use super::{Error, Inner};
use crate::attachments::{self, AttachmentError, Job, Sealed, TreatAs};
use crate::media::{self, Kind};
use crate::ports::image_decoder::{DecoderFault, ImageDecoder, Pixels};
use crate::progress::{Cancel, Progress};

/// What the platform may take for one picture.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Stops the work when whoever waits for it gives up.
struct GivesUp(Cancel);

impl Drop for GivesUp {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Inner {
    /// Prepares and seals a file. Nothing is left behind where that fails.
    pub(super) async fn prepare(&self, job: &Job, progress: Progress) -> Result<Sealed, Error> {
        let _gives_up = GivesUp(progress.cancel());
        let (apart, work) = (self.apart.clone(), job.clone());
        let (sealed, progress) = on_thread(progress, move |progress| apart.seal(&work, progress)).await?;
        match (sealed, &self.image_decoder) {
            (
                Err(AttachmentError::File { error: media::Error::UnsupportedFormat(mime), path }),
                Some(decoder),
            ) if job.treat_as != TreatAs::Video && job.treat_as != TreatAs::Voice => {
                let unsupported =
                    AttachmentError::File { path, error: media::Error::UnsupportedFormat(mime) };
                Ok(decoded(&**decoder, job, progress, unsupported).await?)
            }
            (sealed, _) => Ok(sealed?),
        }
    }
}

async fn decoded(
    decoder: &dyn ImageDecoder,
    job: &Job,
    progress: Progress,
    unsupported: AttachmentError,
) -> Result<Sealed, AttachmentError> {
    let work = job.clone();
    let (read, mut progress) = on_thread(progress, move |_| read(&work)).await?;
    let Some((bytes, mime)) = read? else { return Err(unsupported) };
    let pixels = ask(decoder, job, bytes, mime, &mut progress, PATIENCE).await?.ok_or(unsupported)?;
    let work = job.clone();
    on_thread(progress, move |progress| attachments::seal_decoded(&work, pixels, progress)).await?.0
}

/// Reads a picture, as far as one may be worked on in memory; what is none is for no decoder of pictures.
fn read(job: &Job) -> Result<Option<(Vec<u8>, &'static str)>, AttachmentError> {
    use std::io::Read as _;
    let wrong = |error: media::Error| AttachmentError::File { path: job.path.clone(), error };
    let mut file = media::open_regular(&job.path).map_err(wrong)?;
    let probed = media::probe_reader(&mut file).map_err(wrong)?;
    if !matches!(probed.kind, Kind::Image(_)) {
        return Ok(None);
    }
    let limit = job.limits.budget.max_source_bytes;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| wrong(error.into()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(wrong(media::Error::TooLarge { limit }));
    }
    Ok(Some((bytes, probed.mime)))
}

/// Asks the platform, holding nothing meanwhile. What hangs is given up.
async fn ask(
    decoder: &dyn ImageDecoder,
    job: &Job,
    bytes: Vec<u8>,
    mime: &str,
    progress: &mut Progress,
    patience: Duration,
) -> Result<Option<Pixels>, AttachmentError> {
    let (max_px, until) = (job.limits.image_max_px, Instant::now() + patience);
    let asked = decoder.decode(bytes, mime, max_px);
    tokio::pin!(asked);
    let answer = loop {
        tokio::select! {
            answer = &mut asked => break answer?,
            () = tokio::time::sleep(LOOK) => {}
        }
        if !progress.step(0, 0) {
            let error = media::Error::Cancelled;
            return Err(AttachmentError::File { path: job.path.clone(), error });
        }
        if Instant::now() >= until {
            return Err(DecoderFault::TimedOut.into());
        }
    };
    match answer {
        Some(pixels) if !pixels.fits(max_px) => Err(DecoderFault::Nonsense.into()),
        answer => Ok(answer),
    }
}

/// Does what takes long where nobody waits for the thread, and gives the progress back.
async fn on_thread<T: Send + 'static>(
    mut progress: Progress,
    work: impl FnOnce(&mut Progress) -> T + Send + 'static,
) -> Result<(T, Progress), AttachmentError> {
    let done = tokio::task::spawn_blocking(move || (work(&mut progress), progress));
    done.await.map_err(|_| AttachmentError::NoWorker(std::io::Error::other("the worker stopped")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;

    use super::ask;
    use crate::attachments::{AttachmentError, Job};
    use crate::ports::image_decoder::{DecoderFault, ImageDecoder, Pixels};
    use crate::progress::Progress;

    #[derive(Debug)]
    struct Hangs;

    #[async_trait]
    impl ImageDecoder for Hangs {
        async fn decode(&self, _: Vec<u8>, _: &str, _: u32) -> Result<Option<Pixels>, DecoderFault> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_decoder_that_hangs_is_given_up() {
        let dir = tempfile::tempdir().expect("dir");
        let job = Job::new(dir.path(), dir.path()).expect("job");
        let (mut progress, patience) = (Progress::default(), Duration::from_millis(120));
        let answer = ask(&Hangs, &job, Vec::new(), "image/jxl", &mut progress, patience).await;
        assert!(matches!(answer, Err(AttachmentError::Decoder(DecoderFault::TimedOut))), "{answer:?}");
        let begun = std::time::Instant::now();
        progress.cancel().cancel();
        let answer = ask(&Hangs, &job, Vec::new(), "image/jxl", &mut progress, Duration::from_secs(60)).await;
        assert!(matches!(answer, Err(AttachmentError::File { .. })), "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
