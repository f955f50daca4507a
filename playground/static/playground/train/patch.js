/* JSON Patch (RFC 6902): what the server proposes to change in a spec. Called by state.js and experiment.js. */

import { FRESH } from "./setup.js";

/** A new document; add, remove and replace are what the server proposes. Where a parent is missing it is made. */
export function applyPatch(document, operations) {
  const patched = structuredClone(document);
  for (const { op, path, value } of operations) {
    const steps = readPath(path);
    const last = steps.pop();
    let parent = patched;
    for (const step of steps) parent = enter(parent, step);
    if (Array.isArray(parent)) patchList(parent, op, last, value);
    else if (op === "remove") delete parent[last];
    else define(parent, last, value);
  }
  return patched;
}

const readPath = (path) => path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** A column's type becomes an object when more is to be said of the column. */
function enter(parent, step) {
  const child = Object.hasOwn(parent, step) ? parent[step] : undefined;
  if (typeof child === "object" && child !== null) return child;
  define(parent, step, typeof child === "string" ? { type: child } : {});
  return parent[step];
}

/** As own property whatever it is called: a column may be called __proto__. */
const define = (parent, name, value) => Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });

function patchList(list, op, step, value) {
  const position = step === "-" ? list.length : Number(step);
  list.splice(position, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
}

const asObject = (choice = {}) => (typeof choice === "string" ? { type: choice } : choice);

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
    other columns and options: that stays. */
export function patchSetup(setup, operations) {
  const { settings, ...fields } = setup;
  const kept = operations.map((operation) => (operation.op !== "remove" && Object.hasOwn(MERGED, operation.path) ? { ...operation, value: MERGED[operation.path](setup, operation.value) } : operation));
  const patched = applyPatch({ ...settings, ...fields }, kept);
  const changed = { settings: {} };
  for (const [name, value] of Object.entries(patched)) {
    if (Object.hasOwn(FRESH, name)) changed[name] = value;
    else changed.settings[name] = value;
  }
  const model = operations.findLast(({ path }) => path === "/user_model");
  if (model) changed.kind = model.op === "remove" ? "network" : "estimator";
  for (const name of Object.keys(fields)) changed[name] ??= structuredClone(name === "user_model" ? fields[name] : FRESH[name]);
  return changed;
}
