//! Which vault keeps a profile's key: chosen at login, found again from what the key file remembers.

use std::path::{Path, PathBuf};

use qroc_core::client;
use qroc_core::kind::ErrorKind;
use qroc_core::ports::key_vault::KeyVault;
use qroc_core::secret::SecretBytes;
use qroc_core::store::key_file::VaultRef;
use qroc_core::store::vault::{FileVault, PassphraseVault};
use zeroize::Zeroizing;

use crate::args::VaultChoice;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::keyring_vault::KeyringVault;
use crate::prompt;

/// What the command line says about the vault.
pub(crate) struct Wish {
    pub(crate) vault: Option<VaultChoice>,
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl Wish {
    /// Chooses the vault of a new profile. A passphrase file is a choice as well; a key file is never made unasked.
    pub(crate) async fn choose(&self, interrupt: &Interrupt) -> Result<Box<dyn KeyVault>, Failure> {
        match &self.vault {
            Some(VaultChoice::File(path)) => Ok(Box::new(FileVault::new(path))),
            Some(VaultChoice::Passphrase) => self.passphrase(true, interrupt).await,
            Some(VaultChoice::Keyring) => match interrupt.or(probe()).await {
                Err(Failure::Said { kind, message }) if kind != ErrorKind::Cancelled => {
                    Err(Failure::usage(format!("{message}; use --vault passphrase or --vault file=PATH")))
                }
                other => other,
            },
            None if self.passphrase_file.is_some() => self.passphrase(true, interrupt).await,
            None => match interrupt.or(probe()).await {
                Err(failure) if failure.kind() == Some(ErrorKind::Cancelled) => Err(failure),
                Err(_) if prompt::can_ask() => self.passphrase(true, interrupt).await,
                Err(_) => Err(Failure::usage(
                    "there is no desktop keyring and no terminal to ask at: choose --vault keyring, --vault \
                     passphrase (with --passphrase-file FILE), or --vault file=PATH",
                )),
                keyring => keyring,
            },
        }
    }

    /// Finds the vault of a profile that exists.
    pub(crate) async fn find(
        &self,
        profile: &Path,
        interrupt: &Interrupt,
    ) -> Result<Box<dyn KeyVault>, Failure> {
        let known = client::vault_of(profile)?;
        match (known.kind.as_str(), &self.vault) {
            (KeyringVault::KIND, None | Some(VaultChoice::Keyring)) => interrupt.or(probe()).await,
            (PassphraseVault::KIND, None | Some(VaultChoice::Passphrase)) => {
                self.passphrase(false, interrupt).await
            }
            // The key file may have been moved since.
            (FileVault::KIND, Some(VaultChoice::File(path))) => Ok(Box::new(FileVault::new(path))),
            (FileVault::KIND, None) => match FileVault::from_parameters(&known.parameters) {
                Some(vault) => Ok(Box::new(vault)),
                None => {
                    Err(Failure::usage("where the key file is was not remembered: say --vault file=PATH"))
                }
            },
            (_, Some(_)) => Err(other(&known)),
            (kind, None) => Err(Failure::new(
                ErrorKind::SignedOut,
                format!("the profile's key is kept in a vault that this program cannot open: {kind}"),
            )),
        }
    }

    /// Finds a vault of the platform that holds a key, if it is there.
    pub(crate) async fn platform(known: &VaultRef) -> Option<Box<dyn KeyVault>> {
        if known.kind == KeyringVault::KIND { probe().await.ok() } else { None }
    }

    async fn passphrase(&self, new: bool, interrupt: &Interrupt) -> Result<Box<dyn KeyVault>, Failure> {
        let mut passphrase: Zeroizing<String> = match &self.passphrase_file {
            Some(path) => prompt::secret_from(path, interrupt).await?,
            None if prompt::can_ask() => {
                let what = if new { "New passphrase of this profile" } else { "Passphrase of this profile" };
                prompt::ask_secret(what, new, interrupt).await?
            }
            None => {
                return Err(Failure::usage(
                    "there is no terminal to ask for the passphrase: say --passphrase-file FILE or set \
                     QROC_PASSPHRASE_FILE",
                ));
            }
        };
        Ok(Box::new(PassphraseVault::new(SecretBytes::from(std::mem::take(&mut *passphrase)))))
    }
}

async fn probe() -> Result<Box<dyn KeyVault>, Failure> {
    Ok(Box::new(KeyringVault::probe().await?))
}

fn other(known: &VaultRef) -> Failure {
    Failure::usage(format!("this profile's key is kept in the vault {}: leave --vault out", known.kind))
}
