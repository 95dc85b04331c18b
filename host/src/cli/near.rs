//! Names that are like one that does not exist.

/// At most three of the candidates that are like a name, the likest first.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let most = match name.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter()
        .take(3)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// `: did you mean a, b or c?`, or nothing.
pub fn hint(near: &[String]) -> String {
    match near {
        [] => String::new(),
        [one] => format!(": did you mean {one}?"),
        [some @ .., last] => format!(": did you mean {} or {last}?", some.join(", ")),
    }
}

/// How many letters must be inserted, removed, changed or swapped with their
/// neighbour. Names are short; a hostile one is cut.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = above[j] + usize::from(x != y);
            let mut least = change.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = above;
        above = row;
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_come_first() {
        let ids = ["1.2.5", "1.2.50", "1.2.15", "5.1.1", "4.2.13"];
        assert_eq!(closest("1.2.5", ids)[0], "1.2.5");
        assert_eq!(closest("1.2.51", ids), ["1.2.15", "1.2.5", "1.2.50"]);
        assert!(closest("zebra", ids).is_empty());
        assert_eq!(closest("nod", ["node", "etcd"]), ["node"]);
        assert_eq!(closest("sacn", ["scan", "schema"]), ["scan"]);
        assert_eq!(closest("", ["scan"]), Vec::<String>::new());
    }

    #[test]
    fn a_hint_is_half_a_sentence() {
        let hint = |near: &[&str]| hint(&near.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(hint(&[]), "");
        assert_eq!(hint(&["a"]), ": did you mean a?");
        assert_eq!(hint(&["a", "b", "c"]), ": did you mean a, b or c?");
    }
}
