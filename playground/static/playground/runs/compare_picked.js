/* <compare-picked>: opens the picked runs side by side. */

import { Component } from "../ui/component.js";

class ComparePicked extends Component {
  /** @param {{ store: ReturnType<typeof import("./store.js").createRunsStore>, most: number }} page */
  start({ store, most }) {
    const button = this.one("#compare", HTMLButtonElement);
    button.addEventListener("click", () =>
      window.location.assign(`/runs/compare/?runs=${store.state.picked.join(",")}`),
    );
    store.watch(
      ({ picked }) => picked.length,
      (count) => {
        button.disabled = count < 2;
        button.textContent = count < 2 ? "Compare" : `Compare ${count}`;
        this.one("#compare-note").textContent = describe(count, most);
      },
    );
  }
}

/** @param {number} count @param {number} most */
function describe(count, most) {
  if (count === 1) return "Choose one more.";
  return count < most ? `Choose 2 to ${most} to compare.` : `${most} is the maximum.`;
}

customElements.define("compare-picked", ComparePicked);
