//! A file that is only in memory, for what is worked on by path: what a microphone gave, before it is sealed.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Bytes in memory under a path, for as long as this is kept. Of them nothing is on the disk but the name.
#[derive(Debug)]
pub struct PassingFile {
    path: PathBuf,
    _memory: File,
    _folder: TempDir,
}

impl PassingFile {
    /// Puts bytes into memory, under a name.
    ///
    /// # Errors
    /// Where the system has no files in memory, or no room.
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let mut memory = in_memory()?;
        memory.write_all(bytes)?;
        let folder = TempDir::new()?;
        let path = folder.path().join(name);
        link(&memory, &path)?;
        Ok(Self { path, _memory: memory, _folder: folder })
    }

    /// Where it is read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn in_memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(File::from(memfd_create("qroc", MemfdFlags::CLOEXEC)?))
}

/// By the process's own id: whoever it hands the work to may read it, too.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn link(memory: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    std::os::unix::fs::symlink(format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd()), path)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn in_memory() -> io::Result<File> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no files in memory"))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no files in memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_by_its_path_is_on_no_disk_and_goes() {
        let file = PassingFile::new("voice.wav", b"not on the disk").unwrap();
        let path = file.path().to_owned();
        assert!(super::super::open_regular(&path).is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), b"not on the disk");
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink(), "only its name is there");
        drop(file);
        assert!(std::fs::symlink_metadata(&path).is_err() && !path.parent().unwrap().exists());
    }
}
