/* What a run was: its target, how its table was read and its rows were divided, and what cross-validation came to. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { formatMetric, metricName } from "../ui/headline.js";
import { writeField } from "../ui/wording.js";

/** @type {Record<string, string>} */
const NAMES = {
  target: "Target",
  problem_type: "Problem type",
  features: "Features",
  column_types: "Column types",
  reading: "Import options",
  split: "Split",
  test_size: "Test set size",
  folds: "Folds",
  shuffle: "Shuffle",
  weight: "Weight column",
  class_weight: "Class weight",
  threshold: "Decision threshold",
  seed: "Seed",
};

/** <run-target>: known from the first moment on, where the page knows it. */
class RunTarget extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    store.watch(
      ({ run }) => run?.target,
      (target) => {
        this.replaceChildren(...(target ? ["Target: ", element("strong", { title: target }, target)] : []));
      },
    );
  }
}

/** <run-facts>: the settings of a finished run. */
class RunFacts extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    store.watch(
      ({ result }) => result,
      (result) => {
        const { spec, target } = result?.auxiliary_outputs ?? { spec: {}, target: null };
        const values = { ...spec, target, ...(result && { split: spec.split ?? { kind: "random" } }) };
        const known = Object.entries(NAMES).filter(([name]) => !isNothing(values[name]));
        const rows = known.map(([name, label]) => [
          element("dt", {}, label),
          element("dd", {}, ...write(name, values[name])),
        ]);
        this.one("#facts").replaceChildren(...rows.flat());
        if (!result) this.one("#facts-box", HTMLDetailsElement).open = false;
      },
    );
  }
}

/** <cross-validation>: the server's sentence, and the score of each fold; of one that failed there is none. */
class CrossValidation extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    store.watch(
      ({ result }) => result?.auxiliary_outputs.cross_validation ?? null,
      (folds) => {
        this.hidden = !folds;
        if (folds) this.#show(folds);
      },
    );
  }

  /** @param {{ metric: string, scores: (number | null)[], sentence: string }} folds */
  #show({ metric, scores, sentence }) {
    const head = ["fold", metricName(metric)].map((name) => element("th", { scope: "col" }, name));
    const rows = scores.map((score, position) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, String(position + 1)),
        element("td", {}, formatMetric(metric, score)),
      ),
    );
    this.one("#folds-summary").textContent = sentence;
    this.one("#folds-head").replaceChildren(element("tr", {}, ...head));
    this.one("#folds-rows").replaceChildren(...rows);
  }
}

/** @param {any} value */
const isNothing = (value) =>
  value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);

/**
 * @param {string} name
 * @param {any} value
 * @returns {(Node | string)[]}
 */
function write(name, value) {
  const texts = writeField(name, value) ?? (Array.isArray(value) ? value : [writePlain(value)]);
  return texts.length === 1 ? texts : [element("ul", {}, ...texts.map((text) => element("li", {}, text)))];
}

/** @param {any} value */
const writePlain = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));

customElements.define("run-target", RunTarget);
customElements.define("run-facts", RunFacts);
customElements.define("cross-validation", CrossValidation);
