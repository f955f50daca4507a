/* "Use this setup": a run's spec becomes the setup of the Train page. Called by My runs and by shared runs. */

import { fromSpec } from "./setup.js";
import { change } from "./state.js";

/** Goes to the Train page. `data` may hold the token of a link. Rejects with a ServerError. */
export async function reuse(socket, data) {
  const { spec } = await socket.request("describeTraining", data);
  const { custom_model_name: _, ...settings } = fromSpec(spec).settings; // a name is a run's own
  change("data", { ...fromSpec(spec), settings });
  window.location.assign("/");
}
