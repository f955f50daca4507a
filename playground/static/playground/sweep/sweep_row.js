/* One row of a sweep's table, and below it, when it is opened, the trainings behind it. Called by sweep_table.js. */

import { element } from "../ui/dom.js";
import { formatMetric } from "../ui/headline.js";

const REPEATED = "A run trains on all training rows, with curves and all results, and is scored on the test set: its score differs from this one.";
const NOT_REPEATED = "Its rows were sent with the request and are not stored, so it can be repeated only with those rows.";

export class SweepRow {
  trial = null;
  nodes; // two rows of the table
  #options;
  #toggle = element("button", { type: "button", onclick: () => this.#options.onFlip(this) });
  #cells;
  #body;
  #shown = "";

  /** As of SweepTable, with its columns; `onFlip(row)` hears that it is to be opened or closed. */
  constructor(options) {
    this.#options = options;
    this.#cells = options.columns.map(({ className }, place) => (place === 0 ? element("th", { scope: "row", className }) : element("td", { className })));
    this.#body = element("td", { colSpan: options.columns.length + 1 });
    const main = element("tr", {}, element("td", { className: "toggle" }, this.#toggle), ...this.#cells);
    this.nodes = [main, element("tr", { className: "trials", hidden: true }, this.#body)];
  }

  get hasFocus() {
    return this.#toggle === document.activeElement;
  }

  focus() {
    this.#toggle.focus({ preventScroll: true });
  }

  fill(trial, { isBest, isOpen }) {
    const [main, detail] = this.nodes;
    this.trial = trial;
    this.#options.columns.forEach(({ write }, place) => setText(this.#cells[place], write(trial)));
    main.classList.toggle("best", isBest);
    detail.hidden = !isOpen;
    setText(this.#toggle, isOpen ? "▾" : "▸");
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
    this.#toggle.ariaLabel = `Trainings with ${this.#options.name(trial)}`;
    const shown = isOpen ? `${trial.number} ${trial.scores.size}` : "";
    if (shown === this.#shown) return; // or else what has the focus in there would lose it
    this.#shown = shown;
    this.#body.replaceChildren(isOpen ? this.#describe() : "");
  }

  #describe() {
    const { name, openRun, useSetup } = this.#options;
    const { trial } = this;
    const items = trial.seeds.map((seed) => element("li", {}, `seed ${seed}`, element("span", {}, this.#tell(seed)), openRun && this.#openerOf(seed)));
    const use = useSetup && element("button", { type: "button", className: "strong", ariaLabel: `Use this setup: ${name(trial)}`, onclick: () => useSetup(trial) }, "Use this setup");
    return element("div", { className: "inside" }, element("ul", {}, ...items), element("p", { className: "buttons" }, use, element("small", {}, openRun ? REPEATED : NOT_REPEATED)));
  }

  #tell(seed) {
    const { scores, messages, metric } = this.trial;
    const score = scores.get(seed);
    if (score === undefined) return "not yet";
    return score === null ? `failed: ${messages.get(seed) ?? ""}` : formatMetric(metric, score);
  }

  #openerOf(seed) {
    const { name, openRun } = this.#options;
    const { trial } = this;
    return element("button", { type: "button", ariaLabel: `Open as a run: ${name(trial)}, seed ${seed}`, onclick: ({ target }) => openRun(trial, seed, target) }, "Open as a run");
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
