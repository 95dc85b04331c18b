//! What an entry of the cache looks like, and what proves that it is ours:
//! bytes in, bytes out.
//!
//! ```text
//! 0    16  what this is, and the version of this layout
//! 16   32  SHA-256 of the component
//! 48   32  SHA-256 of what the engine says of itself, and of how we compile
//! 80    8  length of the code, little-endian
//! 88   32  HMAC-SHA256 over a domain, these first 88 bytes and the code
//! 120      the code
//! ```

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What every entry begins with. The number changes with this layout and with
/// what is compiled otherwise than before.
const MAGIC: [u8; 16] = *b"cisb code     1\n";
/// So that a MAC of this key never means anything else.
const DOMAIN: &[u8] = b"cisb compiled component, authenticated\0";
const ENGINE: usize = MAGIC.len() + 32;
const LENGTH: usize = ENGINE + 32;
const MAC: usize = LENGTH + 8;
/// Bytes before the code.
const HEADER: usize = MAC + 32;

/// Code that bears the MAC of the one who keeps the cache. Only [`open`] makes
/// one of bytes that come from elsewhere.
pub(super) struct Authentic<'a>(&'a [u8]);

impl<'a> Authentic<'a> {
    /// The code.
    pub(super) fn code(&self) -> &'a [u8] {
        self.0
    }
}

/// The key of a cache: whoever has it can make cisb execute what they like. It
/// is kept as HMAC begins with it, filled up with zeros to a block.
pub(super) struct Key(Zeroizing<[u8; 64]>);

impl Key {
    /// How many bytes it has.
    pub(super) const BYTES: usize = 32;

    /// A new one.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut block = Zeroizing::new([0; 64]);
        getrandom::fill(&mut block[..Self::BYTES])?;
        Ok(Self(block))
    }

    /// One that was kept; nothing but so many bytes is one.
    pub(super) fn of(kept: &[u8]) -> Option<Self> {
        let mut block = Zeroizing::new([0; 64]);
        if kept.len() != Self::BYTES {
            return None;
        }
        block[..Self::BYTES].copy_from_slice(kept);
        Some(Self(block))
    }

    /// What is kept of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0[..Self::BYTES]
    }

    fn mac(&self, header: &[u8], code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new((&*self.0).into());
        mac.update(DOMAIN);
        mac.update(header);
        mac.update(code);
        mac
    }
}

/// Which code an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// SHA-256 of the component.
    pub(super) component: [u8; 32],
    /// SHA-256 of the engine and how it compiles.
    pub(super) engine: [u8; 32],
}

/// Why an entry is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It begins otherwise.
    #[error("it is no compiled code of this version of cisb")]
    NotOurs,
    /// It is shorter or longer than it says.
    #[error("it has {has} bytes of code and says {says}")]
    Length {
        /// How many there are.
        has: u64,
        /// How many there should be.
        says: u64,
    },
    /// It is named like the component and holds another.
    #[error("it holds the code of another component")]
    Component,
    /// Another engine compiled it.
    #[error("it was compiled for another version of cisb, another processor or other settings")]
    Engine,
    /// The MAC is wrong.
    #[error("it was changed, or written with another key")]
    Forged,
}

/// An entry for this code.
pub(super) fn seal(key: &Key, identity: &Identity, code: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(HEADER + code.len());
    entry.extend(MAGIC);
    entry.extend(identity.component);
    entry.extend(identity.engine);
    entry.extend((code.len() as u64).to_le_bytes());
    let mac = key.mac(&entry, code).finalize().into_bytes();
    entry.extend(mac);
    entry.extend(code);
    entry
}

