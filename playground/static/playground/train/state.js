/* The one place for the setup: what the learner has chosen so far. Kept in the browser; listeners hear each change. */

import { patchSetup } from "./patch.js";
import { FRESH, OF_TABLE, parseSetup } from "./setup.js";

const KEY = "playground.setup";

let setup = read();
const listeners = new Set();

export const getSetup = () => setup;

/** `what` is what changed: "data", "model" (drawn anew), "quiet" (typed in a field of the model), "kind", "preset" or
    "settings". A change that `joins` the last one is undone together with it. */
export function change(what, fields, { joins = false } = {}) {
  become({ ...setup, ...fields }, what, joins);
}

/** Undo, redo and links: everything may be different. Listeners hear "restored". */
export function restore(whole) {
  become(whole, "restored", true);
}

/** `listener(what, previous, joins)` */
export function onChange(listener) {
  listeners.add(listener);
}

/** The source of the table alone, as describeDataset takes it. */
export function getSource() {
  const { default: builtin, dataset_id, fileURL } = setup;
  if (dataset_id) return { dataset_id };
  return fileURL ? { fileURL } : { default: builtin ?? FRESH.default };
}

/** The setup as a TrainingSpec. */
export function toSpec() {
  const { kind, user_arch, user_model, settings } = setup;
  const spec = { ...settings, ...getSource() };
  for (const name of OF_TABLE) if (!isEmpty(setup[name])) spec[name] = setup[name];
  if (kind === "network") spec.user_arch = user_arch;
  else spec.user_model = user_model;
  return spec;
}

const isEmpty = (value) => value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** Whether these operations would change nothing: the setup is like that already. */
export function isApplied(operations) {
  const patched = patchSetup(setup, operations);
  return Object.keys(patched).every((name) => JSON.stringify(patched[name]) === JSON.stringify(setup[name]));
}

/** Applies a JSON Patch (RFC 6902) that the server proposed for the spec. */
export function applyFix(operations, { joins = false } = {}) {
  const fields = operations.map(({ path }) => path.split("/")[1]);
  const changesTable = fields.some((field) => OF_TABLE.includes(field));
  const changesModel = fields.some((field) => !OF_TABLE.includes(field));
  change(changesTable ? (changesModel ? "preset" : "data") : "model", patchSetup(setup, operations), { joins });
}

function become(next, what, joins) {
  const previous = setup;
  setup = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(setup));
  } catch {
    // No room, or not allowed: then a reload begins afresh.
  }
  for (const listener of listeners) listener(what, previous, joins);
}

function read() {
  try {
    return parseSetup(JSON.parse(localStorage.getItem(KEY)) ?? {});
  } catch {
    return structuredClone(FRESH); // of another version of this page, or not allowed to be read
  }
}
