//! What holds of OpenShift 4.
