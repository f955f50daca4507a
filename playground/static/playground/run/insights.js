/* <feature-importance>: how much worse a finished model gets without each of its columns. */

import { Component } from "../ui/component.js";
import { element, formatNumber } from "../ui/dom.js";
import { drawCards } from "./diagnosis.js";
import { repeatable } from "./store.js";
import { drawTerms } from "./terms.js";

const SHOWN = 15; // columns, the most important ones

class FeatureImportance extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, experiment }) {
    store.watch(
      ({ insights }) => insights,
      (insights) => {
        this.#show(insights);
        drawCards(this.one("#insights-diagnoses"), insights?.diagnosis ?? [], repeatable(store.state) && experiment);
      },
    );
    // Files are announced last: what is not known by then will not be.
    store.watch(
      ({ insights, isComplete }) => isComplete && !insights,
      (isUnknown) => {
        if (isUnknown) this.one("#insights-note").textContent = "It could not be computed for this run.";
      },
    );
  }

  /** @param {import("../wire/types.d.ts").TrainingInsights | null} insights null: not known yet; the place is kept */
  #show(insights) {
    const columns = insights?.feature_importance ?? [];
    this.one("#insights-note").textContent = insights
      ? describe(insights)
      : "Computing: each column is shuffled to see how much worse the model gets …";
    const most = Math.max(...columns.map(({ importance }) => importance), 1e-9);
    const rows = columns.slice(0, SHOWN).map(({ column, importance, spread }) => {
      const value = Math.max(importance, 0);
      return element(
        "tr",
        {},
        element("th", { scope: "row", title: column }, column),
        element("td", { title: `± ${formatNumber(spread, 2)}` }, formatNumber(Number(importance.toFixed(4)) + 0, 2)),
        element("td", { className: "bar" }, element("meter", { min: 0, max: most, value, "aria-hidden": "true" })),
      );
    });
    this.one("#insights", HTMLTableSectionElement).replaceChildren(...rows);
    drawTerms(this.one("#insights-terms"), insights?.terms ?? []);
  }
}

/** @param {import("../wire/types.d.ts").TrainingInsights} insights */
function describe({ metric, feature_importance: columns, note }) {
  const name = metric === "accuracy" ? "accuracy" : "R²";
  const more = columns.length > SHOWN ? `The ${SHOWN} most important of ${columns.length} columns. ` : "";
  return `Permutation importance: how much ${name} falls when a column's values are shuffled. ${more}${note}`;
}

customElements.define("feature-importance", FeatureImportance);
