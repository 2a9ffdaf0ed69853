//! List diffs: the steps that turn the list that a screen shows into the list that is stored now.

use std::collections::{BTreeMap, BTreeSet};

/// One step. Steps are applied in order; an index counts in the list as the steps before left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff<T> {
    /// The whole list is this.
    Reset {
        /// The items.
        items: Vec<T>,
    },
    /// An item is put in.
    Insert {
        /// Where it stands then; the list's length: at the end.
        index: usize,
        /// The item.
        item: T,
    },
    /// An item has changed.
    Set {
        /// Where it stands.
        index: usize,
        /// What it is now.
        item: T,
    },
    /// An item is taken out.
    Remove {
        /// Where it stood.
        index: usize,
    },
}

impl<T> Diff<T> {
    /// Makes the same step with other items.
    pub fn map<U>(self, mut work: impl FnMut(T) -> U) -> Diff<U> {
        match self {
            Self::Reset { items } => Diff::Reset { items: items.into_iter().map(work).collect() },
            Self::Insert { index, item } => Diff::Insert { index, item: work(item) },
            Self::Set { index, item } => Diff::Set { index, item: work(item) },
            Self::Remove { index } => Diff::Remove { index },
        }
    }
}

/// Applies one step. Returns false, and changes nothing, where its index is not in the list.
pub fn apply<T>(list: &mut Vec<T>, step: Diff<T>) -> bool {
    match step {
        Diff::Reset { items } => *list = items,
        Diff::Insert { index, item } if index <= list.len() => list.insert(index, item),
        Diff::Set { index, item } => match list.get_mut(index) {
            Some(place) => *place = item,
            None => return false,
        },
        Diff::Remove { index } if index < list.len() => {
            list.remove(index);
        }
        Diff::Insert { .. } | Diff::Remove { .. } => return false,
    }
    true
}

/// Returns the steps from `old` to `new`; none where they are equal. `key` says which item is which.
///
/// As many items as possible stay where they are: an item that moved is removed and inserted, its neighbours are not.
/// Where a key occurs twice in one list, the answer is one `Reset`.
pub fn between<T, K, F>(old: &[T], new: &[T], key: F) -> Vec<Diff<T>>
where
    T: Clone + PartialEq,
    K: Ord,
    F: Fn(&T) -> K,
{
    let places: BTreeMap<K, usize> = old.iter().enumerate().map(|(place, item)| (key(item), place)).collect();
    let found: Vec<Option<usize>> = new.iter().map(|item| places.get(&key(item)).copied()).collect();
    let distinct: BTreeSet<K> = new.iter().map(&key).collect();
    if places.len() != old.len() || distinct.len() != new.len() {
        return if old == new { Vec::new() } else { vec![Diff::Reset { items: new.to_vec() }] };
    }
    let stay = rising(&found);
    let mut steps: Vec<Diff<T>> = (0..old.len())
        .rev()
        .filter(|place| !stay.contains(place))
        .map(|index| Diff::Remove { index })
        .collect();
    for (index, (item, was)) in new.iter().zip(&found).enumerate() {
        match was.filter(|was| stay.contains(was)) {
            Some(was) if old.get(was) == Some(item) => {}
            Some(_) => steps.push(Diff::Set { index, item: item.clone() }),
            None => steps.push(Diff::Insert { index, item: item.clone() }),
        }
    }
    steps
}

/// Finds a longest rising sequence of the numbers, by keeping for each length the one that ends lowest.
fn rising(numbers: &[Option<usize>]) -> BTreeSet<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    for number in numbers.iter().copied().flatten() {
        let length = ends.partition_point(|end| *end < number);
        if let Some(previous) = length.checked_sub(1).and_then(|at| ends.get(at)) {
            before.insert(number, *previous);
        }
        match ends.get_mut(length) {
            Some(end) => *end = number,
            None => ends.push(number),
        }
    }
    let mut longest = BTreeSet::new();
    let mut at = ends.last().copied();
    while let Some(number) = at {
        longest.insert(number);
        at = before.get(&number).copied();
    }
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Diff, apply, between};

    type Item = (u8, u8);

    fn after(old: &[Item], steps: Vec<Diff<Item>>) -> Vec<Item> {
        let mut list = old.to_vec();
        for step in steps {
            assert!(apply(&mut list, step), "a step outside the list");
        }
        list
    }

    fn distinct() -> impl Strategy<Value = Vec<Item>> {
        proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..16)
            .prop_map(|items| items.into_iter().collect::<Vec<Item>>())
            .prop_shuffle()
    }

    /// The longest common sequence of keys, the slow way.
    fn common(old: &[Item], new: &[Item]) -> usize {
        let mut best = vec![vec![0; new.len() + 1]; old.len() + 1];
        for (i, left) in old.iter().enumerate() {
            for (j, right) in new.iter().enumerate() {
                best[i + 1][j + 1] =
                    if left.0 == right.0 { best[i][j] + 1 } else { best[i][j + 1].max(best[i + 1][j]) };
            }
        }
        best[old.len()][new.len()]
    }

    proptest! {
        #[test]
        fn the_steps_lead_from_the_old_list_to_the_new(old in distinct(), new in distinct()) {
            prop_assert_eq!(after(&old, between(&old, &new, |item| item.0)), new);
        }

        #[test]
        fn what_can_stay_stays(old in distinct(), new in distinct()) {
            let steps = between(&old, &new, |item| item.0);
            let count = |wanted: fn(&Diff<Item>) -> bool| steps.iter().filter(|step| wanted(step)).count();
            let stay = common(&old, &new);
            prop_assert_eq!(count(|step| matches!(step, Diff::Remove { .. })), old.len() - stay);
            prop_assert_eq!(count(|step| matches!(step, Diff::Insert { .. })), new.len() - stay);
            prop_assert_eq!(count(|step| matches!(step, Diff::Reset { .. })), 0);
        }

        #[test]
        fn lists_with_an_item_twice_are_replaced(
            old in proptest::collection::vec((0_u8..4, 0_u8..2), 0..8),
            new in proptest::collection::vec((0_u8..4, 0_u8..2), 0..8),
        ) {
            prop_assert_eq!(after(&old, between(&old, &new, |item| item.0)), new);
        }
    }

    #[test]
    fn a_room_that_comes_to_the_top_leaves_the_others_where_they_are() {
        let old = [(1, 0), (2, 0), (3, 0), (4, 0)];
        let new = [(3, 1), (1, 0), (2, 0), (4, 0)];
        let steps = between(&old, &new, |item| item.0);
        assert_eq!(steps, [Diff::Remove { index: 2 }, Diff::Insert { index: 0, item: (3, 1) }]);
        assert!(between(&new, &new, |item| item.0).is_empty());
    }

    #[test]
    fn a_step_outside_the_list_changes_nothing() {
        let mut list = vec![1];
        assert!(!apply(&mut list, Diff::Insert { index: 2, item: 5 }));
        assert!(!apply(&mut list, Diff::Set { index: 1, item: 5 }));
        assert!(!apply(&mut list, Diff::Remove { index: 1 }));
        assert_eq!(list, [1]);
    }
}
