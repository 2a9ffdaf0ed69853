//! What a file is, by its content and never by its name or by what a sender says of it.

mod archive;
mod bmff;
mod compound;
mod executable;
mod signature;
mod text;

use std::io::{Read, Seek, SeekFrom};

use super::error::Error;

/// Bytes from the start of a file that [`probe`] can make use of.
pub const HEAD_BYTES: usize = 64 * 1024;
const TAIL_BYTES: u64 = 256 * 1024;

/// What a file is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture or an animation.
    Image(ImageFormat),
    /// Moving pictures with or without sound.
    Video,
    /// Sound only.
    Audio,
    /// Something to read: PDF, office files, books.
    Document,
    /// A container of other files.
    Archive,
    /// Something that runs when opened: programs, scripts, installers, packages, shortcuts.
    Executable,
    /// Plain text, markup included.
    Text,
    /// Anything else.
    Opaque,
}

/// How a picture is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG or APNG.
    Png,
    /// WebP, still or animated.
    WebP,
    /// GIF.
    Gif,
    /// HEIF with any codec but AV1, which is what telephones call HEIC.
    Heif,
    /// HEIF with AV1.
    Avif,
    /// TIFF.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// A picture that is only known by its MIME type.
    Other(&'static str),
}

impl ImageFormat {
    /// Returns the canonical MIME type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Heif => "image/heic",
            Self::Avif => "image/avif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Other(mime) => mime,
        }
    }
}

/// What a file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// What it is good for.
    pub kind: Kind,
    /// Canonical MIME type, `application/octet-stream` when unknown.
    pub mime: &'static str,
    /// Extension without a dot under which it is safe to save: `bin` for everything that would run.
    pub extension: &'static str,
}

impl Probe {
    const OPAQUE: Self = Self::new(Kind::Opaque, "application/octet-stream", "bin");

    const fn new(kind: Kind, mime: &'static str, extension: &'static str) -> Self {
        Self { kind, mime, extension }
    }

    const fn executable(mime: &'static str) -> Self {
        Self::new(Kind::Executable, mime, "bin")
    }

    fn image(format: ImageFormat) -> Self {
        let extension = match format {
            ImageFormat::Jpeg => "jpg",
            ImageFormat::Png => "png",
            ImageFormat::WebP => "webp",
            ImageFormat::Gif => "gif",
            ImageFormat::Heif => "heic",
            ImageFormat::Avif => "avif",
            ImageFormat::Tiff => "tif",
            ImageFormat::Bmp => "bmp",
            ImageFormat::Other(_) => "img",
        };
        Self::new(Kind::Image(format), format.mime(), extension)
    }
}

/// Tells what a file is from its first bytes, [`HEAD_BYTES`] at best.
///
/// Fewer bytes are fine and tell less: an office file may look like a ZIP archive. Never fails: what is not
/// recognised is text or opaque.
#[must_use]
pub fn probe(head: &[u8]) -> Probe {
    recognise(head, &[], &[])
}

/// Tells what a file is from its first and, for containers with their index elsewhere, some later bytes, and
/// goes back to its start.
///
/// # Errors
/// [`Error::Empty`] for a file without bytes, [`Error::Io`] when reading fails.
pub fn probe_reader<R: Read + Seek>(file: &mut R) -> Result<Probe, Error> {
    let head = read_at(file, 0, u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX))?;
    if head.is_empty() {
        return Err(Error::Empty);
    }
    let (mut tail, mut directory) = (Vec::new(), Vec::new());
    if archive::is_zip(&head) {
        let end = file.seek(SeekFrom::End(0))?;
        tail = read_at(file, end.saturating_sub(TAIL_BYTES), TAIL_BYTES)?;
    } else if let Some(offset) = compound::directory(&head) {
        directory = read_at(file, offset, compound::DIRECTORY_BYTES)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(recognise(&head, &tail, &directory))
}

fn read_at<R: Read + Seek>(file: &mut R, offset: u64, count: u64) -> Result<Vec<u8>, Error> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.by_ref().take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn recognise(head: &[u8], tail: &[u8], directory: &[u8]) -> Probe {
    executable::recognise(head)
        .or_else(|| archive::is_zip(head).then(|| archive::recognise(head, tail)))
        .or_else(|| compound::recognise(head, directory))
        .or_else(|| bmff::recognise(head))
        .or_else(|| signature::recognise(head))
        .or_else(|| text::recognise(head))
        .unwrap_or(Probe::OPAQUE)
}

#[cfg(test)]
mod tests;
