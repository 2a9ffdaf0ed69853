//! Which key somebody meant.

use super::key::Key;

/// Returns the known key that is nearest to a misspelt one, where one is near.
pub fn nearest(name: &str) -> Option<Key> {
    let wanted = plain(name);
    if wanted.is_empty() || wanted.len() > 64 {
        return None;
    }
    let tail = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |key: &Key| {
        let whole = steps(&wanted, &plain(key.name()));
        // The right key in the wrong category is as near as one slip.
        let moved = if plain(&tail(key.name())) == plain(&tail(name)) { 2 } else { usize::MAX };
        whole.min(moved)
    };
    let best = Key::ALL.iter().copied().min_by_key(distance)?;
    (distance(&best) <= 2 + wanted.len() / 8).then_some(best)
}

/// Returns the words for a key that does not exist.
pub(super) fn unknown(name: &str) -> String {
    match nearest(name) {
        Some(key) => format!("unknown key; did you mean {}?", key.name()),
        None => "unknown key".to_owned(),
    }
}

/// Letters and digits alone: `lock.maxAttempts` and `LOCK-MAX-ATTEMPTS` are nearer to the key than they look.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many letters have to be put in, left out or replaced.
fn steps(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut corner = place;
        let mut left = place + 1;
        let mut next = vec![left];
        for (theirs, above) in other.iter().zip(row.iter().skip(1)) {
            let step = (corner + usize::from(letter != *theirs)).min(left + 1).min(above + 1);
            next.push(step);
            corner = *above;
            left = step;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
