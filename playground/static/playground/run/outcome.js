/* <run-outcome>: what came of a run in a line and a sentence, how it stands before that, and what went wrong. */

import { announce } from "../ui/announcer.js";
import { Component } from "../ui/component.js";
import { element, formatNumber, formatShare } from "../ui/dom.js";
import { formatMetric, wordFor } from "../ui/headline.js";

/** @typedef {import("./types.d.ts").RunState} RunState */

class RunOutcome extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    store.watch(
      ({ failure }) => failure,
      (failure) => {
        this.one("#failure").hidden = !failure;
        if (failure)
          this.one("#failure").replaceChildren(element("strong", {}, failure.message), ` ${failure.hint ?? ""}`);
      },
    );
    const draw = () => this.one("#headline").replaceChildren(...describe(store.state));
    store.watch(({ epochs }) => epochs, draw);
    store.watch(({ phase }) => phase, draw);
    store.watch(
      ({ result }) => result,
      (result) => {
        const sentence = result?.auxiliary_outputs.sentence ?? "";
        this.one("#sentence").textContent = sentence;
        if (sentence) announce(sentence);
        draw();
      },
    );
    store.watch(
      ({ phase }) => phase === "stopped",
      (isStopped) => isStopped && announce("Training was stopped."),
    );
  }
}

/**
 * The place of the headline is kept while the run goes on: it says how things stand.
 *
 * @param {RunState} state
 * @returns {(Node | string)[]}
 */
function describe({ phase, result, epochs }) {
  if (result) return describeResult(result.auxiliary_outputs.headline);
  const { test_loss: test, "val/test acc": accuracy } = epochs.at(-1) ?? { test_loss: null, "val/test acc": null };
  if (phase === "failed") return [];
  if (accuracy !== null) return [element("strong", {}, formatShare(accuracy)), " accuracy on the test rows so far"];
  return test === null ? [] : [element("strong", {}, formatNumber(test, 3)), " loss on the test rows so far"];
}

/** @param {{ metric: string, value: number, baseline: number }} headline */
const describeResult = ({ metric, value, baseline }) => [
  element("strong", {}, formatMetric(metric, value)),
  ` ${wordFor(metric)} on unseen test rows; `,
  element("span", {}, `baseline ${formatMetric(metric, baseline)}.`),
];

customElements.define("run-outcome", RunOutcome);
