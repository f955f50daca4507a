/* <train-bar>: the button that trains, and in a sentence what it would do or what is in its way. */

import { Component } from "../ui/component.js";
import { targetOf } from "./store.js";

class TrainBar extends Component {
  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    store.watch(
      ({ checked }) => checked,
      () => this.#draw(store.state),
    );
  }

  /** @param {import("./store.js").TrainState} state */
  #draw(state) {
    if (!state.checked) return;
    const errors = state.checked.problems.filter((/** @type {any} */ { level }) => level === "error").length;
    const lacksTarget = state.table !== null && targetOf(state) === null;
    this.one("#train", HTMLButtonElement).disabled = errors > 0 || lacksTarget;
    this.one("#train-note").textContent = lacksTarget
      ? "Choose the target first: the column to predict."
      : errors
        ? countProblems(errors)
        : describe(state);
  }
}

/** @param {number} count */
export const countProblems = (count) =>
  count === 1 ? "Fix 1 problem: it is marked with ✕." : `Fix ${count} problems: each is marked with ✕.`;

/** What pressing Train would do. @param {import("./store.js").TrainState} state */
function describe({ setup, checked: { target, data, model, rows, problem_type: type } }) {
  if (!target) return "";
  const task = type === "regression" ? "to predict the number" : "to predict the class";
  return `${setup.kind === "network" ? "The network" : model} learns ${task} ${target} from ${rows.toLocaleString()} rows of ${data}.`;
}

customElements.define("train-bar", TrainBar);
