//! Sentences from pieces, and the few searches in texts that checks need.
//!
//! `format!` and the searches of the standard library are general: formatting
//! carries width, precision and Unicode tables, a search is compiled again for
//! every kind of pattern. In a component, which is compiled before its first
//! check runs, that is a tenth of all code. These are not general, and small.

use crate::prelude::*;

/// Joins pieces to a text: texts and whole numbers.
///
/// ```
/// let name = "etcd".to_owned();
/// assert_eq!(cisb_sdk::say![2_u32, " of ", name], "2 of etcd");
/// ```
///
/// What is written out becomes one sentence with gaps when the check is
/// compiled: saying something is one call, whatever it is made of.
#[macro_export]
macro_rules! say {
    (@ [$($part:tt)*] []) => {
        $crate::prelude::String::from(concat!($($part),*))
    };
    (@ [$($part:tt)*] [$a:expr]) => {
        $crate::strings::fill_one(concat!($($part),*), $crate::strings::Piece::text(&$a))
    };
    (@ [$($part:tt)*] [$a:expr, $b:expr]) => {
        $crate::strings::fill_two(
            concat!($($part),*),
            $crate::strings::Piece::text(&$a),
            $crate::strings::Piece::text(&$b),
        )
    };
    (@ [$($part:tt)*] [$($gap:expr),+]) => {
        $crate::strings::fill(
            concat!($($part),*),
            &[$($crate::strings::Piece::text(&$gap)),+],
        )
    };
    (@ [$($part:tt)*] [$($gap:expr),*] $next:literal $(, $($rest:tt)*)?) => {
        $crate::say!(@ [$($part)* $next] [$($gap),*] $($($rest)*)?)
    };
    (@ [$($part:tt)*] [$($gap:expr),*] $next:expr $(, $($rest:tt)*)?) => {
        $crate::say!(@ [$($part)* "\0"] [$($gap,)* $next] $($($rest)*)?)
    };
    ($($pieces:tt)+) => {
        $crate::say!(@ [] [] $($pieces)+)
    };
}

/// A sentence with its gaps filled: a zero byte is a gap.
#[inline(never)]
pub fn fill(sentence: &str, pieces: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    for piece in pieces {
        let (before, after) = cut(rest, 0).unwrap_or((rest, ""));
        text.push_str(before);
        text.push_str(piece);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// A sentence with one gap. Apart, for a list of pieces costs its maker code.
#[inline(never)]
pub fn fill_one(sentence: &str, piece: &str) -> String {
    fill(sentence, &[piece])
}

/// A sentence with two gaps.
#[inline(never)]
pub fn fill_two(sentence: &str, first: &str, second: &str) -> String {
    fill(sentence, &[first, second])
}

/// What [`say!`] takes.
pub trait Piece {
    /// Itself as a text. One that has to be made is kept for good, as all
    /// memory of a check is: see [`crate::json::Text`].
    fn text(&self) -> &str;
}

impl Piece for str {
    #[inline(always)]
    fn text(&self) -> &str {
        self
    }
}

impl Piece for String {
    #[inline(always)]
    fn text(&self) -> &str {
        self
    }
}

impl<T: Piece + ?Sized> Piece for &T {
    #[inline(always)]
    fn text(&self) -> &str {
        (**self).text()
    }
}

impl Piece for u64 {
    #[inline(never)]
    fn text(&self) -> &str {
        digits(*self, 10)
    }
}

impl Piece for u32 {
    #[inline(never)]
    fn text(&self) -> &str {
        digits(u64::from(*self), 10)
    }
}

impl Piece for usize {
    #[inline(never)]
    fn text(&self) -> &str {
        digits(*self as u64, 10)
    }
}

impl Piece for i64 {
    #[inline(never)]
    fn text(&self) -> &str {
        let digits = digits(self.unsigned_abs(), 10);
        match *self < 0 {
            true => say!["-", digits].leak(),
            false => digits,
        }
    }
}

/// A number in octal, as modes are written.
#[derive(Debug, Clone, Copy)]
pub struct Octal(pub u32);

impl Piece for Octal {
    fn text(&self) -> &str {
        digits(u64::from(self.0), 8)
    }
}

fn digits(number: u64, base: u64) -> &'static str {
    let mut text = String::new();
    if number >= base {
        text.push_str(digits(number / base, base));
    }
    text.push(char::from(b'0' + (number % base) as u8));
    text.leak()
}

/// Texts with something between them.
pub fn join<T: AsRef<str>>(texts: &[T], between: &str) -> String {
    let mut joined = String::new();
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            joined.push_str(between);
        }
        joined.push_str(text.as_ref());
    }
    joined
}

/// What is before and after the first of an ASCII character.
#[inline(never)]
pub fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|b| b == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// What is before and after the last of an ASCII character.
#[inline(never)]
pub fn cut_last(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().rposition(|b| b == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// What is before the first of an ASCII character; all, if there is none.
pub fn before(text: &str, at: u8) -> &str {
    cut(text, at).map_or(text, |(before, _)| before)
}

/// What is after the last of an ASCII character; all, if there is none.
pub fn after_last(text: &str, at: u8) -> &str {
    cut_last(text, at).map_or(text, |(_, after)| after)
}

/// The parts between the occurrences of an ASCII character; at least one.
pub fn split(text: &str, at: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, after)) = cut(rest, at) {
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// Whether a text has an ASCII character.
pub fn has(text: &str, byte: u8) -> bool {
    text.bytes().any(|b| b == byte)
}

/// Eight bytes that are all this one.
pub(crate) const fn all(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// Which of eight bytes are zero: their high bits. The lowest is always right;
/// what it borrows from above may add others.
pub(crate) const fn zeros(eight: u64) -> u64 {
    eight.wrapping_sub(all(1)) & !eight & all(0x80)
}

/// The eight bytes from a place on, the first the lowest.
pub(crate) fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*eight))
}

