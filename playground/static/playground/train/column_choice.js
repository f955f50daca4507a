/* What is chosen for one column beside being a feature or the target: its type, the order of its levels, merged labels,
   texts that mean missing. Called by columns.js and target.js. */

import { element } from "../ui/dom.js";
import { levels } from "./levels.js";
import { change, getSetup } from "./state.js";
import { writeColumn } from "../ui/wording.js";

const choiceOf = ({ name }) => (Object.hasOwn(getSetup().column_types, name) ? getSetup().column_types[name] : {});

/** The type that a column is taken for. */
export const typeOf = (column) => {
  const choice = choiceOf(column);
  return (typeof choice === "string" ? choice : choice.type) ?? column.type;
};

/** What is chosen for a column: a type alone, or an object where there is more; nothing where all of it is detected. */
export function chooseFor(column, changes) {
  const { [column.name]: before = {}, ...rest } = getSetup().column_types;
  const whole = { ...(typeof before === "string" ? { type: before } : before), ...changes };
  const chosen = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined && value !== null));
  const names = Object.keys(chosen);
  const choice = names.length === 1 && names[0] === "type" ? chosen.type : chosen;
  change("data", { column_types: names.length ? { ...rest, [column.name]: choice } : rest });
}

/** Its unit, the order of its levels, and what else is chosen for it; no nodes where there is none of that. */
export function choiceNodes(column) {
  const choice = choiceOf(column);
  const { type: _, order: __, ...others } = typeof choice === "string" ? {} : choice;
  const words = writeColumn("", others);
  const parts = [
    column.unit ? element("small", {}, `in ${column.unit}`) : null,
    Object.keys(others).length ? element("small", {}, `${words} `, element("button", { type: "button", className: "fix", "aria-label": `Undo what is chosen for ${column.name}: ${words}`, onclick: () => chooseFor(column, Object.fromEntries(Object.keys(others).map((name) => [name, undefined]))) }, "Undo")) : null,
    levels(column, { type: typeOf(column), order: choice.order ?? null, reorder: (order) => chooseFor(column, { order }) }),
  ].filter(Boolean);
  return parts.length ? [element("div", { className: "more-of-column" }, ...parts)] : [];
}
