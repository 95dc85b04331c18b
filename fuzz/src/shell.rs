//! The least component that is let through: it says what a profile says, and
//! has no code. Nothing here is ever compiled.

use cisb_contract::MANIFEST_SECTION;

/// Before everything in a component.
const HEAD: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// What a profile exports.
const EXPORT: &str = "cisb:profile/checks@0.1.0";

/// A component with these bytes as its manifest's section.
pub(crate) fn around(manifest: &[u8]) -> Vec<u8> {
    let mut component = HEAD.to_vec();
    // One export, of the instance 0, without a type.
    let mut export = vec![1, 0];
    text(&mut export, EXPORT);
    export.extend([5, 0, 0]);
    section(&mut component, 11, &export);
    let mut custom = Vec::new();
    text(&mut custom, MANIFEST_SECTION);
    custom.extend(manifest);
    section(&mut component, 0, &custom);
    component
}

pub(crate) fn section(component: &mut Vec<u8>, id: u8, bytes: &[u8]) {
    component.push(id);
    length(component, bytes.len());
    component.extend(bytes);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// LEB128.
fn length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}
