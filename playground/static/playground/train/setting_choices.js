/* The settings of training that are chosen from a list, and which settings the page shows. */

import { labelCriterion } from "../ui/labels.js";

/** @type {Record<string, string>} */
const LISTS = { optimizer_name: "optimizers", criterion: "criteria", schedule: "schedules", trainer: "trainers" }; // of the catalog
/** @type {Record<string, string>} */
const NONE = { schedule: "constant" }; // what an empty choice is called where it is not "automatic"
const FALLING = ["step", "plateau"]; // schedules with an interval and a factor
const OF_FALLING = ["schedule_step", "schedule_gamma"];

export const LISTED = Object.keys(LISTS);

/** [value, label] of each choice; "" is what holds where nothing is chosen.
    @param {any} catalog @param {string} name @returns {[string, string][]} */
export function listOptions(catalog, name) {
  const values = /** @type {string[]} */ (catalog[LISTS[name]]);
  return [
    ["", NONE[name] ?? "automatic"],
    ...values.map((value) => /** @type {[string, string]} */ ([value, labelCriterion(value)])),
  ];
}

/** Whether the schedule has such a setting.
    @param {import("./setup.js").Setup} setup @param {string} name */
export const isShown = ({ settings }, name) =>
  !OF_FALLING.includes(name) || FALLING.includes(/** @type {any} */ (settings).schedule);