/// The code of an entry, if it is the one that is looked for and nobody but who
/// has the key wrote it.
pub(super) fn open<'a>(
    key: &Key,
    identity: &Identity,
    entry: &'a [u8],
) -> Result<Authentic<'a>, Mismatch> {
    let Some((header, code)) = entry.split_at_checked(HEADER) else {
        return Err(Mismatch::NotOurs);
    };
    let (said, mac) = header.split_at(MAC);
    let says = said[LENGTH..]
        .iter()
        .rev()
        .fold(0, |length, byte| length << 8 | u64::from(*byte));
    let has = code.len() as u64;
    if said[..MAGIC.len()] != MAGIC {
        Err(Mismatch::NotOurs)
    } else if said[MAGIC.len()..ENGINE] != identity.component {
        Err(Mismatch::Component)
    } else if said[ENGINE..LENGTH] != identity.engine {
        Err(Mismatch::Engine)
    } else if says != has {
        Err(Mismatch::Length { has, says })
    } else {
        // In constant time; what is not authentic was only compared so far.
        match key.mac(said, code).verify_slice(mac) {
            Ok(()) => Ok(Authentic(code)),
            Err(_) => Err(Mismatch::Forged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHICH: Identity = Identity {
        component: [1; 32],
        engine: [2; 32],
    };

    fn key(byte: u8) -> Key {
        Key::of(&[byte; Key::BYTES]).unwrap()
    }

    fn refused(entry: &[u8]) -> Mismatch {
        open(&key(7), &WHICH, entry).err().unwrap()
    }

    #[test]
    fn what_was_sealed_opens() {
        for code in [&b""[..], b"x", &[9; 5000]] {
            let entry = seal(&key(7), &WHICH, code);
            assert_eq!(open(&key(7), &WHICH, &entry).ok().unwrap().code(), code);
        }
    }

    #[test]
    fn every_changed_bit_is_found() {
        let entry = seal(&key(7), &WHICH, b"some code");
        for at in 0..entry.len() {
            for bit in 0..8 {
                let mut changed = entry.clone();
                changed[at] ^= 1 << bit;
                let found = refused(&changed);
                let right = match at {
                    0..16 => found == Mismatch::NotOurs,
                    16..48 => found == Mismatch::Component,
                    48..80 => found == Mismatch::Engine,
                    80..88 => matches!(found, Mismatch::Length { has: 9, .. }),
                    _ => found == Mismatch::Forged,
                };
                assert!(right, "byte {at}: {found}");
            }
        }
    }

    #[test]
    fn every_other_length_is_found() {
        let entry = seal(&key(7), &WHICH, b"some code");
        for end in 0..entry.len() {
            let found = refused(&entry[..end]);
            match end < HEADER {
                true => assert_eq!(found, Mismatch::NotOurs),
                false => assert!(matches!(found, Mismatch::Length { says: 9, .. })),
            }
        }
        let longer = [&entry[..], b"x"].concat();
        assert!(matches!(refused(&longer), Mismatch::Length { has: 10, .. }));
    }

    #[test]
    fn a_boundary_moved_between_fields_is_found() {
        // The same bytes, cut otherwise: what the length says is under the MAC.
        let entry = seal(&key(7), &WHICH, b"some code");
        let mut moved = entry[..entry.len() - 1].to_vec();
        moved[80] -= 1;
        assert_eq!(refused(&moved), Mismatch::Forged);
    }

    #[test]
    fn another_key_component_or_engine_is_found() {
        let entry = seal(&key(8), &WHICH, b"some code");
        assert_eq!(refused(&entry), Mismatch::Forged);
        let mut other = WHICH;
        other.component[31] = 0;
        assert_eq!(refused(&seal(&key(7), &other, b"")), Mismatch::Component);
        let mut other = WHICH;
        other.engine[0] = 0;
        assert_eq!(refused(&seal(&key(7), &other, b"")), Mismatch::Engine);
    }

    #[test]
    fn a_key_has_its_length_and_is_never_twice_the_same() {
        assert!(Key::of(&[0; 31]).is_none());
        assert!(Key::of(&[0; 33]).is_none());
        let (one, two) = (Key::random().unwrap(), Key::random().unwrap());
        assert_ne!(one.bytes(), two.bytes());
        assert_eq!(Key::of(one.bytes()).unwrap().bytes(), one.bytes());
    }
}
