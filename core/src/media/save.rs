//! An opened attachment at the place its reader chose: all of it, proven, or nothing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use tempfile::Builder;

use super::error::Error;
use super::seal::{Opened, SealKey, Step, open};

/// Decrypts a sealed file to `dest`, which appears only once its hash is proven and its bytes are on the disk.
///
/// Written to a file next to it that only the user can read, and moved in one step. Without `overwrite`, a file
/// that stands at `dest`, even since a moment ago, is left alone. With it, a link is replaced, not followed.
///
/// # Errors
/// Those of [`open`], [`Error::Exists`], [`Error::NotAFile`] when `dest` is a directory or names none; nothing
/// is left behind.
pub fn open_to_file<R: Read>(
    reader: &mut R,
    key: &SealKey,
    dest: &Path,
    overwrite: bool,
    step: &mut Step<'_>,
) -> Result<Opened, Error> {
    let folder = match dest.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if dest.file_name().is_none() {
        return Err(Error::NotAFile);
    }
    match fs::symlink_metadata(dest) {
        Ok(found) if found.is_dir() => return Err(Error::NotAFile),
        Ok(_) if !overwrite => return Err(Error::Exists),
        Ok(_) | Err(_) => {}
    }
    let mut file = Builder::new().prefix(".qroc-").suffix(".part").tempfile_in(folder)?;
    let opened = open(reader, file.as_file_mut(), key, step)?;
    file.as_file().sync_all()?;
    let moved = if overwrite { file.persist(dest) } else { file.persist_noclobber(dest) };
    moved.map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists,
        _ => Error::Io(failed.error),
    })?;
    sync_folder(folder)?;
    Ok(opened)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
