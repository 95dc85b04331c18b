//! What `cisb cache` does: compiles profiles ahead of scans, and removes what
//! came of it.

use std::path::Path;

use cisb::engine::cache::{self, Cause};
use cisb::report::{escape, exit};
use cisb::request::Warm;
use cisb::warm::{self, Warmed};

use super::{print, say};

pub(super) fn warm(request: &Warm) -> anyhow::Result<u8> {
    let mut code = exit::CLEAN;
    let mut printed = Ok(());
    warm::warm(request, &mut |warmed| match warmed {
        Warmed::Kept { id, kept } => {
            let size = format!("{} KiB", kept.size.div_ceil(1024));
            let what = match kept.compiled {
                None => "was kept already".to_owned(),
                Some(Cause::New) => "compiled".to_owned(),
                Some(Cause::Damaged(why)) => format!("compiled anew: the entry was bad, {why}"),
            };
            let line = format!("{id:<28} {size:>9}  {what}");
            let line = print(|out| writeln!(out, "{}", escape::line(&line)));
            printed = std::mem::replace(&mut printed, Ok(())).and(line);
        }
        Warmed::Refused { name, why } => {
            say(&format!("{name} is refused: {why}"));
            code = exit::REFUSED;
        }
    })?;
    printed.map(|()| code)
}

pub(super) fn clear(place: &Path) -> anyhow::Result<u8> {
    let cleared = cache::clear(place)?;
    let Some(folder) = &cleared.folder else {
        say(&format!("there is no cache at {}", place.display()));
        return Ok(exit::CLEAN);
    };
    let key = match cleared.key {
        true => " and the key",
        false => "",
    };
    let profiles = match cleared.entries {
        1 => "1 profile".to_owned(),
        many => format!("{many} profiles"),
    };
    let line = format!(
        "removed the compiled code of {profiles}{key} from {}",
        folder.display()
    );
    print(|out| writeln!(out, "{}", escape::line(&line)))?;
    for name in &cleared.left {
        say(&format!(
            "{} is left: cisb did not put it there",
            folder.join(name).display()
        ));
    }
    Ok(exit::CLEAN)
}
