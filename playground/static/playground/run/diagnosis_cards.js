/* <run-diagnosis>: cards that say what happened in the run that is shown, and what to try next. */

import { Component } from "../ui/component.js";
import { drawCards } from "./diagnosis.js";
import { repeatable } from "./store.js";

class RunDiagnosis extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, experiment }) {
    store.watch(
      ({ cards }) => cards,
      (cards) => {
        this.hidden = cards.length === 0;
        drawCards(this.one("#diagnoses"), cards, repeatable(store.state) && experiment);
      },
    );
  }
}

customElements.define("run-diagnosis", RunDiagnosis);
