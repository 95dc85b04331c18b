//! A component in which another manifest stands, and nothing else is changed:
//! its code stays the code that was vetted.

use cisb_contract::MANIFEST_SECTION;

/// The sections that say what a component is, which are written anew.
const ABOUT: [&str; 4] = ["component-name", "description", "version", MANIFEST_SECTION];

/// What precedes the first section: magic and version.
const PREAMBLE: usize = 8;

/// The component without its manifest and what else says which profile it is;
/// none if its sections do not follow each other as they should.
pub(super) fn code(component: &[u8]) -> Option<Vec<u8>> {
    let mut code = component.get(..PREAMBLE)?.to_vec();
    let mut at = PREAMBLE;
    while at < component.len() {
        let id = *component.get(at)?;
        let (size, start) = number(component, at + 1)?;
        let end = start.checked_add(size)?;
        let contents = component.get(start..end)?;
        if id != 0 || !ABOUT.contains(&name(contents)?) {
            code.extend_from_slice(component.get(at..end)?);
        }
        at = end;
    }
    Some(code)
}

/// The name of a custom section.
fn name(contents: &[u8]) -> Option<&str> {
    let (size, start) = number(contents, 0)?;
    let name = contents.get(start..start.checked_add(size)?)?;
    std::str::from_utf8(name).ok()
}

/// A number in LEB128, and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for shift in (0..32).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use cisb_contract::section::append;

    use super::*;

    #[test]
    fn what_says_which_profile_it_is_goes_and_the_rest_stays() {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend([1, 2, 7, 7]);
        append(&mut component, "licenses", b"Apache-2.0");
        let wanted = component.clone();
        append(&mut component, "component-name", b"\0\x01\0");
        append(&mut component, "version", b"1.0.0");
        append(&mut component, MANIFEST_SECTION, &[b'x'; 300]);
        assert_eq!(code(&component), Some(wanted));
    }

    #[test]
    fn what_does_not_add_up_is_none() {
        assert_eq!(code(b"\0asm"), None);
        assert_eq!(code(b"\0asm\x0d\0\x01\0\x01\x7f"), None);
        assert_eq!(code(b"\0asm\x0d\0\x01\0\0\x80\x80\x80\x80\x80\x80"), None);
    }
}
