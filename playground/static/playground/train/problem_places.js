/* Where on the page each problem of the setup is shown: at its layer, its setting, or its step. */

import { SETTINGS } from "./setup.js";

const OF_DATA = /^(default|dataset_id|fileURL|csvData|target|features|column_types|problem_type|reading)\b/;

/** How rows are divided and weighed, and the id of the control that shows it.
    @type {Record<string, string>} */
const OF_ROWS = {
  split: "split",
  "split.column": "split-column",
  "split.value": "split-value",
  "split.dataset_id": "split-table",
  weight: "weight",
  class_weight: "class_weight",
};

export const ROW_FIELDS = Object.values(OF_ROWS);

/** `layers` and `fields` map a position or the id of a control to its problems. `target` has the ways out of a table without
    a target, whose message stands there already.
    @param {{ checked: any, table: any, setup: { kind: string } }} state */
export function placeProblems({ checked, table, setup }) {
  /** @type {{ data: any[], model: any[], target: any[], remedies: any[], layers: Map<number, any[]>, fields: Map<string, any[]> }} */
  const places = { data: [], model: [], target: [], remedies: [], layers: new Map(), fields: new Map() };
  const noted = new Set((table?.problems ?? []).map(identify));
  for (const problem of checked?.problems ?? []) {
    const { level, code, where } = problem;
    if (level !== "error" && (code === "guessed_target" || noted.has(identify(problem)))) continue; // it is said already
    const layer = setup.kind === "network" ? where.match(/^user_arch\[(\d+)\]/)?.[1] : undefined;
    if (layer !== undefined) add(places.layers, Number(layer), problem);
    else if (Object.hasOwn(SETTINGS, where)) add(places.fields, where, problem);
    else if (Object.hasOwn(OF_ROWS, where)) add(places.fields, OF_ROWS[where], problem);
    else if (code === "no_target") places.remedies.push(problem);
    else if (where === "target") places.target.push(problem);
    else if (OF_DATA.test(where)) places.data.push(problem);
    else places.model.push(problem);
  }
  return places;
}

/** @param {any} problem */
const identify = ({ code, where, message }) => JSON.stringify([code, where, message]);

/** @template Key @param {Map<Key, any[]>} map @param {Key} key @param {any} value */
function add(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}
