/* "Use this setup": a run's spec becomes the setup of the Train page. Called by My runs, shared runs and sweeps. */

import { fromSpec } from "./setup.js";
import { store } from "./state.js";

/** Goes to the Train page. `data` may hold the token of a link. Rejects with a ServerError.
    @param {any} socket @param {Record<string, any>} data */
export async function reuse(socket, data) {
  useSpec((await socket.request("describeTraining", data)).spec);
}

/** The same with a spec whose model is in the object form. @param {Record<string, any>} spec */
export function useSpec(spec) {
  const setup = fromSpec(spec);
  const { custom_model_name: _, ...settings } = setup.settings; // a name is a run's own
  store.change("data", { ...setup, settings });
  window.location.assign("/");
}
