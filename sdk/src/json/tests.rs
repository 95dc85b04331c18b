//! The parser against serde_json, and what a value answers.

use super::*;

/// Both parsers agree on a text: on whether it is JSON, and on what it says.
fn agree(json: &str) {
    let theirs = serde_json::from_str::<serde_json::Value>(json);
    match (parse(json), theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(plain(&ours), theirs, "{json}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{json}: {ours:?}, but serde_json: {theirs:?}"),
    }
}

/// A value as serde_json has it, which reads numbers and forgets duplicates.
fn plain(value: &Value) -> serde_json::Value {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_is_json_is_what_serde_json_takes() {
    for json in [
        "null",
        " true ",
        "false",
        "nul",
        "truex",
        "",
        " ",
        "\u{feff}1",
        "1 2",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"b\":[{},[]]}",
        "{\"a\":1,\"a\":2}",
        "0",
        "-0",
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "1.5",
        "1e3",
        "1E+3",
        "1e-3",
        "1e",
        "+1",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "\"\"",
        "\"a",
        "\"\\n\\t\\r\\b\\f\\/\\\\\\\"\"",
        "\"\\x\"",
        "\"\\u00e9\"",
        "\"\\u00E9 \u{e9}\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\u{1}\"",
        "\"\t\"",
        "\"\u{7f}\"",
        "\"\\\"",
        "[\"\u{1f600}\", {\"\u{e9}\": null}]",
        "[1]x",
        "//",
        "'a'",
    ] {
        agree(json);
    }
}

#[test]
fn a_text_ends_wherever_its_end_falls_among_the_eight_bytes_read_at_once() {
    for before in 0..20 {
        let before = "a".repeat(before);
        for byte in 0..=u8::MAX {
            let special = matches!(byte, b'"' | b'\\' | 0..0x20);
            for after in 0..20 {
                let text = [before.as_bytes(), &[byte], &vec![byte; after]].concat();
                let wanted = if special { before.len() } else { text.len() };
                assert_eq!(super::plain(&text), wanted, "{text:?}");
            }
        }
        for middle in [
            "\"",
            "\\\"",
            "\u{1f600}",
            "\u{1f}",
            "\0",
            "!",
            "\u{80}\"",
            "\\n\\n",
        ] {
            for after in 0..20 {
                agree(&format!("[\"{before}{middle}{}\"]", "z".repeat(after)));
                agree(&format!("\"{before}{middle}{}", "z".repeat(after)));
            }
        }
    }
    agree("1\0");
    agree("[1\0]");
}

#[test]
fn depth_is_limited() {
    for depth in [1, 127, 128, 129] {
        agree(&("[".repeat(depth) + &"]".repeat(depth)));
        agree(&("{\"a\":".repeat(depth) + "1" + &"}".repeat(depth)));
    }
}

#[test]
fn every_document_of_a_manifest_reads_alike() {
    let manifest =
        serde_json::json!({"a": [1, -2.5, "x\u{1f600}\u{1}", null, true], "b/c~": {"": []}});
    agree(&manifest.to_string());
    agree(&serde_json::to_string_pretty(&manifest).unwrap());
}

#[test]
fn a_pointer_reaches_what_serde_json_reaches() {
    let theirs =
        serde_json::json!({"a": [{"b/c": 1, "~d": 2, "~1": 3}, 4], "": {"": 5}, "e": null});
    let ours = Value::from(theirs.clone());
    for pointer in [
        "",
        "/",
        "//",
        "/a",
        "/a/0",
        "/a/1",
        "/a/2",
        "/a/00",
        "/a/01",
        "/a/+1",
        "/a/-",
        "/a/0/b~1c",
        "/a/0/~0d",
        "/a/0/~01",
        "/a/0/x",
        "a",
        "/e",
        "/e/x",
        "/a/",
        "/a/0/b/c",
    ] {
        let found = ours.pointer(pointer).map(plain);
        assert_eq!(found.as_ref(), theirs.pointer(pointer), "{pointer}");
    }
}

#[test]
fn only_whole_numbers_that_fit_are_integers() {
    for json in [
        "0",
        "-0",
        "5",
        "-5",
        "5.0",
        "5e0",
        "9223372036854775807",
        "9223372036854775808",
    ] {
        let theirs: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(parse(json).unwrap().as_i64(), theirs.as_i64(), "{json}");
    }
}

#[test]
fn the_last_of_two_members_counts() {
    let value = parse(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(value["a"].as_i64(), Some(2));
    assert!(value["b"].is_null());
}
