/* The one place for the setup: what the learner has chosen so far. Kept in the browser; listeners hear each change. */

const KEY = "playground.setup";

const FRESH = {
  default: "IRIS",
  dataset_id: null,
  target: null,
  features: [],
  kind: "network",
  user_arch: [{ layer: "Linear", out_features: 16 }, { layer: "ReLU" }, { layer: "Linear", out_features: 3 }],
  user_model: { estimator: "RandomForestClassifier" },
  settings: {},
};

let setup = { ...structuredClone(FRESH), ...read() };
const listeners = new Set();

export const getSetup = () => setup;

/** `what` is the part that changed: "data", "model" or "settings". */
export function change(what, fields) {
  setup = { ...setup, ...fields };
  localStorage.setItem(KEY, JSON.stringify(setup));
  for (const listener of listeners) listener(what);
}

export function onChange(listener) {
  listeners.add(listener);
}

/** The setup as a TrainingSpec. */
export function toSpec() {
  const { default: builtin, dataset_id, target, features, kind, user_arch, user_model, settings } = setup;
  const spec = { ...settings };
  if (dataset_id) spec.dataset_id = dataset_id;
  else spec.default = builtin;
  if (target) spec.target = target;
  if (features.length) spec.features = features;
  if (kind === "network") spec.user_arch = user_arch;
  else spec.user_model = user_model;
  return spec;
}

/** Applies a JSON Patch (RFC 6902) that the server proposed for the spec. */
export function applyFix(operations) {
  const fields = structuredClone(setup);
  for (const { op, path, value } of operations) {
    const steps = path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const [first, second] = steps;
    if (first === "user_arch" && second !== undefined) {
      const position = second === "-" ? fields.user_arch.length : Number(second);
      if (op === "add") fields.user_arch.splice(position, 0, value);
      else if (op === "remove") fields.user_arch.splice(position, 1);
      else fields.user_arch[position] = value;
    } else if (first === "user_model" && op === "remove") {
      fields.kind = "network";
    } else if (["target", "features"].includes(first)) {
      fields[first] = op === "remove" ? FRESH[first] : value;
    } else if (op === "remove") {
      delete fields.settings[first];
    } else {
      fields.settings[first] = value;
    }
  }
  change("model", fields);
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
