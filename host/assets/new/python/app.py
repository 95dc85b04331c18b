"""What my-nodes checks: a function for each check of my-nodes.yaml. The WIT files
say what can be asked, and what an answer is made of."""

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
from wit_world.imports import files
from wit_world.imports.types import Cause, Error


class Checks(exports.Checks):
    def run(self, check: str, settings: str) -> Outcome:
        answer = ANSWERS.get(check)
        if answer is None:
            raise Err(Failure_UnknownCheck())
        try:
            return answer(json.loads(settings)["with"])
        except Err as error:
            # What the host could not serve is raised, with its receipt for having
            # looked. It is an error here too, never a pass.
            if not isinstance(error.value, Error):
                raise
            return outcome(Verdict.ERROR, error.value.detail, [], looked(error.value))


def admin_kubeconfig(given) -> Outcome:
    """The kubeconfig belongs to root, and only its owner has rights."""
    path = given["path"]
    try:
        entry = files.open(path)
    except Err as error:
        if error.value.cause == Cause.NOT_FOUND and looked(error.value):
            words = f"{path} is not there"
            return outcome(Verdict.NOT_APPLICABLE, words, [], looked(error.value))
        raise
    stat = entry.stat()
    private = stat.mode & 0o177 == 0 and stat.uid == 0 and stat.gid == 0
    return judged(
        [
            subject(
                path,
                Verdict.PASS if private else Verdict.FAIL,
                "mode 600 or stricter, owner root:root",
                f"mode {stat.mode:o}, owner {stat.uid}:{stat.gid}",
                [entry.observation()],
            )
        ]
    )


def no_copies(given) -> Outcome:
    """No file among the static pod manifests has the ending of a copy."""
    found = files.glob("manifests")
    seen = [found.observation]
    if not found.complete:
        return outcome(Verdict.ERROR, found.hint, [], seen)
    if not found.paths:
        return outcome(Verdict.NOT_APPLICABLE, "no static pod manifest is here", [], seen)
    subjects = []
    for path in found.paths:
        ending = next((end for end in given["endings"] if path.endswith(end)), None)
        if ending is None:
            subjects.append(
                subject(path, Verdict.PASS, "no copy", "its name is a manifest's", seen)
            )
        else:
            subjects.append(
                subject(path, Verdict.FAIL, "no copy", f"its name ends in {ending}", seen)
            )
    return judged(subjects)


ANSWERS = {"1": admin_kubeconfig, "2": no_copies}


def looked(error: Error) -> list[int]:
    """The receipt for having looked, where the host did."""
    return [] if error.observation is None else [error.observation]


def subject(key: str, state: Verdict, expected: str, actual: str, seen: list[int]) -> Subject:
    return Subject(key, state, expected, actual, "", Basis_Explicit(), seen)


def judged(subjects: list[Subject]) -> Outcome:
    """The answer that subjects add up to: the worst decides and speaks."""
    worst = max(subjects, key=lambda it: it.state.value)
    answer = outcome(worst.state, f"{worst.key}: {worst.actual}", subjects, [])
    answer.expected = worst.expected
    answer.actual = worst.actual
    return answer


def outcome(verdict: Verdict, reason: str, subjects: list[Subject], seen: list[int]) -> Outcome:
    return Outcome(verdict, reason, "", "", Basis_Explicit(), subjects, seen)
