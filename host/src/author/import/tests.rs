//! Imports of configurations of our own making.
