//! `cisb:host/kubernetes`: objects of the API, pruned to what was asked for.

use std::sync::{Arc, PoisonError};

use cisb_contract::manifest::{KubernetesRequest, Verb};
use sha2::{Digest as _, Sha256};

use super::{Session, Shared, denied};
use crate::engine::wit::kubernetes::{Host, Page, Version};
use crate::engine::wit::types::Error as WitError;
use crate::evidence::{Turnout, hex};
use crate::node::{Miss, Resource};
use crate::profile::grants::resource_name;
use crate::{document, mask};

/// How many bytes of objects one page holds.
const PAGE_BYTES: usize = 1 << 20;
/// How many objects one page holds.
const PAGE_ITEMS: usize = 500;

/// A list as every check sees it: pruned, masked, one JSON text for each object.
#[derive(Debug)]
pub struct Pruned {
    outcome: Result<Vec<String>, Miss>,
    digest: String,
}

impl Pruned {
    /// How many bytes the list has.
    pub fn bytes(&self) -> usize {
        self.outcome
            .as_ref()
            .map_or(0, |items| items.iter().map(String::len).sum())
    }
}

/// The resource that a request names.
fn resource(request: &KubernetesRequest) -> Resource {
    let (group, version) = request
        .api_version
        .split_once('/')
        .unwrap_or(("", &request.api_version));
    Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: request.resource.clone(),
    }
}

impl Shared {
    /// The objects of a request, fetched and pruned once for a run.
    pub fn pruned(&self, request: &KubernetesRequest) -> Arc<Pruned> {
        let cell = {
            let mut kept = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
            kept.entry(request.id.clone()).or_default().clone()
        };
        // Two checks do not list the same resource twice; other resources do not
        // wait for it.
        cell.get_or_init(|| Arc::new(self.list(request))).clone()
    }

    fn list(&self, request: &KubernetesRequest) -> Pruned {
        let outcome = self.node.cluster.list(&resource(request)).map(|objects| {
            objects
                .items
                .into_iter()
                .map(|mut item| {
                    mask::mask_object(&request.resource, &mut item);
                    document::select(&item, &request.fields).to_string()
                })
                .collect::<Vec<_>>()
        });
        let mut hasher = Sha256::new();
        for item in outcome.as_deref().unwrap_or_default() {
            hasher.update(item.as_bytes());
            hasher.update(b"\n");
        }
        Pruned {
            outcome,
            digest: hex(&hasher.finalize()),
        }
    }
}

impl Host for Session {
    fn list_objects(
        &mut self,
        request: String,
        start: Option<u32>,
    ) -> wasmtime::Result<Result<Page, WitError>> {
        self.enter()?;
        let granted = self.granted.clone();
        let Some((request, allowed)) = granted
            .kubernetes
            .iter()
            .find(|(r, _)| r.id == request && self.uses(&r.id) && r.verbs.contains(&Verb::List))
        else {
            return Ok(Err(denied(
                &format!("the kubernetes request `{}`", request.escape_debug()),
                "the check does not declare it in `uses`, or it has no verb `list`",
            )));
        };
        self.asked.insert(request.id.clone());
        let subject = resource_name(&request.api_version, &request.resource);
        if !allowed {
            return Ok(Err(denied(
                &format!("listing {subject}"),
                &format!("{} does not allow it for this profile", granted.source),
            )));
        }
        let shared = self.shared.clone();
        let pruned = shared.pruned(request);
        let items = match &pruned.outcome {
            Ok(items) => items,
            Err(miss) => return Ok(Err(self.miss("objects", &subject, miss))),
        };
        let observation = match self.lists.get(&request.id) {
            Some(observation) => *observation,
            None => {
                if let Err(full) = self.room() {
                    return Ok(Err(full));
                }
                let observation = self.ledger.mint("objects", subject, Turnout::Served);
                self.ledger.add(
                    observation,
                    format!("{} objects, sha256 {}", items.len(), pruned.digest),
                );
                self.lists.insert(request.id.clone(), observation);
                observation
            }
        };
        // Guest-controlled: a start beyond the end is the empty last page.
        let start = start.map_or(0, |s| usize::try_from(s).unwrap_or(usize::MAX));
        let mut bytes = 0;
        let mut page = Vec::new();
        for item in items.iter().skip(start) {
            if page.len() == PAGE_ITEMS || (!page.is_empty() && bytes + item.len() > PAGE_BYTES) {
                break;
            }
            bytes += item.len();
            page.push(item.clone());
        }
        let end = start.saturating_add(page.len());
        Ok(Ok(Page {
            observation,
            next: (end < items.len())
                .then(|| u32::try_from(end).ok())
                .flatten(),
            items: page,
        }))
    }

    fn server_version(&mut self) -> wasmtime::Result<Result<Version, WitError>> {
        self.enter()?;
        if let Err(full) = self.room() {
            return Ok(Err(full));
        }
        match self.shared.node.cluster.version() {
            Ok(git_version) => {
                let observation =
                    self.ledger
                        .mint("version", "API server".to_owned(), Turnout::Served);
                self.ledger.add(observation, git_version.clone());
                Ok(Ok(Version {
                    observation,
                    git_version,
                }))
            }
            Err(miss) => Ok(Err(self.miss("version", "API server", &miss))),
        }
    }
}
