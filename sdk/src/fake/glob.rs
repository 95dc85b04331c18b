//! Matches a path against the globs that a manifest may write.
//!
//! `*` and `?` stay within a component, `**` as a whole component spans any
//! number of them, `[...]` is one character of a set, `{a,b}` is either.

/// Whether `pattern` matches all of `path`.
pub fn matches(pattern: &str, path: &str) -> bool {
    alternatives(pattern).iter().any(|one| {
        let pattern: Vec<&str> = one.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        components(&pattern, &path)
    })
}

/// Whether a component of a pattern stands for more than itself.
pub(super) fn is_wild(component: &str) -> bool {
    component.contains(['*', '?', '['])
}

/// Whether one component of a pattern matches one name.
pub(super) fn component(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    characters(&pattern, &name)
}

/// The pattern once for each choice of its braces.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else {
        return vec![pattern.to_owned()];
    };
    let mut depth = 0_u32;
    let mut starts = vec![open + 1];
    for (at, c) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '{' => depth += 1,
            ',' if depth == 1 => starts.push(at + 1),
            '}' => {
                depth -= 1;
                if depth == 0 {
                    starts.push(at + 1);
                    break;
                }
            }
            _ => {}
        }
    }
    if depth != 0 {
        return vec![pattern.to_owned()];
    }
    let tail = starts.last().map_or("", |&at| &pattern[at..]);
    starts
        .windows(2)
        .flat_map(|w| {
            alternatives(&format!(
                "{}{}{tail}",
                &pattern[..open],
                &pattern[w[0]..w[1] - 1]
            ))
        })
        .collect()
}

fn components(pattern: &[&str], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|n| components(rest, &path[n..])),
        Some((first, rest)) => path
            .split_first()
            .is_some_and(|(name, path)| component(first, name) && components(rest, path)),
    }
}

fn characters(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|n| characters(rest, &name[n..])),
        Some(('?', rest)) => name.split_first().is_some_and(|(_, n)| characters(rest, n)),
        Some(('[', rest)) => set(rest, name),
        Some((c, rest)) => name
            .split_first()
            .is_some_and(|(d, name)| c == d && characters(rest, name)),
    }
}

fn set(pattern: &[char], name: &[char]) -> bool {
    let Some(end) = pattern.iter().skip(1).position(|&c| c == ']') else {
        return false;
    };
    let (body, rest) = (&pattern[..=end], &pattern[end + 2..]);
    let Some((&c, name)) = name.split_first() else {
        return false;
    };
    let (negated, body) = match body.split_first() {
        Some(('!' | '^', body)) => (true, body),
        _ => (false, body),
    };
    let mut found = false;
    let mut at = 0;
    while at < body.len() {
        if at + 2 < body.len() && body[at + 1] == '-' {
            found |= (body[at]..=body[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= body[at] == c;
            at += 1;
        }
    }
    found != negated && characters(rest, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wildcard_keeps_to_its_place() {
        for (pattern, path, wanted) in [
            ("/a/*.conf", "/a/b.conf", true),
            ("/a/*.conf", "/a/b/c.conf", false),
            ("/a/**/*.crt", "/a/x.crt", true),
            ("/a/**/*.crt", "/a/b/c/x.crt", true),
            ("/a/**", "/a", true),
            ("/a/**", "/a/b/c", true),
            ("/a/?", "/a/bc", false),
            ("/a/[b-d]x", "/a/cx", true),
            ("/a/[!b-d]x", "/a/cx", false),
            ("/{etc,usr/lib}/systemd", "/usr/lib/systemd", true),
            ("/{etc,usr/lib}/systemd", "/lib/systemd", false),
            ("/a/{b,c{d,e}}.x", "/a/ce.x", true),
            ("/a/b", "/a/b/c", false),
            ("/a/{b", "/a/{b", true),
        ] {
            assert_eq!(matches(pattern, path), wanted, "{pattern} on {path}");
        }
    }
}
