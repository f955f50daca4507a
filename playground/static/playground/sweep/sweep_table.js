/* The combinations of a sweep, a row each: sorted by any column, and opened for the trainings behind it. Called by sweep.js.

   Rows stay where they are and are filled anew, so that nothing moves while scores arrive. */

import { announce, element } from "../ui/dom.js";
import { formatMetric, metricName } from "../ui/headline.js";
import { writeValue } from "../ui/places.js";
import { SweepRow } from "./sweep_row.js";
import { baselineOf, countScores, meanOf, spreadOf } from "./trials.js";

const ASKED = "asked"; // in the order in which they are trained
const MEAN = "mean";

/** What each column holds: `valueOf` sorts, `write` is shown. */
function listColumns(trials, axes, name) {
  const [{ seeds }] = trials;
  const values = axes.map((axis) => ({ key: axis.path, title: axis.name, className: "values", valueOf: (trial) => trial.values[axis.path], write: (trial) => writeValue(trial.values[axis.path]) }));
  const setup = { key: ASKED, title: "Setup", className: "values", valueOf: (trial) => trial.number, write: name };
  const spread = { key: "spread", title: "± over seeds", className: "spread", valueOf: spreadOf, write: (trial) => (spreadOf(trial) === null ? "–" : `± ${formatMetric(trial.metric, spreadOf(trial))}`) };
  return [
    ...(axes.length ? values : [setup]),
    { key: MEAN, title: "Score", className: "score", valueOf: meanOf, write: (trial) => formatMetric(trial.metric, meanOf(trial)) },
    ...(seeds.length > 1 ? [spread] : []),
    { key: "seeds", title: "Seeds", className: "", valueOf: countScores, write: (trial) => (countScores(trial) === seeds.length ? String(seeds.length) : `${countScores(trial)} of ${seeds.length}`) },
    { key: "baseline", title: "Baseline", className: "", valueOf: baselineOf, write: (trial) => formatMetric(trial.metric, baselineOf(trial)) },
  ];
}

export class SweepTable {
  #trials;
  #columns;
  #rows;
  #headers; // key -> button
  #opened = new Set(); // numbers of combinations
  #sort = { key: ASKED, descending: false };
  #ranked = null; // once it is over: best first
  #best = null;

  /** `openRun(trial, seed, button)` and `useSetup(trial)` are null where the rows that were sent along are not here. */
  constructor(node, { trials, axes, name, openRun, useSetup }) {
    this.#trials = trials;
    this.#columns = listColumns(trials, axes, name);
    const options = { columns: this.#columns, name, openRun, useSetup, onFlip: (row) => this.#flip(row) };
    this.#rows = trials.map(() => new SweepRow(options));
    this.#headers = new Map(this.#columns.map((column) => [column.key, this.#headerOf(column)]));
    const head = this.#columns.map(({ key, className }) => element("th", { scope: "col", className: className === "values" ? className : "" }, this.#headers.get(key)));
    node.replaceChildren(
      element("thead", {}, element("tr", {}, element("td", { className: "toggle" }), ...head)),
      element("tbody", {}, ...this.#rows.flatMap(({ nodes }) => nodes)),
    );
    this.#mark();
  }

  draw(best) {
    this.#best = best;
    const focused = this.#rows.find((row) => row.hasFocus)?.trial; // it goes along with its combination
    this.#inOrder().forEach((trial, place) => this.#fill(this.#rows[place], trial));
    this.#rows.find(({ trial }) => trial === focused)?.focus();
    if (best) this.#headers.get(MEAN).firstChild.textContent = `${metricName(best.metric)} `;
  }

  /** It is over: best first, unless the learner has chosen otherwise. */
  end(order) {
    this.#ranked = order;
    if (this.#sort.key === ASKED) this.#sort = { key: MEAN, descending: true };
    this.#mark();
  }

  #fill(row, trial) {
    row.fill(trial, { isBest: trial === this.#best, isOpen: this.#opened.has(trial.number) });
  }

  #flip(row) {
    const { number } = row.trial;
    if (!this.#opened.delete(number)) this.#opened.add(number);
    this.#fill(row, row.trial);
  }

  #inOrder() {
    const { key, descending } = this.#sort;
    if (key === ASKED) return descending ? this.#trials.toReversed() : this.#trials;
    if (key === MEAN && this.#ranked) return descending ? this.#ranked : this.#ranked.toReversed();
    const { valueOf } = this.#columns.find((column) => column.key === key);
    return this.#trials.toSorted((a, b) => compare(valueOf(a), valueOf(b), descending) || a.number - b.number);
  }

  #headerOf({ key, title }) {
    const choose = () => {
      this.#sort = { key, descending: this.#sort.key === key ? !this.#sort.descending : key === MEAN };
      this.#mark();
      this.draw(this.#best);
      announce(`Sorted by ${title}.`);
    };
    return element("button", { type: "button", className: "sort", onclick: choose }, `${title} `, element("span", { "aria-hidden": "true" }));
  }

  #mark() {
    for (const [key, button] of this.#headers) {
      const isChosen = key === this.#sort.key;
      button.lastChild.textContent = isChosen ? (this.#sort.descending ? "▼" : "▲") : "";
      button.parentElement.setAttribute("aria-sort", isChosen ? (this.#sort.descending ? "descending" : "ascending") : "none");
    }
  }
}

/** What has no value comes last. */
function compare(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const difference = typeof a === "number" && typeof b === "number" ? a - b : writeValue(a).localeCompare(writeValue(b), undefined, { numeric: true });
  return descending ? -difference : difference;
}
