//! Imports of configurations of our own making: what is told by one check.

use super::*;

/// The rule of the one check of a file, or why there is none.
fn one(target: &str, check: &str) -> Result<serde_json::Value, (Reason, String)> {
    with(target, check, None)
}

fn with(
    target: &str,
    check: &str,
    own: Option<&str>,
) -> Result<serde_json::Value, (Reason, String)> {
    let check = check.replace('\n', "\n        ");
    let text = format!(
        "type: {target}\ngroups:\n  - id: 1\n    checks:\n      - id: 1\n        text: x\n        \
         scored: true\n        {check}\n"
    );
    let file = |name: &str, text: &str| File {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let configuration = Configuration {
        name: "test".to_owned(),
        controls: vec![file("test.yaml", &text)],
        common: None,
        own: own.map(|text| file("config.yaml", text)),
    };
    let imported = kube_bench(&configuration).unwrap();
    if let Some(kept) = imported.coverage.kept.first() {
        return Err((kept.reason, kept.detail.clone()));
    }
    let tree = tree::read(&imported.yaml).unwrap();
    Ok(tree.to_json()["checks"][0]["rule"].clone())
}

/// A check whose flag is compared.
fn flag(audit: &str, item: &str) -> String {
    format!("audit: {audit}\ntests:\n  test_items:\n    - {item}")
}

fn rule(check: &str) -> serde_json::Value {
    one("master", check).unwrap()
}

const API: &str = "/bin/ps -ef | grep $apiserverbin | grep -v grep";

#[test]
fn flags_become_settings() {
    let cases = [
        ("{flag: --audit-log-path}", r#"{"set":true}"#),
        ("{flag: --token-auth-file, set: false}", r#"{"set":false}"#),
        (
            "{flag: --profiling, compare: {op: eq, value: false}}",
            r#"{"is":false}"#,
        ),
        ("{flag: --profiling=false}", r#"{"is":false}"#),
        (
            "{flag: --audit-log-maxage, compare: {op: gte, value: 30}}",
            r#"{"at-least":30}"#,
        ),
        (
            "{flag: --secure-port, compare: {op: gt, value: 0}}",
            r#"{"at-least":1}"#,
        ),
        (
            "{flag: --audit-log-maxage, compare: {op: lt, value: 30}}",
            r#"{"at-most":29}"#,
        ),
        (
            "{flag: --audit-log-maxage, compare: {op: lte, value: 30}}",
            r#"{"at-most":30}"#,
        ),
        (
            "{flag: --authorization-mode, compare: {op: nothave, value: AlwaysAllow}}",
            r#"{"lacks":"AlwaysAllow"}"#,
        ),
        (
            "{flag: --authorization-mode, compare: {op: has, value: RBAC}}",
            r#"{"has":"RBAC"}"#,
        ),
        (
            "{flag: --bind-address, compare: {op: has, value: 127}}",
            r#"{"like":"*127*"}"#,
        ),
    ];
    for (item, expected) in cases {
        let mut expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        let made = rule(&flag(API, item));
        let made = made["setting"].as_object().unwrap();
        expected["component"] = "kube-apiserver".into();
        expected["name"] = made["name"].clone();
        assert_eq!(serde_json::json!(made), expected, "{item}");
        assert!(item.contains(made["name"].as_str().unwrap()), "{item}");
    }
}

#[test]
fn a_plugin_that_is_not_switched_off_is_one_that_runs() {
    let made = rule(
        "audit: ps -ef | grep $apiserverbin\ntests:\n  bin_op: or\n  test_items:\n    \
         - {flag: --disable-admission-plugins, compare: {op: nothave, value: ServiceAccount}}\n    \
         - {flag: --disable-admission-plugins, set: false}",
    );
    let expected = serde_json::json!({
        "component": "kube-apiserver", "name": "enable-admission-plugins",
        "has": "ServiceAccount",
    });
    assert_eq!(made["setting"], expected);
}

#[test]
fn components_are_known_by_variables_names_and_journals() {
    for (audit, component) in [
        ("/bin/ps -fC $kubeletbin", "kubelet"),
        ("/bin/ps -fC ${kubeletbin:-kubelet}", "kubelet"),
        (
            "ps -ef | grep kube-scheduler | grep -v grep",
            "kube-scheduler",
        ),
        (
            "cat $controllermanagerconf | grep -v grep",
            "kube-controller-manager",
        ),
        (
            "/bin/sh -c 'if test -e $schedulerbin; then ps -ef | grep $schedulerbin; fi'",
            "kube-scheduler",
        ),
    ] {
        let made = rule(&flag(&format!("{audit:?}"), "{flag: --config}"));
        assert_eq!(made["setting"]["component"], component, "{audit}");
    }
    let own = "master:\n  odd:\n    bins: [/usr/bin/kube-apiserver]\n";
    let made = with(
        "master",
        &flag("ps -ef | grep $oddbin", "{flag: --x}"),
        Some(own),
    );
    assert_eq!(made.unwrap()["setting"]["component"], "kube-apiserver");
}

#[test]
fn files_are_found_where_they_are_told_to_be() {
    let stat = "{flag: permissions, compare: {op: bitmask, value: '600'}}";
    for (audit, files) in [
        ("stat -c permissions=%a /a", r#"{"paths":"/a"}"#),
        (
            "stat -c permissions=%a $apiserverconf",
            r#"{"manifest":"kube-apiserver"}"#,
        ),
        (
            "stat -c permissions=%a $kubeletkubeconfig",
            r#"{"kubeconfig":"kubelet"}"#,
        ),
        (
            "stat -c permissions=%a $kubeletsvc",
            r#"{"unit":"kubelet.service"}"#,
        ),
        (
            "stat -c permissions=%a $kubeletconf",
            r#"{"place":"kubelet-config"}"#,
        ),
        (
            "find /a/ -name '*.key' | xargs stat -c permissions=%a",
            r#"{"paths":"/a/**/*.key"}"#,
        ),
        (
            "find /a.conf -type f | xargs stat -c %a",
            r#"{"paths":"/a.conf"}"#,
        ),
        (
            "find $etcdconf -name '*etcd*' | xargs stat -c %a",
            r#"{"manifest":"etcd"}"#,
        ),
        ("find /a | xargs stat -c %a", r#"{"paths":["/a","/a/**"]}"#),
        (
            "for f in /a /b; do if test -e $f; then stat -c %a $f; fi; done",
            r#"{"paths":["/a","/b"]}"#,
        ),
        (
            "ps -ef | grep $kubeletbin | grep -- --cni-conf-dir | sed 's%x%y%' | xargs stat -c %a",
            r#"{"place":"cni"}"#,
        ),
    ] {
        let mut files: serde_json::Value = serde_json::from_str(files).unwrap();
        files["mode"] = "600".into();
        let made = rule(&flag(&format!("{audit:?}"), stat));
        assert_eq!(made["files"], files, "{audit}");
    }
    // What the profile itself names is what it means.
    let own = "master:\n  apiserver:\n    confs: [/own]\n";
    let made = with(
        "master",
        &flag("stat -c %U:%G $apiserverconf", "{flag: root:root}"),
        Some(own),
    );
    let expected = serde_json::json!({"paths": "/own", "owner": "root:root"});
    assert_eq!(made.unwrap()["files"], expected);
}

#[test]
fn questions_to_the_api_become_questions_about_objects() {
    let get = "kubectl get";
    let printed = "tests: {test_items: [{flag: NO_X, compare: {op: eq, value: NO_X}}]}";
    let asked = |program: &str, tests: &str| {
        let check = format!("audit: {}\n{tests}", serde_json::json!(program));
        one("policies", &check)
    };
    let json = "--all-namespaces -o json | jq";
    for (program, rule) in [
        (
            format!(
                "{get} pods {json} 'if any(.items[]?; .spec.hostIPC == true) then \"F\" else \"NO_X\" end'"
            ),
            serde_json::json!({
                "resource": "pods", "api-version": "v1", "kind": "Pod",
                "require": [{"at": "/spec/hostIPC", "is-not": true}],
            }),
        ),
        (
            format!(
                "{get} pods {json} 'if any(.items[]?.spec.containers[]?; .securityContext?.privileged == true) then 1 else \"NO_X\" end'"
            ),
            serde_json::json!({
                "resource": "pods", "api-version": "v1", "kind": "Pod",
                "each": ["/spec/containers/*"],
                "require": [{"at": "/securityContext/privileged", "is-not": true}],
            }),
        ),
    ] {
        assert_eq!(asked(&program, printed).unwrap()["objects"], rule);
    }
    // Two fields at once, and words that nobody knows, are left.
    for program in [
        format!("{get} pods {json} '.spec.hostIPC == true or .spec.hostPID == true'"),
        format!("{get} nodes {json} '.items'"),
        format!("{get} roles {json} 'select(.rules[]? | (.resources[]? == \"secrets\"))'"),
    ] {
        assert_eq!(asked(&program, printed).unwrap_err().0, Reason::Api);
    }
    let program = format!("{get} pods {json} '.spec.hostIPC == true'");
    let other = "tests: {test_items: [{flag: x, compare: {op: gt, value: 3}}]}";
    assert_eq!(asked(&program, other).unwrap_err().0, Reason::Api);
}

#[test]
fn what_operators_write_is_read_where_it_lies() {
    let check = "audit: |\n  oc get configmap config -n openshift-kube-apiserver -o json | jq -r \
                 '.data[\"config.yaml\"]' | jq '.apiServerArguments[\"etcd-cafile\"]'\n\
                 tests: {test_items: [{flag: /ca.crt}]}";
    let expected = serde_json::json!({
        "setting": {"component": "kube-apiserver", "name": "openshift-config"},
        "require": [{"at": "/apiServerArguments/etcd-cafile", "has": "/ca.crt"}],
    });
    assert_eq!(rule(check)["document"], expected);
    let check = "audit: |\n  oc get scc -o json | jq -r '[.items[] | select(.allowHostIPC==false) | \
                 .metadata.name] | length | if . > 0 then \"pass\" else \"fail\" end'\n\
                 tests: {test_items: [{flag: pass}]}";
    let expected = serde_json::json!({
        "resource": "securitycontextconstraints", "api-version": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints", "exist": true,
        "where": [{"at": "/allowHostIPC", "is": false}],
    });
    assert_eq!(rule(check)["objects"], expected);
}

#[test]
fn what_has_no_counterpart_is_left_with_its_reason() {
    for (check, reason, words) in [
        (
            flag(API, "{flag: --x, compare: {op: bitmask, value: 1}}"),
            Reason::Tests,
            "`bitmask`",
        ),
        (
            flag(API, "{flag: --x, compare: {op: gte, value: y}}"),
            Reason::Tests,
            "`gte` with `y`",
        ),
        (
            flag(API, "{flag: two words}"),
            Reason::Tests,
            "names no flag",
        ),
        (flag("curl x", "{flag: --x}"), Reason::Commands, "`curl`"),
        (flag("gcloud x", "{flag: --x}"), Reason::Provider, ""),
        (
            flag("own_script.sh", "{flag: --x}"),
            Reason::Helper,
            "own_script.sh",
        ),
        (flag("oc exec pod ls", "{flag: --x}"), Reason::Pods, ""),
        (flag("kubectl get nodes", "{flag: --x}"), Reason::Api, ""),
        (
            flag("stat -c %s /a", "{flag: '600'}"),
            Reason::Commands,
            "neither mode nor owner",
        ),
        (
            flag("stat -c %a $(echo /a)", "{flag: '600'}"),
            Reason::Commands,
            "which files",
        ),
        (
            flag("find /a -type f | xargs stat -c %a", "{flag: '600'}"),
            Reason::Commands,
            "every file of a folder",
        ),
        (flag("cat /a", "{flag: x}"), Reason::Commands, "which file"),
        (
            flag("ps -ef | grep $oddbin", "{flag: --x}"),
            Reason::Variable,
            "$oddbin",
        ),
        (
            format!("{}\n  bin_op: xor", flag(API, "{flag: --x}")),
            Reason::Tests,
            "`xor`",
        ),
        ("audit: ps".to_owned(), Reason::NoTests, ""),
    ] {
        let (found, detail) = one("master", &check).unwrap_err();
        assert_eq!(found, reason, "{check}: {detail}");
        assert!(detail.contains(words), "{check}: {detail}");
    }
}

#[test]
fn a_text_in_quotes_may_go_on_where_kube_bench_lets_it() {
    let file = File {
        name: "x".to_owned(),
        text:
            "groups:\n  - id: 1\n    checks:\n      - id: 1\n        text: \"one\n        two\"\n"
                .to_owned(),
    };
    let controls = read::controls(&file).unwrap().unwrap();
    assert_eq!(controls.groups[0].checks[0].text, "one two");
}

#[test]
fn no_text_does_harm() {
    let parts = [
        "groups:",
        "\n  - ",
        "checks:",
        "audit: ",
        "\"",
        "'",
        "$(",
        "stat -c %a ",
        "/a/*",
        "find ",
        "{flag: x}",
        "tests:",
        "test_items:",
        "\n",
        "  ",
        "🔹",
        "\\",
        "id: 1",
        "kubectl get pods ",
        "oc get scc -o json | jq '",
        "select(",
        "${",
        "| ",
        "*a",
        "&a",
        "[",
        "]",
        "{",
        "}",
    ];
    // A small generator: the same texts each time.
    let mut state = 7_u32;
    for _ in 0..400 {
        let mut text =
            "groups:\n  - checks:\n      - id: 1\n        audit: |\n          ".to_owned();
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 16) as usize % parts.len();
            text.push_str(parts[at]);
        }
        let file = File {
            name: "x".to_owned(),
            text,
        };
        let configuration = Configuration {
            controls: vec![file],
            ..Configuration::default()
        };
        let _ = kube_bench(&configuration);
    }
}
