//! Each control of Amazon EKS.
