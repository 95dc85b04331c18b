//! The API objects of a record.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::archive::Source;
use super::format::Fault;
use super::{FILE_LIMIT, Flaw};
use crate::node::{Cluster, Miss, Objects, Resource};

/// A record's objects.
struct Recorded {
    source: Arc<Source>,
    /// The files of its folder; none if there is no folder.
    names: Option<BTreeSet<String>>,
    kinds: Option<Vec<String>>,
    fault: Option<Fault>,
}

/// Checks a record's objects. They are read again, one list at a time, when
/// they are asked for.
pub(super) fn objects(
    source: &Arc<Source>,
    kinds: Option<Vec<String>>,
    fault: Option<Fault>,
) -> Result<impl Cluster + use<>, Flaw> {
    let names = source
        .objects()
        .map_err(|error| Flaw::io("objects", error))?;
    for name in names.iter().flatten() {
        let file = format!("objects/{name}");
        if !name.ends_with(".json") {
            continue;
        }
        let bytes = source
            .read(&file, FILE_LIMIT)
            .map_err(|error| Flaw::io(&file, error))?;
        let bytes = bytes.ok_or_else(|| Flaw::invalid(&file, "it is gone"))?;
        let invalid = |error: serde_json::Error| Flaw::invalid(&file, error.to_string());
        if name == "version.json" {
            serde_json::from_slice::<Version>(&bytes).map_err(invalid)?;
        } else {
            serde_json::from_slice::<Shape>(&bytes).map_err(invalid)?;
        }
    }
    Ok(Recorded {
        source: Arc::clone(source),
        names,
        kinds,
        fault,
    })
}

#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "items")]
    _items: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMetadata,
    items: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "gitVersion")]
    git_version: String,
}

/// How the file of a resource is called, without its ending.
pub(super) fn stem(resource: &Resource) -> String {
    let group = if resource.group.is_empty() {
        "core"
    } else {
        &resource.group
    };
    format!("{group}_{}_{}", resource.version, resource.plural)
}

impl Cluster for Recorded {
    fn present(&self) -> bool {
        self.names.is_some()
    }

    fn list(&self, resource: &Resource) -> Result<Objects, Miss> {
        let stem = stem(resource);
        let names = self.names(&stem)?;
        let file = |ending: &str| format!("{stem}.{ending}");
        // Only a Secret's metadata is served from any source, so it is whole.
        let name = if names.contains(&file("json")) {
            file("json")
        } else if names.contains(&file("metadata.json")) {
            if resource.plural != "secrets" || !resource.group.is_empty() {
                return Err(Miss::NotRecorded(format!(
                    "only the metadata of {} was kept",
                    resource.plural
                )));
            }
            file("metadata.json")
        } else {
            return Err(self.absent(&stem, &resource.plural));
        };
        let list: List = self.parse(&name)?;
        Ok(Objects {
            items: list.items,
            resource_version: list.metadata.resource_version,
        })
    }

    fn version(&self) -> Result<String, Miss> {
        let names = self.names("version")?;
        if !names.contains("version.json") {
            return Err(Miss::NotRecorded(
                "the API server's version is not in the record".to_owned(),
            ));
        }
        self.parse("version.json")
            .map(|version: Version| version.git_version)
    }
}

impl Recorded {
    /// The files there are, unless the answer to this question is an error.
    fn names(&self, stem: &str) -> Result<&BTreeSet<String>, Miss> {
        let Some(names) = &self.names else {
            let miss = self.fault.as_ref().map(Fault::miss);
            return Err(miss.unwrap_or_else(|| {
                Miss::Unreachable("the record holds no API objects".to_owned())
            }));
        };
        let error = format!("{stem}.error");
        if names.contains(&error) {
            let bytes = self.read(&error)?;
            return Err(Fault::from_line(&String::from_utf8_lossy(&bytes)).miss());
        }
        Ok(names)
    }

    fn absent(&self, stem: &str, plural: &str) -> Miss {
        let asked = |kinds: &Vec<String>| kinds.iter().any(|kind| kind == stem || kind == plural);
        if self.kinds.as_ref().is_none_or(asked) {
            Miss::NotPermitted(format!(
                "{plural} could not be read when the record was made"
            ))
        } else {
            Miss::NotRecorded(format!("{plural} are outside the record's scope"))
        }
    }

    fn parse<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, Miss> {
        serde_json::from_slice(&self.read(name)?).map_err(|error| corrupt(name, &error.to_string()))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Miss> {
        let bytes = self.source.read(&format!("objects/{name}"), FILE_LIMIT);
        bytes
            .map_err(|error| corrupt(name, &error.to_string()))?
            .ok_or_else(|| corrupt(name, "it is gone"))
    }
}

fn corrupt(name: &str, why: &str) -> Miss {
    Miss::Other(format!("corrupt record: objects/{name}: {why}"))
}