/// Where a text first has another one in it. Passes over whole documents, so
/// it looks for the first two bytes in eight places at once.
#[inline(never)]
pub fn find(text: &str, part: &str) -> Option<usize> {
    let part = part.as_bytes();
    let mut rest = text.as_bytes();
    loop {
        if let [first, second, ..] = part {
            let (first, second) = (all(*first), all(*second));
            while let Some((window, _)) = rest.split_first_chunk::<9>() {
                let here = u64::from_le_bytes(*window.first_chunk()?);
                let next = u64::from_le_bytes(*window.last_chunk()?);
                let found = zeros((here ^ first) | (next ^ second));
                if found != 0 {
                    rest = rest.get(found.trailing_zeros() as usize / 8..)?;
                    break;
                }
                rest = rest.get(8..)?;
            }
        }
        if rest.starts_with(part) {
            return Some(text.len() - rest.len());
        }
        rest = rest.get(1..)?;
    }
}

/// Whether a text has another one in it.
pub fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// A text in two, at its first byte that is or is not among these ASCII ones.
pub fn split_at<'a>(text: &'a str, bytes: &[u8], among: bool) -> (&'a str, &'a str) {
    let place = text.bytes().position(|b| bytes.contains(&b) == among);
    let at = place.unwrap_or(text.len());
    (
        text.get(..at).unwrap_or(text),
        text.get(at..).unwrap_or_default(),
    )
}

/// The decimal digits.
pub const DIGITS: &[u8] = b"0123456789";

/// A whole number without a sign.
pub fn number(text: &str, base: u64) -> Option<u64> {
    let mut number: u64 = 0;
    if text.is_empty() {
        return None;
    }
    for byte in text.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        if u64::from(digit) >= base {
            return None;
        }
        number = number.checked_mul(base)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}

/// A text with one ASCII character in the place of another.
pub fn replace(text: &str, old: u8, new: char) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = cut(rest, old) {
        replaced.push_str(before);
        replaced.push(new);
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// A text without an ASCII character at its end, however often it is there.
pub fn trim_end(text: &str, byte: u8) -> &str {
    let mut text = text;
    while text.as_bytes().last() == Some(&byte) {
        text = text.get(..text.len() - 1).unwrap_or_default();
    }
    text
}

/// A text without an ASCII character at its start, however often it is there.
pub fn trim_start(text: &str, byte: u8) -> &str {
    let mut text = text;
    while text.as_bytes().first() == Some(&byte) {
        text = text.get(1..).unwrap_or_default();
    }
    text
}

/// A text without ASCII white space around it: what Go's flag types and
/// systemd take away.
pub fn trim(text: &str) -> &str {
    text.trim_ascii()
}

/// Texts of our own as lists of owned ones.
pub fn owned<T: AsRef<str>>(texts: &[T]) -> Vec<String> {
    let mut all = Vec::with_capacity(texts.len());
    for text in texts {
        all.push(text.as_ref().to_owned());
    }
    all
}

/// Whether a list holds a text.
#[inline(never)]
pub fn among<T: AsRef<str>>(text: &str, list: &[T]) -> bool {
    for item in list {
        let item = item.as_ref();
        // Mostly the lengths differ: that is no call.
        if item.len() == text.len() && item == text {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_a_text() {
        let owned = "a".to_owned();
        assert_eq!(
            say!["x", owned, &owned, 0_u32, 10_usize, -7_i64],
            "xaa010-7"
        );
        assert_eq!(
            say![i64::MIN, " ", u64::MAX],
            "-9223372036854775808 18446744073709551615"
        );
        assert_eq!(say![Octal(0o4600)], "4600");
        assert_eq!(say!["all of it"], "all of it");
        assert_eq!(say![owned], "a");
        assert_eq!(
            say!["(", owned, "\u{e9}", owned, 1_u64, "\0", ")"],
            "(a\u{e9}a1\0)"
        );
        // What fills a gap is not looked into for others.
        let gap = "\0".to_owned();
        assert_eq!(say!["<", gap, "|", owned, "|", gap, ">"], "<\0|a|\0>");
        assert_eq!(join(&["a", "b", "c"], ", "), "a, b, c");
        assert_eq!(join::<&str>(&[], ", "), "");
    }

    #[test]
    fn searches_find_what_the_standard_library_finds() {
        for text in ["", "=", "a", "a=", "=a", "a=b=c", "\u{e9}=\u{1f600}=", "=="] {
            assert_eq!(cut(text, b'='), text.split_once('='), "{text}");
            assert_eq!(cut_last(text, b'='), text.rsplit_once('='), "{text}");
            let parts: Vec<&str> = text.split('=').collect();
            assert_eq!(split(text, b'='), parts, "{text}");
            assert_eq!(replace(text, b'=', '-'), text.replace('=', "-"), "{text}");
            assert_eq!(trim_end(text, b'='), text.trim_end_matches('='), "{text}");
            assert_eq!(
                trim_start(text, b'='),
                text.trim_start_matches('='),
                "{text}"
            );
            assert_eq!(has(text, b'='), text.contains('='), "{text}");
            for part in ["", "=", "a=", "=b", "==", "\u{1f600}"] {
                for before in 0..12 {
                    let text = "ab".repeat(before) + text + "=a=b==".repeat(before % 3).as_str();
                    assert_eq!(find(&text, part), text.find(part), "{text} {part}");
                }
            }
        }
    }
}
