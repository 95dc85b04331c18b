"""The demonstration profile in Python: a function for each check."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.checks import (
    Basis_Explicit,
    Failure_UnknownCheck,
    Outcome,
    Subject,
    Verdict,
)
from wit_world.imports import files, kubernetes, processes
from wit_world.imports.types import Error


class Checks(exports.Checks):
    def run(self, check: str, settings: str) -> Outcome:
        answer = ANSWERS.get(check)
        if answer is None:
            raise Err(Failure_UnknownCheck())
        try:
            return answer()
        except Err as error:
            if not isinstance(error.value, Error):
                raise
            return outcome(Verdict.ERROR, error.value.detail, looked(error.value))


def admin_kubeconfig() -> Outcome:
    """Only its owner has rights in the kubeconfig."""
    expected = "mode 600 or stricter"
    found = files.glob("admin-kubeconfig")
    seen = [found.observation]
    if not found.complete:
        return outcome(Verdict.ERROR, found.hint, seen)
    if not found.paths:
        reason = "/etc/kubernetes/admin.conf is not there"
        return outcome(Verdict.NOT_APPLICABLE, reason, seen, expected, "no such file")
    path = found.paths[0]
    entry = files.open(path)
    mode = entry.stat().mode
    state = Verdict.FAIL if mode & 0o177 else Verdict.PASS
    actual = f"mode {mode:o}"
    judged = subject(path, state, expected, actual, "", [entry.observation()])
    return outcome(state, f"{path} has {actual}", seen, expected, actual, [judged])


def anonymous_auth() -> Outcome:
    """What the kubelet's configuration file says, unless a flag says otherwise."""
    found = processes.find("kubelet")
    own = [it for it in found.processes if it.info().place == processes.Place.NODE]
    if not own:
        verdict = Verdict.NOT_APPLICABLE if found.complete else Verdict.ERROR
        reason = "no process is kubelet" if found.complete else found.hint
        return outcome(verdict, reason, [found.observation])
    kubelet = own[0]
    flags = dict(arg[2:].split("=", 1) for arg in kubelet.info().args if "=" in arg)
    seen = [kubelet.observation()]
    actual = flags.get("anonymous-auth", "true")
    state = Verdict.PASS if actual == "false" else Verdict.FAIL
    if "anonymous-auth" not in flags and "config" in flags:
        path = flags["config"]
        file = kubelet.open_named("--config", path)
        document = json.loads(file.read_document()[0])
        enabled = document.get("authentication", {}).get("anonymous", {}).get("enabled", False)
        state = Verdict.FAIL if enabled else Verdict.PASS
        value = json.dumps(enabled)
        actual = f"{value} (authentication.anonymous.enabled of {path})"
        seen.append(file.observation())
    key = "kubelet --anonymous-auth"
    but = ", should be false" if state == Verdict.FAIL else ""
    judged = subject(key, state, "false", actual, "", seen)
    return outcome(state, f"{key} is {actual}{but}", [], "false", actual, [judged])


def host_network() -> Outcome:
    """No pod is on the node's network."""
    pods = []
    start = None
    while True:
        try:
            page = kubernetes.list_objects("pods-2", start)
        except Err as error:
            reason = f"pods-2: {error.value.detail}"
            return outcome(Verdict.ERROR, reason, looked(error.value))
        pods += [json.loads(item) for item in page.items]
        start = page.next
        if start is None:
            break
    seen = [page.observation]
    if not pods:
        return outcome(Verdict.NOT_APPLICABLE, "none of 0 Pod counts", seen)
    expected = "/spec/hostNetwork: anything but true"
    subjects = []
    for pod in pods:
        value = pod.get("spec", {}).get("hostNetwork")
        actual = f"/spec/hostNetwork is {'not set' if value is None else json.dumps(value)}"
        state = Verdict.FAIL if value is True else Verdict.PASS
        reason = f"{actual}, should be anything but true" if value is True else ""
        key = f"Pod/{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        subjects.append(subject(key, state, expected, actual, reason, seen))
    subjects.sort(key=lambda it: (-it.state.value, it.key))
    first = subjects[0]
    like = sum(it.state == first.state for it in subjects)
    others = f" (and {like - 1} more)" if like > 1 else ""
    reason = f"{first.key}: {first.reason or first.actual}{others}"
    return outcome(first.state, reason, seen, expected, first.actual, subjects)


def leftovers() -> Outcome:
    """Nothing is left among the static pod manifests."""
    expected = "no such file"
    found = files.glob("leftovers")
    seen = [found.observation]
    if not found.complete:
        return outcome(Verdict.ERROR, found.hint, seen)
    if not found.paths:
        reason = "/etc/kubernetes/manifests/*.bak is not there"
        return outcome(Verdict.PASS, reason, seen, expected, expected)
    path = found.paths[0]
    judged = subject(path, Verdict.FAIL, expected, "is there", "", seen)
    return outcome(Verdict.FAIL, f"{path}: is there", seen, expected, "is there", [judged])


ANSWERS = {"1": admin_kubeconfig, "2": anonymous_auth, "3": host_network, "4": leftovers}


def looked(error: Error) -> list[int]:
    """The receipt for having looked, where the host did."""
    return [] if error.observation is None else [error.observation]


def subject(
    key: str, state: Verdict, expected: str, actual: str, reason: str, seen: list[int]
) -> Subject:
    return Subject(key, state, expected, actual, reason, Basis_Explicit(), seen)


def outcome(
    verdict: Verdict,
    reason: str,
    seen: list[int],
    expected: str = "",
    actual: str = "",
    subjects: list[Subject] | None = None,
) -> Outcome:
    return Outcome(verdict, reason, expected, actual, Basis_Explicit(), subjects or [], seen)
