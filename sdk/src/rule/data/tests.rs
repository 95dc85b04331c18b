//! Each kind of rule on a node that keeps it, breaks it, hides it, and has no
//! need of it; and that a manifest's rules are these.

use serde_json::{Value, json};

use crate::contract::manifest::{
    FieldRequest, FileRequest, KubernetesRequest, ProcessRequest, Requests, Right, Verb,
};
use crate::contract::rule as wire;
use crate::fake::{FakeNode, FakeProcess};
use crate::rule::{Profile, Rule, run};
use crate::verdict::{Outcome, Verdict};

const NO_CODES: Profile = Profile {
    codes: &[],
    find: None,
};

fn requests() -> Requests {
    let why = || "a test".to_owned();
    Requests {
        files: vec![FileRequest {
            id: "conf".to_owned(),
            paths: vec!["/etc/app/*.yaml".to_owned()],
            rights: vec![Right::Stat, Right::Read],
            max_bytes: None,
            depth: 0,
            why: why(),
        }],
        processes: vec![ProcessRequest {
            id: "appd".to_owned(),
            executables: vec!["appd".to_owned()],
            environment: Vec::new(),
            why: why(),
        }],
        fields: vec![FieldRequest {
            id: "named".to_owned(),
            documents: vec!["conf".to_owned()],
            pointers: vec!["/tls/*/key".to_owned()],
            rights: vec![Right::Stat],
            depth: 0,
            why: why(),
        }],
        kubernetes: vec![KubernetesRequest {
            id: "pods".to_owned(),
            api_version: "v1".to_owned(),
            resource: "pods".to_owned(),
            verbs: vec![Verb::List],
            fields: vec!["/spec".to_owned()],
            why: why(),
        }],
        ..Requests::default()
    }
}

/// What a rule comes to. Whatever it is, it breaks no law.
fn judged(node: &FakeNode, rule: &Value) -> Outcome {
    let settings = json!({"parameters": {"names": ["kube-*"], "least": 3}, "with": rule});
    let uses = ["conf", "appd", "named", "pods"];
    node.check(&requests(), &uses, |cx| {
        run(&NO_CODES, cx.facts, "1", &settings.to_string()).unwrap()
    })
}

#[track_caller]
fn holds(node: &FakeNode, rule: &Value, verdict: Verdict, words: &str) {
    let outcome = judged(node, rule);
    assert_eq!(outcome.verdict, verdict, "{rule}: {outcome:#?}");
    assert!(outcome.reason.contains(words), "{words}: {outcome:#?}");
}

fn conf(text: &str) -> FakeNode {
    FakeNode::new().file("/etc/app/a.yaml", 0o600, 0, 0, text)
}

fn glob() -> Value {
    json!({"glob": {"request": "conf", "absent": "no app here"}})
}

fn document(require: Value) -> Value {
    json!({"document": {"of": glob(), "only": [], "each": [], "require": require}})
}

#[test]
fn a_document_rule_passes_fails_errs_and_is_not_applicable() {
    let rule = document(json!([{"at": "/debug", "test": {"is": false}}]));
    holds(
        &conf("debug: false"),
        &rule,
        Verdict::Pass,
        "/debug is false",
    );
    holds(
        &conf("debug: true"),
        &rule,
        Verdict::Fail,
        "/etc/app/a.yaml: /debug is true, should be false",
    );
    holds(&conf("x: 1"), &rule, Verdict::Fail, "/debug is not set");
    holds(&conf("a: [b"), &rule, Verdict::Error, "/etc/app/a.yaml");
    let hidden = conf("debug: false").unreadable_contents("/etc/app/a.yaml");
    holds(&hidden, &rule, Verdict::Error, "/etc/app/a.yaml");
    holds(&FakeNode::new(), &rule, Verdict::NotApplicable, "no app");
    let mistyped = document(json!([{"at": "/debug", "test": {"is": true}}]));
    holds(
        &conf("debug: \"yes\""),
        &mistyped,
        Verdict::Error,
        "not a boolean",
    );
    let masked = document(json!([{"at": "/password", "test": {"is-not": "changeme"}}]));
    holds(&conf("password: masked"), &masked, Verdict::Error, "masks");
}

