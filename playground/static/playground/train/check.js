/* What the server says of the setup, a moment after each change and before training. */

import { specOf } from "./store.js";

/** @typedef {import("./store.js").TrainStore} TrainStore */

const CHECK_AFTER_MS = 200;
const CHANGES_THAT_ADAPT = ["data", "preset", "kind"];
const ADAPTED = ["wrong_output_size", "estimator_problem_mismatch"]; // the model follows the table by itself

/** Keeps the check of the store up to date. `settle` resolves when what was changed last has been checked, and the model
    follows the table.
    @param {TrainStore} store @param {any} socket */
export function followSetup(store, socket) {
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null; // of the check that is due
  let checking = Promise.resolve();
  let adapts = true;

  async function settle() {
    await checking;
    while (timer !== null) await checkNow();
  }

  function checkSoon() {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(checkNow, CHECK_AFTER_MS);
  }

  function checkNow() {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    checking = check();
    return checking;
  }

  async function check() {
    const spec = specOf(store.state.setup);
    let checked;
    try {
      checked = await socket.request("checkTraining", spec);
    } catch (/** @type {any} */ error) {
      if (error.code === "connection_lost") return;
      checked = refuse(error);
    }
    if (JSON.stringify(spec) !== JSON.stringify(specOf(store.state.setup))) return; // an answer to an older setup
    const follow = checked.problems.find((/** @type {any} */ { code, fix }) => ADAPTED.includes(code) && fix.length);
    const isToFollow = follow && adapts;
    adapts = false;
    if (isToFollow) store.applyFix(follow.fix, { joins: true });
    else store.send({ type: "checked", checked });
  }

  socket.on("open", checkSoon);
  store.watch(
    ({ last }) => last,
    ({ what }) => {
      if (CHANGES_THAT_ADAPT.includes(what)) adapts = true;
      if (what === "restored") adapts = false;
      if (what) checkSoon(); // the first time is when the socket opens
    },
  );
  return { settle };
}

/** What a refused check comes to: a problem among others. @param {any} error */
function refuse({ code, where, message, hint }) {
  const problem = { level: "error", code, where, message, hint, fix: [] };
  return {
    data: "",
    model: "",
    layers: [],
    problems: [problem],
    parameters: 0,
    features: null,
    problem_type: null,
    target: null,
  };
}
