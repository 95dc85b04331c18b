//! Modules that stand in for functions that are never called: each of them
//! traps. A module imports whatever its libraries could ask; what its manifest
//! does not request is answered by one of these, so that the component's imports
//! stay what it can ask at most.

use cisb_contract::section::leb128;
use wasmparser::ValType;

use super::Function;

/// A module that exports functions of these names and types.
pub(super) fn module(functions: &[&Function]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    let all = |each: &dyn Fn(usize, &Function, &mut Vec<u8>)| {
        let mut contents = Vec::new();
        leb128(&mut contents, functions.len());
        for (at, function) in functions.iter().enumerate() {
            each(at, function, &mut contents);
        }
        contents
    };
    section(
        &mut bytes,
        1,
        &all(&|_, function, out| {
            out.push(0x60);
            types(&function.parameters, out);
            types(&function.results, out);
        }),
    );
    section(&mut bytes, 3, &all(&|at, _, out| leb128(out, at)));
    section(
        &mut bytes,
        7,
        &all(&|at, function, out| {
            leb128(out, function.name.len());
            out.extend_from_slice(function.name.as_bytes());
            out.push(0);
            leb128(out, at);
        }),
    );
    // Three bytes each: no locals, `unreachable`, `end`.
    section(
        &mut bytes,
        10,
        &all(&|_, _, out| out.extend([3, 0, 0x00, 0x0b])),
    );
    bytes
}

fn section(bytes: &mut Vec<u8>, kind: u8, contents: &[u8]) {
    bytes.push(kind);
    leb128(bytes, contents.len());
    bytes.extend_from_slice(contents);
}

fn types(types: &[ValType], out: &mut Vec<u8>) {
    leb128(out, types.len());
    out.extend(types.iter().map(|kind| match kind {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        // The canonical ABI passes nothing else.
        ValType::V128 | ValType::Ref(_) => 0x7b,
    }));
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload, Validator};

    use super::*;

    #[test]
    fn what_stands_in_is_valid_and_has_every_function() {
        let function = |name: &str, parameters: Vec<ValType>, results: Vec<ValType>| Function {
            interface: "a:b/c".to_owned(),
            name: name.to_owned(),
            parameters,
            results,
        };
        let one = function(
            "[method]entry.stat",
            vec![ValType::I32, ValType::I64],
            Vec::new(),
        );
        let two = function("open", Vec::new(), vec![ValType::F64]);
        let bytes = module(&[&one, &two]);
        Validator::new().validate_all(&bytes).unwrap();
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(&bytes) {
            if let Payload::ExportSection(exports) = payload.unwrap() {
                names.extend(exports.into_iter().map(|e| e.unwrap().name.to_owned()));
            }
        }
        assert_eq!(names, ["[method]entry.stat", "open"]);
    }
}
