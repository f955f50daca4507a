/* <setup-steps>: the three steps of the page, with all settings or only the first ones. */

import { Component } from "../ui/component.js";

class SetupSteps extends Component {
  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    const steps = this.one("#setup");
    store.watch(
      ({ beginner }) => beginner,
      (on) => {
        if (steps.classList.contains("beginner") === on) return;
        steps.classList.toggle("beginner", on);
        for (const details of steps.querySelectorAll("details")) if (details.matches(".rest")) details.open = !on;
      },
    );
  }
}

customElements.define("setup-steps", SetupSteps);
