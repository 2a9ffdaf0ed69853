//! Several sources become one. Merging is commutative, associative and idempotent.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::key::{Key, Merge};
use super::order::stricter;
use super::source::{Layer, Rank, Source};
use super::value::Value;

/// What sources together say. Where they say nothing about a key, it is not in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Whether there is any source at all.
    pub managed: bool,
    pub(super) settled: BTreeMap<Key, Settled>,
}

/// What sources together say about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// Nothing where two sources of the same strength contradict each other.
    pub(super) value: Option<Value>,
    /// Who it comes from.
    pub(super) sources: BTreeSet<Source>,
}

impl Settled {
    fn rank(&self) -> Option<Rank> {
        self.sources.iter().map(|source| source.rank).max()
    }
}

impl Merged {
    /// Returns what one source says.
    pub fn of(layer: &Layer) -> Self {
        let alone = |value: &Value| Settled {
            value: Some(value.clone()),
            sources: BTreeSet::from([layer.source.clone()]),
        };
        let settled = layer.values.iter().map(|(key, value)| (*key, alone(value))).collect();
        Self { managed: true, settled }
    }

    /// Returns what all of them say.
    pub fn all<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Self {
        layers.into_iter().fold(Self::default(), |merged, layer| merged.with(&Self::of(layer)))
    }

    /// Returns what both say.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.managed |= other.managed;
        for (key, theirs) in &other.settled {
            match self.settled.get_mut(key) {
                None => {
                    self.settled.insert(*key, theirs.clone());
                }
                Some(ours) => *ours = both(*key, ours, theirs),
            }
        }
        self
    }

    /// Returns the value of a key; nothing where nobody sets it, or two contradict each other.
    pub fn value(&self, key: Key) -> Option<&Value> {
        self.settled.get(&key)?.value.as_ref()
    }
}

fn both(key: Key, one: &Settled, other: &Settled) -> Settled {
    let definition = key.definition();
    let together = || one.sources.union(&other.sources).cloned().collect();
    match definition.merge {
        Merge::Top => match one.rank().cmp(&other.rank()) {
            Ordering::Greater => one.clone(),
            Ordering::Less => other.clone(),
            Ordering::Equal => {
                let value = if one.value == other.value { one.value.clone() } else { None };
                Settled { value, sources: together() }
            }
        },
        Merge::Meet | Merge::Join => Settled { value: strict(key, one, other), sources: together() },
        Merge::Or | Merge::And | Merge::Min | Merge::Max | Merge::Stricter => {
            let value = strict(key, one, other);
            let sources = match (value == one.value, value == other.value) {
                (true, false) => one.sources.clone(),
                (false, true) => other.sources.clone(),
                (true, true) | (false, false) => together(),
            };
            Settled { value, sources }
        }
    }
}

fn strict(key: Key, one: &Settled, other: &Settled) -> Option<Value> {
    Some(stricter(key.definition(), one.value.as_ref()?, other.value.as_ref()?))
}
