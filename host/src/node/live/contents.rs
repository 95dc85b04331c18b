//! Contents and names that hold still: what changes while it is taken is taken
//! again, and given up if it never stays the same.

use std::io::{self, Read, Seek, SeekFrom};

use rustix::fs::{Dir, fstat};

use crate::node::{Listing, Miss};

/// What changes while it is read this often is given up.
pub(super) const READS: usize = 4;

/// What changes when contents do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    size: i64,
    mtime: (i64, i64),
}

impl Mark {
    pub(super) fn of(stat: &rustix::fs::Stat) -> Self {
        #[expect(
            clippy::unnecessary_cast,
            reason = "the fields differ between architectures"
        )]
        let mtime = (stat.st_mtime as i64, stat.st_mtime_nsec as i64);
        Self {
            size: stat.st_size,
            mtime,
        }
    }
}

/// Takes something from at most `limit + 1` bytes and says how many there were.
pub(super) type Take<T> = fn(&mut dyn Read, u64) -> io::Result<(u64, T)>;

/// Takes the contents while they stay what they were when the file was found.
pub(super) fn steady<T>(
    file: &mut std::fs::File,
    found: &Mark,
    limit: u64,
    take: Take<T>,
) -> Result<T, Miss> {
    let failed = |error: io::Error| Miss::Other(format!("cannot be read: {error}"));
    for _ in 0..READS {
        let before = Mark::of(&fstat(&*file).map_err(|errno| failed(errno.into()))?);
        let size = u64::try_from(before.size).unwrap_or(0);
        if size > limit {
            return Err(Miss::TooLarge { size, limit });
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (read, taken) =
            take(&mut (&*file).take(limit.saturating_add(1)), size).map_err(failed)?;
        if read > limit {
            return Err(Miss::TooLarge {
                size: read.max(size),
                limit,
            });
        }
        let after = Mark::of(&fstat(&*file).map_err(|errno| failed(errno.into()))?);
        if before == after && before == *found {
            return Ok(taken);
        }
    }
    Err(Miss::Raced)
}

pub(super) fn read_whole(source: &mut dyn Read, size: u64) -> io::Result<(u64, Vec<u8>)> {
    // The size is checked against the limit before, so it can be trusted for this.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    source.read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64, bytes))
}

/// At most `limit` names, sorted.
pub(super) fn names(directory: &mut Dir, limit: usize) -> rustix::io::Result<Listing> {
    let mut names = Vec::new();
    let mut complete = true;
    for entry in directory {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        if names.len() >= limit {
            complete = false;
            break;
        }
        match name.to_str() {
            Ok(name) => names.push(name.to_owned()),
            Err(_) => complete = false,
        }
    }
    names.sort_unstable();
    Ok(Listing { names, complete })
}
