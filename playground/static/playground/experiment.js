/* An experiment: a run's spec with one change, and the Train page set to what it will train. Called by the run panel. */

import { jump } from "./history.js";
import { fromSpec } from "./setup.js";
import { getSetup } from "./state.js";

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

/** Sets the Train page to this spec, in one step that can be undone. */
export function adopt(spec) {
  const setup = fromSpec(spec);
  // The run's own seed keeps everything but the change as it was; later trainings are the learner's again.
  if (getSetup().settings.seed === undefined) delete setup.settings.seed;
  delete setup.settings.custom_model_name; // a name is a run's own
  jump(setup);
}
