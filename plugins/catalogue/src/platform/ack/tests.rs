//! ACK.
