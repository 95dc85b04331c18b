//! Audits as words: enough of the shell's grammar to see which commands an
//! audit would run, and with which arguments. Nothing is run, and nothing is
//! replaced: variables stay what they are called.

/// A command of a script: its words without their quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
}

impl Command {
    /// The file name of what is run.
    pub(super) fn head(&self) -> &str {
        let first = self.words.first().map(String::as_str).unwrap_or_default();
        first.rsplit('/').next().unwrap_or(first)
    }

    /// What it is run with.
    pub(super) fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The deepest script in a script that is looked at.
const DEPTH: usize = 4;

/// Words of the grammar before which or after which a command stands.
const KEYWORDS: [&str; 13] = [
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "{}",
];

/// The commands of a script in their order, those of `sh -c` among them.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut all = Vec::new();
    collect(script, DEPTH, &mut all);
    all
}

fn collect(script: &str, depth: usize, all: &mut Vec<Command>) {
    for words in split(script) {
        let mut command = Command { words };
        while command
            .words
            .first()
            .is_some_and(|w| KEYWORDS.contains(&w.as_str()))
        {
            command.words.remove(0);
        }
        let inner = match command.words.as_slice() {
            [_, flag, inner, ..] if flag == "-c" && ["sh", "bash"].contains(&command.head()) => {
                Some(inner.clone())
            }
            _ => None,
        };
        match inner {
            Some(inner) if depth > 0 => collect(&inner, depth - 1, all),
            _ if command.words.is_empty() => {}
            _ => all.push(command),
        }
    }
}

/// Words, a list for each command: what stands between pipes, semicolons,
/// lines, parentheses and the like.
fn split(script: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut target = false;
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(rest.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => match rest.next() {
                            Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                            Some('\n') | None => {}
                            Some(next) => word.extend(['\\', next]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '$' if rest.peek() == Some(&'{') => {
                let word = word.get_or_insert_default();
                word.push('$');
                for c in rest.by_ref() {
                    word.push(c);
                    if c == '}' {
                        break;
                    }
                }
            }
            '#' if word.is_none() => {
                for c in rest.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
                end(&mut all, &mut words);
            }
            '>' | '<' => {
                // The number before it says which stream, and what follows is
                // no argument.
                if word
                    .as_ref()
                    .is_none_or(|w| !w.bytes().all(|b| b.is_ascii_digit()))
                {
                    push(&mut words, &mut word, &mut target);
                }
                word = None;
                while rest.next_if(|c| matches!(c, '>' | '<' | '&')).is_some() {}
                target = true;
            }
            '|' | ';' | '&' | '(' | ')' | '`' | '\n' => {
                // The sign before a command's parenthesis is no part of a word.
                if c == '(' {
                    word = word.filter(|w| w != "$").map(|mut w| {
                        if w.ends_with('$') {
                            w.pop();
                        }
                        w
                    });
                }
                push(&mut words, &mut word, &mut target);
                end(&mut all, &mut words);
                target = false;
            }
            c if c.is_whitespace() => push(&mut words, &mut word, &mut target),
            c => word.get_or_insert_default().push(c),
        }
    }
    push(&mut words, &mut word, &mut target);
    end(&mut all, &mut words);
    all
}

fn push(words: &mut Vec<String>, word: &mut Option<String>, target: &mut bool) {
    if let Some(word) = word.take()
        && !std::mem::take(target)
    {
        words.push(word);
    }
}

fn end(all: &mut Vec<Vec<String>>, words: &mut Vec<String>) {
    if !words.is_empty() {
        all.push(std::mem::take(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> Vec<String> {
        let all = commands(script).into_iter();
        all.map(|c| c.words.join(" ")).collect()
    }

    #[test]
    fn commands_are_what_would_be_run() {
        assert_eq!(
            read("/bin/ps -ef | grep $xbin"),
            ["/bin/ps -ef", "grep $xbin"]
        );
        assert_eq!(
            read("/bin/sh -c 'if test -e $f; then stat -c \"%a %n\" $f; fi'"),
            ["test -e $f", "stat -c %a %n $f"]
        );
        assert_eq!(
            read("find /x 2> /dev/null | xargs --no-run-if-empty stat -c %a"),
            ["find /x", "xargs --no-run-if-empty stat -c %a"]
        );
        assert_eq!(read("# no\nA=$(ps | x)\nb"), ["A=", "ps", "x", "b"]);
        assert_eq!(read("a \\\n | b&&c||d"), ["a", "b", "c", "d"]);
        assert_eq!(read("ps ${xbin:-y} >&2 z"), ["ps ${xbin:-y} z"]);
    }

    #[test]
    fn whatever_is_written_is_read_without_harm() {
        for script in [
            "'", "\"", "\\", "${", "$(", "`", "sh -c", "|||", "a'b\"c\\", "\u{0}>",
        ] {
            commands(script);
            commands(&script.repeat(50));
        }
        let deep = (0..20).fold("ps".to_owned(), |inner, _| format!("sh -c {inner:?}"));
        commands(&deep);
    }
}
