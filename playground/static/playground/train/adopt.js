/* The Train page set to what an experiment on a run trains. */

import { fromSpec } from "./setup.js";
import { store } from "./state.js";

/** Sets the Train page to this spec, in one step that can be undone. @param {Record<string, any>} spec */
export function adopt(spec) {
  const setup = fromSpec(spec);
  // The run's own seed keeps everything but the change as it was; later trainings are the learner's again.
  if (store.state.setup.settings.seed === undefined) delete setup.settings.seed;
  delete setup.settings.custom_model_name; // a name is a run's own
  store.send({ type: "jumped", setup });
}
