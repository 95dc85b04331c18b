//! Reads a bundle: once, from its first byte to its last, believing nothing. A
//! tar can say the same thing in many ways; this takes one of them, the plain
//! file whose name a bundle has, and refuses the others by name.

use std::collections::BTreeMap;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::layout::{Blobs, Bundle, LAYOUT, is_digest};
use super::{BundleError, MAX_BLOB, MAX_BLOBS, MAX_JSON, MAX_TOTAL, shown};
use crate::evidence::hex;

/// A tar is made of blocks of this size.
const BLOCK: usize = 512;

/// Empty blocks at the end that are a writer's habit.
const MAX_PADDING: u64 = 1 << 20;

/// Reads a bundle to its end. `blobs` gets every blob, and keeps it only if its
/// digest is its name; nothing says that the bundle is one before this returns.
pub fn read(mut input: impl Read, blobs: &mut dyn Blobs) -> Result<Bundle, BundleError> {
    let mut documents: BTreeMap<&'static str, Vec<u8>> = BTreeMap::new();
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let mut total = 0_u64;
    while let Some((name, size)) = next(&mut input)? {
        let entry = Entry::of(&name)?;
        let shown = shown(&name);
        total = total.saturating_add(size);
        let limit = match &entry {
            Entry::Document(_) => MAX_JSON,
            Entry::Blob(_) => MAX_BLOB,
        };
        if size > limit {
            let what = format!("its entry {shown}");
            return Err(BundleError::TooLarge { what, size, limit });
        }
        if total > MAX_TOTAL {
            return Err(BundleError::TooLarge {
                what: "what it holds".to_owned(),
                size: total,
                limit: MAX_TOTAL,
            });
        }
        let mut content = Content {
            input: &mut input,
            left: size,
            hash: Sha256::new(),
            failed: None,
        };
        let kept = match entry {
            Entry::Document(known) => {
                let mut bytes = Vec::new();
                let kept = content.read_to_end(&mut bytes).map(|_| ());
                if documents.insert(known, bytes).is_some() {
                    return Err(BundleError::Twice(shown));
                }
                kept
            }
            Entry::Blob(digest) => {
                if sizes.len() == MAX_BLOBS {
                    let (what, limit) = ("blobs", MAX_BLOBS);
                    return Err(BundleError::TooMany { what, limit });
                }
                if sizes.insert(digest.to_owned(), size).is_some() {
                    return Err(BundleError::Twice(shown));
                }
                blobs.put(digest, &mut content)
            }
        };
        match (content.failed.take(), kept) {
            (Some(Failed::Short), _) => return Err(BundleError::Cut(shown)),
            (Some(Failed::Read(error)), _) => return Err(BundleError::Read(error)),
            (None, Err(error)) => return Err(BundleError::Keep(error)),
            (None, Ok(())) => {}
        }
        if content.left > 0 {
            return Err(BundleError::Keep(io::ErrorKind::WriteZero.into()));
        }
        let is = hex(&content.hash.finalize());
        if let Entry::Blob(named) = entry
            && is != named
        {
            let named = named.to_owned();
            return Err(BundleError::Digest { named, is });
        }
        padding(&mut input, size, &shown)?;
    }
    let missing = |name: &str| BundleError::NotABundle(format!("it holds no `{name}`"));
    let layout = documents.get("oci-layout");
    let layout = layout.ok_or_else(|| missing("oci-layout"))?;
    if !is_layout(layout) {
        let why = "its `oci-layout` is of another version".to_owned();
        return Err(BundleError::NotABundle(why));
    }
    let index = documents.get("index.json");
    let index = index.ok_or_else(|| missing("index.json"))?;
    let bundle = Bundle::understand(index, blobs)?;
    let known = bundle.digests();
    match sizes.keys().find(|digest| !known.contains(digest.as_str())) {
        Some(extra) => Err(BundleError::Extra(extra.clone())),
        None => Ok(bundle),
    }
}

/// What an entry is, by its name.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Document(&'static str),
    Blob(&'a str),
}

impl<'a> Entry<'a> {
    fn of(name: &'a [u8]) -> Result<Self, BundleError> {
        let digest = || {
            let digest = name.strip_prefix(b"blobs/sha256/")?;
            let digest = std::str::from_utf8(digest).ok()?;
            is_digest(digest).then_some(digest)
        };
        match (name, digest()) {
            (b"oci-layout", _) => Ok(Self::Document("oci-layout")),
            (b"index.json", _) => Ok(Self::Document("index.json")),
            (_, Some(digest)) => Ok(Self::Blob(digest)),
            _ => Err(BundleError::Name(shown(name))),
        }
    }
}

