//! Keys of nobody: their private halves are one byte, written 32 times, so
//! that seeds can be signed and nothing that matters ever is.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cisb::trust::PublicKey;
use ed25519_dalek::SigningKey;

/// What stands before the 32 bytes of a key in a SubjectPublicKeyInfo.
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The key of this byte.
pub(crate) fn nobody(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

/// Its public half, as a policy has it.
pub(crate) fn line(byte: u8) -> String {
    let mut der = SPKI.to_vec();
    der.extend(nobody(byte).verifying_key().as_bytes());
    BASE64_STANDARD.encode(der)
}

/// The same, as cisb has it.
pub(crate) fn public(byte: u8) -> PublicKey {
    PublicKey::parse(&line(byte), "a key of nobody").expect("it is a key")
}
