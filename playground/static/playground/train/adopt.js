/* The Train page set to what an experiment on a run trains. */

import { jump } from "./history.js";
import { fromSpec } from "./setup.js";
import { getSetup } from "./state.js";

/** Sets the Train page to this spec, in one step that can be undone. */
export function adopt(spec) {
  const setup = fromSpec(spec);
  // The run's own seed keeps everything but the change as it was; later trainings are the learner's again.
  if (getSetup().settings.seed === undefined) delete setup.settings.seed;
  delete setup.settings.custom_model_name; // a name is a run's own
  jump(setup);
}
