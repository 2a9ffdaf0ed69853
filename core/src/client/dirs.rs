//! The directories of a profile: made so that a power cut does not lose them, kept free of what nobody wants.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::{Error, media_dir};
use crate::store::{Store, StoreError, media, outbox};

/// Durably: a directory's name lies in the directory above it.
pub(super) fn make_dirs(profile: &Path, dir: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(media_dir(dir))?;
    for above in dir.ancestors().take_while(|above| *above != profile) {
        File::open(above)?.sync_all()?;
    }
    File::open(profile)?.sync_all()?;
    // The profile's own name, where whoever made the place lets us.
    if let Some(Ok(place)) = profile.parent().map(File::open) {
        let _ = place.sync_all();
    }
    Ok(())
}

/// Sealed files that no queued message wants and that are not kept: left by a process that was killed.
pub(super) fn remove_strays(dir: &Path, store: &Store) -> Result<(), Error> {
    let wanted: BTreeSet<String> = store.read(|connection| {
        let (waiting, kept) = (outbox::upload_files(connection)?, media::files(connection)?);
        Ok::<_, StoreError>(waiting.into_iter().chain(kept).collect())
    })?;
    let Ok(entries) = std::fs::read_dir(media_dir(dir)) else { return Ok(()) };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(|name| wanted.contains(name)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}
