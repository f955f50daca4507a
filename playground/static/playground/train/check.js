/* What the server says of the setup, a moment after each change. Called by the model step's parts, and before training. */

import { applyFix, onChange, toSpec } from "./state.js";

const CHECK_AFTER_MS = 200;
const CHANGES_THAT_ADAPT = ["data", "preset", "kind"];
const ADAPTED = ["wrong_output_size", "estimator_problem_mismatch"]; // the model follows the table by itself

let socket = null;
let timer = null; // of the check that is due
let checking = null; // the promise of the one under way
let adapts = true;
const listeners = new Set();

export function startCheck(trainingSocket) {
  socket = trainingSocket;
  if (document.body.hasAttribute("data-only-looks")) return; // this visitor may not train: every check would be refused
  onChange((what) => {
    if (CHANGES_THAT_ADAPT.includes(what)) adapts = true;
    if (what === "restored") adapts = false;
    checkSoon();
  });
  socket.on("open", checkSoon);
}

/** `listener(checked)` hears what `trainingChecked` holds. */
export const onChecked = (listener) => listeners.add(listener);

/** Resolves when what was changed last has been checked, and the model follows the table. */
export async function settle() {
  await checking;
  while (timer !== null) await checkNow();
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(checkNow, CHECK_AFTER_MS);
}

function checkNow() {
  clearTimeout(timer);
  timer = null;
  checking = check();
  return checking;
}

async function check() {
  const spec = toSpec();
  let checked;
  try {
    checked = await socket.request("checkTraining", spec);
  } catch (error) {
    if (error.code === "connection_lost") return;
    const problem = { level: "error", code: error.code, where: error.where, message: error.message, hint: error.hint, fix: [] };
    checked = { data: "", model: "", layers: [], problems: [problem], parameters: 0, features: null, problem_type: null, target: null };
  }
  if (JSON.stringify(spec) !== JSON.stringify(toSpec())) return; // an answer to an older setup
  const follow = checked.problems.find(({ code, fix }) => ADAPTED.includes(code) && fix.length);
  if (follow && adapts) {
    adapts = false;
    applyFix(follow.fix, { joins: true });
    return;
  }
  adapts = false;
  for (const listener of listeners) listener(checked);
}
