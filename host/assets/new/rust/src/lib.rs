//! What my-nodes checks beyond rules: a function for each check of my-nodes.yaml
//! that has no rule.

#![cfg_attr(target_arch = "wasm32", no_std)]

use cisb_sdk::author::*;

cisb_sdk::profile! {
    manifest: "my-nodes.yaml",
    checks: {
        "3" => no_copies,
    }
}

/// No file among the static pod manifests has the ending of a copy.
fn no_copies(cx: &Cx<'_>, with: &Value) -> Outcome {
    let files = match cx.facts.glob("manifests") {
        Ok(files) => files,
        Err(error) => return unknown(&error),
    };
    if !files.complete {
        return answer(Verdict::Error, files.hint, vec![files.observation]);
    }
    if files.paths.is_empty() {
        let reason = "no static pod manifest is here".to_owned();
        return answer(Verdict::NotApplicable, reason, vec![files.observation]);
    }
    let endings = with["endings"].items();
    let mut subjects = Vec::new();
    for path in files.paths {
        let mut endings = endings.iter().filter_map(Value::as_str);
        let (state, actual) = match endings.find(|ending| path.ends_with(&**ending)) {
            Some(ending) => (Verdict::Fail, say!["its name ends in ", ending]),
            None => (Verdict::Pass, "its name is a manifest's".to_owned()),
        };
        let seen = vec![files.observation];
        subjects.push(subject(path, state, "no copy", actual, seen));
    }
    judged(subjects, Vec::new())
}

#[cfg(test)]
mod tests {
    use cisb_sdk::fake::FakeNode;

    use super::*;

    const MANIFEST: &str = include_str!("../my-nodes.yaml");
    const FOLDER: &str = "/etc/kubernetes/manifests";

    fn verdict(node: FakeNode) -> Verdict {
        node.answer(MANIFEST, &PROFILE, "3").verdict
    }

    #[test]
    fn a_copy_fails_and_a_manifest_passes() {
        let node = FakeNode::new().file(&format!("{FOLDER}/etcd.yaml"), 0o600, 0, 0, "");
        assert_eq!(verdict(node.clone()), Verdict::Pass);
        let node = node.file(&format!("{FOLDER}/etcd.yaml.bak"), 0o600, 0, 0, "");
        assert_eq!(verdict(node), Verdict::Fail);
    }

    #[test]
    fn an_empty_folder_does_not_apply_and_a_closed_one_is_an_error() {
        let node = FakeNode::new().dir(FOLDER, 0o755, 0, 0);
        assert_eq!(verdict(node.clone()), Verdict::NotApplicable);
        assert_eq!(verdict(node.unreadable(FOLDER)), Verdict::Error);
    }
}
