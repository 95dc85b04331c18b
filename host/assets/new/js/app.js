// What my-nodes checks: a function for each check of my-nodes.yaml. The WIT files
// say what can be asked, and what an answer is made of.
import { glob, open } from "cisb:host/files@0.1.0";

const answers = {
  1: adminKubeconfig,
  2: noCopies,
};

export const checks = {
  run(check, settings) {
    const answer = answers[check];
    if (!answer) {
      throw { tag: "unknown-check" };
    }
    try {
      return answer(JSON.parse(settings).with);
    } catch (error) {
      // What the host could not serve is thrown, with its receipt for having
      // looked. It is an error here too, never a pass.
      const { cause, detail, observation } = error.payload ?? error;
      if (cause === undefined) {
        throw { tag: "internal", val: String(error) };
      }
      return outcome("error", detail, [], observation === undefined ? [] : [observation]);
    }
  },
};

// The kubeconfig belongs to root, and only its owner has rights.
function adminKubeconfig({ path }) {
  let entry;
  try {
    entry = open(path);
  } catch (error) {
    const { cause, observation } = error.payload ?? error;
    if (cause === "not-found" && observation !== undefined) {
      return outcome("not-applicable", `${path} is not there`, [], [observation]);
    }
    throw error;
  }
  const { mode, uid, gid } = entry.stat();
  const isPrivate = (mode & 0o177) === 0 && uid === 0 && gid === 0;
  return judged([
    {
      key: path,
      state: isPrivate ? "pass" : "fail",
      expected: "mode 600 or stricter, owner root:root",
      actual: `mode ${mode.toString(8)}, owner ${uid}:${gid}`,
      observations: [entry.observation()],
    },
  ]);
}

// No file among the static pod manifests has the ending of a copy.
function noCopies({ endings }) {
  const { observation, paths, complete, hint } = glob("manifests");
  if (!complete) {
    return outcome("error", hint, [], [observation]);
  }
  if (paths.length === 0) {
    return outcome("not-applicable", "no static pod manifest is here", [], [observation]);
  }
  return judged(
    paths.map((path) => {
      const ending = endings.find((ending) => path.endsWith(ending));
      return {
        key: path,
        state: ending === undefined ? "pass" : "fail",
        expected: "no copy",
        actual: ending === undefined ? "its name is a manifest's" : `its name ends in ${ending}`,
        observations: [observation],
      };
    }),
  );
}

// The answer that subjects add up to: the worst decides and speaks.
function judged(subjects) {
  const order = ["not-applicable", "pass", "manual", "error", "fail"];
  const [first] = subjects.toSorted((a, b) => order.indexOf(b.state) - order.indexOf(a.state));
  const { state, key, expected, actual } = first;
  return { ...outcome(state, `${key}: ${actual}`, subjects, []), expected, actual };
}

function outcome(verdict, reason, subjects, observations) {
  return {
    verdict,
    reason,
    expected: "",
    actual: "",
    basis: { tag: "explicit" },
    subjects: subjects.map((subject) => ({
      reason: "",
      basis: { tag: "explicit" },
      ...subject,
      observations: receipts(subject.observations),
    })),
    observations: receipts(observations),
  };
}

function receipts(observations) {
  return BigUint64Array.from(observations);
}
