//! Signed envelopes: DSSE 1.0 around in-toto statements. Parsing, signing and
//! verifying are pure; what a signature is worth, `policy` says.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::key::{KeyId, PrivateKey, PublicKey};

/// What our envelopes hold.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The largest envelope that is read, in bytes.
pub const MAX_BYTES: usize = 256 << 10;

/// Signatures of one envelope at most: each costs a verification.
const MAX_SIGNATURES: usize = 16;

/// An envelope: a text and signatures over it. Nothing in it is believed until
/// [`Envelope::signed_by`] says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<(Option<String>, Vec<u8>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
struct WireSignature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

/// Why an envelope cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Too large.
    #[error("it has {0} bytes; at most {MAX_BYTES} are read")]
    TooLarge(usize),
    /// Not an envelope.
    #[error("it is no DSSE envelope: {0}")]
    Parse(serde_json::Error),
    /// Not base64.
    #[error("its {0} is not base64")]
    Base64(&'static str),
    /// Too much to verify.
    #[error("it has {0} signatures; at most {MAX_SIGNATURES} are looked at")]
    TooMany(usize),
    /// Nothing to verify.
    #[error("it has no signature")]
    None,
    /// Another kind of text.
    #[error("it signs a text of the type `{0}`, and cisb takes `{PAYLOAD_TYPE}` only")]
    PayloadType(String),
}

impl Envelope {
    /// Understands an envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_BYTES {
            return Err(EnvelopeError::TooLarge(bytes.len()));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(EnvelopeError::Parse)?;
        if wire.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(wire.payload_type));
        }
        match wire.signatures.len() {
            0 => return Err(EnvelopeError::None),
            1..=MAX_SIGNATURES => {}
            many => return Err(EnvelopeError::TooMany(many)),
        }
        let signatures = wire.signatures.into_iter().map(|signature| {
            let bytes = decode(&signature.sig).ok_or(EnvelopeError::Base64("signature"))?;
            Ok((signature.keyid, bytes))
        });
        Ok(Self {
            payload: decode(&wire.payload).ok_or(EnvelopeError::Base64("payload"))?,
            payload_type: wire.payload_type,
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }

    /// An envelope around a statement that nobody signed yet.
    pub fn around(statement: &[u8]) -> Self {
        Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: statement.to_vec(),
            signatures: Vec::new(),
        }
    }

    /// What is signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What its signatures say of their keys: a hint, and no more.
    pub fn hints(&self) -> impl Iterator<Item = Option<&str>> {
        self.signatures.iter().map(|(hint, _)| hint.as_deref())
    }

    /// Adds a signature; false if this key's is there already.
    pub fn sign(&mut self, key: &PrivateKey) -> bool {
        let message = self.message();
        if self
            .signatures
            .iter()
            .any(|(_, signature)| key.public().verifies(&message, signature))
        {
            return false;
        }
        let id = key.public().id().to_string();
        self.signatures
            .push((Some(id), key.sign(&message).to_vec()));
        true
    }

    /// How many signatures there are, whosever they are.
    pub fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Adds the signatures of another envelope around the same text; none if it
    /// is another text, or if there would be too many.
    pub fn join(&self, other: &Self) -> Option<Self> {
        if (&self.payload, &self.payload_type) != (&other.payload, &other.payload_type) {
            return None;
        }
        let mut joined = self.clone();
        for (hint, signature) in &other.signatures {
            if !joined.signatures.iter().any(|(_, is)| is == signature) {
                joined.signatures.push((hint.clone(), signature.clone()));
            }
        }
        (joined.len() <= MAX_SIGNATURES).then_some(joined)
    }

    /// As JSON, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(|(keyid, sig)| WireSignature {
            keyid: keyid.clone(),
            sig: BASE64_STANDARD.encode(sig),
        });
        let wire = Wire {
            payload: BASE64_STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: signatures.collect(),
        };
        // Texts in a struct always have a JSON form.
        let mut json = serde_json::to_vec(&wire).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Which of these keys signed it. A key counts once, however often it signed.
    pub fn signed_by<'a>(&self, keys: impl IntoIterator<Item = &'a PublicKey>) -> Signed {
        let message = self.message();
        let keys: Vec<&PublicKey> = keys.into_iter().collect();
        let mut signed = Signed::default();
        for (hint, signature) in &self.signatures {
            // The hint only says which to try first.
            let hinted = |key: &&&PublicKey| Some(key.id().as_str()) == hint.as_deref();
            let first = keys.iter().filter(hinted);
            let others = keys.iter().filter(|key| !hinted(key));
            let verifies = |key: &&&PublicKey| key.verifies(&message, signature);
            if let Some(key) = first.chain(others).find(verifies)
                && !signed.keys.insert(key.id().clone())
            {
                signed.repeated.insert(key.id().clone());
            }
        }
        signed
    }

    /// What a signature is over: type and text, each with its length, so that
    /// none can be taken for a part of the other.
    fn message(&self) -> Vec<u8> {
        let mut message = format!(
            "DSSEv1 {} {} {} ",
            self.payload_type.len(),
            self.payload_type,
            self.payload.len()
        )
        .into_bytes();
        message.extend(&self.payload);
        message
    }
}

