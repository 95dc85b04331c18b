//! Amazon EKS: AWS runs the control plane, the customer the nodes and what
//! AWS' API lets one set. Amazon Linux 2, Amazon Linux 2023 and Bottlerocket
//! start the kubelet each in a way of its own; the kubelet's flags say which
//! files are read.

use super::{Code, Platform, Provider};

mod controls;
mod kubelet;
mod procedures;
mod questions;
mod requests;
#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "eks",
    code: Code::Cloud,
    globs: &[],
    requests: requests::requests,
    controls: controls::controls,
    words: &[
        words::AWS,
        words::CLUSTER,
        words::NODE,
        words::CONTROL_PLANE,
    ],
    procedures: procedures::PROCEDURES,
    // Nothing on a node states it: kube-proxy and the others come from DaemonSets.
    versions: &[],
    provider: Some(Provider {
        name: "AWS",
        evidence: "its SOC, ISO and PCI reports are to be had in AWS Artifact \
                   (https://aws.amazon.com/artifact/), and which of them cover Amazon EKS is \
                   listed at https://aws.amazon.com/compliance/services-in-scope/",
    }),
};

/// The user guide's page of this name.
macro_rules! guide {
    ($page:literal) => {
        concat!(
            "https://docs.aws.amazon.com/eks/latest/userguide/",
            $page,
            ".html"
        )
    };
}
use guide;
