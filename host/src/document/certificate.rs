//! Certificates, as documents: when each that a file holds is valid. What else
//! is in them no profile asked for yet.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode as _;
use x509_cert::time::Time;

use super::DocumentError;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Certificates of one file at most.
const LIMIT: usize = 1_000;

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
        let der = BASE64_STANDARD.decode(body).ok();
        let validity = der.as_deref().and_then(valid);
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
    // Serial numbers that the standard forbids are read: components read them.
    let read = CertificateInner::<Raw>::from_der(certificate).ok()?;
    let validity = read.tbs_certificate().validity();
    let time = |time: &Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Timestamp::from_second(seconds).ok()
    };
    Some((time(&validity.not_before)?, time(&validity.not_after)?))
}

#[cfg(test)]
mod tests {
    use crate::document::parse_file;

    /// Of a key that nobody has. It ends after 2049, so its times are written in
    /// two forms.
    const ONE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBITCB1KADAgECAgEHMAUGAytlcDAPMQ0wCwYDVQQDDAR0ZXN0MCAXDTI2MTEy\n\
MjAyMTIxMVoYDzIwODEwODI1MDIxMjExWjAPMQ0wCwYDVQQDDAR0ZXN0MCowBQYD\n\
K2VwAyEAo5jOFdRCnK6ztGO9FwADLV4xeZrXL37I/r+jqjGb226jUzBRMB0GA1Ud\n\
DgQWBBTwYLaxHb0FPwoe6lFmVFYyz/VVVzAfBgNVHSMEGDAWgBTwYLaxHb0FPwoe\n\
6lFmVFYyz/VVVzAPBgNVHRMBAf8EBTADAQH/MAUGAytlcANBAEh1Q8JTfZMj9OaH\n\
+Qcf5LVvrQgh+heJzprzneHkOxY0vEhSGOiUfcv25hhcJTeLREAnyPBgw6jLz5qN\n\
2r80qwY=\n\
-----END CERTIFICATE-----\n";

    fn read(text: &str) -> Result<serde_json::Value, String> {
        let mut read = parse_file("/etc/pki/a.crt", text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(read.remove(0))
    }

    #[test]
    fn each_certificate_of_a_file_says_when_it_is_valid() {
        let two = format!("subject: somebody\n{ONE}{ONE}");
        let read = read(&two).unwrap();
        assert_eq!(read["certificates"].as_array().unwrap().len(), 2);
        let one = &read["certificates"][1];
        assert_eq!(one["not-before"], "2026-11-22T02:12:11Z");
        assert_eq!(one["not-after"], "2081-08-25T02:12:11Z");
    }

    #[test]
    fn a_damaged_one_is_no_document_and_is_not_quoted() {
        for text in [
            ONE.replace(super::END, ""),
            ONE.replace("MIIB", "MI**"),
            ONE.replace("MIIBITCB1K", "MIIBITCB2K"),
            ONE.replace("MIIB", "MIMB"),
            format!("{}\n{}\n", super::BEGIN, super::END),
        ] {
            let why = read(&text).unwrap_err();
            assert!(why.contains("of its certificates number 1"), "{why}");
        }
        for cut in 0..ONE.len() {
            let _ = parse_file("/etc/pki/a.crt", &ONE.as_bytes()[..cut]);
        }
    }
}
