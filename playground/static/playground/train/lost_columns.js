/* What was chosen for columns that a table has no more, once it is read in another way. */

import { NO_TARGET } from "./setup.js";

/** { names, fields }: the columns that are gone although something was chosen for them, and the setup's fields without
    them; null where there are none.
    @param {import("./setup.js").Setup} setup @param {any} table @param {any} before */
export function forgetLost(setup, table, before) {
  const kept = new Set(table.columns.map((/** @type {any} */ { name }) => name));
  const lost = new Set(
    before.columns.map((/** @type {any} */ { name }) => name).filter((/** @type {string} */ name) => !kept.has(name)),
  );
  const { target, features, column_types: types, split, weight, boundary } = setup;
  const mentioned = [target, ...features, ...Object.keys(types), split?.column, weight, ...(boundary ?? [])].filter(
    (name) => lost.has(name),
  );
  if (!mentioned.length) return null;
  const fields = {
    ...(lost.has(target) ? NO_TARGET : {}),
    features: features.filter((name) => !lost.has(name)),
    column_types: Object.fromEntries(Object.entries(types).filter(([name]) => !lost.has(name))),
    split: lost.has(split?.column) ? null : split,
    weight: lost.has(weight) ? null : weight,
    boundary: boundary?.some((name) => lost.has(name)) ? null : boundary,
  };
  return { names: [...new Set(mentioned)], fields };
}
