//! What makes a PIN or password good enough.

use super::decide::{Denied, Needed};
use super::effective::Policy;
use super::key::Key;

/// What everybody tries first, and what stands in every list of leaked ones.
const COMMON: &[&str] = &[
    "0852",
    "1004",
    "1010",
    "1122",
    "1212",
    "1313",
    "1379",
    "2580",
    "2468",
    "6969",
    "7410",
    "8520",
    "102030",
    "112233",
    "121212",
    "123123",
    "123321",
    "123654",
    "131313",
    "142536",
    "147258",
    "147852",
    "159357",
    "159753",
    "252525",
    "258456",
    "369258",
    "456123",
    "456789",
    "696969",
    "741852",
    "753159",
    "789456",
    "987123",
    "11223344",
    "12341234",
    "14725836",
    "147258369",
    "741852963",
    "abc123",
    "admin",
    "azerty",
    "football",
    "iloveyou",
    "letmein",
    "master",
    "monkey",
    "passw0rd",
    "password",
    "police",
    "policia",
    "polizei",
    "qazwsx",
    "qwerty",
    "qwertz",
    "secret",
    "sunshine",
    "welcome",
    "zaq12wsx",
];

impl Policy {
    /// Says whether a PIN or password is what the policy asks for. Whether it was used before is not known here.
    ///
    /// # Errors
    /// `Denied`, with the rule that it breaks.
    pub fn judge_pin(&self, pin: &str) -> Result<(), Box<Denied>> {
        let rules = self.lock();
        let length = u32::try_from(pin.chars().count()).unwrap_or(u32::MAX);
        if !rules.password && !pin.chars().all(|letter| letter.is_ascii_digit()) {
            return Err(self.refuse(Key::LockKind, "digits alone"));
        }
        if length < rules.min_length {
            return Err(self.refuse(Key::LockMinLength, &format!("{} characters or more", rules.min_length)));
        }
        if rules.block_simple && is_simple(pin) {
            return Err(
                self.refuse(Key::LockBlockSimple, "no row, no repetition, nothing that everybody tries")
            );
        }
        Ok(())
    }

    /// Refuses a PIN that was used before.
    pub fn refuse_used(&self) -> Box<Denied> {
        self.refuse(Key::LockHistory, "another one than the last ones")
    }

    /// Says whether the PIN that is in place still is what the policy asks for: `length` characters, digits alone or
    /// not, and `age_ms` old.
    ///
    /// # Errors
    /// `Denied`, with the rule that it breaks.
    pub fn judge_present(&self, length: u32, digits: bool, age_ms: i64) -> Result<(), Box<Denied>> {
        let rules = self.lock();
        let days = i64::from(rules.max_age_days.unwrap_or(u32::MAX));
        if age_ms > days.saturating_mul(86_400_000) {
            return Err(self.refuse(Key::LockMaxAgeDays, "a new PIN or password, set by `qroc lock set`"));
        }
        let demanded = |key| self.entry(key).is_locked();
        if length < rules.min_length && demanded(Key::LockMinLength) {
            return Err(self.refuse(Key::LockMinLength, "a longer one, set by `qroc lock set`"));
        }
        if rules.password && digits && demanded(Key::LockKind) {
            return Err(self.refuse(Key::LockKind, "a password, set by `qroc lock set`"));
        }
        Ok(())
    }

    /// Judges whether the lock that is set needs a server's share, where a source has one hold half of the key.
    ///
    /// # Errors
    /// `Denied` by `lock.remote_share`.
    pub fn judge_share(&self, has_share: bool) -> Result<(), Box<Denied>> {
        let is_demanded = self.wants_share() && self.entry(Key::LockRemoteShare).is_locked();
        if has_share || !is_demanded {
            return Ok(());
        }
        Err(self.refuse(Key::LockRemoteShare, "a PIN or password set anew by `qroc lock set`"))
    }

    fn refuse(&self, key: Key, needed: &str) -> Box<Denied> {
        self.answer(key, false, || Needed::Exactly(needed.to_owned())).denied("set_pin")
    }
}

/// Says whether it is a row, a repetition, or one that everybody tries.
fn is_simple(pin: &str) -> bool {
    let lower = pin.to_lowercase();
    if COMMON.contains(&lower.as_str()) {
        return true;
    }
    let letters: Vec<u32> = lower.chars().map(u32::from).collect();
    let steps: Vec<i64> = letters
        .iter()
        .zip(letters.iter().skip(1))
        .map(|(one, next)| i64::from(*next) - i64::from(*one))
        .collect();
    if steps.windows(2).all(|pair| pair.first() == pair.last())
        && steps.first().is_some_and(|step| step.abs() <= 2)
    {
        return true;
    }
    // A part that is said again and again, its last time perhaps not to the end.
    let repeats =
        |part: usize| letters.iter().zip(letters.iter().skip(part)).all(|(one, other)| one == other);
    (1..=letters.len() / 2).any(repeats)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::managed;
    use super::is_simple;

    #[test]
    fn what_everybody_tries_is_simple() {
        for simple in [
            "000000", "123456", "987654", "2468", "121212", "123123", "1231231", "password", "QWERTY", "aaaa",
        ] {
            assert!(is_simple(simple), "{simple}");
        }
        for good in ["736204", "190482", "correct horse", "80315926"] {
            assert!(!is_simple(good), "{good}");
        }
    }

    #[test]
    fn a_pin_is_judged_by_kind_length_and_simplicity() {
        let asks = managed(&json!({ "lock.min_length": 8 }));
        let wrong = |pin: &str| asks.judge_pin(pin).unwrap_err().key;
        assert_eq!(wrong("736204"), "lock.min_length");
        assert_eq!(wrong("73620a58"), "lock.kind");
        assert_eq!(wrong("12345678"), "lock.block_simple");
        assert_eq!(asks.judge_pin("73620158"), Ok(()));
        let password = managed(&json!({ "lock.kind": "password", "lock.block_simple": false }));
        assert_eq!(password.judge_pin("aaaaaa"), Ok(()));
        assert_eq!(password.judge_pin("πέτρα7"), Ok(()));
        assert_eq!(password.judge_pin("πέτρα").unwrap_err().key, "lock.min_length");
        let aged = managed(&json!({ "lock.max_age_days": 30, "lock.min_length": 8 }));
        assert_eq!(aged.judge_present(8, true, 31 * 86_400_000).unwrap_err().key, "lock.max_age_days");
        assert_eq!(aged.judge_present(6, true, 0).unwrap_err().key, "lock.min_length");
        assert_eq!(aged.judge_present(8, true, 29 * 86_400_000), Ok(()));
    }
}
