//! Objects of a provider, judged by what stands in a rule.

use cisb_sdk::contract::manifest::{KubernetesRequest, Requests, Verb};
use cisb_sdk::fake::FakeNode;
use cisb_sdk::rule::{self, Rule};
use cisb_sdk::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

fn judged(node: &FakeNode, with: Value) -> Outcome {
    let requests = Requests {
        kubernetes: vec![KubernetesRequest {
            id: "provider-nodes".to_owned(),
            api_version: "v1".to_owned(),
            resource: "nodes".to_owned(),
            verbs: vec![Verb::List],
            fields: vec!["/status/nodeInfo/osImage".to_owned(), "/spec".to_owned()],
            why: "what they run".to_owned(),
        }],
        ..Requests::default()
    };
    let rule = Rule::Code {
        name: "objects-nodes".to_owned(),
        with: with.into(),
    };
    node.check(&requests, &["provider-nodes"], |cx| {
        rule::evaluate(&rule, cx, crate::CLOUD.codes).unwrap()
    })
}

fn nodes(list: &str) -> FakeNode {
    FakeNode::new().objects("nodes", "v1", list)
}

const OPTIMIZED: &str =
    r#"{"metadata": {"name": "a"}, "status": {"nodeInfo": {"osImage": "Bottlerocket OS 1.2"}}}"#;
const OTHER: &str = r#"{"metadata": {"name": "b"}, "spec": {"unschedulable": true}, "status": {"nodeInfo": {"osImage": "Ubuntu"}}}"#;
const SILENT: &str = r#"{"metadata": {"name": "c"}}"#;

fn rule() -> Value {
    json!({
        "pointer": "/status/nodeInfo/osImage",
        "is": ["Bottlerocket*"],
        "absent": "manual",
        "otherwise": "fail",
        "expected": "an optimized system",
        "words": "every node runs it",
    })
}

#[test]
fn each_object_must_have_one_of_the_values() {
    let good = judged(&nodes(&format!("[{OPTIMIZED}]")), rule());
    assert_eq!(
        (good.verdict, &*good.actual),
        (Verdict::Pass, "every node runs it")
    );
    let bad = judged(&nodes(&format!("[{OPTIMIZED}, {OTHER}]")), rule());
    assert_eq!(bad.verdict, Verdict::Fail);
    assert_eq!(bad.reason, "not met by Node/b");
    let silent = judged(&nodes(&format!("[{SILENT}]")), rule());
    assert_eq!(silent.verdict, Verdict::Manual);
    let none = judged(&nodes("[]"), rule());
    assert_eq!(none.verdict, Verdict::Manual);
}

#[test]
fn one_object_may_suffice_and_some_may_not_count() {
    let mut any = rule();
    any["any"] = true.into();
    let both = nodes(&format!("[{OPTIMIZED}, {OTHER}]"));
    assert_eq!(judged(&both, any.clone()).verdict, Verdict::Pass);
    assert_eq!(
        judged(&nodes(&format!("[{OTHER}]")), any).verdict,
        Verdict::Fail
    );
    let mut some = rule();
    some["where"] = json!({"pointer": "/spec/unschedulable", "is": ["true"]});
    some["none"] = "not-applicable".into();
    assert_eq!(judged(&both, some.clone()).verdict, Verdict::Fail);
    assert_eq!(
        judged(&nodes(&format!("[{OPTIMIZED}]")), some).verdict,
        Verdict::NotApplicable
    );
}

#[test]
fn every_element_of_a_list_must_match_or_some_one() {
    let of = |types: &str| {
        nodes(&format!(
            r#"[{{"metadata": {{"name": "a"}}, "spec": {{"taints": [{types}]}}}}]"#
        ))
    };
    let good = r#"{"key": "a/1"}"#;
    let both = r#"{"key": "a/1"}, {"key": "b/1"}, {"key": "a/2"}"#;
    let rule = |some: bool| json!({"pointer": "/spec/taints/*/key", "is": ["a/*"], "some": some, "absent": "manual"});
    assert_eq!(judged(&of(good), rule(false)).verdict, Verdict::Pass);
    let bad = judged(&of(both), rule(false));
    assert_eq!((bad.verdict, &*bad.actual), (Verdict::Fail, "Node/a: b/1"));
    assert_eq!(judged(&of(both), rule(true)).verdict, Verdict::Pass);
    let none = judged(&of(r#"{"key": "b/1"}"#), rule(true));
    assert_eq!(none.verdict, Verdict::Fail);
    assert_eq!(judged(&of(""), rule(false)).verdict, Verdict::Manual);
    let mut only = json!({"pointer": "/metadata/name", "is": [], "none": "not-applicable"});
    only["where"] = rule(true);
    assert_eq!(judged(&of(both), only.clone()).verdict, Verdict::Fail);
    assert_eq!(
        judged(&of(r#"{"key": "b/1"}"#), only).verdict,
        Verdict::NotApplicable
    );
}

#[test]
fn without_the_list_nothing_is_judged() {
    let refused = judged(&FakeNode::new().forbidden("nodes", "v1"), rule());
    assert_eq!(refused.verdict, Verdict::Error);
    assert_eq!(
        judged(&FakeNode::new().without_api(), rule()).verdict,
        Verdict::Error
    );
}
