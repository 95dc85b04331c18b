//! The report as JSON: the whole of it, in the shape that
//! `schema/report.schema.json` publishes.

use std::io::{self, Write};

use serde::Serialize as _;

use super::Report;
use super::escape::SafeJson;

/// The JSON Schema of the report, as `cisb schema report` prints it.
pub const SCHEMA: &str = include_str!("../../schema/report.schema.json");

/// Writes the report, indented, with a line end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::pretty());
    report.serialize(&mut serializer)?;
    out.write_all(b"\n")
}
