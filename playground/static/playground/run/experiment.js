/* An experiment: a run's spec with one change, and the Train page set to what it will train. Called by the run panel. */

import { jump } from "../train/history.js";
import { applyPatch } from "../train/patch.js";
import { fromSpec } from "../train/setup.js";
import { getSetup } from "../train/state.js";

/** The spec with these changes (RFC 6902). What is null in it counts as absent. */
export function patchSpec(spec, operations) {
  return Object.fromEntries(Object.entries(applyPatch(spec, operations)).filter(([, value]) => value !== null));
}

/** Sets the Train page to this spec, in one step that can be undone. */
export function adopt(spec) {
  const setup = fromSpec(spec);
  // The run's own seed keeps everything but the change as it was; later trainings are the learner's again.
  if (getSetup().settings.seed === undefined) delete setup.settings.seed;
  delete setup.settings.custom_model_name; // a name is a run's own
  jump(setup);
}
