// The demonstration profile in JavaScript: a function for each check.
import { glob, open } from "cisb:host/files@0.1.0";
import { find } from "cisb:host/processes@0.1.0";
import { listObjects } from "cisb:host/kubernetes@0.1.0";

const answers = { 1: adminKubeconfig, 2: anonymousAuth, 3: hostNetwork, 4: leftovers };

export const checks = {
  run(check) {
    const answer = answers[check];
    if (!answer) {
      throw { tag: "unknown-check" };
    }
    try {
      return answer();
    } catch (error) {
      const { cause, detail, observation } = error.payload ?? error;
      if (cause === undefined) {
        throw { tag: "internal", val: String(error) };
      }
      return outcome("error", detail, observation === undefined ? [] : [observation]);
    }
  },
};

// Only its owner has rights in the kubeconfig.
function adminKubeconfig() {
  const expected = "mode 600 or stricter";
  const found = glob("admin-kubeconfig");
  const seen = [found.observation];
  if (!found.complete) {
    return outcome("error", found.hint, seen);
  }
  if (found.paths.length === 0) {
    const reason = "/etc/kubernetes/admin.conf is not there";
    return { ...outcome("not-applicable", reason, seen), expected, actual: "no such file" };
  }
  const [path] = found.paths;
  const entry = open(path);
  const { mode } = entry.stat();
  const actual = `mode ${mode.toString(8)}`;
  const state = (mode & 0o177) === 0 ? "pass" : "fail";
  const judged = one(subject(path, state, expected, actual, "", [entry.observation()]), seen);
  return { ...judged, reason: `${path} has ${actual}` };
}

// What the kubelet's configuration file says, unless a flag says otherwise.
function anonymousAuth() {
  const found = find("kubelet");
  const kubelet = found.processes.find((it) => it.info().place === "node");
  if (kubelet === undefined) {
    const reason = found.complete ? "no process is kubelet" : found.hint;
    const verdict = found.complete ? "not-applicable" : "error";
    return outcome(verdict, reason, [found.observation]);
  }
  const { args } = kubelet.info();
  const flag = (name) => args.findLast((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
  const seen = [kubelet.observation()];
  let value = flag("anonymous-auth");
  let from = "";
  const path = flag("config");
  if (value === undefined && path !== undefined) {
    const file = kubelet.openNamed("--config", path);
    const [document] = file.readDocument().map((text) => JSON.parse(text));
    value = String(document.authentication?.anonymous?.enabled ?? false);
    from = ` (authentication.anonymous.enabled of ${path})`;
    seen.push(file.observation());
  }
  const actual = `${value ?? "true"}${from}`;
  const state = value === "false" ? "pass" : "fail";
  const key = "kubelet --anonymous-auth";
  const judged = one(subject(key, state, "false", actual, "", seen), []);
  const but = state === "fail" ? ", should be false" : "";
  return { ...judged, reason: `${key} is ${actual}${but}` };
}

// No pod is on the node's network.
function hostNetwork() {
  const pods = [];
  let observation;
  let start;
  do {
    let page;
    try {
      page = listObjects("pods-2", start);
    } catch (error) {
      const { cause, detail, observation } = error.payload ?? error;
      if (cause === undefined) {
        throw error;
      }
      const seen = observation === undefined ? [] : [observation];
      return outcome("error", `pods-2: ${detail}`, seen);
    }
    pods.push(...page.items.map((text) => JSON.parse(text)));
    observation = page.observation;
    start = page.next;
  } while (start !== undefined);
  if (pods.length === 0) {
    return outcome("not-applicable", "none of 0 Pod counts", [observation]);
  }
  const subjects = pods.map(({ metadata, spec }) => {
    const is = spec?.hostNetwork;
    const actual = `/spec/hostNetwork is ${is ?? "not set"}`;
    const state = is === true ? "fail" : "pass";
    const reason = is === true ? `${actual}, should be anything but true` : "";
    const key = `Pod/${metadata.namespace}/${metadata.name}`;
    const expected = "/spec/hostNetwork: anything but true";
    return subject(key, state, expected, actual, reason, [observation]);
  });
  subjects.sort((a, b) => rank(b) - rank(a) || (a.key < b.key ? -1 : 1));
  const [first] = subjects;
  const like = subjects.filter((it) => it.state === first.state).length;
  const others = like > 1 ? ` (and ${like - 1} more)` : "";
  const { state, key, expected, actual, reason } = first;
  const judged = outcome(state, `${key}: ${reason || actual}${others}`, [observation]);
  return { ...judged, expected, actual, subjects };
}

// Nothing is left among the static pod manifests.
function leftovers() {
  const found = glob("leftovers");
  const seen = [found.observation];
  if (!found.complete) {
    return outcome("error", found.hint, seen);
  }
  const expected = "no such file";
  if (found.paths.length === 0) {
    const reason = "/etc/kubernetes/manifests/*.bak is not there";
    return { ...outcome("pass", reason, seen), expected, actual: expected };
  }
  const [path] = found.paths;
  return one(subject(path, "fail", expected, "is there", "", seen), seen);
}

function rank({ state }) {
  return ["not-applicable", "pass", "manual", "error", "fail"].indexOf(state);
}

function one(subject, seen) {
  const { state, key, expected, actual } = subject;
  return { ...outcome(state, `${key}: ${actual}`, seen), expected, actual, subjects: [subject] };
}

function subject(key, state, expected, actual, reason, seen) {
  const observations = BigUint64Array.from(seen);
  return { key, state, expected, actual, reason, basis: { tag: "explicit" }, observations };
}

function outcome(verdict, reason, seen) {
  return {
    verdict,
    reason,
    expected: "",
    actual: "",
    basis: { tag: "explicit" },
    subjects: [],
    observations: BigUint64Array.from(seen),
  };
}
