//! Custom sections: a component and a core module encode them the same way.

/// Appends a custom section.
pub fn append(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut section = Vec::with_capacity(name.len() + data.len() + 5);
    leb128(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(data);
    bytes.push(0);
    leb128(bytes, section.len());
    bytes.extend_from_slice(&section);
}

/// Appends a number in LEB128, as WebAssembly writes lengths.
pub fn leb128(bytes: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sections_get_long_lengths() {
        let mut bytes = Vec::new();
        for value in [0, 127, 128, 300, 65_536] {
            leb128(&mut bytes, value);
        }
        assert_eq!(bytes, [0, 127, 0x80, 1, 0xac, 2, 0x80, 0x80, 4]);
    }
}
