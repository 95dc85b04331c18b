//! Whole lists from an API server that gives them in pages.
//!
//! A list is whole or it is an error. Half a list of role bindings would let a
//! check pass that the other half fails.

use http::StatusCode;
use serde_json::Value;

use crate::node::{Miss, Objects, Resource};

/// Objects asked for at a time.
const PAGE: usize = 500;
/// What one list may come to.
pub(super) const LIMITS: Limits = Limits {
    pages: 2_000,
    objects: 200_000,
    page_bytes: 64 << 20,
    bytes: 128 << 20,
};
/// A list whose snapshot the server has dropped meanwhile is begun again this often.
const RESTARTS: usize = 1;

/// Bounds, so that no server can fill the memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) pages: usize,
    pub(super) objects: usize,
    pub(super) page_bytes: usize,
    pub(super) bytes: usize,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Whoever answers a GET. `limit` bounds the answer's body.
pub(super) trait Server {
    fn get(&self, path: &str, limit: usize) -> Result<Reply, Miss>;
}

/// All objects of a resource.
pub(super) fn list(
    server: &dyn Server,
    resource: &Resource,
    limits: Limits,
) -> Result<Objects, Miss> {
    let path = path_of(resource)?;
    for _ in 0..=RESTARTS {
        if let Some(objects) = pages(server, resource, &path, limits)? {
            return Ok(objects);
        }
    }
    Err(Miss::Raced)
}

/// The server's own version, `v1.36.2`.
pub(super) fn version(server: &dyn Server) -> Result<String, Miss> {
    let reply = server.get("/version", 1 << 20)?;
    check(reply.status, "its version")?;
    let answer: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let version = answer
        .as_ref()
        .and_then(|answer| answer.get("gitVersion")?.as_str());
    let version = version.filter(|version| version.starts_with('v'));
    version.map(str::to_owned).ok_or_else(|| {
        Miss::Unreachable(
            "what answers is not a Kubernetes API server: it states no version".into(),
        )
    })
}

/// Every page, or none if the server has dropped the snapshot they are taken from.
fn pages(
    server: &dyn Server,
    resource: &Resource,
    path: &str,
    limits: Limits,
) -> Result<Option<Objects>, Miss> {
    let mut whole = Objects {
        items: Vec::new(),
        resource_version: String::new(),
    };
    let mut token: Option<String> = None;
    let mut bytes = 0;
    for _ in 0..limits.pages {
        let reply = server.get(&query(path, token.as_deref()), limits.page_bytes)?;
        match reply.status {
            StatusCode::GONE => return Ok(None),
            // Anything may answer 404. Only an API server's means that there is no such resource.
            StatusCode::NOT_FOUND => return version(server).and(Err(Miss::NotFound)),
            status => check(status, path)?,
        }
        bytes += reply.body.len();
        if bytes > limits.bytes {
            return Err(Miss::TooLarge {
                size: bytes as u64,
                limit: limits.bytes as u64,
            });
        }
        let page = Page::parse(&reply.body, resource).ok_or_else(|| {
            Miss::Other(format!("the answer to {path} is not a list of that kind"))
        })?;
        if token.is_some() && page.version != whole.resource_version {
            return Ok(None);
        }
        whole.resource_version = page.version;
        whole.items.extend(page.items);
        if whole.items.len() > limits.objects {
            return Err(Miss::Other(format!(
                "{path} has more than {} objects",
                limits.objects
            )));
        }
        match page.next {
            None => return Ok(Some(whole)),
            next if next == token => {
                return Err(Miss::Other(format!("the pages of {path} go in a circle")));
            }
            next => token = next,
        }
    }
    Err(Miss::Other(format!(
        "{path} has more than {} pages",
        limits.pages
    )))
}

/// One page of a list.
struct Page {
    items: Vec<Value>,
    version: String,
    next: Option<String>,
}

impl Page {
    fn parse(body: &[u8], resource: &Resource) -> Option<Self> {
        let Value::Object(mut answer) = serde_json::from_slice(body).ok()? else {
            return None;
        };
        let group_version = match resource.group.as_str() {
            "" => resource.version.clone(),
            group => format!("{group}/{}", resource.version),
        };
        let named = answer.get("apiVersion")?.as_str()? == group_version
            && answer.get("kind")?.as_str()?.ends_with("List");
        let metadata = answer.get("metadata")?.as_object()?;
        let text = |field: &str| match metadata.get(field) {
            None | Some(Value::Null) => Some(""),
            Some(value) => value.as_str(),
        };
        let (version, next) = (
            text("resourceVersion")?.to_owned(),
            text("continue")?.to_owned(),
        );
        let items = match answer.remove("items")? {
            Value::Array(items) => items,
            // How Go writes an empty list.
            Value::Null => Vec::new(),
            _ => return None,
        };
        let next = (!next.is_empty()).then_some(next);
        (named && items.iter().all(Value::is_object)).then_some(Self {
            items,
            version,
            next,
        })
    }
}

/// What a status other than success says about the question.
fn check(status: StatusCode, what: &str) -> Result<(), Miss> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::UNAUTHORIZED => Err(Miss::NotPermitted(
            "the API server does not accept the credentials".into(),
        )),
        StatusCode::FORBIDDEN => Err(Miss::NotPermitted(format!(
            "the API server forbids to read {what}: grant get and list on it"
        ))),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Err(
            Miss::Unreachable(format!("the API server answers {status} to {what}")),
        ),
        status => Err(Miss::Other(format!(
            "the API server answers {status} to {what}"
        ))),
    }
}

/// The path of a list. The parts come from a profile: nothing but names gets in.
fn path_of(resource: &Resource) -> Result<String, Miss> {
    let Resource {
        group,
        version,
        plural,
    } = resource;
    let name = |text: &str| {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        !text.is_empty() && text.bytes().all(plain) && text.starts_with(|first: char| first != '.')
    };
    if !(group.is_empty() || name(group)) || !name(version) || !name(plural) {
        return Err(Miss::BadPath(format!(
            "{group:?} {version:?} {plural:?} names no API resource"
        )));
    }
    Ok(match group.as_str() {
        "" => format!("/api/{version}/{plural}"),
        group => format!("/apis/{group}/{version}/{plural}"),
    })
}

fn query(path: &str, token: Option<&str>) -> String {
    let mut query = format!("{path}?limit={PAGE}");
    if let Some(token) = token {
        query.push_str("&continue=");
        for byte in token.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                query.push(char::from(byte));
            } else {
                query.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    query
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
