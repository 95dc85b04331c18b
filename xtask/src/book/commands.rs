//! The command line as a page: the help of every command, as it is printed.

use std::collections::VecDeque;
use std::fmt::Write as _;

use anyhow::Result;

const HEAD: &str = "\
# Commands

What `--help` prints for every command.
`cisb man` and the name of a command print a manual page of it, and `cisb completions` and the name of a shell what completes it there.
";

/// The page; `run` runs `cisb`.
pub(super) fn page(run: impl Fn(&[&str]) -> Result<String>) -> Result<String> {
    let mut out = HEAD.to_owned();
    let mut open: VecDeque<Vec<String>> = VecDeque::from([Vec::new()]);
    while let Some(command) = open.pop_front() {
        let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
        words.push("--help");
        let help = run(&words)?;
        words.pop();
        let title = [&["cisb"], words.as_slice()].concat().join(" ");
        write!(out, "\n## `{title}`\n\n```text\n{}\n```\n", help.trim_end())?;
        let below =
            subcommands(&help).map(|name| [command.as_slice(), &[name.to_owned()]].concat());
        // Before what comes next, so that what belongs together stands together.
        below
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .for_each(|sub| open.push_front(sub));
    }
    Ok(out)
}

/// The commands that a help lists.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "help")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_below_the_one_it_belongs_to() {
        let help = |words: &[&str]| {
            Ok(match words {
                ["--help"] => "Does.\n\nCommands:\n  a  first\n     of all\n  b\n  help  x\n\nOptions:\n  -h\n",
                ["a", "--help"] => "Commands:\n  c  deep\n",
                _ => "Nothing below.\n",
            }
            .to_owned())
        };
        let page = page(help).unwrap();
        let titles: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(
            titles,
            ["## `cisb`", "## `cisb a`", "## `cisb a c`", "## `cisb b`"]
        );
    }
}
