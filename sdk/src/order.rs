//! Orders short lists. The standard library's sorts are fast on long ones and
//! cost a component several kilobytes for each type that is sorted.

use crate::facts::Observation;
use crate::prelude::*;

/// Sorts in place; equals keep their order. For a handful of items.
pub(crate) fn sort<T>(items: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        let mut sorted = items.get_mut(..=end).unwrap_or_default();
        // Carries the last item of the sorted part to its place.
        while let [.., before, item] = sorted
            && is_before(item, before)
        {
            core::mem::swap(before, item);
            sorted = match sorted.split_last_mut() {
                Some((_, shorter)) => shorter,
                None => return,
            };
        }
    }
}

/// Adds receipts that are not there yet, the smallest first.
pub(crate) fn cite(all: &mut Vec<Observation>, more: &[Observation]) {
    for observation in more {
        if !all.contains(observation) {
            all.push(*observation);
        }
    }
    sort(all, |a, b| a < b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_order() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (0, 'e')];
        sort(&mut items, |a, b| a.0 < b.0);
        assert_eq!(items.map(|i| i.1), ['e', 'b', 'd', 'a', 'c']);
    }

    #[test]
    fn a_receipt_is_cited_once() {
        let mut all = vec![5, 3];
        cite(&mut all, &[3, 4, 4]);
        assert_eq!(all, [3, 4, 5]);
    }
}