#[test]
fn an_empty_document_says_nothing() {
    let rule = document(json!([{"at": "/debug", "test": {"is": false}}]));
    holds(&conf(""), &rule, Verdict::Fail, "/debug is not set");
}

#[test]
fn documents_count_by_what_is_in_them_and_elements_are_judged_each() {
    let rule = json!({"document": {
        "of": glob(),
        "only": [{"at": "/kind", "test": {"is": "Server"}}],
        "each": ["/listeners/*"],
        "require": [{"at": "/tls", "test": {"is": true}}],
    }});
    let good = "kind: Server\nlisteners: [{tls: true}]\n---\nkind: Other\n";
    holds(
        &conf(good),
        &rule,
        Verdict::Pass,
        "/etc/app/a.yaml /listeners/0",
    );
    let bad = "kind: Server\nlisteners: [{tls: true}, {}]\n";
    holds(
        &conf(bad),
        &rule,
        Verdict::Fail,
        "/listeners/1: /tls is not set",
    );
    holds(
        &conf("kind: Other"),
        &rule,
        Verdict::NotApplicable,
        "counts",
    );
    holds(
        &conf("kind: Server"),
        &rule,
        Verdict::NotApplicable,
        "element",
    );
    holds(
        &conf("kind: Server\nlisteners: no"),
        &rule,
        Verdict::Error,
        "no elements",
    );
    holds(&conf("kind: 5"), &rule, Verdict::Error, "whether it counts");
}

#[test]
fn a_star_demands_it_of_every_element_and_asks_for_one_in_where() {
    let every = document(json!([{"at": "/a/*/b", "test": {"is": 1}}]));
    holds(&conf("a: [{b: 1}, {b: 1}]"), &every, Verdict::Pass, "");
    holds(
        &conf("a: [{b: 1}, {b: 2}]"),
        &every,
        Verdict::Fail,
        "/a/1/b is 2",
    );
    holds(
        &conf("a: [{b: x}, {b: 2}]"),
        &every,
        Verdict::Fail,
        "/a/1/b is 2",
    );
    holds(
        &conf("a: [{b: 1}, {b: x}]"),
        &every,
        Verdict::Error,
        "x is a text",
    );
    let some = json!({"document": {
        "of": glob(), "each": [],
        "only": [{"at": "/a/*/b", "test": {"is": 1}}],
        "require": [{"at": "/c", "test": {"set": true}}],
    }});
    holds(
        &conf("a: {x: {b: 2}, y: {b: 1}}\nc: d"),
        &some,
        Verdict::Pass,
        "",
    );
    holds(
        &conf("a: [{b: 2}]\nc: d"),
        &some,
        Verdict::NotApplicable,
        "",
    );
}

#[test]
fn files_that_a_field_names_are_found_through_it() {
    let rule = json!({"files": {
        "of": {"field": {"request": "conf", "pointer": "/tls/*/key"}}, "mode": "600",
    }});
    let node = conf("tls: [{key: /srv/a.key}, {}]");
    let with = |mode| node.clone().file("/srv/a.key", mode, 0, 0, "");
    holds(&with(0o600), &rule, Verdict::Pass, "/srv/a.key");
    holds(
        &with(0o644),
        &rule,
        Verdict::Fail,
        "/srv/a.key has mode 644",
    );
    holds(&node, &rule, Verdict::Error, "/srv/a.key");
    holds(&conf("tls: []"), &rule, Verdict::NotApplicable, "no field");
    holds(
        &conf("tls: [{key: 5}]"),
        &rule,
        Verdict::Error,
        "is no path",
    );
    holds(
        &FakeNode::new(),
        &rule,
        Verdict::NotApplicable,
        "no document",
    );
    let hidden = with(0o600).unreadable_contents("/etc/app/a.yaml");
    holds(&hidden, &rule, Verdict::Error, "/etc/app/a.yaml");
}

