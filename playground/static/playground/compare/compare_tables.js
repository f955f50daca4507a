/* What several runs came to, metric by metric with the best marked, and what differs in how they were set up. */

import { element, find, formatNumber } from "../ui/dom.js";
import { durationOf, formatDuration, metricName } from "../ui/headline.js";
import { labelArgument, labelCriterion } from "../ui/labels.js";
import { namePlace } from "../ui/places.js";

const LESS_IS_BETTER = new Set(["log_loss", "rmse", "mae", "mape"]);

/** Of an estimator the rest has no effect. */
const OF_ESTIMATORS = ["table", "target", "features", "column_types", "problem_type", "reading", "split", "folds", "weight", "class_weight", "threshold", "user_model", "test_size", "shuffle", "seed"];

const headOf = (runs, ...more) =>
  element(
    "thead",
    {},
    element(
      "tr",
      {},
      element("td", {}),
      ...runs.map(({ letter, mark, place }) => element("th", { scope: "col" }, element("span", { className: `mark run-${place + 1}`, "aria-hidden": "true" }, `${mark} `), letter)),
      ...more.map((name) => element("th", { scope: "col" }, name)),
    ),
  );

const rowOf = (name, cells) => element("tr", {}, element("th", { scope: "row" }, name), ...cells);

const number = (value) => element("td", {}, formatNumber(value, 4));

export function showMetrics(runs) {
  const done = runs.filter(({ auxiliary }) => auxiliary);
  const names = [...new Set(done.flatMap(({ auxiliary }) => Object.keys(auxiliary.metrics)))];
  const guesses = new Set(done.map(({ auxiliary }) => JSON.stringify(auxiliary.baseline))); // the same on the same test rows
  const rows = names.flatMap((name) => {
    const values = runs.map(({ auxiliary }) => auxiliary?.metrics[name] ?? null);
    const baselines = runs.map(({ auxiliary }) => number(auxiliary?.baseline[name]));
    const best = findBest(name, values);
    const cells = values.map((value) => (best !== null && value === best ? element("td", {}, element("span", { className: "best" }, formatNumber(value, 4))) : number(value)));
    if (guesses.size === 1) return [rowOf(metricName(name), [...cells, number(done[0].auxiliary.baseline[name])])];
    return [rowOf(metricName(name), cells), rowOf("baseline", baselines)];
  });
  rows.push(rowOf("Duration", runs.map(({ summary }) => element("td", {}, formatDuration(durationOf(summary))))));
  find("metrics").replaceChildren(headOf(runs, ...(guesses.size === 1 ? ["baseline"] : [])), element("tbody", {}, ...rows));
}

/** Null where fewer than two have a value, or all have the same. */
function findBest(name, values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || new Set(known).size === 1) return null;
  return LESS_IS_BETTER.has(name) ? Math.min(...known) : Math.max(...known);
}

export function showSettings(runs) {
  const setups = runs.map(describeSetup);
  const names = [...new Set(setups.flatMap(Object.keys))];
  const differing = names.filter((name) => new Set(setups.map((setup) => JSON.stringify(setup[name] ?? null))).size > 1);
  const rows = differing.map((name) => rowOf(namePlace(name), setups.map((setup) => element("td", {}, ...show(setup[name])))));
  find("same-settings").hidden = rows.length > 0;
  find("settings").hidden = rows.length === 0;
  find("settings").replaceChildren(headOf(runs), element("tbody", {}, ...rows));
}

function describeSetup({ summary, spec }) {
  const { default: _, dataset_id, custom_model_name, schedule_step, schedule_gamma, ...rest } = spec;
  const setup = { table: summary.data, ...rest, ...(rest.schedule && { schedule_step, schedule_gamma }) };
  return spec.user_model ? Object.fromEntries(OF_ESTIMATORS.map((name) => [name, setup[name]])) : setup;
}

function show(value) {
  if (value === null || value === undefined || value.length === 0) return ["–"];
  return Array.isArray(value) ? [element("ol", {}, ...value.map((item) => element("li", {}, write(item))))] : [write(value)];
}

/** A layer or an estimator as a call, anything else as it is. */
function write(value) {
  if (typeof value === "string") return value.trim() === value && value !== "" ? labelCriterion(value) : JSON.stringify(value); // a blank is to be seen
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length ? value.map(write).join(", ") : "none";
  const { layer, estimator, ...others } = value;
  const given = Object.entries(others).map(([name, each]) => `${layer ? labelArgument(name) : name.replaceAll("_", " ")} ${typeof each === "object" && !Array.isArray(each) ? `(${write(each)})` : write(each)}`);
  const name = layer ?? estimator;
  return name ? `${name}${given.length ? ` (${given.join(", ")})` : ""}` : given.join(", ");
}
