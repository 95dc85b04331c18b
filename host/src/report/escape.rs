//! Makes untrusted text harmless for the output it goes to.
//!
//! Paths, arguments, object names and a profile's own words all come from
//! strangers. On a terminal they could move the cursor, colour a line, open a
//! link, reverse what is read, or begin a line of their own that says `[PASS]`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter};

/// Whether a character does something other than show itself.
pub fn is_hostile(c: char) -> bool {
    matches!(c,
        // C0, DEL and C1: cursor, colour, links, bells, line ends.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Not seen, or seen elsewhere than they stand.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        // Line and paragraph separators, and what turns the reading direction.
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is nothing but printable ASCII: most are, and that is seen
/// without looking at characters.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Text for one line of a terminal: what is hostile becomes a visible escape,
/// line ends included, so that the result never begins a line of its own.
pub fn line(text: &str) -> Cow<'_, str> {
    if is_printable(text) || !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_hostile(c) => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Text for a report whose lines begin with a state: [`line()`], and no
/// stranger's words can be taken for such a line, not even by a grep that is
/// not anchored.
pub fn report_line(text: &str) -> Cow<'_, str> {
    let mut safe = line(text);
    for state in ["[PASS", "[FAIL", "[WARN", "[INFO"] {
        if safe.contains(state) {
            safe = Cow::Owned(safe.replace(state, &state.replace('[', "[\\")));
        }
    }
    safe
}

/// How many columns a text takes on a terminal, never too few for what
/// [`line()`] lets through: East Asian wide characters and pictographs take two.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(char_columns).sum()
}

/// How many columns a character takes.
pub fn char_columns(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{2329}'..='\u{232a}'
        | '\u{23e9}'..='\u{23f3}'
        | '\u{25fd}'..='\u{25fe}'
        | '\u{2614}'..='\u{27bf}'
        | '\u{2b1b}'..='\u{2b55}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe10}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{16fe0}'..='\u{18dff}'
        | '\u{1aff0}'..='\u{1b2ff}'
        | '\u{1f000}'..='\u{1fbff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Writes JSON whose strings hold no hostile character as it is: it becomes
/// `\uXXXX`, which every reader turns back into the same text. With `html`
/// also what Go's encoder escapes: `<`, `>` and `&`.
#[derive(Debug)]
pub struct SafeJson<F> {
    inner: F,
    html: bool,
}

impl SafeJson<PrettyFormatter<'static>> {
    /// Indented by two spaces.
    pub fn pretty() -> Self {
        Self {
            inner: PrettyFormatter::new(),
            html: false,
        }
    }
}

impl SafeJson<CompactFormatter> {
    /// On one line, as Go's encoder writes it.
    pub fn like_go() -> Self {
        Self {
            inner: CompactFormatter,
            html: true,
        }
    }
}

impl<F: Formatter> Formatter for SafeJson<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let html = self.html;
        if !html && is_printable(fragment) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        let escaped = |c: char| is_hostile(c) || (html && matches!(c, '<' | '>' | '&'));
        while let Some(at) = rest.find(escaped) {
            let (plain, tail) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                let mut units = [0_u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.inner.write_char_escape(out, escape)
    }
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_array(out)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_array(out)
    }
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.inner.begin_array_value(out, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_array_value(out)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_object(out)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_object(out)
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.inner.begin_object_key(out, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_object_value(out)
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;

    use super::*;

    fn json<F: Formatter>(text: &str, formatter: F) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
        text.serialize(&mut serializer).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_acts_on_a_terminal_becomes_visible() {
        assert_eq!(line("plain ünï 漢字"), "plain ünï 漢字");
        assert_eq!(line("a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(line("a\u{9b}31m"), "a\\u{9b}31m");
        assert_eq!(line("x\r\n[PASS] 1.1.1"), "x\\r\\n[PASS] 1.1.1");
        assert_eq!(line("\u{202e}tac\u{2066}"), "\\u{202e}tac\\u{2066}");
        assert_eq!(line("a\u{200b}b\u{feff}"), "a\\u{200b}b\\u{feff}");
        assert_eq!(line("\u{2028}"), "\\u{2028}");
    }

    #[test]
    fn json_stays_the_same_value_without_raw_controls() {
        let hostile = "\u{9b}31m \u{202e}x\u{7f} \u{e0041} <a&b> \"q\" \n \u{1b}";
        for text in [
            json(hostile, SafeJson::pretty()),
            json(hostile, SafeJson::like_go()),
        ] {
            assert!(!text.contains(is_hostile), "{text:?}");
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        }
        assert_eq!(
            json("<a&b>", SafeJson::like_go()),
            r#""\u003ca\u0026b\u003e""#
        );
        assert_eq!(json("<a&b>", SafeJson::pretty()), r#""<a&b>""#);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("abc"), 3);
        assert_eq!(columns("漢字"), 4);
        assert_eq!(columns("→"), 1);
    }
}
