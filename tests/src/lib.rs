//! Holds no code: the tests are in `it/`, one binary that runs `cisb` as a
//! person would.
