//! GKE: every control of its own passes, fails, is unknown and, where it can
//! be, not applicable.
