/* <model-step>: a network or a classical model, and the problems that belong to neither a layer nor a setting. */

import { Component } from "../ui/component.js";
import { placeProblems } from "./problem_places.js";
import { problemBoxes } from "./problems.js";

/** @type {("network" | "estimator")[]} */
const KINDS = ["network", "estimator"];

class ModelStep extends Component {
  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    for (const kind of KINDS) this.#radio(kind).addEventListener("change", () => store.change("kind", { kind }));
    store.watch(
      ({ setup }) => setup.kind,
      (kind) => {
        this.#radio(kind).checked = true;
        for (const each of KINDS) this.one(`${each}-editor`).hidden = each !== kind;
      },
    );
    store.watch(
      ({ checked }) => checked,
      () => this.one("#problems").replaceChildren(...problemBoxes(placeProblems(store.state).model, store)),
    );
  }

  /** @param {string} kind */
  #radio(kind) {
    return this.one(`#kind-${kind}`, HTMLInputElement);
  }
}

customElements.define("model-step", ModelStep);
