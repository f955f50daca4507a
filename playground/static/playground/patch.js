/* JSON Patch (RFC 6902) for a spec, applied to a setup: the server's fixes for problems. Called by state.js. */

import { FRESH } from "./setup.js";

/** A new setup; `operations` are those of Problem.fix. */
export function patch(setup, operations) {
  const patched = structuredClone(setup);
  for (const { op, path, value } of operations) {
    const [field, ...rest] = path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (field === "user_arch" && rest.length) patchLayers(patched.user_arch, op, rest[0], value);
    else if (field === "user_model") patchModel(patched, op, value);
    else {
      const place = Object.hasOwn(patched, field) ? patched : patched.settings;
      if (op !== "remove") place[field] = value;
      else if (place === patched) place[field] = FRESH[field];
      else delete place[field];
    }
  }
  return patched;
}

function patchLayers(layers, op, step, value) {
  const position = step === "-" ? layers.length : Number(step);
  if (op === "add") layers.splice(position, 0, value);
  else if (op === "remove") layers.splice(position, 1);
  else layers[position] = value;
}

function patchModel(setup, op, value) {
  setup.kind = op === "remove" ? "network" : "estimator";
  if (op !== "remove") setup.user_model = value;
}