/// The content of an entry, to its end and no further.
struct Content<'a> {
    input: &'a mut dyn Read,
    left: u64,
    hash: Sha256,
    failed: Option<Failed>,
}

enum Failed {
    Short,
    Read(io::Error),
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        match self.input.read(&mut buffer[..most]) {
            Ok(0) => {
                self.failed = Some(Failed::Short);
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(read) => {
                self.hash.update(&buffer[..read]);
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(Failed::Read(error));
                Err(kind.into())
            }
        }
    }
}

/// The next entry's name and size; none at the end, after which nothing comes.
fn next(input: &mut impl Read) -> Result<Option<(Vec<u8>, u64)>, BundleError> {
    let mut block = [0_u8; BLOCK];
    full(input, &mut block, "its list of entries")?;
    if is_zero(&block) {
        full(input, &mut block, "its end")?;
        return match is_zero(&block) {
            true => ended(input).map(|()| None),
            false => Err(BundleError::Trailing),
        };
    }
    let header = tar::Header::from_byte_slice(&block);
    let damaged = |_| BundleError::NotABundle("it is no tar, or was damaged".to_owned());
    if header.cksum().map_err(damaged)? != checksum(&block) {
        return Err(damaged(io::ErrorKind::InvalidData.into()));
    }
    let name = header.path_bytes().into_owned();
    if let Some(kind) = oddity(header) {
        let name = shown(&name);
        return Err(BundleError::Kind { name, kind });
    }
    let size = header.entry_size().map_err(damaged)?;
    Ok(Some((name, size)))
}

/// What an entry is, if it is no plain file.
fn oddity(header: &tar::Header) -> Option<&'static str> {
    use tar::EntryType;
    match header.entry_type() {
        EntryType::Regular => header
            .link_name_bytes()
            .map(|_| "a file that names another"),
        EntryType::Link => Some("a hard link"),
        EntryType::Symlink => Some("a link"),
        EntryType::Char | EntryType::Block => Some("a device"),
        EntryType::Fifo => Some("a pipe"),
        EntryType::Directory => Some("a directory"),
        EntryType::GNULongName | EntryType::GNULongLink => Some("a long name"),
        EntryType::GNUSparse => Some("a file with holes"),
        EntryType::XGlobalHeader | EntryType::XHeader => Some("an extended header"),
        _ => Some("no plain file"),
    }
}

/// The sum of a header's bytes, its own field taken as spaces.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let own = 148..156;
    let each = block.iter().enumerate();
    each.map(|(at, byte)| match own.contains(&at) {
        true => u32::from(b' '),
        false => u32::from(*byte),
    })
    .sum()
}

/// After an entry its last block is filled, with nothing.
fn padding(input: &mut impl Read, size: u64, name: &str) -> Result<(), BundleError> {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if over == 0 {
        return Ok(());
    }
    let mut rest = [0_u8; BLOCK];
    let rest = &mut rest[over..];
    full(input, rest, name)?;
    match is_zero(rest) {
        true => Ok(()),
        false => Err(BundleError::Trailing),
    }
}

/// That nothing follows, but for empty blocks.
fn ended(input: &mut impl Read) -> Result<(), BundleError> {
    let mut rest = Vec::new();
    let mut rest_of = input.take(MAX_PADDING + 1);
    rest_of.read_to_end(&mut rest).map_err(BundleError::Read)?;
    match is_zero(&rest) && rest.len() as u64 <= MAX_PADDING {
        true => Ok(()),
        false => Err(BundleError::Trailing),
    }
}

