/* JSON Patch (RFC 6902): what the server proposes to change in a spec. */

/** @typedef {{ op: string, path: string, value?: any }} Operation */

/**
 * A new document. Where the parent of a value is missing it is made.
 *
 * @template {object} Document
 * @param {Document} document
 * @param {Operation[]} operations add, remove and replace are what the server proposes
 * @returns {any}
 */
export function applyPatch(document, operations) {
  const patched = structuredClone(document);
  for (const { op, path, value } of operations) {
    const steps = readPath(path);
    const last = steps.pop() ?? "";
    /** @type {any} */
    let parent = patched;
    for (const step of steps) parent = enter(parent, step);
    if (Array.isArray(parent)) patchList(parent, op, last, value);
    else if (op === "remove") delete parent[last];
    else define(parent, last, value);
  }
  return patched;
}

/** @param {string} path */
const readPath = (path) =>
  path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/**
 * A column's type becomes an object when more is to be said of the column.
 *
 * @param {any} parent
 * @param {string} step
 */
function enter(parent, step) {
  const child = Object.hasOwn(parent, step) ? parent[step] : undefined;
  if (typeof child === "object" && child !== null) return child;
  define(parent, step, typeof child === "string" ? { type: child } : {});
  return parent[step];
}

/**
 * As own property whatever it is called: a column may be called __proto__.
 *
 * @param {object} parent
 * @param {string} name
 * @param {any} value
 */
export const define = (parent, name, value) =>
  Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });

/**
 * @param {any[]} list
 * @param {string} op
 * @param {string} step
 * @param {any} value
 */
function patchList(list, op, step, value) {
  const position = step === "-" ? list.length : Number(step);
  list.splice(position, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
}
