//! Certificates, as documents: when each that a file holds is valid. What else
//! is in them no profile asked for yet.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::DocumentError;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Certificates of one file at most.
const LIMIT: usize = 1_000;

/// Tags of the encoding that a certificate's beginning is made of.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const SHORT_TIME: u8 = 0x17;
const LONG_TIME: u8 = 0x18;

/// Whether a text holds a certificate.
pub(super) fn is_one(text: &str) -> bool {
    text.starts_with(BEGIN) || text.contains(&format!("\n{BEGIN}"))
}

/// Reads them in their order.
pub(super) fn read(text: &str) -> Result<Value, DocumentError> {
    let mut certificates = Vec::new();
    for (i, part) in text.split(BEGIN).skip(1).enumerate() {
        let number = i + 1;
        if number > LIMIT {
            return Err(refused(&format!("there are more than {LIMIT}")));
        }
        let (body, _) = part
            .split_once(END)
            .ok_or_else(|| refused(&format!("number {number} does not end")))?;
        let body: String = body.split_ascii_whitespace().collect();
        let validity = BASE64_STANDARD.decode(body).ok().as_deref().and_then(valid);
        let (from, to) = validity.ok_or_else(|| refused(&format!("number {number} is damaged")))?;
        certificates.push(json!({
            "not-before": from.to_string(),
            "not-after": to.to_string(),
        }));
    }
    Ok(json!({ "certificates": certificates }))
}

fn refused(what: &str) -> DocumentError {
    DocumentError::Malformed(format!("of its certificates {what}"))
}

/// From when to when a certificate is valid.
fn valid(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (signed, _) = of(certificate, SEQUENCE)?;
    let (body, _) = of(signed, SEQUENCE)?;
    let after_version = of(body, VERSION).map_or(body, |(_, rest)| rest);
    let (_serial, rest) = of(after_version, INTEGER)?;
    let (_algorithm, rest) = of(rest, SEQUENCE)?;
    let (_issuer, rest) = of(rest, SEQUENCE)?;
    let (validity, _) = of(rest, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (to, _) = time(rest)?;
    Some((from, to))
}

/// The contents of the value that stands first, if it has this tag, and what
/// follows it.
fn of(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, contents, rest) = first(bytes)?;
    (tag == wanted).then_some((contents, rest))
}

fn first(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (size, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        // How many bytes the length has; four are more than a file has.
        0x81..=0x84 => {
            let (long, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            let size = long
                .iter()
                .fold(0_usize, |n, byte| (n << 8) | usize::from(*byte));
            (size, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(size)?;
    Some((tag, contents, rest))
}

/// A time in UTC, and what follows it.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, digits, rest) = first(bytes)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let digits = match tag {
        // Two digits of a year are of 1950 to 2049.
        SHORT_TIME if digits.get(..2)? < "50" => format!("20{digits}"),
        SHORT_TIME => format!("19{digits}"),
        LONG_TIME => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, clock) = (part(0, 8)?, part(8, 15)?);
    if digits.len() != 15 || !clock.ends_with('Z') {
        return None;
    }
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, second) = (clock.get(..2)?, clock.get(2..4)?, clock.get(4..6)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    Some((text.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use crate::document::parse_file;

    /// One for a test, valid from 2020-01-02 to 2050-01-02: the second time is
    /// of the long form.
    const TWO_FORMS: &[u8] = &[
        0x30, 0x34, 0x30, 0x32, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x07, 0x30, 0x00, 0x30,
        0x00, 0x30, 0x20, 0x17, 0x0d, b'2', b'0', b'0', b'1', b'0', b'2', b'0', b'3', b'0', b'4',
        b'0', b'5', b'Z', 0x18, 0x0f, b'2', b'0', b'5', b'0', b'0', b'1', b'0', b'2', b'0', b'3',
        b'0', b'4', b'0', b'5', b'Z', 0x30, 0x00, 0x30, 0x00,
    ];

    fn pem(der: &[u8]) -> String {
        use base64::Engine as _;
        let body = base64::prelude::BASE64_STANDARD.encode(der);
        format!("{}\n{body}\n{}\n", super::BEGIN, super::END)
    }

    fn read(text: &str) -> Result<serde_json::Value, String> {
        let mut read = parse_file("/etc/pki/a.crt", text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(read.remove(0))
    }

    #[test]
    fn each_certificate_of_a_file_says_when_it_is_valid() {
        let two = format!("subject: somebody\n{0}{0}", pem(TWO_FORMS));
        let read = read(&two).unwrap();
        assert_eq!(read["certificates"].as_array().unwrap().len(), 2);
        let one = &read["certificates"][1];
        assert_eq!(one["not-before"], "2020-01-02T03:04:05Z");
        assert_eq!(one["not-after"], "2050-01-02T03:04:05Z");
    }

    #[test]
    fn a_damaged_one_is_no_document_and_is_not_quoted() {
        let whole = pem(TWO_FORMS);
        for text in [
            whole.replace(super::END, ""),
            whole.replace("MD", "**"),
            pem(&TWO_FORMS[..40]),
            pem(&[0x30, 0x85, 1, 1, 1, 1, 1]),
            pem(&[]),
        ] {
            let why = read(&text).unwrap_err();
            assert!(why.contains("of its certificates number 1"), "{why}");
        }
        for cut in 0..TWO_FORMS.len() - 4 {
            let _ = read(&pem(&TWO_FORMS[..cut]));
        }
    }
}