/// Which keys signed an envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// Each that did.
    pub keys: BTreeSet<KeyId>,
    /// Those that did more than once.
    pub repeated: BTreeSet<KeyId>,
}

/// Both alphabets, with padding or without: DSSE allows either.
fn decode(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config);
    let url_safe = GeneralPurpose::new(&alphabet::URL_SAFE, config);
    standard
        .decode(text)
        .or_else(|_| url_safe.decode(text))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(keys: &[&PrivateKey]) -> Envelope {
        let mut envelope = Envelope::around(b"{}");
        for key in keys {
            assert!(envelope.sign(key));
        }
        envelope
    }

    fn wire(envelope: &Envelope) -> serde_json::Value {
        serde_json::from_slice(&envelope.to_json()).unwrap()
    }

    fn parse(wire: &serde_json::Value) -> Result<Envelope, EnvelopeError> {
        Envelope::parse(wire.to_string().as_bytes())
    }

    #[test]
    fn an_envelope_says_who_signed_it() {
        let (a, b, c) = (PrivateKey::of(1), PrivateKey::of(2), PrivateKey::of(3));
        let envelope = Envelope::parse(&signed(&[&a, &b]).to_json()).unwrap();
        let keys = [a.public(), b.public(), c.public()];
        let by = envelope.signed_by(keys);
        assert_eq!(by.keys.len(), 2);
        assert!(by.keys.contains(a.public().id()) && !by.keys.contains(c.public().id()));
        assert!(by.repeated.is_empty());
    }

    #[test]
    fn the_message_is_dsse_s() {
        let envelope = Envelope {
            payload_type: "http://example.com/HelloWorld".to_owned(),
            payload: b"hello world".to_vec(),
            signatures: Vec::new(),
        };
        assert_eq!(
            envelope.message(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_key_signs_once_and_counts_once() {
        let key = PrivateKey::of(1);
        let mut envelope = signed(&[&key]);
        assert!(!envelope.sign(&key));
        let mut wire = wire(&envelope);
        let first = wire["signatures"][0].clone();
        wire["signatures"].as_array_mut().unwrap().push(first);
        let by = parse(&wire).unwrap().signed_by([key.public()]);
        assert_eq!((by.keys.len(), by.repeated.len()), (1, 1));
    }

    #[test]
    fn envelopes_around_one_text_become_one() {
        let (a, b) = (PrivateKey::of(1), PrivateKey::of(2));
        let joined = signed(&[&a]).join(&signed(&[&a, &b])).unwrap();
        assert_eq!(joined.len(), 2);
        assert_eq!(joined.signed_by([a.public(), b.public()]).keys.len(), 2);
        assert_eq!(signed(&[&a]).join(&Envelope::around(b"[]")), None);
        let many: Vec<PrivateKey> = (1..=9).map(PrivateKey::of).collect();
        let more: Vec<PrivateKey> = (10..=17).map(PrivateKey::of).collect();
        let (many, more) = (
            many.iter().collect::<Vec<_>>(),
            more.iter().collect::<Vec<_>>(),
        );
        assert_eq!(signed(&many).join(&signed(&more)), None);
    }

    #[test]
    fn a_key_id_decides_nothing() {
        let (a, b) = (PrivateKey::of(1), PrivateKey::of(2));
        let mut wire = wire(&signed(&[&a]));
        for keyid in [serde_json::json!(b.public().id().as_str()), "".into()] {
            wire["signatures"][0]["keyid"] = keyid;
            let by = parse(&wire).unwrap().signed_by([a.public(), b.public()]);
            assert_eq!(by.keys.iter().collect::<Vec<_>>(), [a.public().id()]);
        }
    }

    #[test]
    fn another_text_or_type_is_not_what_was_signed() {
        let key = PrivateKey::of(1);
        let mut wire = wire(&signed(&[&key]));
        wire["payload"] = BASE64_STANDARD.encode("{ }").into();
        let by = parse(&wire).unwrap().signed_by([key.public()]);
        assert!(by.keys.is_empty());
        wire["payloadType"] = "text/plain".into();
        let said = parse(&wire).unwrap_err().to_string();
        assert!(said.contains("`text/plain`"), "{said}");
    }

    #[test]
    fn envelopes_are_bounded() {
        let key = PrivateKey::of(1);
        let mut wire = wire(&signed(&[&key]));
        let one = wire["signatures"][0].clone();
        wire["signatures"] = vec![one; MAX_SIGNATURES + 1].into();
        assert!(matches!(parse(&wire), Err(EnvelopeError::TooMany(17))));
        wire["signatures"] = serde_json::json!([]);
        assert!(matches!(parse(&wire), Err(EnvelopeError::None)));
        assert!(matches!(
            Envelope::parse(&vec![b' '; MAX_BYTES + 1]),
            Err(EnvelopeError::TooLarge(_))
        ));
    }

    #[test]
    fn both_alphabets_are_read() {
        assert_eq!(decode("-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(decode("+/8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode("+_8="), None);
        assert_eq!(decode("a b"), None);
    }
}
