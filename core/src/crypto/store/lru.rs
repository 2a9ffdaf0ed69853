//! A map that forgets what was used least recently, bounded by the weight of what it holds.

use std::collections::BTreeMap;

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: usize,
    used: u64,
}

#[derive(Debug)]
pub(super) struct Lru<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    by_use: BTreeMap<u64, K>,
    clock: u64,
    weight: usize,
    bound: usize,
}

impl<K: Ord + Clone, V> Lru<K, V> {
    pub(super) fn new(bound: usize) -> Self {
        Self { entries: BTreeMap::new(), by_use: BTreeMap::new(), clock: 0, weight: 0, bound }
    }

    /// Looks a value up and makes it the most recent one.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        let entry = self.entries.get_mut(key)?;
        self.clock += 1;
        let key = self.by_use.remove(&entry.used)?;
        entry.used = self.clock;
        self.by_use.insert(self.clock, key);
        Some(&entry.value)
    }

    /// Puts a value in; what no longer fits goes. A value heavier than the bound is not kept.
    pub(super) fn put(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        if weight > self.bound {
            return;
        }
        self.clock += 1;
        self.weight += weight;
        self.by_use.insert(self.clock, key.clone());
        self.entries.insert(key, Entry { value, weight, used: self.clock });
        while self.weight > self.bound {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            if let Some(gone) = self.entries.remove(&oldest) {
                self.weight -= gone.weight;
            }
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some(gone) = self.entries.remove(key) {
            self.by_use.remove(&gone.used);
            self.weight -= gone.weight;
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.by_use.clear();
        self.weight = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Lru;
    use proptest::prelude::*;

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let mut lru = Lru::new(3);
        for key in ["a", "b", "c"] {
            lru.put(key, key, 1);
        }
        assert_eq!(lru.get(&"a"), Some(&"a"));
        lru.put("d", "d", 1);
        assert_eq!(lru.get(&"b"), None);
        lru.put("heavy", "heavy", 2);
        assert_eq!(lru.get(&"c"), None);
        assert_eq!(lru.get(&"a"), None, "two had to go");
        assert_eq!(lru.get(&"d"), Some(&"d"));
        lru.put("too heavy", "", 4);
        assert_eq!(lru.get(&"too heavy"), None);
        assert_eq!(lru.get(&"d"), Some(&"d"), "and pushed nothing out");
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_list(steps in prop::collection::vec((0u8..3, 0u8..8, 1usize..4), 0..200)) {
            let mut lru = Lru::new(8);
            let mut list: Vec<(u8, usize)> = Vec::new();
            for (step, key, weight) in steps {
                let found = list.iter().position(|(other, _)| *other == key);
                match step {
                    0 => {
                        if let Some(index) = found {
                            list.remove(index);
                        }
                        list.push((key, weight));
                        while list.iter().map(|(_, weight)| weight).sum::<usize>() > 8 {
                            list.remove(0);
                        }
                        lru.put(key, weight, weight);
                    }
                    1 => {
                        let expected = found.map(|index| list.remove(index));
                        list.extend(expected);
                        prop_assert_eq!(lru.get(&key).copied(), expected.map(|(_, weight)| weight));
                    }
                    _ => {
                        list.retain(|(other, _)| *other != key);
                        lru.remove(&key);
                    }
                }
                prop_assert_eq!(lru.entries.len(), list.len());
                prop_assert_eq!(lru.by_use.len(), list.len());
                prop_assert_eq!(lru.weight, list.iter().map(|(_, weight)| weight).sum::<usize>());
            }
        }
    }
}
