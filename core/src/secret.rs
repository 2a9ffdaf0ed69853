//! Secrets that are zeroed when they go, and never printed.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key and salt of one database.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DbKey {
    key: [u8; 32],
    salt: [u8; 16],
}

impl DbKey {
    /// Makes it from its parts.
    pub fn new(key: [u8; 32], salt: [u8; 16]) -> Self {
        Self { key, salt }
    }

    /// Returns the salt, which is also the first 16 bytes of the file.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Returns both as 96 hexadecimal digits.
    pub fn to_raw_hex(&self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(96));
        for byte in self.key.iter().chain(&self.salt) {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        hex
    }
}

impl std::fmt::Debug for DbKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DbKey(..)")
    }
}
