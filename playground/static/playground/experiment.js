/* An experiment: a run's spec with one change, and the Train page set to what it will train. Called by the run panel. */

import { change, getSetup, toSpec } from "./state.js";

const NOT_SETTINGS = new Set(["default", "dataset_id", "csvData", "fileURL", "target", "features", "user_arch", "user_model", "custom_model_name", "notify"]);

/** The spec with these changes of its top-level fields (RFC 6902; the server proposes no others). */
export function patchSpec(spec, operations) {
  const patched = structuredClone(spec);
  for (const { op, path, value } of operations) {
    const field = path.slice(1);
    if (op === "remove" || value === null) delete patched[field];
    else patched[field] = value;
  }
  return patched;
}

/** Sets the Train page to this spec, as far as it can show it. False: it showed another table, and has to be loaded anew. */
export function adopt(spec) {
  const before = getSetup();
  const { default: builtin, dataset_id } = toSpec();
  const settings = Object.fromEntries(Object.entries(spec).filter(([field]) => !NOT_SETTINGS.has(field)));
  // The run's own seed keeps everything but the change as it was; later trainings are the learner's again.
  if (before.settings.seed === undefined) delete settings.seed;
  const fields = { target: spec.target ?? null, features: spec.features ?? [], settings };
  if (spec.user_model) {
    if (typeof spec.user_model === "object") Object.assign(fields, { kind: "estimator", user_model: spec.user_model });
  } else {
    fields.kind = "network";
    if (spec.user_arch?.length && spec.user_arch.every((layer) => typeof layer === "object")) fields.user_arch = spec.user_arch;
  }
  if (spec.default) Object.assign(fields, { default: spec.default, dataset_id: null });
  if (spec.dataset_id) Object.assign(fields, { default: null, dataset_id: spec.dataset_id });
  change("model", fields);
  change("settings", {});
  return (spec.default ?? null) === (builtin ?? null) && (spec.dataset_id ?? null) === (dataset_id ?? null);
}
