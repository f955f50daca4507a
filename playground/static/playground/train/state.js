/* The store of the Train page in this browser, whose setup outlives the page. Pages that hand a setup over change it, too. */

import { FRESH, parseSetup } from "./setup.js";
import { createTrainStore, specOf } from "./store.js";

const KEY = "playground.setup";

export const store = createTrainStore(read());

store.watch(
  ({ setup }) => setup,
  (setup) => keep(setup),
);

/** The setup as a TrainingSpec. */
export const toSpec = () => specOf(store.state.setup);

function read() {
  try {
    return parseSetup(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    return structuredClone(FRESH); // of another version of this page, or not allowed to be read
  }
}

/** @param {import("./setup.js").Setup} setup */
function keep(setup) {
  try {
    localStorage.setItem(KEY, JSON.stringify(setup));
  } catch {
    // No room, or not allowed: then a reload begins afresh.
  }
}
