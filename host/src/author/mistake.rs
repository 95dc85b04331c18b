//! What is wrong with what an author wrote: where, what, and what to do.

use std::fmt;

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where.
    pub spot: Spot,
    /// What, and the way out.
    pub text: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn at(spot: Spot, text: impl Into<String>) -> Self {
        Self {
            spot,
            text: text.into(),
        }
    }
}

/// All that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file, as it was named.
    pub file: String,
    /// Each of them, in the order of their places; at least one.
    pub all: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.all.iter().enumerate() {
            let Mistake { spot, text } = mistake;
            let end = if at == 0 { "" } else { "\n" };
            write!(
                f,
                "{end}{}:{}:{}: {text}",
                self.file, spot.line, spot.column
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
