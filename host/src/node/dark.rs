//! A node of which nothing can be read: what a profile says of it shows whether
//! it takes what it did not see for what it wanted to see.

use std::collections::BTreeMap;

use super::{
    Cluster, File, Files, Identity, Miss, Node, Objects, Origin, Processes, Resource, Table,
};

/// The node.
pub fn node() -> Node {
    Node {
        identity: Identity {
            name: "dark".to_owned(),
            origin: Origin::Recorded,
            source: "a node of which nothing can be read".to_owned(),
            captured: None,
            kubernetes_version: None,
            platform: "linux/amd64".to_owned(),
        },
        files: Box::new(Dark),
        processes: Box::new(Dark),
        cluster: Box::new(Dark),
    }
}

struct Dark;

fn refused() -> Miss {
    Miss::NotPermitted("nothing of this node can be read".to_owned())
}

impl Files for Dark {
    fn find(&self, _: &str) -> Result<Box<dyn File>, Miss> {
        Err(refused())
    }
}

impl Processes for Dark {
    fn table(&self) -> Result<&Table, Miss> {
        Err(refused())
    }
    fn environment(&self, _: u32, _: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        Err(refused())
    }
    fn translate(&self, _: u32, _: &str) -> Result<String, Miss> {
        Err(refused())
    }
}

impl Cluster for Dark {
    fn present(&self) -> bool {
        true
    }
    fn list(&self, _: &Resource) -> Result<Objects, Miss> {
        Err(refused())
    }
    fn version(&self) -> Result<String, Miss> {
        Err(refused())
    }
}
