//! AKS.
