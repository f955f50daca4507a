/* <decision-threshold>: the decision threshold of two classes as a slider, and what the test rows would come to. */

import { Component } from "../ui/component.js";
import { element, formatNumber, formatShare } from "../ui/dom.js";
import { confusionHead } from "./results.js";

const STEPS = 100; // of the counts: thresholds 0.00, 0.01, … 1.00

/**
 * @typedef {{ positive: string, value: number | null, hits: number[], alarms: number[] }} Counts by threshold: of `hits`
 *   rows of the positive class, and of `alarms` rows of the other one, it is predicted
 */

class DecisionThreshold extends Component {
  /** @type {Counts | null} */
  #counts = null;
  /** @type {string[]} */
  #classes = [];

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, experiment }) {
    const patch = () => [{ op: "add", path: "/threshold", value: this.#chosen / STEPS }];
    this.one("#threshold-slider").addEventListener("input", () => this.#draw());
    this.one("#threshold-train").addEventListener("click", () => experiment(patch()));
    store.watch(
      ({ result }) => result,
      (result) => {
        const { threshold = null, category_list: classes = [] } = result?.auxiliary_outputs ?? {};
        this.hidden = !threshold;
        if (threshold) this.#show(threshold, classes, Boolean(store.state.run?.spec));
      },
    );
  }

  /**
   * @param {Counts} counts
   * @param {string[]} classes
   * @param {boolean} isRepeatable
   */
  #show(counts, classes, isRepeatable) {
    this.#counts = counts;
    this.#classes = classes;
    this.one("#threshold-positive").textContent = counts.positive;
    this.one("#threshold-slider", HTMLInputElement).value = String(Math.round(STEPS * (counts.value ?? 0.5)));
    this.one("#threshold-train").hidden = !isRepeatable;
    this.#draw();
  }

  get #chosen() {
    return Number(this.one("#threshold-slider", HTMLInputElement).value);
  }

  #draw() {
    if (!this.#counts) return;
    const chosen = this.#chosen;
    const { positive, value, hits: allHits, alarms: allAlarms } = this.#counts;
    const [hits, alarms, positives, negatives] = [allHits[chosen], allAlarms[chosen], allHits[0], allAlarms[0]];
    const written = formatNumber(chosen / STEPS, 2);
    this.one("#threshold-slider").setAttribute("aria-valuetext", `${written} of the probability of ${positive}`);
    this.one("#threshold-value").textContent = written;
    const shares = [
      `Precision ${writeShare(hits, hits + alarms)}`,
      `recall ${writeShare(hits, positives)}`,
      `accuracy ${writeShare(hits + negatives - alarms, positives + negatives)}`,
    ];
    this.one("#threshold-numbers").textContent = `${shares.join(", ")}.`;
    const rows = [
      [this.#classes[0], negatives - alarms, alarms],
      [this.#classes[1], positives - hits, hits],
    ];
    this.one("#threshold-matrix").replaceChildren(
      confusionHead(this.#classes),
      element("tbody", {}, ...rows.map(([name, ...counts]) => rowOf(String(name), counts))),
    );
    this.one("#threshold-train", HTMLButtonElement).disabled =
      value !== null && Math.abs(value - chosen / STEPS) < 1e-9;
  }
}

/**
 * @param {number} part
 * @param {number} whole
 */
const writeShare = (part, whole) => (whole ? formatShare(part / whole) : "–");

/**
 * @param {string} name
 * @param {any[]} counts
 */
const rowOf = (name, counts) =>
  element(
    "tr",
    {},
    element("th", { scope: "row", title: name }, name),
    ...counts.map((count) => element("td", {}, formatNumber(count))),
  );

customElements.define("decision-threshold", DecisionThreshold);