#[test]
fn that_files_exist_or_not_is_told_by_a_whole_search() {
    let rule = |is: bool| json!({"exist": {"of": glob(), "is": is}});
    holds(&conf(""), &rule(true), Verdict::Pass, "is there");
    holds(&conf(""), &rule(false), Verdict::Fail, "/etc/app/a.yaml");
    holds(&FakeNode::new(), &rule(true), Verdict::Fail, "no app here");
    holds(&FakeNode::new(), &rule(false), Verdict::Pass, "no app here");
    let hidden = conf("").unreadable_contents("/etc/app");
    holds(&hidden, &rule(true), Verdict::Error, "");
    holds(&hidden, &rule(false), Verdict::Error, "");
}

fn pods(list: Value) -> FakeNode {
    FakeNode::new().objects("pods", "v1", &list.to_string())
}

fn pod(namespace: &str, name: &str, spec: Value) -> Value {
    json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

fn objects(more: Value) -> Value {
    let mut rule = json!({"request": "pods", "kind": "Pod", "exempt": {"parameter": "names"},
                          "only": [], "each": [], "require": []});
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    json!({"objects": rule})
}

#[test]
fn an_objects_rule_passes_fails_errs_and_is_not_applicable() {
    let rule = objects(json!({
        "require": [{"at": "/spec/hostNetwork", "test": {"is-not": true}}],
    }));
    let good = pod("web", "a", json!({}));
    let bad = pod("web", "b", json!({"hostNetwork": true}));
    let exempt = pod("kube-system", "c", json!({"hostNetwork": true}));
    let node = |list: &[&Value]| pods(list.iter().map(|v| (*v).clone()).collect());
    holds(&node(&[&good, &exempt]), &rule, Verdict::Pass, "Pod/web/a");
    holds(
        &node(&[&good, &bad]),
        &rule,
        Verdict::Fail,
        "Pod/web/b: /spec/hostNetwork is true, should be anything but true",
    );
    holds(&node(&[&exempt]), &rule, Verdict::NotApplicable, "exempt");
    holds(&node(&[]), &rule, Verdict::NotApplicable, "none of 0 Pod");
    holds(
        &node(&[]).forbidden("pods", "v1"),
        &rule,
        Verdict::Error,
        "403",
    );
    holds(
        &FakeNode::new().without_api(),
        &rule,
        Verdict::Error,
        "pods",
    );
}

#[test]
fn containers_are_judged_each_by_its_name() {
    let rule = objects(json!({
        "each": ["/spec/containers/*", "/spec/initContainers/*"],
        "require": [{"at": "/image", "test": {"unlike": ["*:latest"]}}],
    }));
    let containers = |image: &str| {
        json!({"containers": [{"name": "c", "image": image}],
               "initContainers": [{"name": "i", "image": "x:1"}]})
    };
    holds(
        &pods(json!([pod("web", "a", containers("x:1"))])),
        &rule,
        Verdict::Pass,
        "Pod/web/a/c",
    );
    holds(
        &pods(json!([pod("web", "a", containers("x:latest"))])),
        &rule,
        Verdict::Fail,
        "Pod/web/a/c: /image is x:latest",
    );
    let broken = pods(json!([pod("web", "a", json!({"containers": "none"}))]));
    holds(&broken, &rule, Verdict::Error, "no elements");
}

#[test]
fn that_objects_exist_or_not_is_told_by_the_whole_list() {
    let rule = |is: bool| {
        objects(json!({
            "only": [{"at": "/spec/hostPID", "test": {"is": true}}], "exist": is,
        }))
    };
    let with = pods(json!([pod("web", "a", json!({"hostPID": true}))]));
    let without = pods(json!([pod("web", "a", json!({}))]));
    let unclear = pods(json!([pod("web", "a", json!({"hostPID": "x"}))]));
    holds(&with, &rule(true), Verdict::Pass, "Pod/web/a");
    holds(&with, &rule(false), Verdict::Fail, "Pod/web/a: is there");
    holds(&without, &rule(true), Verdict::Fail, "none of 1 Pod");
    holds(&without, &rule(false), Verdict::Pass, "none of 1 Pod");
    holds(&unclear, &rule(true), Verdict::Error, "whether it counts");
    holds(&unclear, &rule(false), Verdict::Error, "whether it counts");
}

#[test]
fn elements_count_by_what_is_in_them() {
    let rule = |resource: &str| {
        objects(json!({
            "each": ["/spec/rules/*"],
            "which": [{"at": "/resources", "test": {"has-one-of": [resource, "*"]}}],
            "require": [{"at": "/verbs", "test": {"has-none-of": ["list", "*"]}}],
        }))
    };
    let with = |rules: Value| pods(json!([pod("web", "a", json!({"rules": rules}))]));
    let read = json!([{"resources": ["secrets"], "verbs": ["get"]}, {"resources": ["pods"], "verbs": ["*"]}]);
    holds(
        &with(read.clone()),
        &rule("secrets"),
        Verdict::Pass,
        "/spec/rules/0",
    );
    holds(
        &with(read.clone()),
        &rule("pods"),
        Verdict::Fail,
        "/spec/rules/1",
    );
    holds(
        &with(read),
        &rule("nodes"),
        Verdict::NotApplicable,
        "none of 1 Pod",
    );
    // None must be there, of which the objects themselves say nothing.
    let none = |verb: &str| {
        objects(json!({
            "each": ["/spec/rules/*"],
            "which": [{"at": "/verbs", "test": {"has": verb}}],
            "exist": false,
        }))
    };
    let rules = || json!([{"verbs": ["get"]}]);
    holds(
        &with(rules()),
        &none("get"),
        Verdict::Fail,
        "/spec/rules/0: is there",
    );
    holds(
        &with(rules()),
        &none("list"),
        Verdict::Pass,
        "none of 1 Pod",
    );
    holds(
        &with(json!([{"verbs": 1}])),
        &none("list"),
        Verdict::Error,
        "not a list",
    );
    let unclear = json!([{"resources": "secrets", "verbs": ["list"]}]);
    holds(
        &with(unclear),
        &rule("secrets"),
        Verdict::Error,
        "not a list",
    );
    // In documents too.
    let document = json!({"document": {
        "of": glob(), "only": [], "each": ["/rules/*"],
        "which": [{"at": "/level", "test": {"one-of": ["Request"]}}],
        "require": [{"at": "/resources", "test": {"set": true}}],
    }});
    let yes = conf("rules: [{level: Request, resources: [a]}, {level: Metadata}]");
    holds(&yes, &document, Verdict::Pass, "/rules/0");
    let no = conf("rules: [{level: Metadata}, {level: Request}]");
    holds(&no, &document, Verdict::Fail, "/rules/1");
    let none = conf("rules: [{level: Metadata}]");
    holds(
        &none,
        &document,
        Verdict::NotApplicable,
        "an element that counts",
    );
    let unclear = conf("rules: [{level: 1}]");
    holds(&unclear, &document, Verdict::Error, "whether it counts");
}

#[test]
fn what_belongs_to_each_is_there_or_is_not() {
    let rule = objects(json!({
        "each": ["/spec/tls/*"],
        "beside": {
            "request": "pods", "kind": "Secret", "same-namespace": true,
            "on": [{"at": "/metadata/name", "equals": "/secretName"}],
            "only": [{"at": "/spec/type", "test": {"is": "tls"}}],
        },
    }));
    let named = |name: Value| pod("web", "ingress", json!({"tls": [{"secretName": name}]}));
    let secret = |namespace: &str, kind: Value| pod(namespace, "s", json!({"type": kind}));
    let node = |other: Value| pods(json!([named(json!("s")), other]));
    holds(
        &node(secret("web", json!("tls"))),
        &rule,
        Verdict::Pass,
        "Secret/web/s is there",
    );
    holds(
        &node(secret("web", json!("x"))),
        &rule,
        Verdict::Fail,
        "/spec/type is x, should be tls",
    );
    holds(
        &node(secret("shop", json!("tls"))),
        &rule,
        Verdict::Fail,
        "there is not a Secret",
    );
    holds(
        &node(secret("web", json!(1))),
        &rule,
        Verdict::Error,
        "cannot be judged",
    );
    // What names nothing has nothing beside it.
    let nameless = pods(json!([named(Value::Null), secret("web", json!("tls"))]));
    holds(&nameless, &rule, Verdict::Fail, "there is not a Secret");
    let mut elsewhere = rule.clone();
    elsewhere["objects"]["beside"]["request"] = json!("nowhere");
    let node = node(secret("web", json!("tls")));
    holds(&node, &elsewhere, Verdict::Error, "nowhere");
}

fn appd(args: &[&str]) -> FakeNode {
    FakeNode::new().process(FakeProcess::new("appd", args))
}

#[test]
fn a_process_runs_or_not() {
    let rule = |is: bool| json!({"process": {"request": "appd", "demand": {"runs": is}}});
    let unseen = FakeNode::new().incomplete_processes("give hostPID");
    holds(&appd(&[]), &rule(true), Verdict::Pass, "appd: runs");
    holds(&appd(&[]), &rule(false), Verdict::Fail, "appd: runs");
    holds(
        &FakeNode::new(),
        &rule(true),
        Verdict::Fail,
        "no process is appd",
    );
    holds(
        &FakeNode::new(),
        &rule(false),
        Verdict::Pass,
        "no process is appd",
    );
    holds(&unseen, &rule(true), Verdict::Error, "give hostPID");
    holds(&unseen, &rule(false), Verdict::Error, "give hostPID");
    let tree = FakeNode::new().origin(crate::facts::Origin::Tree);
    holds(&tree, &rule(false), Verdict::Error, "tree has no processes");
}

#[test]
fn a_flag_of_a_process_passes_fails_errs_and_is_not_applicable() {
    let rule = |test: Value| json!({"process": {"request": "appd", "demand": {"flag": {"name": "workers", "test": test}}}});
    let least = rule(json!({"at-least": {"parameter": "least"}}));
    holds(
        &appd(&["--workers=4"]),
        &least,
        Verdict::Pass,
        "appd --workers: 4",
    );
    holds(
        &appd(&["--workers", "2"]),
        &least,
        Verdict::Fail,
        "is 2, should be 3 or more",
    );
    holds(&appd(&[]), &least, Verdict::Fail, "is not set");
    holds(
        &appd(&["--workers=few"]),
        &least,
        Verdict::Error,
        "whole number",
    );
    holds(
        &appd(&["--other", "--workers=4"]),
        &least,
        Verdict::Error,
        "--other",
    );
    holds(
        &FakeNode::new(),
        &least,
        Verdict::NotApplicable,
        "no process is appd",
    );
    let unseen = FakeNode::new().incomplete_processes("give hostPID");
    holds(&unseen, &least, Verdict::Error, "give hostPID");
}

#[test]
fn none_of_turns_what_is_known_and_nothing_else() {
    let debug = document(json!([{"at": "/debug", "test": {"is": true}}]));
    let rule = json!({"none-of": [debug]});
    holds(&conf("debug: true"), &rule, Verdict::Fail, "/debug is true");
    holds(
        &conf("debug: false"),
        &rule,
        Verdict::Pass,
        "/debug is false",
    );
    holds(&conf("debug: 5"), &rule, Verdict::Error, "");
    holds(&FakeNode::new(), &rule, Verdict::NotApplicable, "no app");
    let two =
        json!({"none-of": [debug, {"process": {"request": "appd", "demand": {"runs": true}}}]});
    holds(&conf("debug: false"), &two, Verdict::Pass, "");
    holds(&FakeNode::new(), &two, Verdict::Pass, "no process is appd");
    let ask = json!({"none-of": [{"ask": "look"}]});
    holds(&FakeNode::new(), &ask, Verdict::Manual, "look");
}

#[test]
fn a_rule_counts_where_another_one_holds() {
    let runs = json!({"process": {"request": "appd", "demand": {"runs": true}}});
    let debug = document(json!([{"at": "/debug", "test": {"is": false}}]));
    let rule = json!({"when": {"holds": runs, "rule": debug}});
    let with = |text: &str| conf(text).process(FakeProcess::new("appd", &[]));
    holds(&with("debug: false"), &rule, Verdict::Pass, "/debug");
    holds(&with("debug: true"), &rule, Verdict::Fail, "/debug");
    holds(
        &conf("debug: true"),
        &rule,
        Verdict::NotApplicable,
        "no process is appd",
    );
    let unseen = conf("debug: false").incomplete_processes("give hostPID");
    holds(
        &unseen,
        &rule,
        Verdict::Error,
        "whether it applies is not known",
    );
    let ask = json!({"when": {"holds": {"ask": "is it yours?"}, "rule": debug}});
    holds(&with("debug: true"), &ask, Verdict::Manual, "is it yours?");
}

#[test]
fn a_person_is_asked() {
    let rule = json!({"ask": "look at the firewall"});
    holds(
        &FakeNode::new(),
        &rule,
        Verdict::Manual,
        "look at the firewall",
    );
}

#[test]
fn what_these_rules_do_not_have_is_refused() {
    for (rule, why) in [
        (
            json!({"when": {"holds": {"ask": "x"}}}),
            "the name of a kind",
        ),
        (json!({"exist": {"of": glob()}}), "a boolean"),
        (
            json!({"document": {"of": glob(), "only": [], "each": []}}),
            "a list",
        ),
        (document(json!([{"at": "/a"}])), "the name of a kind"),
        (document(json!([{"at": "/a", "test": {"iss": 1}}])), "`iss`"),
        (
            json!({"process": {"request": "a", "demand": {"walks": true}}}),
            "`walks`",
        ),
        (
            json!({"process": {"request": "a", "demand": {"runs": 1}}}),
            "a boolean",
        ),
        (objects(json!({"exist": "no"})), "a boolean"),
        (objects(json!({"exempt": {"parameter": "none"}})), "`none`"),
    ] {
        let settings = json!({"parameters": {"names": []}, "with": rule});
        let facts = FakeNode::new().facts(&requests(), &[]);
        let answer = run(&NO_CODES, &facts, "1", &settings.to_string());
        assert!(format!("{answer:?}").contains(why), "{rule}: {answer:?}");
    }
}

/// Rules as a host writes them, one of every kind.
fn samples() -> Vec<wire::Rule> {
    use wire::{Condition, Expect, Operand, Set, Test};

    let value = |json: Value| Operand::Value(json);
    let text = |text: &str| Operand::Value(text.to_owned());
    let values = || Operand::Value(vec![value(json!("a")), value(json!(1))]);
    let texts = || Operand::Value(vec![text("a"), text("b")]);
    let glob = || Set::Glob {
        request: "conf".to_owned(),
        absent: "no".to_owned(),
    };
    let name = || "kubelet".to_owned();
    let conditions = || -> Vec<Condition> {
        [
            Test::Is(value(json!(true))),
            Test::IsNot(value(json!("x"))),
            Test::OneOf(values()),
            Test::NoneOf(values()),
            Test::Has(text("a")),
            Test::Lacks(text("a")),
            Test::Within(values()),
            Test::AtLeast(value(json!(1))),
            Test::AtMost(value(json!("5m"))),
            Test::Set(false),
            Test::DaysLeft(Operand::Value(30)),
            Test::HasOneOf(values()),
            Test::HasNoneOf(values()),
            Test::Like(Operand::Value(vec![text("a*")])),
            Test::Unlike(Operand::Value(vec![text("a*")])),
        ]
        .map(|test| Condition {
            at: "/a".to_owned(),
            test,
        })
        .into()
    };
    let sets = vec![
        glob(),
        Set::Directory {
            request: "conf".to_owned(),
            path: "/etc".to_owned(),
            component: name(),
        },
        Set::Manifest(name()),
        Set::Kubeconfig(name()),
        Set::EtcdDataDir,
        Set::KubeletConfig,
        Set::KubeletClientCa,
        Set::Unit {
            request: "conf".to_owned(),
            name: "a.service".to_owned(),
        },
        Set::Cni {
            request: "conf".to_owned(),
        },
        Set::Setting {
            component: name(),
            name: "client-ca-file".to_owned(),
        },
        Set::Field {
            request: "conf".to_owned(),
            pointer: "/a".to_owned(),
        },
    ];
    let expects = vec![
        Expect::Set,
        Expect::Unset,
        Expect::Is(value(json!(1))),
        Expect::IsNot(value(json!("a"))),
        Expect::NotWritten(value(json!(true))),
        Expect::Has(text("a")),
        Expect::Lacks(text("a")),
        Expect::Within(texts()),
        Expect::AtLeast(Operand::Value(5)),
        Expect::NotZero,
        Expect::Loopback,
        Expect::EncryptsSecretsWith(texts()),
        Expect::AuditPolicy(wire::AuditPolicy::LogsSomething),
        Expect::AuditPolicy(wire::AuditPolicy::CoversKeyConcerns),
        Expect::DiffersFrom {
            component: name(),
            setting: "a".to_owned(),
        },
        Expect::Person("right?".to_owned()),
        Expect::Test(Test::AtMost(value(json!(1)))),
    ];
    let files = |of: Set| {
        wire::Rule::Files(wire::FilesRule {
            of,
            mode: Some("600".to_owned()),
            owner: Some("root:root".to_owned()),
        })
    };
    let demand = |expect: Expect| wire::Demand {
        setting: "a".to_owned(),
        expect,
        literal: true,
    };
    let ask = || wire::Rule::Ask("look".to_owned());
    let process = |demand| {
        wire::Rule::Process(wire::ProcessRule {
            request: "appd".to_owned(),
            demand,
        })
    };
    vec![
        wire::Rule::AllOf(sets.into_iter().map(files).collect()),
        wire::Rule::Setting(wire::SettingRule {
            component: name(),
            demands: expects.into_iter().map(demand).collect(),
        }),
        wire::Rule::AnyOf(vec![ask(), wire::Rule::NoneOf(vec![ask()])]),
        wire::Rule::When {
            holds: Box::new(ask()),
            rule: Box::new(ask()),
        },
        wire::Rule::Exist {
            of: glob(),
            is: true,
        },
        wire::Rule::Document(wire::DocumentRule {
            of: glob(),
            only: conditions(),
            each: vec!["/a/*".to_owned()],
            which: conditions(),
            require: conditions(),
        }),
        wire::Rule::Objects(wire::ObjectsRule {
            request: "pods".to_owned(),
            kind: "Pod".to_owned(),
            exempt: values(),
            only: conditions(),
            each: vec!["/a/*".to_owned()],
            which: conditions(),
            require: conditions(),
            beside: Some(wire::Beside {
                request: "secrets".to_owned(),
                kind: "Secret".to_owned(),
                same_namespace: true,
                on: vec![wire::Pair {
                    at: "/a".to_owned(),
                    equals: "/b".to_owned(),
                }],
                only: conditions(),
            }),
            exist: Some(true),
        }),
        process(wire::ProcessDemand::Runs(true)),
        process(wire::ProcessDemand::Flag {
            name: "a".to_owned(),
            test: Test::Set(true),
        }),
    ]
}

#[test]
fn rules_of_a_manifest_are_read_as_they_are_written() {
    for rule in samples() {
        let written = serde_json::to_value(&rule).unwrap();
        let read = Rule::read(&written.clone().into()).unwrap_or_else(|e| panic!("{e}: {written}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
        let again: wire::Rule = serde_json::from_value(written).unwrap();
        assert_eq!(again, rule);
    }
}
