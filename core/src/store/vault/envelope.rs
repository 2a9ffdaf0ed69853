//! The one place that seals bytes with a key at hand: XChaCha20-Poly1305 with a random 24-byte nonce in front.

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::ports::key_vault::{KeyHandle, VaultError, Wrapped};
use crate::secret::{NoRandomness, Secret, fill_random};

const NONCE: usize = 24;

/// Seals `plain`, bound to `aad`: nonce, then ciphertext and tag. The buffer is encrypted in place.
///
/// # Errors
/// `NoRandomness`.
pub fn seal(key: &Secret<32>, mut plain: Zeroizing<Vec<u8>>, aad: &[u8]) -> Result<Vec<u8>, NoRandomness> {
    let mut nonce = [0; NONCE];
    fill_random(&mut nonce)?;
    // Fails only beyond 256 GiB; encrypted in place before the buffer can grow.
    cipher(key).encrypt_in_place(XNonce::from_slice(&nonce), aad, &mut *plain).map_err(|_| NoRandomness)?;
    let mut sealed = Vec::with_capacity(NONCE + plain.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&plain);
    Ok(sealed)
}

/// Opens what `seal` made; nothing where key, bytes or `aad` are not the same.
pub fn open(key: &Secret<32>, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    cipher(key).decrypt_in_place(XNonce::from_slice(nonce), aad, &mut *plain).ok()?;
    Some(plain)
}

/// Wraps a key for a vault that holds its key-encryption key itself; the handle is bound as well.
///
/// # Errors
/// `Unavailable` without random bytes.
pub fn wrap_key(
    kek: &Secret<32>,
    handle: &KeyHandle,
    secret: &Secret<32>,
    aad: &[u8],
) -> Result<Wrapped, VaultError> {
    // Room for the tag, so that the buffer does not move.
    let mut plain = Zeroizing::new(Vec::with_capacity(48));
    plain.extend_from_slice(secret.expose());
    Ok(Wrapped(seal(kek, plain, &bound(handle, aad))?))
}

/// Opens what `wrap_key` made.
///
/// # Errors
/// `WrongSecret` where any part is not the same.
pub fn unwrap_key(
    kek: &Secret<32>,
    handle: &KeyHandle,
    wrapped: &Wrapped,
    aad: &[u8],
) -> Result<Secret<32>, VaultError> {
    let plain = open(kek, &wrapped.0, &bound(handle, aad)).ok_or(VaultError::WrongSecret)?;
    Secret::from_slice(&plain).ok_or(VaultError::WrongSecret)
}

fn cipher(key: &Secret<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(key.expose()))
}

/// The length in front keeps a handle from running into what follows it.
fn bound(handle: &KeyHandle, aad: &[u8]) -> Vec<u8> {
    let length = u64::try_from(handle.0.len()).unwrap_or(u64::MAX);
    [length.to_be_bytes().as_slice(), &handle.0, aad].concat()
}
