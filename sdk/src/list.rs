//! Gathers what an iterator yields.

use crate::prelude::*;

/// [`Iterator::collect`] into a list, in less code: the standard library's
/// reckons with the length that each kind of iterator announces, which is two
/// hundred bytes for every kind. Checks gather a handful of things.
pub trait ToList: Iterator + Sized {
    /// All that comes, in order.
    fn to_list(self) -> Vec<Self::Item> {
        let mut list = Vec::new();
        for item in self {
            list.push(item);
        }
        list
    }
}

impl<I: Iterator> ToList for I {}