fn full(input: &mut impl Read, block: &mut [u8], what: &str) -> Result<(), BundleError> {
    input.read_exact(block).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BundleError::Cut(what.to_owned()),
        _ => BundleError::Read(error),
    })
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Whether a layout says that it has the version that there is.
fn is_layout(text: &[u8]) -> bool {
    let is: Result<serde_json::Value, _> = serde_json::from_slice(text);
    let wanted: Result<serde_json::Value, _> = serde_json::from_str(LAYOUT);
    matches!((is, wanted), (Ok(is), Ok(wanted))
        if is["imageLayoutVersion"] == wanted["imageLayoutVersion"])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::layout::{
        Attached, Descriptor, EMPTY, EMPTY_TYPE, ENVELOPE_TYPE, Labels, MANIFEST_TYPE, Packed,
        WASM_CONFIG_TYPE, WASM_TYPE,
    };
    use super::super::{Memory, write};
    use super::*;

    /// A bundle of something that is no component: that is not the reader's.
    fn made() -> (Bundle, Vec<u8>) {
        let mut blobs = Memory::default();
        let mut keep = |kind: &str, bytes: &[u8]| {
            let descriptor = Descriptor::of(kind, bytes);
            blobs.0.insert(descriptor.hex().to_owned(), bytes.to_vec());
            descriptor
        };
        let labels = Labels {
            id: "p".to_owned(),
            version: "1.0.0".to_owned(),
            epoch: 1,
            manifest: "m".to_owned(),
            capabilities: "c".to_owned(),
        };
        let config = keep(WASM_CONFIG_TYPE, b"a configuration");
        let component = keep(WASM_TYPE, b"a component");
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "artifactType": "application/vnd.cisb.profile.v1",
            "config": config, "layers": [component], "annotations": labels.annotations(),
        });
        let manifest = keep(MANIFEST_TYPE, manifest.to_string().as_bytes());
        let content = keep(ENVELOPE_TYPE, b"an envelope");
        let nothing = keep(EMPTY_TYPE, EMPTY);
        let signed = serde_json::json!({
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": ENVELOPE_TYPE,
            "config": nothing, "layers": [content], "subject": manifest,
        });
        let signed = keep(MANIFEST_TYPE, signed.to_string().as_bytes());
        let packed = Packed {
            labels,
            manifest,
            config,
            component,
            envelope: Some(Attached {
                manifest: signed,
                config: nothing,
                content,
            }),
            sbom: None,
        };
        let bundle = Bundle {
            profiles: vec![packed],
            ..Bundle::default()
        };
        let mut tar = Vec::new();
        write::tar(&bundle, &blobs, &mut tar).unwrap();
        (bundle, tar)
    }

    fn again(tar: &[u8]) -> Result<(Bundle, Memory), BundleError> {
        let mut blobs = Memory::default();
        read(tar, &mut blobs).map(|bundle| (bundle, blobs))
    }

    /// What the index says beside what it is needed for.
    fn plain(mut bundle: Bundle) -> Bundle {
        for packed in &mut bundle.profiles {
            let attached = packed.envelope.iter_mut().map(|it| &mut it.manifest);
            for manifest in attached.chain([&mut packed.manifest]) {
                manifest.annotations = BTreeMap::new();
                manifest.artifact_type = None;
            }
        }
        bundle
    }

    #[test]
    fn what_is_written_is_read() {
        let (bundle, tar) = made();
        let (read, blobs) = again(&tar).unwrap();
        assert_eq!(plain(read.clone()), plain(bundle));
        assert_eq!(blobs.0.len(), 6);
        let mut twice = Vec::new();
        write::tar(&read, &blobs, &mut twice).unwrap();
        assert_eq!(twice, tar);
    }

    #[test]
    fn a_part_of_a_bundle_is_none() {
        let (_, tar) = made();
        for end in 0..tar.len() {
            assert!(again(&tar[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn no_bit_can_be_changed() {
        let (_, tar) = made();
        let name = b"index.json";
        let index = tar.chunks(512).position(|block| block.starts_with(name));
        let index = index.unwrap() * 512;
        let size = write::index(&again(&tar).unwrap().0).len();
        // No digest covers the index: the components in it vouch for themselves.
        let free = index + 512..index + 512 + size;
        for at in 0..tar.len() {
            let mut changed = tar.clone();
            changed[at] ^= 1;
            let read = again(&changed);
            assert!(read.is_err() || free.contains(&at), "{at}");
        }
    }

    /// A reader that gives one byte at a time, and is interrupted before each.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.1 {
                true => Err(io::ErrorKind::Interrupted.into()),
                false => self.0.read(&mut buffer[..1]),
            }
        }
    }

    #[test]
    fn how_it_arrives_does_not_matter() {
        let (bundle, tar) = made();
        let read = read(Slow(&tar, false), &mut Memory::default()).unwrap();
        assert_eq!(plain(read), plain(bundle));
    }
}
