/* What is chosen for one column beside being a feature or the target: its type, the order of its levels, merged labels,
   texts that mean missing. */

import { element } from "../ui/dom.js";
import { writeColumn } from "../ui/wording.js";
import { levels } from "./levels.js";

/** @typedef {import("./store.js").TrainStore} TrainStore */
/** @typedef {import("./setup.js").Setup} Setup */

/** @param {Setup} setup @param {{ name: string }} column @returns {any} */
const choiceOf = ({ column_types: types }, { name }) => (Object.hasOwn(types, name) ? types[name] : {});

/** The type that a column is taken for.
    @param {Setup} setup @param {any} column @returns {string} */
export function typeOf(setup, column) {
  const choice = choiceOf(setup, column);
  return (typeof choice === "string" ? choice : choice.type) ?? column.type;
}

/** The setup's `column_types` with these changes for one column: a type alone, or an object where there is more; nothing
    where all of it is detected.
    @param {Setup} setup @param {{ name: string }} column @param {Record<string, any>} changes */
export function chooseFor(setup, column, changes) {
  const { [column.name]: before = {}, ...rest } = setup.column_types;
  const whole = { ...(typeof before === "string" ? { type: before } : before), ...changes };
  const chosen = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined && value !== null));
  const names = Object.keys(chosen);
  const choice = names.length === 1 && names[0] === "type" ? chosen.type : chosen;
  return names.length ? { ...rest, [column.name]: choice } : rest;
}

/** Its unit, the order of its levels, and what else is chosen for it; no nodes where there is none of that.
    @param {TrainStore} store @param {any} column */
export function choiceNodes(store, column) {
  const { setup } = store.state;
  const choice = choiceOf(setup, column);
  const { type: _, order: __, ...others } = typeof choice === "string" ? /** @type {any} */ ({}) : choice;
  const choose = (/** @type {any} */ changes) =>
    store.change("data", { column_types: chooseFor(store.state.setup, column, changes) });
  const parts = [
    column.unit ? element("small", {}, `in ${column.unit}`) : null,
    Object.keys(others).length ? undoOf(column, others, choose) : null,
    levels(column, {
      type: typeOf(setup, column),
      order: choice.order ?? null,
      reorder: (/** @type {any} */ order) => choose({ order }),
    }),
  ].filter((part) => part !== null);
  return parts.length ? [element("div", { className: "more-of-column" }, ...parts)] : [];
}

/** @param {any} column @param {Record<string, any>} others @param {(changes: any) => void} choose */
function undoOf(column, others, choose) {
  const words = writeColumn("", others);
  const undo = () => choose(Object.fromEntries(Object.keys(others).map((name) => [name, undefined])));
  const label = `Undo what is chosen for ${column.name}: ${words}`;
  return element(
    "small",
    {},
    `${words} `,
    element("button", { type: "button", className: "fix", "aria-label": label, onclick: undo }, "Undo"),
  );
}
