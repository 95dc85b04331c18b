//! Prints every profile that is a table here, one on a line: the features
//! that build its code, empty for none, a tab, and its manifest. xtask puts them
//! into the components.

use std::io::Write as _;

use cisb_catalogue::{assemble, table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for table in table::read_all(&table::folder())? {
        let manifest = assemble::manifest(&table).map_err(|e| format!("{}: {e}", table.id))?;
        let platform = assemble::platform(&table)?;
        write!(out, "{}\t", assemble::features(platform, &manifest))?;
        serde_json::to_writer(&mut out, &manifest)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
