/* "Use this setup": a run's spec becomes the setup of the Train page. Called by My runs and by shared runs. */

import { change } from "./state.js";

const NO_SETTINGS = ["default", "dataset_id", "fileURL", "target", "features", "column_types", "problem_type", "user_arch", "user_model", "custom_model_name"];

/** Goes to the Train page. `data` may hold the token of a link. Rejects with a ServerError. */
export async function reuse(socket, data) {
  const { spec } = await socket.request("describeTraining", data);
  change("data", toSetup(spec));
  window.location.assign("/");
}

/** A table that is not the visitor's to use is not in the spec; its columns mean nothing then. */
function toSetup(spec) {
  const hasTable = ["default", "dataset_id", "fileURL"].some((name) => spec[name]);
  const columns = hasTable ? spec : {};
  return {
    default: hasTable ? (spec.default ?? null) : "IRIS",
    dataset_id: spec.dataset_id ?? null,
    fileURL: spec.fileURL ?? null,
    target: columns.target ?? null,
    features: columns.features ?? [],
    column_types: columns.column_types ?? {},
    problem_type: columns.problem_type ?? null,
    kind: spec.user_model ? "estimator" : "network",
    ...(spec.user_model ? { user_model: spec.user_model } : { user_arch: spec.user_arch ?? [] }),
    settings: Object.fromEntries(Object.entries(spec).filter(([name]) => !NO_SETTINGS.includes(name))),
  };
}
