//! The controls over units on nodes that keep them, break them, hide what
//! decides, and have no unit.

use Verdict::{Error, Fail, Manual, NotApplicable, Pass};
use cisb_sdk::fake::{FakeNode, laws};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::{controls, requests};

const UNIT: &str = "/usr/lib/systemd/system/kubelet.service";
const DROP_IN: &str = "/etc/systemd/system/kubelet.service.d/20-net.conf";
const NAME: &str = "kubelet-unit-ip-address-deny";

fn node(drop_in: &str) -> FakeNode {
    FakeNode::new()
        .file(UNIT, 0o644, 0, 0, "[Service]\nExecStart=/usr/bin/kubelet\n")
        .file(DROP_IN, 0o644, 0, 0, &format!("[Service]\n{drop_in}\n"))
}

fn judge(node: &FakeNode) -> Outcome {
    let control = controls().into_iter().find(|c| c.name == NAME).unwrap();
    node.check(&requests(), control.uses, |cx| {
        rule::evaluate(&control.rule, cx, crate::PLAIN.codes).unwrap()
    })
}

#[track_caller]
fn is(node: &FakeNode, verdict: Verdict, words: &str) {
    let outcome = judge(node);
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    assert!(outcome.reason.contains(words), "{}", outcome.reason);
}

#[test]
fn a_unit_refuses_every_address_that_it_does_not_list() {
    for closed in [
        "IPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8",
        "IPAddressDeny=0.0.0.0/0\nIPAddressDeny=\t::/0",
    ] {
        is(&node(closed), Pass, "kubelet.service has IPAddressDeny [");
    }
    for (open, words) in [
        ("", "IPAddressDeny [  ]"),
        ("IPAddressDeny=10.1.0.0/16", "IPAddressDeny [ "),
        ("IPAddressDeny=0.0.0.0/0", "IPAddressDeny [ "),
        ("IPAddressDeny=any\nIPAddressDeny=", "IPAddressDeny [  ]"),
        (
            "IPAddressDeny=any\nIPAddressAllow=any",
            "IPAddressAllow [ any ]",
        ),
        ("[Slice]\nIPAddressDeny=any", "IPAddressDeny [  ]"),
    ] {
        is(&node(open), Fail, words);
    }
}

#[test]
fn a_unit_that_is_hidden_is_no_pass() {
    let closed = node("IPAddressDeny=any");
    is(&closed.clone().unreadable(DROP_IN), Error, DROP_IN);
    is(&closed.clone().unreadable(UNIT), Error, UNIT);
    is(&closed.unreadable("/etc/systemd/system"), Error, "not all");
}

#[test]
fn a_kubelet_without_a_unit_has_the_search_as_witness() {
    is(&FakeNode::new(), NotApplicable, "started in another way");
    // A drop-in of a unit that is not there starts nothing, but says enough.
    let masked = FakeNode::new()
        .file("/dev/null", 0o666, 0, 0, "")
        .symlink("/etc/systemd/system/kubelet.service", "/dev/null");
    is(&masked, NotApplicable, "started in another way");
}

#[test]
fn what_systemctl_sets_or_every_service_gets_is_for_a_person() {
    for path in [
        "/etc/systemd/system.control/kubelet.service.d/50-IPAddressDeny.conf",
        "/etc/systemd/system/service.d/all.conf",
    ] {
        let both = node("IPAddressDeny=any").file(path, 0o644, 0, 0, "[Service]\nIPAddressDeny=\n");
        is(&both, Manual, path);
        is(&both.unreadable(path), Error, path);
        let silent = node("IPAddressDeny=any").file(path, 0o644, 0, 0, "[Service]\nNice=1\n");
        is(&silent, Pass, "IPAddressDeny [ any ]");
    }
}

#[test]
fn no_lost_file_of_a_unit_turns_a_verdict_into_a_pass() {
    let control = controls().into_iter().find(|c| c.name == NAME).unwrap();
    for text in ["IPAddressDeny=any", ""] {
        let found = laws::violations(&node(text), |node| {
            node.run(&requests(), control.uses, |cx| {
                rule::evaluate(&control.rule, cx, crate::PLAIN.codes).unwrap()
            })
        });
        assert!(found.is_empty(), "{found:#?}");
    }
}
