//! `cisb:host/context`: what is fixed before the first check starts.

use super::Session;
use crate::engine::wit::context::{Host, Node, Origin};
use crate::evidence::Turnout;
use crate::node;

impl Host for Session {
    fn scan_time(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(self.shared.now.clone())
    }

    fn scanned_node(&mut self) -> wasmtime::Result<Node> {
        self.enter()?;
        let identity = &self.shared.node.identity;
        let (origin, word) = match identity.origin {
            node::Origin::Live => (Origin::Live, "live"),
            node::Origin::Recorded => (Origin::Recorded, "recorded"),
            node::Origin::Tree => (Origin::Tree, "file tree without processes"),
        };
        let version = identity.kubernetes_version.clone();
        let has_api = self.shared.node.cluster.present();
        let fact = format!(
            "{word}, Kubernetes version {}, API {}",
            version.as_deref().unwrap_or("not stated"),
            if has_api { "present" } else { "absent" }
        );
        let name = identity.name.clone();
        let observation = self.ledger.mint("node", name.clone(), Turnout::Served);
        self.ledger.add(observation, fact);
        Ok(Node {
            observation,
            name,
            origin,
            kubernetes_version: version,
            has_api,
        })
    }
}
