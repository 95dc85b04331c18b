//! An API server in a few lines: pages, refusals, and answers that are no list.

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
