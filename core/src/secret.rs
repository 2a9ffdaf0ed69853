//! Bytes that must not outlive their use: zeroed on drop, never printed, compared in constant time.

use std::fmt;
use std::hint::black_box;

use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

/// Says that the operating system gave no random bytes; nothing was made.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

/// Fills `bytes` from the operating system's random generator.
///
/// # Errors
/// `NoRandomness`.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|_| NoRandomness)
}

/// A key of `N` bytes. It lives on the heap, so that moving it leaves no copy on the stack.
#[derive(Clone)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Makes a random key.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn random() -> Result<Self, NoRandomness> {
        Self::filled(|bytes| fill_random(bytes))
    }

    /// Makes a key from what `fill` writes into the zeroed bytes, in place.
    ///
    /// # Errors
    /// That of `fill`.
    pub fn filled<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// Copies a key; nothing where the length is not `N`. The caller zeroes its own copy.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != N {
            return None;
        }
        let mut secret = Self(Box::new([0; N]));
        secret.0.copy_from_slice(bytes);
        Some(secret)
    }

    /// Shows the bytes to code that needs them. They are not to be copied into what is not zeroed.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_slice(), other.0.as_slice())
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A secret of any length: a passphrase, a token.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes over the buffer, which is zeroed with the secret.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Shows the bytes to code that needs them. They are not to be copied into what is not zeroed.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Says whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for SecretBytes {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Compares in a time that depends on the lengths alone.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differing = left.iter().zip(right).fold(0, |seen, (a, b)| black_box(seen | (a ^ b)));
    left.len() == right.len() && black_box(differing) == 0
}

/// The raw key of one account's database, with the salt that SQLCipher would else keep in the file's first bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct DbKey {
    key: Secret<32>,
    salt: [u8; 16],
}

impl DbKey {
    /// Makes the key of a new database.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn random() -> Result<Self, NoRandomness> {
        let key = Secret::random()?;
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        Ok(Self { key, salt })
    }

    /// Puts together a known key and salt.
    pub fn new(key: Secret<32>, salt: [u8; 16]) -> Self {
        Self { key, salt }
    }

    /// Returns the salt, which is not secret.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Returns the 96 hexadecimal digits, key then salt, that SQLCipher takes as a raw key.
    pub fn to_raw_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(96));
        for byte in self.key.expose().iter().chain(&self.salt) {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        text
    }

    /// Reads what `to_raw_hex` wrote; nothing where it is anything else.
    pub fn from_raw_hex(text: &str) -> Option<Self> {
        let (key, salt) = text.split_at_checked(64)?;
        let key = Secret::filled(|bytes| hex::decode_to_slice(key, bytes)).ok()?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(salt, &mut bytes).ok()?;
        Some(Self { key, salt: bytes })
    }
}

impl fmt::Debug for DbKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{DbKey, Secret, SecretBytes};

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let key = Secret::from_slice(&[0xab; 32]).unwrap();
        let shown = format!(
            "{key:?} {:?} {:?}",
            SecretBytes::from("hunter2".to_owned()),
            DbKey::new(Secret::clone(&key), [0xcd; 16])
        );
        assert_eq!(shown, "Secret(..) Secret(..) Secret(..)");
        let _: Secret<32> = key;
    }

    #[test]
    fn two_random_keys_differ_and_a_copy_is_equal() {
        let key = Secret::<32>::random().unwrap();
        assert_ne!(key, Secret::random().unwrap());
        assert_eq!(key, Secret::from_slice(key.expose()).unwrap());
        assert!(Secret::<32>::from_slice(&[1; 31]).is_none());
        assert_ne!(SecretBytes::new(vec![1]), SecretBytes::new(vec![1, 0]));
    }

    #[test]
    fn a_database_key_is_96_digits_and_comes_back() {
        let key = DbKey::new(Secret::from_slice(&[0x0f; 32]).unwrap(), [0xa1; 16]);
        let text = key.to_raw_hex();
        assert_eq!(*text, format!("{}{}", "0f".repeat(32), "a1".repeat(16)));
        assert_eq!(DbKey::from_raw_hex(&text).unwrap(), key);
        for wrong in ["", "0f", &text[1..], &format!("{}00", *text), &text.replace('a', "g")] {
            assert!(DbKey::from_raw_hex(wrong).is_none());
        }
    }
}
