//! What holds of OpenShift 3.
