/* JSON Patches of a spec, applied to the setup that makes it. */

import { applyPatch, define } from "../wire/json_patch.js";
import { FRESH } from "./setup.js";

/** @typedef {import("../wire/json_patch.js").Operation} Operation */

/** @param {any} choice */
const asObject = (choice = {}) => (typeof choice === "string" ? { type: choice } : choice);

/** @type {Record<string, (setup: any, changes: any) => any>} */
const MERGED = {
  "/reading": ({ reading }, options) => ({ ...reading, ...options }),
  "/column_types": ({ column_types: types }, changes) => {
    const merged = { ...types };
    for (const [name, change] of Object.entries(changes)) {
      const choice = { ...asObject(Object.hasOwn(types, name) ? types[name] : {}), ...asObject(change) };
      define(merged, name, Object.keys(choice).join() === "type" ? choice.type : choice);
    }
    return merged;
  },
};

/** A new setup; `operations` are for the spec that it makes. Those of a table's notes know nothing of what is chosen for
    other columns and options: that stays.
    @param {import("./setup.js").Setup} setup @param {Operation[]} operations @returns {Partial<import("./setup.js").Setup>} */
export function patchSetup(setup, operations) {
  const { settings, ...fields } = setup;
  const kept = operations.map((operation) =>
    operation.op !== "remove" && Object.hasOwn(MERGED, operation.path)
      ? { ...operation, value: MERGED[operation.path](setup, operation.value) }
      : operation,
  );
  const patched = applyPatch({ ...settings, ...fields }, kept);
  /** @type {any} */
  const changed = { settings: {} };
  const fresh = /** @type {Record<string, any>} */ (FRESH);
  for (const [name, value] of Object.entries(patched)) {
    if (Object.hasOwn(FRESH, name)) changed[name] = value;
    else changed.settings[name] = value;
  }
  const model = operations.findLast(({ path }) => path === "/user_model");
  if (model) changed.kind = model.op === "remove" ? "network" : "estimator";
  for (const name of Object.keys(fields))
    changed[name] ??= structuredClone(name === "user_model" ? fields[name] : fresh[name]);
  return changed;
}
