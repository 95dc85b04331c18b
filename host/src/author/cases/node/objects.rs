//! The API of a node in a case: objects as kubectl writes them, each in the list
//! of its resource, and an empty list for whatever else the profile asks for.

use std::collections::{BTreeMap, BTreeSet};

use cisb_contract::manifest::KubernetesRequest;
use serde_json::Value;

use super::Maker;
use crate::author::cases::Kubernetes;
use crate::author::schema::hint;
use crate::cli::near;
use crate::node::Resource;
use crate::node::record::draft::Draft;

impl Maker<'_> {
    pub(super) fn kubernetes(&mut self, objects: &Kubernetes, draft: &mut Draft) {
        let requests = &self.manifest.requests.kubernetes;
        // Of a recorded API, what was not recorded stays unknown.
        let fill = !draft.has_api();
        draft.api();
        let items = match objects {
            Kubernetes::Word(_) => {
                for request in requests {
                    draft.no_objects(&resource(request));
                }
                return;
            }
            Kubernetes::List(items) => items,
        };
        let mut kinds: BTreeMap<Resource, Vec<Value>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            // As `kubectl get` writes several.
            let several = item["items"].as_array().filter(|_| item["kind"] == "List");
            for item in several.map_or(std::slice::from_ref(item), Vec::as_slice) {
                match self.kind(item) {
                    Ok(kind) => kinds.entry(kind).or_default().push(item.clone()),
                    Err(text) => self.wrong(&["node", "kubernetes", &at.to_string()], text),
                }
            }
        }
        for (kind, items) in &kinds {
            draft.objects(kind, items);
        }
        for request in requests.iter().filter(|_| fill) {
            let kind = resource(request);
            if !kinds.contains_key(&kind) {
                draft.objects(&kind, &[]);
            }
        }
    }

    /// Of which resource an object is.
    fn kind(&self, item: &Value) -> Result<Resource, String> {
        let (Some(api), Some(kind)) = (item["apiVersion"].as_str(), item["kind"].as_str()) else {
            return Err(
                "an object needs `apiVersion` and `kind`, as kubectl writes them".to_owned(),
            );
        };
        let plural = plural(kind);
        let requests = &self.manifest.requests.kubernetes;
        let asked: BTreeSet<&str> = requests.iter().map(|r| r.resource.as_str()).collect();
        if !asked.contains(plural.as_str()) {
            let near = near::closest(&plural, asked.iter().copied());
            if !near.is_empty() {
                let hint = hint(&near);
                return Err(format!("the profile asks for no `{plural}`{hint}"));
            }
        }
        let mut same = requests.iter().filter(|r| r.resource == plural);
        let mut versions = same.clone().map(|r| r.api_version.as_str());
        if let Some(other) = same.next()
            && !versions.any(|version| version == api)
        {
            let wanted = &other.api_version;
            return Err(format!(
                "the profile asks for {plural} of `{wanted}`, and this one is of `{api}`"
            ));
        }
        Ok(named(api, &plural))
    }
}

fn resource(request: &KubernetesRequest) -> Resource {
    named(&request.api_version, &request.resource)
}

fn named(api_version: &str, plural: &str) -> Resource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
    }
}

/// What the API calls many of a kind.
fn plural(kind: &str) -> String {
    let one = kind.to_ascii_lowercase();
    let vowel = |c: char| "aeiou".contains(c);
    let hisses = |one: &str| ["s", "x", "ch", "sh"].iter().any(|end| one.ends_with(end));
    match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowel) => format!("{stem}ies"),
        _ if one == "endpoints" => one,
        _ if hisses(&one) => format!("{one}es"),
        _ => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_called_as_the_api_does() {
        for (kind, many) in [
            ("Pod", "pods"),
            ("NetworkPolicy", "networkpolicies"),
            ("Ingress", "ingresses"),
            ("Endpoints", "endpoints"),
            ("Gateway", "gateways"),
            ("StorageClass", "storageclasses"),
        ] {
            assert_eq!(plural(kind), many);
        }
    }
}
