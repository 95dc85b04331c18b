//! Text for XML: what would end an attribute or an element, what XML cannot
//! hold, and what would act on whoever reads it.

use std::fmt::Write as _;

use super::escape;

/// Text of several lines, for an element or an attribute. Line ends and tabs
/// are character references, as Go's encoder writes them, and survive both.
pub(crate) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&#34;"),
            '\'' => safe.push_str("&#39;"),
            '\n' => safe.push_str("&#xA;"),
            '\t' => safe.push_str("&#x9;"),
            '\r' => safe.push_str("&#xD;"),
            // Every character that XML forbids is among these.
            c if escape::is_hostile(c) => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Text of one line.
pub(crate) fn line(words: &str) -> String {
    text(escape::line(words).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(
            text("a<b>&\"c'\n\t\r"),
            "a&lt;b&gt;&amp;&#34;c&#39;&#xA;&#x9;&#xD;"
        );
        assert_eq!(
            text("\0\u{1b}[31m\u{fffe}\u{202e}"),
            "\\u{0}\\u{1b}[31m\\u{fffe}\\u{202e}"
        );
        assert_eq!(line(" a\nb "), "a\\nb");
    }

    #[test]
    fn what_xml_forbids_is_hostile() {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        let forbidden = ('\0'..=char::MAX).filter(|c| !allowed(*c));
        for c in forbidden {
            assert!(escape::is_hostile(c), "{c:?}");
        }
    }
}
