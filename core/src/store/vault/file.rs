//! A vault that is a file of 32 random bytes, for bots and benchmarks: whoever has it and the profile reads all.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rustix::fs::{Mode, OFlags};

use super::envelope;
use crate::ports::key_vault::{KeyHandle, KeyVault, VaultError, Wrapped};
use crate::secret::Secret;

const HANDLE: &[u8] = b"file 1";
const LENGTH: usize = 32;

/// Wraps with the key in a file that only its owner can read.
#[derive(Clone, Debug)]
pub struct FileVault {
    path: PathBuf,
}

impl FileVault {
    /// Name of this vault in the key file.
    pub const KIND: &str = "file";

    /// Uses the key file at `path`; nothing is read or made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Finds the vault again from what the key file of a profile remembers; nothing where that is not a path.
    pub fn from_parameters(parameters: &BTreeMap<String, String>) -> Option<Self> {
        parameters.get("path").map(Self::new)
    }

    /// Returns where the key file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<Secret<32>, VaultError> {
        // A pipe in its place would wait for ever without NONBLOCK.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => {
                return Err(VaultError::Gone(format!("there is no key file {}", self.shown())));
            }
            Err(error) => return Err(unreadable(error.into())),
        };
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(self.not_a_key("is not a file"));
        }
        let mode = about.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(VaultError::Exposed { path: self.shown(), mode });
        }
        if about.len() != 32 {
            return Err(self.not_a_key("is not a key file: it must hold exactly 32 bytes"));
        }
        Secret::filled(|bytes: &mut [u8; LENGTH]| file.read_exact(bytes)).map_err(unreadable)
    }

    fn make(&self) -> Result<(), VaultError> {
        let key = Secret::<LENGTH>::random()?;
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path);
        let mut file = match made {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return self.read().map(drop),
            Err(error) => return Err(VaultError::unavailable("the key file cannot be made", error)),
        };
        let written = file.write_all(key.expose()).and_then(|()| file.sync_all()).and_then(|()| {
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
        });
        written.map_err(|error| {
            // Half a key is of no use to anybody; the first error is the one to tell.
            let _ = fs::remove_file(&self.path);
            VaultError::unavailable("the key file cannot be written", error)
        })
    }

    fn not_a_key(&self, why: &str) -> VaultError {
        VaultError::Malformed(format!("{} {why}", self.shown()))
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

fn unreadable(error: std::io::Error) -> VaultError {
    VaultError::unavailable("the key file cannot be read", error)
}

#[async_trait]
impl KeyVault for FileVault {
    fn kind(&self) -> &str {
        Self::KIND
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        BTreeMap::from([("path".to_owned(), path.display().to_string())])
    }

    /// Makes the file, or uses the one that is there: it is never overwritten.
    async fn create(&self, _label: &str) -> Result<KeyHandle, VaultError> {
        self.make()?;
        Ok(KeyHandle(HANDLE.to_vec()))
    }

    async fn wrap(&self, handle: &KeyHandle, secret: &Secret<32>, aad: &[u8]) -> Result<Wrapped, VaultError> {
        envelope::wrap_key(&self.read()?, handle, secret, aad)
    }

    async fn unwrap(
        &self,
        handle: &KeyHandle,
        wrapped: &Wrapped,
        aad: &[u8],
    ) -> Result<Secret<32>, VaultError> {
        envelope::unwrap_key(&self.read()?, handle, wrapped, aad)
    }

    /// Leaves the file: it lies where its owner chose, and may serve other profiles. Without the profile's key file,
    /// which a wipe destroys, it opens nothing.
    async fn destroy(&self, _handle: &KeyHandle) -> Result<(), VaultError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn wrapped_in(vault: &FileVault) -> (KeyHandle, Wrapped, Secret<32>) {
        let handle = vault.create("test").await.unwrap();
        let secret = Secret::random().unwrap();
        let wrapped = vault.wrap(&handle, &secret, b"profile").await.unwrap();
        (handle, wrapped, secret)
    }

    #[tokio::test]
    async fn a_key_comes_back_from_the_same_file_only() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::new(dir.path().join("a.key"));
        let (handle, wrapped, secret) = wrapped_in(&vault).await;
        let again = FileVault::from_parameters(&vault.parameters()).unwrap();
        assert_eq!(again.unwrap(&handle, &wrapped, b"profile").await.unwrap(), secret);
        assert_eq!(fs::metadata(vault.path()).unwrap().permissions().mode() & 0o7777, 0o600);

        let other = FileVault::new(dir.path().join("b.key"));
        other.create("test").await.unwrap();
        for result in [
            other.unwrap(&handle, &wrapped, b"profile").await,
            vault.unwrap(&handle, &wrapped, b"another profile").await,
            vault.unwrap(&KeyHandle(b"file 2".to_vec()), &wrapped, b"profile").await,
        ] {
            assert!(matches!(result, Err(VaultError::WrongSecret)));
        }
    }

    #[tokio::test]
    async fn an_existing_key_file_serves_a_second_profile_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::new(dir.path().join("key"));
        let (handle, wrapped, secret) = wrapped_in(&vault).await;
        let before = fs::read(vault.path()).unwrap();
        let (second, ..) = wrapped_in(&vault).await;
        vault.destroy(&second).await.unwrap();
        assert_eq!(fs::read(vault.path()).unwrap(), before);
        assert_eq!(vault.unwrap(&handle, &wrapped, b"profile").await.unwrap(), secret);
    }

    #[tokio::test]
    async fn a_foreign_file_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes.txt");
        fs::write(&path, "buy milk").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let refused = FileVault::new(&path).create("test").await;
        assert!(matches!(refused, Err(VaultError::Malformed(_))));
        assert_eq!(fs::read(&path).unwrap(), b"buy milk");
        assert!(matches!(FileVault::new(dir.path()).create("test").await, Err(VaultError::Malformed(_))));
    }

    #[tokio::test]
    async fn a_key_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::new(dir.path().join("key"));
        let (handle, wrapped, _) = wrapped_in(&vault).await;
        for mode in [0o640, 0o604, 0o660, 0o601] {
            fs::set_permissions(vault.path(), fs::Permissions::from_mode(mode)).unwrap();
            let error = vault.unwrap(&handle, &wrapped, b"profile").await.unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_moved_key_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let vault = FileVault::new(dir.path().join("key"));
        let (handle, wrapped, _) = wrapped_in(&vault).await;
        fs::rename(vault.path(), dir.path().join("elsewhere")).unwrap();
        let error = vault.unwrap(&handle, &wrapped, b"profile").await.unwrap_err();
        assert!(matches!(error, VaultError::Gone(_)));
        assert!(error.to_string().contains(&vault.shown()));
    }
}
