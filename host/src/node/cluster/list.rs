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
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use serde_json::json;

    use super::*;

    /// Answers in order, and remembers what it was asked.
    #[derive(Default)]
    struct Script {
        replies: RefCell<VecDeque<(u16, Value)>>,
        asked: RefCell<Vec<String>>,
    }

    impl Server for Script {
        fn get(&self, path: &str, _: usize) -> Result<Reply, Miss> {
            self.asked.borrow_mut().push(path.to_owned());
            let next = self.replies.borrow_mut().pop_front();
            let (status, body) = next.ok_or(Miss::Unreachable("end of script".into()))?;
            let status = StatusCode::from_u16(status).unwrap();
            Ok(Reply {
                status,
                body: body.to_string().into_bytes(),
            })
        }
    }

    fn script(replies: &[(u16, Value)]) -> Script {
        Script {
            replies: RefCell::new(replies.iter().cloned().collect()),
            ..Script::default()
        }
    }

    fn pods() -> Resource {
        Resource {
            group: String::new(),
            version: "v1".into(),
            plural: "pods".into(),
        }
    }

    fn page(names: &[&str], version: &str, next: &str) -> (u16, Value) {
        let items: Vec<Value> = names
            .iter()
            .map(|name| json!({"metadata": {"name": name}}))
            .collect();
        let metadata = json!({"resourceVersion": version, "continue": next});
        (
            200,
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}),
        )
    }

    fn ask(replies: &[(u16, Value)]) -> Result<Objects, Miss> {
        list(&script(replies), &pods(), LIMITS)
    }

    #[test]
    fn follows_pages_to_the_end() {
        let script = script(&[
            page(&["a"], "7", "to/ken=="),
            page(&["b"], "7", "x"),
            page(&["c"], "7", ""),
        ]);
        let objects = list(&script, &pods(), LIMITS).unwrap();
        let names: Vec<&str> = objects
            .items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            (names, objects.resource_version.as_str()),
            (vec!["a", "b", "c"], "7")
        );
        let asked = [
            "/api/v1/pods?limit=500",
            "/api/v1/pods?limit=500&continue=to%2Fken%3D%3D",
            "/api/v1/pods?limit=500&continue=x",
        ];
        assert_eq!(*script.asked.borrow(), asked);
        let empty = (
            200,
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": null}),
        );
        assert!(ask(&[empty]).unwrap().items.is_empty());
    }

    #[test]
    fn begins_again_once_when_the_snapshot_is_gone() {
        let gone = (410, json!({"kind": "Status", "reason": "Expired"}));
        let again = ask(&[
            page(&["a"], "7", "x"),
            gone.clone(),
            page(&["a", "b"], "9", ""),
        ])
        .unwrap();
        assert_eq!(
            (again.items.len(), again.resource_version.as_str()),
            (2, "9")
        );
        let moved = ask(&[
            page(&["a"], "7", "x"),
            page(&["b"], "8", ""),
            page(&["a", "b"], "9", ""),
        ]);
        assert_eq!(moved.unwrap().items.len(), 2);
        assert_eq!(ask(&[gone.clone(), gone]), Err(Miss::Raced));
    }

    #[test]
    fn a_cut_list_is_an_error() {
        let two = [page(&["a", "b"], "7", "x"), page(&["c"], "7", "y")];
        let with = |limits| list(&script(&two), &pods(), limits).unwrap_err();
        assert!(
            with(Limits {
                objects: 1,
                ..LIMITS
            })
            .to_string()
            .contains("1 objects")
        );
        assert!(
            with(Limits { pages: 2, ..LIMITS })
                .to_string()
                .contains("2 pages")
        );
        assert!(matches!(
            with(Limits {
                bytes: 10,
                ..LIMITS
            }),
            Miss::TooLarge { limit: 10, .. }
        ));
        assert!(
            ask(&[page(&["a"], "7", "x"), page(&["b"], "7", "x")])
                .unwrap_err()
                .to_string()
                .contains("circle")
        );
        assert!(matches!(
            ask(&[page(&["a"], "7", "x"), (503, json!({}))]),
            Err(Miss::Unreachable(_))
        ));
        assert!(matches!(
            ask(&[page(&["a"], "7", "x")]),
            Err(Miss::Unreachable(_))
        ));
    }

    #[test]
    fn each_refusal_is_told_apart() {
        let says = |status| ask(&[(status, json!({"kind": "Status"}))]).unwrap_err();
        assert!(matches!(says(401), Miss::NotPermitted(why) if why.contains("credentials")));
        assert!(matches!(says(403), Miss::NotPermitted(why) if why.contains("/api/v1/pods")));
        assert!(matches!(says(500), Miss::Unreachable(_)));
        assert!(matches!(says(429), Miss::Unreachable(_)));
        assert!(matches!(says(302), Miss::Other(_)));
        // A 404 counts only from an API server.
        let version = (200, json!({"gitVersion": "v1.36.2"}));
        assert_eq!(ask(&[(404, json!({})), version]), Err(Miss::NotFound));
        assert!(matches!(
            ask(&[(404, json!({})), (404, json!({}))]),
            Err(Miss::Other(_))
        ));
        assert!(matches!(
            ask(&[(404, json!({})), (200, json!("hello"))]),
            Err(Miss::Unreachable(_))
        ));
    }

    #[test]
    fn what_is_not_that_list_is_an_error() {
        let metadata = json!({"resourceVersion": "1"});
        for body in [
            json!({}),
            json!([]),
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata}),
            json!({"kind": "PodList", "apiVersion": "apps/v1", "metadata": metadata, "items": []}),
            json!({"kind": "Status", "apiVersion": "v1", "metadata": metadata, "items": []}),
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": ["x"]}),
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": 7}, "items": []}),
            json!({"kind": "PodList", "apiVersion": "v1", "items": []}),
        ] {
            assert!(
                matches!(ask(&[(200, body.clone())]), Err(Miss::Other(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn only_names_get_into_a_path() {
        let path = |group: &str, version: &str, plural: &str| {
            path_of(&Resource {
                group: group.into(),
                version: version.into(),
                plural: plural.into(),
            })
        };
        let rbac = "rbac.authorization.k8s.io";
        assert_eq!(
            path(rbac, "v1", "clusterroles").unwrap(),
            format!("/apis/{rbac}/v1/clusterroles")
        );
        for (group, version, plural) in [
            ("", "v1", "pods?watch=1"),
            ("", "v1", "../secrets"),
            ("", "", "pods"),
            ("", "v1", ""),
            ("a/b", "v1", "x"),
            ("", "v1", "nodes/proxy"),
            ("..", "v1", "x"),
            ("", "v1", "a%2f"),
        ] {
            assert!(
                matches!(path(group, version, plural), Err(Miss::BadPath(_))),
                "{plural}"
            );
        }
    }

    #[test]
    fn the_version_is_the_servers() {
        assert_eq!(
            version(&script(&[(200, json!({"gitVersion": "v1.36.2"}))])).unwrap(),
            "v1.36.2"
        );
        assert!(matches!(
            version(&script(&[(403, json!({}))])),
            Err(Miss::NotPermitted(_))
        ));
        assert!(matches!(
            version(&script(&[(200, json!({}))])),
            Err(Miss::Unreachable(_))
        ));
    }
}
