//! What holds of this platform alone.
