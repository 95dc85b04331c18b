//! Prints the manifest of every profile that is a table here, one on a line:
//! what xtask puts into the components.

use std::io::Write as _;

use cisb_catalogue::{assemble, table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for table in table::read_all(&table::folder())? {
        let manifest = assemble::manifest(&table).map_err(|e| format!("{}: {e}", table.id))?;
        serde_json::to_writer(&mut out, &manifest)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
