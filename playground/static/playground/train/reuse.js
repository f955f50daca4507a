/* "Use this setup": a run's spec becomes the setup of the Train page. Called by My runs, shared runs and sweeps. */

import { fromSpec } from "./setup.js";
import { change } from "./state.js";

/** Goes to the Train page. `data` may hold the token of a link. Rejects with a ServerError. */
export async function reuse(socket, data) {
  useSpec((await socket.request("describeTraining", data)).spec);
}

/** The same with a spec whose model is in the object form. */
export function useSpec(spec) {
  const { custom_model_name: _, ...settings } = fromSpec(spec).settings; // a name is a run's own
  change("data", { ...fromSpec(spec), settings });
  window.location.assign("/");
}
